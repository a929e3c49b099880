"""Letters of apology at the office that hands them over: received, read, given to the victim, or kept safely.

It is the victim who said yes to that letter: its check code is compared with the request's digest before anything else.
It reaches them only while their yes stands and nothing speaks against it.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from gateway.desk import case as cases
from gateway.desk import happenings, instructions, roles
from gateway.desk.agency import NO_SUCH_CASE, Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.case import YES, Case
from gateway.desk.errors import Fault, NotThere, OutOfTurn, Typed
from gateway.desk.ids import now
from gateway.desk.lettering import Concern, HandedHow, HandOver, Kept, PutAway, ReadLetter, Receive
from gateway.desk.letters import CODE_LENGTH, day_of
from gateway.desk.staff import Staff

KIND: Final = "letter-in"

NO_LETTER: Final = "No letter is offered on this case."
NOT_HERE: Final = "This letter has not been received yet."
HERE_ALREADY: Final = "This letter has been received already."
NOT_READ: Final = "Read the letter first, and record that it is suitable. Only then may the victim have it."
HANDED_OVER: Final = "The victim has this letter already."
NO_YES: Final = "The victim's yes to this letter does not stand now. Keep the letter safely, and approach nobody."
STANDING: Final = "The victim has asked for no further contact. Keep the letter safely, and approach nobody."
ANOTHER: Final = Fault(
    name="check_code",
    detail="The check code does not match: this may not be the letter that the victim was asked about. Compare it with "
    "the cover sheet again. If it still does not match, do not hand it over, and ring the office that sent it.",
)
NO_CONCERN: Final = Fault(name="concerns", detail="Choose what speaks against it.")
CONCERNS: Final = Fault(name="concerns", detail="A letter that is suitable has no concerns. Take them out.")

_MISREAD: Final = str.maketrans({"o": "0", "i": "1", "l": "1"})


class LetterIn(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of the letter of a case. Days are `YYYY-MM-DD`, people are the agency's own staff ids."""

    exchange: str
    received_on: str
    received_by: str
    read_at: int | None = None
    read_by: str | None = None
    suitable: bool | None = None
    concerns: tuple[Concern, ...] = ()
    handed_on: str | None = None
    handed_how: HandedHow | None = None
    handed_by: str | None = None
    kept: Kept | None = None
    kept_by: str | None = None
    wants_later: bool = False


async def of(agency: Agency, exchange: str) -> LetterIn | None:
    """What became of the letter of a case, if it has come."""
    return await agency.cabinet.get(KIND, exchange, LetterIn)


async def receive(agency: Agency, exchange: str, wanted: Receive) -> LetterIn:
    """The letter has come, and is the one that was asked about. Raises NotThere, Forbidden (R04), Typed, OutOfTurn."""
    on = day_of(wanted.on)

    def received(drawer: Drawer, case: Case) -> LetterIn:
        if case.request.letter is None:
            raise NotThere(NO_LETTER)
        if drawer.get(KIND, exchange, LetterIn) is not None:
            raise OutOfTurn(HERE_ALREADY, exchange=exchange)
        if not same_code(wanted.check_code, case.request.letter.sha256):
            raise Typed(ANOTHER)
        return LetterIn(exchange=exchange, received_on=on, received_by=wanted.staff.id)

    return await _changed(agency, exchange, wanted.staff, "letter-received", received)


async def read(agency: Agency, exchange: str, wanted: ReadLetter) -> LetterIn:
    """Somebody has read it, and says whether it is suitable. Raises NotThere, Forbidden (R04), Typed, OutOfTurn."""
    if wanted.suitable and wanted.concerns:
        raise Typed(CONCERNS)
    if not (wanted.suitable or wanted.concerns):
        raise Typed(NO_CONCERN)

    def was_read(drawer: Drawer, _: Case) -> LetterIn:
        return replace(
            _not_handed_over(drawer, exchange),
            read_at=now(),
            read_by=wanted.staff.id,
            suitable=wanted.suitable,
            concerns=wanted.concerns,
        )

    return await _changed(agency, exchange, wanted.staff, "letter-read", was_read)


async def hand_over(agency: Agency, exchange: str, wanted: HandOver) -> LetterIn:
    """The victim has it. Raises NotThere, Forbidden (R04), Typed, OutOfTurn (R06; not read; no yes stands)."""
    on = day_of(wanted.on)

    def handed(drawer: Drawer, case: Case) -> LetterIn:
        found = _not_handed_over(drawer, exchange)
        if not found.suitable:
            raise OutOfTurn(NOT_READ, exchange=exchange)
        if case.outcome != "agreed" or not (case.state in YES or case.state == "closed"):
            raise OutOfTurn(NO_YES, exchange=exchange)
        if case.victim_mark and instructions.stopping(drawer, case.victim_mark, case.request.purpose):
            raise OutOfTurn(STANDING, code="R06", exchange=exchange)
        return replace(
            found, handed_on=on, handed_how=wanted.how, handed_by=wanted.staff.id, kept=None, wants_later=False
        )

    return await _changed(agency, exchange, wanted.staff, "letter-handed-over", handed)


async def put_away(agency: Agency, exchange: str, wanted: PutAway) -> LetterIn:
    """The victim does not have it now, or ever. Raises NotThere, Forbidden (R04), OutOfTurn."""

    def away(drawer: Drawer, _: Case) -> LetterIn:
        found = _not_handed_over(drawer, exchange)
        later = wanted.wants_later and wanted.how == "kept-safely"
        return replace(found, kept=wanted.how, kept_by=wanted.staff.id, wants_later=later)

    return await _changed(agency, exchange, wanted.staff, "letter-put-away", away)


def same_code(typed: str, sha256: str) -> bool:
    """Whether this is the check code of this digest, as people read one off a sheet: letters and digits alone count,
    small and capital ones alike, and O for 0, I and l for 1. It tells letters apart, and proves nothing.
    """
    return _read_off(typed) == _read_off(sha256[:CODE_LENGTH]) and len(typed.strip()) >= CODE_LENGTH // 2


def _read_off(code: str) -> str:
    return "".join(each for each in code.casefold() if each.isalnum()).translate(_MISREAD)


def _not_handed_over(drawer: Drawer, exchange: str) -> LetterIn:
    found = drawer.get(KIND, exchange, LetterIn)
    if found is None:
        raise OutOfTurn(NOT_HERE, exchange=exchange)
    if found.handed_on is not None:
        raise OutOfTurn(HANDED_OVER, exchange=exchange)
    return found


async def _changed(
    agency: Agency, exchange: str, staff: Staff, happened: str, work: Callable[[Drawer, Case], LetterIn]
) -> LetterIn:
    await roles.answerer(agency, staff)

    def changed(drawer: Drawer) -> LetterIn:
        case = drawer.get(cases.KIND, exchange, Case)
        if case is None or case.side != "holder":
            raise NotThere(NO_SUCH_CASE)
        done = work(drawer, case)
        drawer.put(KIND, exchange, done, (exchange,))
        happenings.note(drawer, happened, case, client=agency.client_name)
        return done

    done = await agency.cabinet.change(changed)
    agency.bell.ring()
    return done

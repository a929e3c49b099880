"""A letter of apology at this office: received, read by somebody, given to the victim after their yes, or kept."""

from collections.abc import Awaitable
from typing import Final

from aiohttp import web
from msgspec import Struct

from contracts.vocabulary import Role
from gateway.desk import colleagues, holder, instructions, letters_in, roles
from gateway.desk.case import YES, Case
from gateway.desk.errors import NotThere, OutOfTurn, Typed
from gateway.desk.lettering import HandOver, PutAway, ReadLetter, Receive
from gateway.desk.letters_in import LetterIn
from gateway.desk.pages.holder import about, lines, terms
from gateway.desk.pages.navigation import POLICE
from gateway.desk.pages.visit import Page, Visit, form, get

ANSWERERS: Final[tuple[Role, ...]] = ("police-officer", "victim-liaison-officer")
NO_CODE: Final = "Enter the check code from the cover sheet."
SUITABLE: Final = "Choose whether the victim can be given this letter as it is."
HOW: Final = "Choose how the victim was given it."
WHERE: Final = "Choose what becomes of the letter."
SUIT: Final = {"yes": "Yes, it can be given as it is", "no": "No, something speaks against it"}


class Step(Struct, frozen=True, kw_only=True):
    """One thing that was done with the letter: what, when, by whom."""

    words: str
    by: str
    on: str | None = None
    at: int | None = None
    more: tuple[str, ...] = ()


async def show(visit: Visit) -> web.StreamResponse:
    """What was done with the letter, and what may be done next."""
    case, letter = await _letter(visit)
    return await _page(visit, "letter", case, letter)


async def _letter(visit: Visit) -> tuple[Case, LetterIn | None]:
    case = await holder.own(visit.agency, visit.name)
    if case.request.letter is None:
        raise NotThere(letters_in.NO_LETTER)
    return case, await letters_in.of(visit.agency, case.exchange)


async def _page(visit: Visit, template: str, case: Case, letter: LetterIn | None) -> web.StreamResponse:
    names = dict(await colleagues.names(visit.agency))
    stops = await visit.agency.cabinet.change(
        lambda d: bool(case.victim_mark) and instructions.stopping(d, case.victim_mark or "", case.request.purpose)
    )
    return visit.render(
        f"holder/{template}.html",
        about.about(visit, case),
        letter=letter,
        done=_steps(letter, names) if letter else (),
        yes=case.outcome == "agreed" and (case.state in YES or case.state == "closed"),
        stops=stops,
        may=visit.person.role in visit.known.agreement.answering.roles,
        asker=lines.asker(visit, case),
        terms=terms,
        suit=SUIT,
    )


def _steps(letter: LetterIn, names: dict[str, str]) -> tuple[Step, ...]:
    """What was done, in order."""
    steps = [Step(words="The letter came", by=lines.called(names, letter.received_by), on=letter.received_on)]
    if letter.read_at is not None:
        said = "Read: it can be given as it is" if letter.suitable else "Read: something speaks against it"
        concerns = tuple(terms.CONCERNS[each] for each in letter.concerns)
        steps.append(Step(words=said, by=lines.called(names, letter.read_by), at=letter.read_at, more=concerns))
    if letter.kept is not None:
        later = ("The victim may want it later.",) if letter.wants_later else ()
        steps.append(Step(words=terms.PUT_AWAY[letter.kept], by=lines.called(names, letter.kept_by), more=later))
    if letter.handed_on is not None and letter.handed_how is not None:
        how = f"The victim has it. {terms.HANDED[letter.handed_how]}"
        steps.append(Step(words=how, by=lines.called(names, letter.handed_by), on=letter.handed_on))
    return tuple(steps)


# It came.


async def receiving(visit: Visit) -> web.StreamResponse:
    """The check code, and the day."""
    return await _question(visit, "letter_receive")


async def receive(visit: Visit) -> web.StreamResponse:
    """The letter that was asked about has come."""
    code, on = visit.form.text("check_code", NO_CODE), _day(visit, "on")
    if visit.form.good:
        await _try(
            visit, letters_in.receive(visit.agency, visit.name, Receive(staff=visit.staff, check_code=code, on=on))
        )
    return await _after(visit, "letter_receive", "It is recorded that the letter has come.")


# Somebody reads it first.


async def reading(visit: Visit) -> web.StreamResponse:
    """Whether it can be given as it is."""
    return await _question(visit, "letter_read")


async def read(visit: Visit) -> web.StreamResponse:
    """It was read, and what speaks against it is said."""
    suitable = visit.form.one("suitable", SUIT, SUITABLE)
    against = visit.form.some("concerns", terms.CONCERNS) if suitable == "no" else ()
    concerns = tuple(each for each in terms.CONCERNS if each in against)
    if suitable == "no" and not concerns:
        visit.form.fault("concerns", letters_in.NO_CONCERN.detail)
    if visit.form.good:
        said = ReadLetter(staff=visit.staff, suitable=suitable == "yes", concerns=concerns)
        await _try(visit, letters_in.read(visit.agency, visit.name, said))
    return await _after(visit, "letter_read", "It is recorded that you read the letter.")


# The victim has it.


async def handing(visit: Visit) -> web.StreamResponse:
    """How the victim was given it, and when."""
    return await _question(visit, "letter_hand_over")


async def hand_over(visit: Visit) -> web.StreamResponse:
    """The victim has the letter."""
    on, chosen = _day(visit, "on"), visit.form.one("how", terms.HANDED, HOW)
    how = next((each for each in terms.HANDED if each == chosen), None)
    if visit.form.good and how is not None:
        await _try(visit, letters_in.hand_over(visit.agency, visit.name, HandOver(staff=visit.staff, how=how, on=on)))
    return await _after(visit, "letter_hand_over", "It is recorded that the victim has the letter.")


# They do not have it.


async def keeping(visit: Visit) -> web.StreamResponse:
    """What becomes of it."""
    return await _question(visit, "letter_keep")


async def keep(visit: Visit) -> web.StreamResponse:
    """It is kept safely, or given back."""
    chosen, later = visit.form.one("how", terms.PUT_AWAY, WHERE), visit.form.ticked("wants_later")
    how = next((each for each in terms.PUT_AWAY if each == chosen), None)
    if visit.form.good and how is not None:
        await _try(
            visit, letters_in.put_away(visit.agency, visit.name, PutAway(staff=visit.staff, how=how, wants_later=later))
        )
    return await _after(visit, "letter_keep", "It is recorded what became of the letter.")


async def _question(visit: Visit, template: str) -> web.StreamResponse:
    await roles.answerer(visit.agency, visit.staff)
    return await _page(visit, template, *await _letter(visit))


async def _try(visit: Visit, doing: Awaitable[LetterIn]) -> None:
    """Do it, or say beside the field what stands in the way."""
    try:
        await doing
    except Typed as error:
        visit.form.take(error)
    except OutOfTurn as error:
        visit.form.fault("", error.detail)


async def _after(visit: Visit, template: str, done: str) -> web.StreamResponse:
    if not visit.form.good:
        return await _question(visit, template)
    await colleagues.meet(visit.agency, visit.staff, visit.person.name)
    return visit.go(about.here(visit.name, "letter"), done)


def _day(visit: Visit, name: str) -> str | None:
    day = visit.form.day(name)
    return day.isoformat() if day else None


PAGES: Final[tuple[Page, ...]] = (
    get("/holder/requests/{id}/letter", show, POLICE),
    *form("/holder/requests/{id}/letter/receive", receiving, receive, ANSWERERS),
    *form("/holder/requests/{id}/letter/read", reading, read, ANSWERERS),
    *form("/holder/requests/{id}/letter/hand-over", handing, hand_over, ANSWERERS),
    *form("/holder/requests/{id}/letter/keep", keeping, keep, ANSWERERS),
)

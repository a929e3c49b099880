"""Letters of apology at the side that holds them: kept whole and encrypted, offered by id and digest, never sent here.

A letter goes to the office only once the victim has said yes to that letter. So one that is changed after it was
offered is another letter, with another id. How a letter stands is read from its case and stored nowhere: a "no" and a
silence leave the same trace.
"""

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from contracts.codec import b64url
from contracts.identifiers import BadIdentifier, prison_number
from gateway.decide.calendar import due
from gateway.desk import case as cases
from gateway.desk import happenings, roles
from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.case import OPEN, YES, Case
from gateway.desk.errors import Fault, NotThere, OutOfTurn, Typed
from gateway.desk.ids import new_id, now
from gateway.desk.lettering import SCAN_BYTES_MAX, ChangeLetter, EndLetter, Hold, SendOn
from gateway.desk.request import today
from gateway.desk.staff import Staff

KIND: Final = "letter"
CONTENT: Final = "letter-content"
CODE_LENGTH: Final = 8

Media = Literal["text/plain", "application/pdf", "image/jpeg", "image/png"]
MAGIC: Final[tuple[tuple[bytes, Media], ...]] = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)
Standing = Literal["held", "offered", "wanted", "cannot-proceed", "sent-on", "destroyed", "returned"]

NO_SUCH: Final = "There is no such letter at your agency."
GONE: Final = "This letter is held no longer."
NOT_WANTED: Final = "The victim has not said yes to this letter. Keep it: a letter that comes unannounced can do harm."
UNDER_WAY: Final = "This letter is offered, or the victim wants it. Cancel the request first, or send the letter on."
OFFERED: Final = "This letter is offered already. Carry on with that request."
ONE_OF_TWO: Final = Fault(name="text", detail="Give the text of the letter or a scan of it: one of the two.")
TOO_LARGE: Final = Fault(
    name="scan", detail="The file is larger than 4 MiB. Scan the letter in grey, or with less detail."
)
NOT_A_SCAN: Final = Fault(
    name="scan", detail="The file is not a PDF, a JPEG or a PNG. Scan the letter as one of these."
)
NOBODY: Final = Fault(name="prison_number", detail="Say whose letter it is: the prison number, or the name.")
TO_COME: Final = Fault(name="on", detail="The date is in the future. Check the year.")
ANOTHER: Final = Fault(
    name="letter", detail="This is not the letter that is held now. Offer the one that is held, or hold this one first."
)


class Content(Struct, frozen=True, kw_only=True):
    """The letter itself."""

    media: Media
    body: bytes


class Letter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A letter, without what it says. `exchange` is the last request that offered it; `by` a staff id."""

    id: str
    sha256: str
    media: Media
    size: int
    by: str
    at: int
    prison_number: str | None = None
    offender: str | None = None
    referral: str | None = None
    exchange: str | None = None
    in_place_of: str | None = None
    replaced_by: str | None = None
    sent_on: str | None = None
    sent_by: str | None = None
    ended: Literal["destroyed", "returned"] | None = None
    ended_at: int | None = None
    ended_by: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """What it is found by."""
        person = (f"person {self.prison_number}",) if self.prison_number else ()
        return (*person, *((self.exchange,) if self.exchange else ()))

    @property
    def check_code(self) -> str:
        """The beginning of its digest in groups of four, for its cover sheet."""
        return check_code(self.sha256)


class Held(Struct, frozen=True, kw_only=True):
    """A letter, how it stands, and the case that offers it."""

    letter: Letter
    standing: Standing
    case: Case | None


def check_code(sha256: str) -> str:
    """Eight characters of a digest in groups of four: `Ab3d Ef9h`."""
    code = sha256[:CODE_LENGTH]
    return f"{code[:4]} {code[4:]}"


def standing(letter: Letter, case: Case | None) -> Standing:
    """How a letter stands, from the case that offers it."""
    if letter.ended is not None:
        return letter.ended
    if letter.sent_on is not None:
        return "sent-on"
    if case is None or case.state in ("refused", "cancelled"):
        return "held"
    if case.state in OPEN or case.to_be_asked_elsewhere:
        return "offered"
    if case.outcome == "agreed" and (case.state in YES or case.state == "closed"):
        return "wanted"
    return "held" if case.state == "held-elsewhere" else "cannot-proceed"


async def hold(agency: Agency, wanted: Hold) -> Held:
    """A letter is held from now on. Raises NotThere, Forbidden (R04), Typed."""
    await roles.coordinator(agency, wanted.staff)
    content = _content(wanted.text, wanted.scan)
    number, typed = None, (wanted.prison_number or "").strip()
    try:
        number = prison_number(typed) if typed else None
    except BadIdentifier as error:
        raise Typed(Fault(name="prison_number", code="R01", detail=error.message)) from None
    name = (wanted.offender or "").strip() or None
    if not (number or name):
        raise Typed(NOBODY)
    letter = replace(
        _letter(content, wanted.staff), prison_number=number, offender=name, referral=wanted.referral
    )  # fmt: skip
    return await _change(agency, lambda drawer: _keep(drawer, letter, "letter-held", agency.client_name, content))


async def change(agency: Agency, letter: str, wanted: ChangeLetter) -> Held:
    """The letter was written anew: the same while it was never offered, another after. Raises as `hold`, OutOfTurn."""
    await roles.coordinator(agency, wanted.staff)
    content = _content(wanted.text, wanted.scan)

    def changed(drawer: Drawer) -> Held:
        old = _there(drawer, letter)
        if old.ended is not None or old.sent_on is not None or old.replaced_by is not None:
            raise OutOfTurn(GONE)
        fresh = replace(
            _letter(content, wanted.staff),
            prison_number=old.prison_number,
            offender=old.offender,
            referral=old.referral,
        )
        if old.exchange is None:
            return _keep(drawer, replace(fresh, id=old.id), "letter-changed", agency.client_name, content)
        fresh = replace(fresh, in_place_of=old.id)
        _keep(drawer, replace(old, replaced_by=fresh.id), "letter-changed", agency.client_name)
        return _keep(drawer, fresh, "letter-held", agency.client_name, content)

    return await _change(agency, changed)


async def send_on(agency: Agency, letter: str, wanted: SendOn) -> Held:
    """It has gone to the office. Raises NotThere, Forbidden (R04), Typed, OutOfTurn unless the victim wants it."""
    await roles.coordinator(agency, wanted.staff)
    on = day_of(wanted.on)

    def sent(drawer: Drawer) -> Held:
        found = _there(drawer, letter)
        if standing(found, _case(drawer, found)) != "wanted":
            raise OutOfTurn(NOT_WANTED, exchange=found.exchange)
        return _keep(drawer, replace(found, sent_on=on, sent_by=wanted.staff.id), "letter-sent-on", agency.client_name)

    return await _change(agency, sent)


async def end(agency: Agency, letter: str, wanted: EndLetter) -> Held:
    """It is destroyed or given back, and the desk keeps none of it. Raises NotThere, Forbidden (R04), OutOfTurn."""
    await roles.coordinator(agency, wanted.staff)

    def ended(drawer: Drawer) -> Held:
        found = _there(drawer, letter)
        now_stands = standing(found, _case(drawer, found))
        if found.ended is not None:
            raise OutOfTurn(GONE)
        if now_stands in ("offered", "wanted"):
            raise OutOfTurn(UNDER_WAY, exchange=found.exchange)
        drawer.remove(CONTENT, letter)
        gone = replace(found, ended=wanted.how, ended_at=now(), ended_by=wanted.staff.id)
        return _keep(drawer, gone, f"letter-{wanted.how}", agency.client_name)

    done = await _change(agency, ended)
    await agency.cabinet.scrub()
    return done


async def every(agency: Agency, staff: Staff | None = None, *, person: str | None = None) -> list[Held]:
    """All letters, or those of a prison number, in the order in which they came. Raises NotThere, Forbidden (R04)."""
    if staff is not None:
        await roles.coordinator(agency, staff)

    def found(drawer: Drawer) -> list[Held]:
        which = drawer.find(KIND, f"person {person}", Letter) if person else drawer.each(KIND, Letter)
        return [_held(drawer, letter) for _, letter in which]

    return await agency.cabinet.change(found)


async def one(agency: Agency, letter: str, staff: Staff | None = None) -> Held:
    """A letter and how it stands. Raises NotThere, Forbidden (R04)."""
    if staff is not None:
        await roles.coordinator(agency, staff)
    return await agency.cabinet.change(lambda drawer: _held(drawer, _there(drawer, letter)))


async def content(agency: Agency, letter: str, staff: Staff | None = None) -> Content:
    """What it says. Raises NotThere, Forbidden (R04)."""
    if staff is not None:
        await roles.coordinator(agency, staff)
    found = await agency.cabinet.get(CONTENT, letter, Content)
    if found is None:
        raise NotThere(NO_SUCH)
    return found


def offer(drawer: Drawer, case: Case, client: str | None = None) -> None:
    """In the transaction that begins a request: the letter that it offers is the one that is held.

    One that this desk does not hold is held elsewhere at the agency. Raises Typed, OutOfTurn.
    """
    named = case.request.letter
    found = drawer.get(KIND, named.id, Letter) if named else None
    if named is None or found is None:
        return
    if found.sha256 != named.sha256 or found.ended or found.replaced_by:
        raise Typed(ANOTHER)
    before = _case(drawer, found)
    carries_on = before is not None and before.followed_by == case.exchange
    if before is not None and not carries_on and standing(found, before) in ("offered", "wanted", "sent-on"):
        raise OutOfTurn(OFFERED, exchange=before.exchange)
    _keep(drawer, replace(found, exchange=case.exchange), "letter-offered", client)


def forget_with(drawer: Drawer, exchange: str) -> None:
    """What is erased with a case: the letters that it offered last."""
    for _, letter in drawer.find(KIND, exchange, Letter):
        _forget(drawer, letter)


def forget(drawer: Drawer, span: str, at: int) -> None:
    """Letters that were never offered, and were destroyed or given back so long ago."""
    for _, letter in drawer.each(KIND, Letter):
        if letter.exchange is None and letter.ended_at is not None and due(letter.ended_at, span) <= at:
            _forget(drawer, letter)


def day_of(typed: str | None) -> str:
    """The day that was typed, or today. Raises Typed for one to come."""
    if typed is not None and date.fromisoformat(typed) > today():
        raise Typed(TO_COME)
    return typed or today().isoformat()


def _forget(drawer: Drawer, letter: Letter) -> None:
    drawer.remove(KIND, letter.id)
    drawer.remove(CONTENT, letter.id)
    drawer.remove_all(happenings.KIND, letter.id)


def _content(text: str | None, scan: bytes | None) -> Content:
    """What was given, if it is a letter. Raises Typed."""
    if (scan is None) == (text is None or not text.strip()):
        raise Typed(ONE_OF_TWO)
    if scan is None:
        return Content(media="text/plain", body=(text or "").encode())
    if len(scan) > SCAN_BYTES_MAX:
        raise Typed(TOO_LARGE)
    media = next((media for magic, media in MAGIC if scan.startswith(magic)), None)
    if media is None:
        raise Typed(NOT_A_SCAN)
    return Content(media=media, body=scan)


def _letter(content: Content, staff: Staff) -> Letter:
    return Letter(
        id=new_id(),
        sha256=b64url(hashlib.sha256(content.body).digest()),
        media=content.media,
        size=len(content.body),
        by=staff.id,
        at=now(),
    )


def _there(drawer: Drawer, letter: str) -> Letter:
    found = drawer.get(KIND, letter, Letter)
    if found is None:
        raise NotThere(NO_SUCH)
    return found


def _case(drawer: Drawer, letter: Letter) -> Case | None:
    return drawer.get(cases.KIND, letter.exchange, Case) if letter.exchange else None


def _held(drawer: Drawer, letter: Letter) -> Held:
    case = _case(drawer, letter)
    return Held(letter=letter, standing=standing(letter, case), case=case)


def _keep(drawer: Drawer, letter: Letter, happened: str, client: str | None, content: Content | None = None) -> Held:
    drawer.put(KIND, letter.id, letter, letter.words)
    if content is not None:
        drawer.put(CONTENT, letter.id, content)
    happenings.note_record(drawer, happened, "requester", letter.id, letter.exchange, client=client)
    return _held(drawer, letter)


async def _change(agency: Agency, work: Callable[[Drawer], Held]) -> Held:
    done = await agency.cabinet.change(work)
    agency.bell.ring()
    return done

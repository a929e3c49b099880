"""The holder's services: police, victim liaison unit. What is read here is stored nowhere in clear."""

from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contracts.agreement import Agreement
from contracts.envelope import GATEWAY
from contracts.messages import Body
from contracts.messages.accepted import Accepted
from contracts.messages.contact_request import ContactRequest
from contracts.messages.more_needed import MoreNeeded
from contracts.messages.recall import Recall
from contracts.messages.review import Review
from contracts.messages.sensitivity import SensitivityFound
from contracts.vocabulary import ReasonCode, Sensitivity
from gateway.desk import case as cases
from gateway.desk import duplicates, instructions, looks, opening
from gateway.desk.agency import NO_SUCH_CASE, Agency
from gateway.desk.answering import Accept, CallBack, Decide, Find, NeedMore, Read
from gateway.desk.asking import Look
from gateway.desk.cabinet import Drawer
from gateway.desk.case import KIND, Case
from gateway.desk.errors import Forbidden, NotBelieved, NotThere, OutOfTurn
from gateway.desk.posting import Sent
from gateway.desk.sealer import Draft
from gateway.desk.speaking import Said, say
from gateway.desk.staff import Staff, same_person
from gateway.desk.subject import Subject

READ_FIRST: Final = "Read the request first: only then is it known whether the victim may be approached."
NO_VALUES: Final = "There is no answer of yours on this case to recall."
OWN_CASE: Final = (
    "Nobody may review a case that they asked about, or attested a ground for. Have another reviewer decide it."
)


class Readings(Struct, frozen=True, kw_only=True):
    """How many requests this holder has read."""

    count: int = 0


class ReadRequest(Struct, frozen=True, kw_only=True):
    """The subject, in memory only, and what the desk found beside it: a finding means that nobody is approached."""

    subject: Subject
    case: Case
    sent: Sent


async def accept(agency: Agency, exchange: str, wanted: Accept) -> Said:
    """An office deals with it. Raises NotThere, Refused."""
    case = await own(agency, exchange)
    office = wanted.office or next((office.id for office in (await agency.myself()).offices), None)
    if office is None:
        raise NotThere("The agency directory lists no office of your agency. Ask the officers to add one.")
    return await say(agency, _draft(agency, wanted.staff, case, Accepted(office=office)))


async def read_request(agency: Agency, exchange: str, wanted: Read) -> ReadRequest:
    """Who and what is asked about, with the findings R16 and R06. Raises Typed, Refused, GatewayAway."""
    case = await own(agency, exchange)
    look = Look(staff=wanted.staff, why=wanted.why, no_conflict=wanted.no_conflict)
    looked = await opening.look(
        agency,
        exchange,
        case.sealed_by,
        ("subject",),
        look,
        by=case.requester,
        beside=lambda drawer, posting: looks.begin(drawer, posting, wanted.staff),
    )
    subject = _subject(looked.values["subject"])
    read = await agency.cabinet.change(lambda drawer: _read(drawer, exchange, case.sealed_by, subject))
    return ReadRequest(subject=subject, case=read, sent=looked.sent)


async def more_needed(agency: Agency, exchange: str, wanted: NeedMore) -> Said:
    """Ask for what is missing. Raises Refused."""
    case = await own(agency, exchange)
    return await say(agency, _draft(agency, wanted.staff, case, MoreNeeded(missing=wanted.missing)))


async def find_sensitive(agency: Agency, exchange: str, wanted: Find) -> Said:
    """A sensitivity that the requester could not know: from now on the case goes to review. Raises Refused."""
    case = await own(agency, exchange)
    draft = _draft(agency, wanted.staff, case, SensitivityFound(found=wanted.found))
    return await say(agency, replace(draft, to=GATEWAY))


async def review(agency: Agency, exchange: str, wanted: Decide) -> Said:
    """The reviewer's decision, its reasons sealed for the inspectorate.

    Raises Forbidden (R04) where the reviewer asked or attested, as only this desk can know; OutOfTurn, Refused (R11).
    """
    case = await own(agency, exchange)
    if not case.read:
        raise OutOfTurn(READ_FIRST, exchange=exchange)
    if await agency.cabinet.change(lambda drawer: asker_mark(drawer, wanted.staff.id) in case.asker):
        terms = (await agency.known()).agreement.reviewing
        raise Forbidden(OWN_CASE, code="R04", exchange=exchange, clauses=(terms.own_case_clause,))
    body = Review(decision=wanted.decision, co_worked=wanted.co_worked)
    draft = _draft(agency, wanted.staff, case, body)
    return await say(agency, replace(draft, to=await _inspectorate(agency), plain={"reasons": wanted.reasons}))


async def recall(agency: Agency, exchange: str, wanted: CallBack) -> Said:
    """The values are withdrawn, now. Raises OutOfTurn, Refused."""
    case = await own(agency, exchange)
    if case.answer is None or case.outcome not in ("shared", "agreed"):
        raise OutOfTurn(NO_VALUES, exchange=exchange)
    return await say(agency, _draft(agency, wanted.staff, case, Recall(of=case.answer)))


async def own(agency: Agency, exchange: str) -> Case:
    """The case, if this agency is the one that was asked. Raises NotThere."""
    case = await agency.case(exchange)
    if case.side != "holder":
        raise NotThere(NO_SUCH_CASE)
    return case


def needs_review(request: ContactRequest, found: tuple[Sensitivity, ...], agreement: Agreement) -> bool:
    """Whether the case is sensitive: by a flag of either side, or by its offence group (agreement part 7)."""
    rule = agreement.reviewing
    flags, groups = {*request.sensitivities, *found}, set(request.offence_groups)
    return bool(flags & set(rule.sensitivities) or groups & set(rule.offence_groups))


def findings(drawer: Drawer, case: Case) -> tuple[ReasonCode, ...]:
    """What this agency alone can know, in the agreement's order: a live duplicate, a standing instruction."""
    found: list[ReasonCode] = []
    if duplicates.earlier(drawer, case):
        found.append("R16")
    if case.victim_mark and instructions.stopping(drawer, case.victim_mark, case.request.purpose):
        found.append("R06")
    return tuple(found)


def asker_mark(drawer: Drawer, staff_id: str) -> str:
    """One of the requester's staff, as records may name them."""
    return drawer.mark(f"asker {same_person(staff_id)}").hex()


def _read(drawer: Drawer, exchange: str, of: str, subject: Subject) -> Case:
    """The case once its request was read: keyed hashes of who it is about, so that a duplicate is found later.

    A correction that came while `of` was read is still to be read.
    """
    case = drawer.get(KIND, exchange, Case)
    if case is None:
        raise NotThere(NO_SUCH_CASE)
    askers = (subject.requester.staff_id, *subject.requester.attested_by)
    victim = instructions.victim_mark(drawer, subject.offence.crime_reference)
    offender = instructions.offender_marks(drawer, subject)
    instructions.learn(drawer, victim, offender)
    looks.learn(drawer, of, victim, subject)
    marked = replace(
        case,
        reading=case.reading or _next_reading(drawer),
        read_of=of,
        marks=duplicates.marks(drawer, subject, case.request.purpose),
        offender=offender,
        victim_mark=victim,
        asker=tuple(asker_mark(drawer, each) for each in askers),
    )
    perhaps = instructions.perhaps(drawer, victim, offender)
    read = replace(marked, findings=findings(drawer, marked), perhaps=perhaps)
    cases.keep(drawer, read)
    return read


def _next_reading(drawer: Drawer) -> int:
    readings = drawer.get("count", "readings", Readings) or Readings()
    drawer.put("count", "readings", Readings(count=readings.count + 1))
    return readings.count + 1


def _subject(text: str) -> Subject:
    try:
        return msgspec.json.decode(text, type=Subject)
    except msgspec.DecodeError:
        raise NotBelieved("The request's subject is not in the form that its contract gives.") from None


async def _inspectorate(agency: Agency) -> str:
    listed = (await agency.known()).directory.agencies_of("inspectorate")
    if not listed:
        raise NotThere("The agency directory lists no inspectorate to seal the reasons for. Ask the officers.")
    return listed[0].id


def _draft(agency: Agency, staff: Staff | None, case: Case, body: Body) -> Draft:
    return Draft(to=case.requester, exchange=case.exchange, actor=agency.actor(staff), body=body)

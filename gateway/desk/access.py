"""A victim asks their force: who looked at my details? (agreement clause 13.7)

1. entitled  a person in a role that the agreement names, who says how they made sure who is asking
2. hear      what the gateway has to tell of hand-overs is heard first, and lost replies are asked for
3. find      the victim's cases by the crime reference; where it is not certain whose they are, a person says
4. record    that the report is given, by whom, and how it was made sure who asked: before anybody has it
5. tell      what the victim may know; beside it, for staff, where each entry is proven

Nothing in it names an establishment, a person, an offence or an offender.
"""

from typing import Final

import structlog
from msgspec import Struct

from contracts.agreement import Agreement
from contracts.identifiers import BadIdentifier, crime_reference
from contracts.vocabulary import IdentityCheck, Role
from gateway.desk import delays, deliveries, entitled, handovers, happenings, looks, victim_page
from gateway.desk.agency import Agency
from gateway.desk.answering import AskReport
from gateway.desk.bell import rings
from gateway.desk.cabinet import Drawer
from gateway.desk.deliveries import Alarm
from gateway.desk.errors import DeskError, Fault, GatewayAway, NotBelieved, Typed
from gateway.desk.handovers import Found, HandOver
from gateway.desk.ids import new_id, now
from gateway.desk.instructions import victim_mark
from gateway.desk.listener import Cursor
from gateway.desk.staff import ROLES, Staff
from gateway.desk.victim_page import Facts, Forgotten, Given, Surely, Told

KIND: Final = "access-report"
HEARING_TRIES: Final = 5

UNCHECKED: Final = Fault(
    name="identity_checked",
    detail="Say how you made sure that this is the victim, or who speaks for them. Given to somebody else, this report "
    "can put a person in danger.",
)
WHOSE: Final = (
    "Under this reference there may be more than one person, or more than one crime. Read these cases, and name in "
    "`exchanges` those of the person who asks: {cases}."
)
NOT_AMONG: Final = Fault(name="exchanges", detail="One of these cases is not found by this crime reference.")

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Line(Struct, frozen=True, kw_only=True):
    """For staff: one hand-over that the report shows, its line of the log, and where its proof is at this desk."""

    leaf: int
    exchange: str
    at: int
    proof: str


class ForStaff(Struct, frozen=True, kw_only=True):
    """What staff need beside the report, and do not hand over.

    `id` is the record that it was given. `not_asked` are cases to which the victim has said no yes: they may not know
    of them, so tell them in person. `doubted` deliveries about these cases do not verify: something may be missing.
    """

    id: str
    lines: tuple[Line, ...]
    not_asked: tuple[str, ...]
    doubted: int


class Report(Struct, frozen=True, kw_only=True):
    """What the victim is given, and what staff need beside it."""

    report: Told
    staff: ForStaff


async def report(agency: Agency, wanted: AskReport) -> Report:
    """The report, recorded as given. Raises NotThere, Forbidden (R04), Typed."""
    # 1. Who may, and who asks.
    try:
        await entitled.to_report(agency, wanted.staff)
        check = _checked(wanted)
    except DeskError as error:
        log.warning("access_report.refused", agency=agency.id, why=error.slug)
        raise
    reference = _reference(wanted)
    # 2. Nothing is missing that the gateway has told, or would tell if it were asked.
    whole = await heard_all(agency) and await looks.settle(agency, reference)
    known, myself = await agency.known(), await agency.myself()
    surely = Surely(own=myself.kind, office=next(iter(myself.offices), None), whole=whole, agreement=known.agreement)
    # 3, 4 and 5, all of it or nothing.
    given = await agency.cabinet.change(
        lambda drawer: _given(drawer, wanted, check, reference, surely, client=agency.client_name)
    )
    agency.bell.ring()
    log.info("access_report.given", agency=agency.id)
    return given


async def earlier(agency: Agency) -> list[Given]:
    """The reports that were given, the newest first. Raises NotThere, Forbidden."""
    await entitled.provided(agency)
    found = await agency.cabinet.change(lambda drawer: [each for _, each in drawer.each(KIND, Given)])
    return found[::-1]


async def of_reference(agency: Agency, reference: str) -> tuple[Found, ...]:
    """The exchanges that are found by this crime reference, for a person who has to tell whose they are."""
    return await agency.cabinet.change(lambda drawer: handovers.of_victim(drawer, victim_mark(drawer, reference)))


async def heard_all(agency: Agency) -> bool:
    """Whether this desk has applied everything that has come for it until now."""
    for _ in range(HEARING_TRIES):
        ring = agency.bell.next
        cursor = await agency.cabinet.get("cursor", "inbox", Cursor) or Cursor()
        try:
            if not (await agency.inbox(cursor.index, 0)).items:
                return True
        except (GatewayAway, NotBelieved):
            return False
        await rings(ring, 1)
    return False


def _checked(wanted: AskReport) -> IdentityCheck:
    if wanted.identity_checked is None:
        raise Typed(UNCHECKED)
    return wanted.identity_checked


def _reference(wanted: AskReport) -> str:
    try:
        return crime_reference(wanted.crime_reference)
    except BadIdentifier as error:
        raise Typed(Fault(name="crime_reference", code="R01", detail=error.message)) from None


def _given(
    drawer: Drawer, wanted: AskReport, check: IdentityCheck, reference: str, surely: Surely, *, client: str | None
) -> Report:
    at, victim = now(), victim_mark(drawer, reference)
    found = _theirs(drawer, wanted, reference, surely.agreement)
    handed = sorted((each for one in found for each in handovers.hand_overs(drawer, one)), key=lambda each: each.leaf)
    shown, hiding = delays.parted(drawer, handed, at)
    facts = Facts(
        at=at,
        shown=shown,
        hiding=hiding,
        earlier=_earlier(drawer, victim, found),
        forgotten=drawer.get("forgotten", "cases", Forgotten),
    )
    record = Given(
        id=new_id(),
        at=at,
        by=wanted.staff.id,
        role=_role(wanted.staff),
        checked=check,
        victim=victim,
        exchanges=tuple(each.exchange for each in found),
        shown=len(shown),
    )
    drawer.put(KIND, record.id, record, (victim,))
    for each in found:
        if each.case is not None:
            happenings.note(drawer, "access-report", each.case, client=client)
    return Report(report=victim_page.tell(facts, surely), staff=_for_staff(drawer, record, found, shown))


def _theirs(drawer: Drawer, wanted: AskReport, reference: str, agreement: Agreement) -> tuple[Found, ...]:
    """The exchanges that are the asker's. Raises Typed where only a person can tell which those are."""
    found = handovers.of_victim(drawer, victim_mark(drawer, reference))
    if wanted.exchanges:
        if not set(wanted.exchanges) <= {each.exchange for each in found}:
            raise Typed(NOT_AMONG)
        return tuple(each for each in found if each.exchange in wanted.exchanges)
    if handovers.in_doubt(found, looks.written_mark(drawer, reference), agreement.children.purpose):
        listed = ", ".join(each.exchange for each in found)
        raise Typed(Fault(name="exchanges", detail=WHOSE.format(cases=listed)))
    return found


def _earlier(drawer: Drawer, victim: str, found: tuple[Found, ...]) -> tuple[Given, ...]:
    """Reports given before about any of the same cases: of another's, this one must not tell."""
    theirs = {each.exchange for each in found}
    every = (given for _, given in drawer.find(KIND, victim, Given))
    return tuple(given for given in every if theirs & set(given.exchanges) or not (theirs or given.exchanges))


def _for_staff(drawer: Drawer, record: Given, found: tuple[Found, ...], shown: tuple[HandOver, ...]) -> ForStaff:
    exchanges = set(record.exchanges)
    not_asked = dict.fromkeys(each.exchange for each in shown if each.purpose is None)
    return ForStaff(
        id=record.id,
        lines=tuple(Line(leaf=each.leaf, exchange=each.exchange, at=each.at, proof=each.proof) for each in shown),
        not_asked=tuple(not_asked),
        doubted=sum(alarm.exchange in exchanges for _, alarm in drawer.each(deliveries.ALARM, Alarm)),
    )


def _role(staff: Staff) -> Role:
    return ROLES.get(staff.role, "other")

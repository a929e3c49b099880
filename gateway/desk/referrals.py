"""Referrals: residential staff name a prisoner to the coordinator, who takes it up or says why not.

Whoever referred somebody sees that the coordinator has it, that a request has been made, or that it is closed: never
what came of the request, for that could tell a prisoner what a victim decided.
"""

from collections.abc import Callable
from datetime import date
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from contracts.identifiers import BadIdentifier, prison_number
from gateway.decide.calendar import due
from gateway.desk import case as cases
from gateway.desk import happenings, roles
from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.case import Case
from gateway.desk.errors import Fault, NotThere, OutOfTurn, Typed
from gateway.desk.ids import new_id, now
from gateway.desk.referring import CloseReason, CloseReferral, Kind, PutBack, Refer, Take
from gateway.desk.request import today
from gateway.desk.staff import Staff, same_person

KIND: Final = "referral"

State = Literal["waiting", "taken", "closed"]
Standing = Literal["with-coordinator", "asked", "closed"]
"""All that whoever referred may know."""

NO_SUCH: Final = "There is no such referral at your agency."
NOT_NOW: Final = "This referral is closed, or a request has been made of it already."
NO_NUMBER: Final = Fault(name="prison_number", code="R01", detail="Enter the prison number.")
NOBODY: Final = Fault(name="offender", detail="Enter the person's name.")
NO_WHY: Final = Fault(name="why", detail="Say in a few words why this person may want to make amends.")
NO_COURSE: Final = Fault(name="course", detail="Say which course it was.")
NO_DAY: Final = Fault(name="completed_on", detail="Enter the day on which the course was completed.")
TO_COME: Final = Fault(name="completed_on", detail="The date is in the future. Check the year.")
NOT_OF_A_COURSE: Final = Fault(name="course", detail="Only a course that was completed has this. Take it out.")
NO_CASE: Final = Fault(name="exchange", detail="Your agency has made no such request. Check the reference.")


class Referral(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One referral. `by`, `taken_by` and `closed_by` are the agency's own staff ids; times are UTC seconds."""

    id: str
    kind: Kind
    by: str
    at: int
    why: str
    prison_number: str | None = None
    offender: str | None = None
    course: str | None = None
    completed_on: str | None = None
    state: State = "waiting"
    taken_by: str | None = None
    draft: str | None = None
    exchange: str | None = None
    closed_by: str | None = None
    closed_at: int | None = None
    reason: CloseReason | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """What it is found by; by its exchange too, with which it is forgotten."""
        by = (f"state {self.state}", f"by {same_person(self.by)}")
        person = (f"person {self.prison_number}",) if self.prison_number else ()
        return (*by, *person, *((self.exchange,) if self.exchange else ()))

    @property
    def standing(self) -> Standing:
        """As whoever referred may know it."""
        if self.state == "closed":
            return "closed"
        return "asked" if self.exchange else "with-coordinator"


async def refer(agency: Agency, wanted: Refer) -> Referral:
    """Refer somebody. Raises NotThere, Forbidden (R04), Typed with every fault at once."""
    await roles.referrer(agency, wanted.staff)
    read = _read(wanted, today(), in_prison=(await agency.myself()).kind == "prison")

    def kept(drawer: Drawer) -> Referral:
        _keep(drawer, read, "referred", agency.client_name)
        return read

    return await _changed(agency, kept)


async def take(agency: Agency, referral: str, wanted: Take) -> Referral:
    """The coordinator deals with it, in a draft or by a request. Raises NotThere, Forbidden (R04), OutOfTurn, Typed."""
    await roles.coordinator(agency, wanted.staff)

    def taken(drawer: Drawer) -> Referral:
        found = _open(drawer, referral)
        if wanted.exchange is not None:
            case = drawer.get(cases.KIND, wanted.exchange, Case)
            if case is None or case.side != "requester":
                raise Typed(NO_CASE)
        changed = replace(
            found,
            state="taken",
            taken_by=wanted.staff.id,
            draft=None if wanted.exchange else wanted.draft or found.draft,
            exchange=wanted.exchange,
        )
        _keep(drawer, changed, "referral-taken", agency.client_name)
        return changed

    return await _changed(agency, taken)


async def put_back(agency: Agency, referral: str, wanted: PutBack) -> Referral:
    """It waits again. Raises NotThere, Forbidden (R04), OutOfTurn."""
    await roles.coordinator(agency, wanted.staff)

    def waits(drawer: Drawer) -> Referral:
        changed = replace(_open(drawer, referral), state="waiting", taken_by=None, draft=None)
        _keep(drawer, changed, "referral-put-back", agency.client_name)
        return changed

    return await _changed(agency, waits)


async def close(agency: Agency, referral: str, wanted: CloseReferral) -> Referral:
    """No request comes of it, for a reason from the list. Raises NotThere, Forbidden (R04), OutOfTurn."""
    await roles.coordinator(agency, wanted.staff)

    def closed(drawer: Drawer) -> Referral:
        changed = replace(
            _open(drawer, referral),
            state="closed",
            draft=None,
            closed_by=wanted.staff.id,
            closed_at=now(),
            reason=wanted.reason,
        )
        _keep(drawer, changed, "referral-closed", agency.client_name)
        return changed

    return await _changed(agency, closed)


async def one(agency: Agency, referral: str, staff: Staff | None = None) -> Referral:
    """A referral, for the coordinator or the agency's own system. Raises NotThere, Forbidden (R04)."""
    if staff is not None:
        await roles.coordinator(agency, staff)
    found = await agency.cabinet.get(KIND, referral, Referral)
    if found is None:
        raise NotThere(NO_SUCH)
    return found


async def every(
    agency: Agency, staff: Staff | None = None, *, state: State | None = None, person: str | None = None
) -> list[Referral]:
    """All of them, or those of a state or a prison number, in the order in which they came. Raises Forbidden (R04)."""
    if staff is not None:
        await roles.coordinator(agency, staff)
    word = f"state {state}" if state else f"person {person}" if person else None
    if word is None:
        return await agency.cabinet.change(lambda drawer: [each for _, each in drawer.each(KIND, Referral)])
    return await agency.cabinet.change(lambda drawer: [each for _, each in drawer.find(KIND, word, Referral)])


async def mine(agency: Agency, staff: Staff) -> list[Referral]:
    """What this person has referred, newest first: show of it `standing` alone. Raises NotThere, Forbidden (R04)."""
    await roles.referrer(agency, staff)
    word = f"by {same_person(staff.id)}"
    found = await agency.cabinet.change(lambda drawer: drawer.find(KIND, word, Referral))
    return [each for _, each in reversed(found)]


def forget_with(drawer: Drawer, exchange: str) -> None:
    """What is erased with a case: the referral that it came of."""
    for _, each in drawer.find(KIND, exchange, Referral):
        _forget(drawer, each)


def forget(drawer: Drawer, span: str, at: int) -> None:
    """Those that were closed so long ago; what became a request is forgotten with its case."""
    for _, each in drawer.find(KIND, "state closed", Referral):
        if each.closed_at is not None and due(each.closed_at, span) <= at:
            _forget(drawer, each)


def _forget(drawer: Drawer, referral: Referral) -> None:
    drawer.remove(KIND, referral.id)
    drawer.remove_all(happenings.KIND, referral.id)


def _read(wanted: Refer, day: date, *, in_prison: bool) -> Referral:
    """What was typed, in canonical form. Raises Typed."""
    faults: list[Fault] = []
    number, typed = None, (wanted.prison_number or "").strip()
    try:
        number = prison_number(typed) if typed else None
    except BadIdentifier as error:
        faults.append(Fault(name="prison_number", code="R01", detail=error.message))
    if not typed and in_prison:
        faults.append(NO_NUMBER)
    name = (wanted.offender or "").strip() or None
    if not (typed or name or in_prison):
        faults.append(NOBODY)
    if not wanted.why.strip():
        faults.append(NO_WHY)
    faults += _of_course(wanted, day)
    if faults:
        raise Typed(*faults)
    return Referral(
        id=new_id(),
        kind=wanted.kind,
        by=wanted.staff.id,
        at=now(),
        why=wanted.why.strip(),
        prison_number=number,
        offender=name,
        course=wanted.course,
        completed_on=wanted.completed_on,
    )


def _of_course(wanted: Refer, day: date) -> list[Fault]:
    if wanted.kind != "course-completed":
        return [NOT_OF_A_COURSE] if wanted.course or wanted.completed_on else []
    faults = [] if (wanted.course or "").strip() else [NO_COURSE]
    if wanted.completed_on is None:
        return [*faults, NO_DAY]
    return [*faults, TO_COME] if date.fromisoformat(wanted.completed_on) > day else faults


def _open(drawer: Drawer, referral: str) -> Referral:
    """One of which no request was made, and which is not closed. Raises NotThere, OutOfTurn."""
    found = drawer.get(KIND, referral, Referral)
    if found is None:
        raise NotThere(NO_SUCH)
    if found.state == "closed" or found.exchange is not None:
        raise OutOfTurn(NOT_NOW)
    return found


def _keep(drawer: Drawer, referral: Referral, happened: str, client: str | None) -> None:
    drawer.put(KIND, referral.id, referral, referral.words)
    happenings.note_record(drawer, happened, "requester", referral.id, referral.exchange, client=client)


async def _changed(agency: Agency, work: Callable[[Drawer], Referral]) -> Referral:
    done = await agency.cabinet.change(work)
    agency.bell.ring()
    return done

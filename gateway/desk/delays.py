"""What a victim's report does not show yet: by a clause, for a reason from a closed list, until a day (clause 13.8).

Past its day a delay hides nothing, whether or not anybody looks. It never hides a hand-over to whoever decided it.
"""

from collections.abc import Callable
from datetime import date
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from contracts.vocabulary import DelayReason
from gateway.decide.calendar import begins, due
from gateway.desk import case as cases
from gateway.desk import entitled, handovers, happenings, holder, looks
from gateway.desk.agency import Agency
from gateway.desk.answering import DelayShowing, EndDelay
from gateway.desk.cabinet import Drawer
from gateway.desk.case import Case
from gateway.desk.errors import Fault, Forbidden, NotThere, OutOfTurn, Typed
from gateway.desk.handovers import HandOver
from gateway.desk.ids import new_id, now

KIND: Final = "delay"
PAST: Final = Fault(name="until", detail="Name a day to come: hand-overs are shown again from the start of that day.")
TOO_LONG: Final = "The agreement allows no day further away than {longest}. Name an earlier one, and decide anew then."
NO_REASON: Final = Fault(name="reason", detail="The agreement does not allow a delay for this reason.")
NO_LINES: Final = Fault(name="lines", detail="One of these is not the line of a hand-over on this case.")
TO_THEMSELVES: Final = "Nobody delays a hand-over to themselves. Have another reviewer decide it."


class Delay(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Hand-overs of an exchange that are not shown before `until` (UTC seconds); no `lines` means all of them.

    `by` and `lifted_by` are the agency's own staff ids, `decider` a keyed hash of the first.
    """

    id: str
    exchange: str
    reason: DelayReason
    clause: str
    since: int
    until: int
    by: str
    decider: str
    lines: tuple[int, ...] = ()
    lifted_at: int | None = None
    lifted_by: str | None = None

    def hides(self, handed: HandOver, at: int) -> bool:
        """Whether this hand-over is not shown at this instant."""
        stands = self.lifted_at is None and at < self.until
        meant = handed.exchange == self.exchange and (not self.lines or handed.leaf in self.lines)
        return stands and meant and handed.reader != self.decider


def parted(drawer: Drawer, handed: list[HandOver], at: int) -> tuple[tuple[HandOver, ...], tuple[Delay, ...]]:
    """The hand-overs that are shown at this instant; and for each of the others the delay that hides it longest."""
    hiding = [_hiding(drawer, each, at) for each in handed]
    shown = tuple(each for each, delay in zip(handed, hiding, strict=True) if delay is None)
    return shown, tuple(delay for delay in hiding if delay is not None)


def _hiding(drawer: Drawer, handed: HandOver, at: int) -> Delay | None:
    standing = (each for _, each in drawer.find(KIND, handed.exchange, Delay) if each.hides(handed, at))
    return max(standing, key=lambda each: each.until, default=None)


async def every(agency: Agency) -> list[Delay]:
    """All of this agency's, those that are over too, in the order in which they were decided. Raises NotThere."""
    await entitled.provided(agency)
    return await agency.cabinet.change(lambda drawer: [each for _, each in drawer.each(KIND, Delay)])


async def delay(agency: Agency, wanted: DelayShowing) -> Delay:
    """Decide one. Raises NotThere, Forbidden (R04), Typed."""
    terms = await entitled.to_delay(agency, wanted.staff)
    case = await holder.own(agency, wanted.exchange)
    until, at = begins(date.fromisoformat(wanted.until)), now()
    if wanted.reason not in terms.delay_reasons:
        raise Typed(NO_REASON)
    if until <= at:
        raise Typed(PAST)
    if until > due(at, terms.delay_longest):
        raise Typed(Fault(name="until", detail=TOO_LONG.format(longest=terms.delay_longest)))

    def decided(drawer: Drawer) -> Delay:
        decider = looks.reader_mark(drawer, wanted.staff.id)
        _check_lines(drawer, case, wanted.lines, decider, terms.delay_clause)
        made = Delay(
            id=new_id(),
            exchange=case.exchange,
            reason=wanted.reason,
            clause=terms.delay_clause,
            since=at,
            until=until,
            by=wanted.staff.id,
            decider=decider,
            lines=tuple(sorted(set(wanted.lines))),
        )
        _keep(drawer, made, "showing-delayed", agency.client_name)
        return made

    return await _changed(agency, decided)


async def lift(agency: Agency, delay_id: str, wanted: EndDelay) -> Delay:
    """End it now: what it hid is shown from this instant. Raises NotThere, Forbidden (R04), OutOfTurn."""
    await entitled.to_delay(agency, wanted.staff)

    def lifted(drawer: Drawer) -> Delay:
        found = drawer.get(KIND, delay_id, Delay)
        if found is None:
            raise NotThere("There is no such delay at your agency.")
        if found.lifted_at is not None or found.until <= now():
            raise OutOfTurn("This delay is over already.")
        ended = replace(found, lifted_at=now(), lifted_by=wanted.staff.id)
        _keep(drawer, ended, "delay-lifted", agency.client_name)
        return ended

    return await _changed(agency, lifted)


def _check_lines(drawer: Drawer, case: Case, lines: tuple[int, ...], decider: str, clause: str) -> None:
    handed = {each.leaf: each for each in handovers.of_case(drawer, case)}
    if not set(lines) <= set(handed):
        raise Typed(NO_LINES)
    if any(handed[line].reader == decider for line in lines):
        raise Forbidden(TO_THEMSELVES, code="R04", exchange=case.exchange, clauses=(clause,))


def _keep(drawer: Drawer, kept: Delay, happened: str, client: str | None) -> None:
    drawer.put(KIND, kept.id, kept, (kept.exchange,))
    if (case := drawer.get(cases.KIND, kept.exchange, Case)) is not None:
        happenings.note(drawer, happened, case, client=client)


async def _changed(agency: Agency, work: Callable[[Drawer], Delay]) -> Delay:
    done = await agency.cabinet.change(work)
    agency.bell.ring()
    return done

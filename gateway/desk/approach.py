"""The approach to a victim: as they want it, each try, what they were told, and what they say so far.

It is kept at the holder's desk alone, and nothing of it is ever sent. Nobody is approached where the request has not
been read, where a review is still to come, or where an instruction or a duplicate stands in the way: each change looks
again.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from contracts.agreement import Agreement
from contracts.messages.contact_answer import Consent
from contracts.vocabulary import Informed
from gateway.decide.calendar import due
from gateway.desk import case as cases
from gateway.desk import happenings, holder, roles, words
from gateway.desk.agency import NO_SUCH_CASE, Agency
from gateway.desk.approaching import Channel, Decision, GivenBy, How, Plan, Result, Said, Tick, Tried
from gateway.desk.cabinet import Drawer
from gateway.desk.case import OPEN, Case
from gateway.desk.errors import Fault, NotThere, OutOfTurn, Typed
from gateway.desk.holder import READ_FIRST
from gateway.desk.ids import now
from gateway.desk.staff import Staff

KIND: Final = "approach"
MOST_TRIES: Final = 100
SKEW_SECONDS: Final = 300

OVER: Final = "This case is answered or ended: nobody is approached about it."
REVIEW_FIRST: Final = "This case waits for its review. Approach nobody before it has been decided."
ENOUGH: Final = "So many tries are recorded that one more cannot help. Answer the case."
SAID_NO: Final = "The victim has said no. Do not contact them again. Answer the case."
NOT_TOLD: Final = "Record first that the victim was told all three things. Only then is a yes an informed one."
TO_COME: Final = Fault(name="at", detail="This is in the future. Check the date and the time.")
NO_DETAILS: Final = Fault(name="given_by", detail="Say who gave the yes, and how.")
NO_YES: Final = Fault(name="decision", detail="Only a yes has these details. Take them out.")
PAST: Final = Fault(name="valid_until", detail="Name a day to come until which the yes is good.")


class Try(Struct, frozen=True, kw_only=True):
    """One try to reach the victim."""

    at: int
    how: Channel
    result: Result
    by: str


class Told(Struct, frozen=True, kw_only=True):
    """One thing that the victim was told."""

    what: Informed
    at: int
    by: str


class Approach(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The approach of one case. Times are UTC seconds, people the agency's own staff ids.

    `times` is when the victim wants to be asked, as they said it.
    """

    exchange: str
    channel: Channel | None = None
    times: str = ""
    planned_by: str | None = None
    planned_at: int | None = None
    tries: tuple[Try, ...] = ()
    told: tuple[Told, ...] = ()
    decision: Decision = "none"
    decided_at: int | None = None
    decided_by: str | None = None
    given_by: GivenBy | None = None
    how: How | None = None
    valid_until: int | None = None

    @property
    def informed(self) -> tuple[Informed, ...]:
        """What they have been told."""
        return tuple(each.what for each in self.told)

    def consent(self, case: Case, agreement: Agreement) -> Consent | None:
        """What the answer's consent may be filled in with, once there is a yes; a person still says that it is so."""
        if self.decision != "yes" or self.decided_at is None or self.given_by is None or self.how is None:
            return None
        return Consent(
            given_at=self.decided_at,
            given_by=self.given_by,
            how=self.how,
            informed=self.informed,
            valid_until=self.valid_until or due(self.decided_at, agreement.consent.longest),
            letter=case.request.letter.sha256 if case.request.letter else None,
        )


async def of(agency: Agency, exchange: str) -> Approach:
    """What is recorded of the approach of a case. Raises NotThere."""
    await holder.own(agency, exchange)
    return await agency.cabinet.get(KIND, exchange, Approach) or Approach(exchange=exchange)


async def plan(agency: Agency, exchange: str, wanted: Plan) -> Approach:
    """How and when the victim wants to be asked. Raises NotThere, Forbidden (R04), OutOfTurn (R06, R16)."""

    def planned(kept: Approach, by: str) -> Approach:
        _no_more(kept)
        return replace(kept, channel=wanted.channel, times=wanted.times.strip(), planned_by=by, planned_at=now())

    return await _changed(agency, exchange, wanted.staff, planned)


async def tried(agency: Agency, exchange: str, wanted: Tried) -> Approach:
    """A try to reach the victim. Raises NotThere, Forbidden (R04), OutOfTurn (R06, R16), Typed."""
    at = _past(wanted.at)

    def one_more(kept: Approach, by: str) -> Approach:
        _no_more(kept)
        if len(kept.tries) >= MOST_TRIES:
            raise OutOfTurn(ENOUGH, exchange=exchange)
        made = (*kept.tries, Try(at=at, how=wanted.how, result=wanted.result, by=by))
        return replace(kept, tries=tuple(sorted(made, key=lambda each: each.at)))

    return await _changed(agency, exchange, wanted.staff, one_more)


async def tick(agency: Agency, exchange: str, wanted: Tick) -> Approach:
    """What the victim was told; what is ticked stays so. Raises NotThere, Forbidden (R04), OutOfTurn, Typed."""
    at = _past(wanted.at)

    def ticked(kept: Approach, by: str) -> Approach:
        fresh = (what for what in dict.fromkeys(wanted.told) if what not in kept.informed)
        return replace(kept, told=(*kept.told, *(Told(what=what, at=at, by=by) for what in fresh)))

    return await _changed(agency, exchange, wanted.staff, ticked)


async def decided(agency: Agency, exchange: str, wanted: Said) -> Approach:
    """What the victim says so far. A yes needs all that was to be told. Raises as `tick`."""
    _check(wanted)
    needed = set((await agency.known()).agreement.consent.informed)

    def said(kept: Approach, by: str) -> Approach:
        if wanted.decision == "yes" and not needed <= set(kept.informed):
            raise OutOfTurn(NOT_TOLD, exchange=exchange)
        return replace(
            kept,
            decision=wanted.decision,
            decided_at=now(),
            decided_by=by,
            given_by=wanted.given_by,
            how=wanted.how,
            valid_until=wanted.valid_until,
        )

    return await _changed(agency, exchange, wanted.staff, said)


def stopped(drawer: Drawer, case: Case) -> OutOfTurn | None:
    """Why nobody may be approached about a case now, or None."""
    if case.state not in OPEN or case.ruled_out:
        return OutOfTurn(OVER, exchange=case.exchange)
    if not case.read:
        return OutOfTurn(READ_FIRST, exchange=case.exchange)
    if found := holder.findings(drawer, case):
        return OutOfTurn(words.finding(found[0]), code=found[0], exchange=case.exchange)
    return OutOfTurn(REVIEW_FIRST, exchange=case.exchange) if case.review == "needed" else None


def _no_more(kept: Approach) -> None:
    """After a no there is no next try, whether or not it has been answered yet. Raises OutOfTurn."""
    if kept.decision == "no":
        raise OutOfTurn(SAID_NO, exchange=kept.exchange)


def _check(wanted: Said) -> None:
    """Raises Typed."""
    if wanted.decision == "yes":
        if wanted.given_by is None or wanted.how is None:
            raise Typed(NO_DETAILS)
        if wanted.valid_until is not None and wanted.valid_until <= now():
            raise Typed(PAST)
    elif wanted.given_by or wanted.how or wanted.valid_until:
        raise Typed(NO_YES)


def _past(at: int | None) -> int:
    """Raises Typed."""
    if at is not None and at > now() + SKEW_SECONDS:
        raise Typed(TO_COME)
    return now() if at is None else at


async def _changed(agency: Agency, exchange: str, staff: Staff, work: Callable[[Approach, str], Approach]) -> Approach:
    """One change in one transaction: of two people at one case neither loses anything."""
    await roles.answerer(agency, staff)

    def changed(drawer: Drawer) -> Approach:
        case = drawer.get(cases.KIND, exchange, Case)
        if case is None or case.side != "holder":
            raise NotThere(NO_SUCH_CASE)
        if (stop := stopped(drawer, case)) is not None:
            raise stop
        done = work(drawer.get(KIND, exchange, Approach) or Approach(exchange=exchange), staff.id)
        drawer.put(KIND, exchange, done, (exchange,))
        happenings.note(drawer, "approach", case, client=agency.client_name)
        return done

    done = await agency.cabinet.change(changed)
    agency.bell.ring()
    return done

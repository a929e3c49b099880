"""What time alone does to an exchange: overdue, the end of the answer window, expiry, erasure of the record."""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from gateway.decide.ending import ended, erasure
from gateway.decide.exchange import Applied, Delivery, Exchange, Situation

Event = Callable[[Exchange, Situation], Applied]


def next_due(exchange: Exchange) -> int | None:
    """When time next does something to the exchange, in UTC seconds; None if it never will."""
    return min((instant for instant, _, _ in _dues(exchange)), default=None)


def fall_due(exchange: Exchange, situation: Situation) -> Iterator[tuple[str, Applied]]:
    """The events that are due at `situation.now`, by name, each applied to what the one before left."""
    while due := [(name, event) for instant, name, event in _dues(exchange) if instant <= situation.now]:
        name, event = due[0]
        applied = event(exchange, situation)
        yield name, applied
        if applied.exchange is None or applied.erase_record:
            return
        exchange = applied.exchange


def _dues(exchange: Exchange) -> Iterator[tuple[int, str, Event]]:
    """What is to come, and when; of what is due at once, the first goes first. Each event takes its own due date away.

    The end of the window goes before what the holder owes in it: once it has ended, nothing more is owed.
    """
    if exchange.stage == "with-police":
        yield exchange.answer_by, "window-ended", _window_ended
    if exchange.open_until is not None:
        yield exchange.open_until, "expired", _expired
    if exchange.accept_by is not None:
        yield exchange.accept_by, "time-checked", _acceptance_due
    if exchange.review_by is not None:
        yield exchange.review_by, "time-checked", _review_due
    if exchange.acknowledge_by is not None and not exchange.chased:
        yield exchange.acknowledge_by, "overdue", _unacknowledged
    if exchange.outcome_by is not None:
        yield exchange.outcome_by, "outcome-overdue", _outcome_overdue
    if exchange.erase_at is not None:
        yield exchange.erase_at, "record-erased", _record_erased


def _window_ended(exchange: Exchange, situation: Situation) -> Applied:
    """The one instant at which the requester learns of every "cannot proceed": a no, a code, a silence, all alike."""
    clause = situation.agreement.cannot_proceed_clause
    return Applied(
        exchange=replace(ended(exchange, "cannot-proceed", situation), told=(clause,)),
        clauses=(clause,),
        code=exchange.code,
        deliver=(
            Delivery(to=exchange.requester, notice="cannot-proceed"),
            Delivery(to=exchange.holder, notice="cannot-proceed"),
        ),
        erase=erasure(exchange, situation),
    )


def _expired(exchange: Exchange, situation: Situation) -> Applied:
    """Hand-over has ended; an outcome is still owed."""
    told = (Delivery(to=exchange.requester, notice="expired"), Delivery(to=exchange.holder, notice="expired"))
    return Applied(
        exchange=replace(ended(exchange, "expired", situation), outcome_by=exchange.outcome_by),
        clauses=(situation.agreement.retention.clause,),
        deliver=told,
        erase=erasure(exchange, situation),
    )


def _acceptance_due(exchange: Exchange, situation: Situation) -> Applied:
    """The line stands in every exchange that is with the police at this instant; the notice only where it is true."""
    told = Delivery(to=exchange.holder, notice="overdue", due=exchange.accept_by)
    late = not exchange.taken_up and not exchange.ended_no
    return _looked_at(replace(exchange, accept_by=None), situation, late, told)


def _review_due(exchange: Exchange, situation: Situation) -> Applied:
    """A review that was called for later is not late yet: it is looked at again when it is owed."""
    told = Delivery(to=exchange.holder, notice="overdue", due=exchange.review_owed)
    waits = exchange.review == "needed" and not exchange.ended_no
    again = exchange.review_owed if waits and (exchange.review_owed or 0) > situation.now else None
    return _looked_at(replace(exchange, review_by=again), situation, waits and again is None, told)


def _looked_at(changed: Exchange, situation: Situation, late: bool, told: Delivery) -> Applied:
    if late:
        return _overdue(changed, situation, told)
    return Applied(exchange=changed, clauses=(situation.agreement.windows.clause,))


def _unacknowledged(exchange: Exchange, situation: Situation) -> Applied:
    """Both sides are told: the holder rings on the same day (clause 10.6)."""
    sides = (exchange.requester, exchange.holder)
    told = [Delivery(to=side, notice="overdue", due=exchange.acknowledge_by) for side in sides]
    return _overdue(replace(exchange, chased=True), situation, *told)


def _overdue(exchange: Exchange, situation: Situation, *told: Delivery) -> Applied:
    clauses = (situation.agreement.windows.clause,)
    return Applied(exchange=replace(exchange, overdue=True), clauses=clauses, deliver=told)


def _outcome_overdue(exchange: Exchange, situation: Situation) -> Applied:
    told = (Delivery(to=exchange.requester, notice="outcome-overdue", due=exchange.outcome_by),)
    changed = replace(exchange, outcome_by=None)
    return Applied(exchange=changed, clauses=(situation.agreement.windows.clause,), deliver=told)


def _record_erased(exchange: Exchange, situation: Situation) -> Applied:
    clause = situation.agreement.retention.clause
    return Applied(exchange=replace(exchange, erase_at=None), clauses=(clause,), erase_record=True)

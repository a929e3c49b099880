"""What time alone does to an exchange: overdue, the end of the answer window, expiry, erasure of the record."""

from collections.abc import Iterator

from msgspec.structs import replace

from gateway.decide.ending import ended
from gateway.decide.exchange import Applied, Delivery, Exchange, Situation


def next_due(exchange: Exchange) -> int | None:
    """When time next does something to the exchange, in UTC seconds; None if it never will."""
    waits = (
        exchange.answer_by if exchange.stage == "with-police" else None,
        exchange.open_until if exchange.stage in ("shared", "agreed") else None,
        exchange.holder_due,
        exchange.acknowledge_by if not exchange.overdue else None,
        exchange.outcome_by,
        exchange.erase_at,
    )
    return min((instant for instant in waits if instant is not None), default=None)


def fall_due(exchange: Exchange, situation: Situation) -> Iterator[tuple[str, Applied]]:
    """The events that are due at `situation.now`, by name, each applied to what the one before left."""
    while (event := _first_due(exchange, situation)) is not None:
        name, applied = event
        yield name, applied
        if applied.exchange is None or applied.erase_record:
            return
        exchange = applied.exchange


def _first_due(exchange: Exchange, situation: Situation) -> tuple[str, Applied] | None:
    now = situation.now
    if exchange.stage == "with-police" and exchange.answer_by <= now:
        return "window-ended", _window_ended(exchange, situation)
    if exchange.stage in ("shared", "agreed") and exchange.open_until is not None and exchange.open_until <= now:
        return "expired", _expired(exchange, situation)
    if exchange.holder_due is not None and exchange.holder_due <= now:
        return "overdue", _overdue(exchange, situation)
    if exchange.acknowledge_by is not None and exchange.acknowledge_by <= now and not exchange.overdue:
        return "overdue", _unacknowledged(exchange, situation)
    if exchange.outcome_by is not None and exchange.outcome_by <= now:
        return "outcome-overdue", _outcome_overdue(exchange, situation)
    if exchange.erase_at is not None and exchange.erase_at <= now:
        return "record-erased", _record_erased(exchange, situation)
    return None


def _window_ended(exchange: Exchange, situation: Situation) -> Applied:
    """The one instant at which the requester learns of every "cannot proceed": a no, a code, a silence, all alike."""
    agreement = situation.agreement
    changed = ended(exchange, "cannot-proceed", situation)
    told = tuple(Delivery(to=agency, notice="cannot-proceed") for agency in (exchange.requester, exchange.holder))
    return Applied(
        exchange=changed,
        clauses=(agreement.cannot_proceed_clause,),
        code=exchange.code,
        deliver=told,
        erase=agreement.retention.clause,
    )


def _expired(exchange: Exchange, situation: Situation) -> Applied:
    clause = situation.agreement.retention.clause
    told = tuple(Delivery(to=agency, notice="expired") for agency in (exchange.requester, exchange.holder))
    changed = replace(ended(exchange, "expired", situation), open_until=None)
    return Applied(exchange=changed, clauses=(clause,), deliver=told, erase=clause)


def _overdue(exchange: Exchange, situation: Situation) -> Applied:
    told = (Delivery(to=exchange.holder, notice="overdue", due=exchange.holder_due),)
    changed = replace(exchange, holder_due=None, overdue=True)
    return Applied(exchange=changed, clauses=(situation.agreement.windows.clause,), deliver=told)


def _unacknowledged(exchange: Exchange, situation: Situation) -> Applied:
    told = tuple(
        Delivery(to=agency, notice="overdue", due=exchange.acknowledge_by)
        for agency in (exchange.requester, exchange.holder)
    )
    changed = replace(exchange, overdue=True)
    return Applied(exchange=changed, clauses=(situation.agreement.windows.clause,), deliver=told)


def _outcome_overdue(exchange: Exchange, situation: Situation) -> Applied:
    told = (Delivery(to=exchange.requester, notice="outcome-overdue", due=exchange.outcome_by),)
    changed = replace(exchange, outcome_by=None)
    return Applied(exchange=changed, clauses=(situation.agreement.windows.clause,), deliver=told)


def _record_erased(exchange: Exchange, situation: Situation) -> Applied:
    clause = situation.agreement.retention.clause
    return Applied(exchange=replace(exchange, erase_at=None), clauses=(clause,), erase_record=True)

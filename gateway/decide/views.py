"""Who sees what of an exchange. A requester's view is the same for every code, and for a silence, at every instant."""

from typing import Final

from msgspec.structs import replace

from contracts.directory import Agency
from contracts.reply import ExchangeView, State
from gateway.decide.exchange import Exchange, Stage

SEEN: Final[dict[Stage, State]] = {
    "with-police": "with-police",
    "shared": "details-shared",
    "agreed": "agreed",
    "cannot-proceed": "cannot-proceed",
    "held-elsewhere": "held-elsewhere",
    "refused": "refused",
    "cancelled": "cancelled",
    "withdrawn": "withdrawn",
    "expired": "expired",
    "closed": "closed",
}

UNANSWERED: Final[tuple[Stage, ...]] = ("with-police", "cannot-proceed", "cancelled")
"""To the requester: at these stages there may be a "no", so that no answer is shown even by its id."""


def exists_for(exchange: Exchange, agency: Agency, *, inspects: bool) -> bool:
    """Whether there is such an exchange for this agency. A request that was refused never reached its holder."""
    return inspects or agency.id == exchange.requester or (agency.id == exchange.holder and exchange.stage != "refused")


def view(exchange: Exchange, reader: Agency, *, inspects: bool) -> ExchangeView | None:
    """The exchange as this reader may see it, or None where it does not exist for them."""
    state = state_seen(exchange, reader, inspects=inspects)
    if state is None:
        return None
    asks = reader.id == exchange.requester and not inspects
    return _asked(exchange) if asks else _whole(exchange, state)


def state_seen(exchange: Exchange, reader: Agency, *, inspects: bool) -> State | None:
    """The exchange's state as this reader may see it, or None where it does not exist for them."""
    if not exists_for(exchange, reader, inspects=inspects):
        return None
    if inspects:
        return seen_by_inspector(exchange)
    return seen_by_requester(exchange) if reader.id == exchange.requester else _held(exchange)


def seen_by_requester(exchange: Exchange) -> State:
    """The state on the requester's screen."""
    if exchange.stage == "with-police" and exchange.missing:
        return "more-needed"
    if exchange.stage in ("shared", "agreed", "expired") and exchange.outcome_recorded:
        return "outcome-recorded"
    return SEEN[exchange.stage]


def _held(exchange: Exchange) -> State:
    return "cannot-proceed" if exchange.ended_no and exchange.stage == "with-police" else seen_by_requester(exchange)


def seen_by_inspector(exchange: Exchange) -> State:
    """The state as inspectors see it: silence has a name of its own."""
    silent = exchange.stage == "cannot-proceed" and not exchange.ended_no
    return "expired" if silent else _held(exchange)


def _asked(exchange: Exchange) -> ExchangeView:
    """What the requester may know."""
    told = exchange.stage in ("refused", "held-elsewhere")
    return ExchangeView(
        exchange=exchange.id,
        requester=exchange.requester,
        holder=exchange.holder,
        purpose=exchange.purpose,
        fields=exchange.fields,
        state=seen_by_requester(exchange),
        asked_at=exchange.asked_at,
        answer_by=exchange.answer_by,
        office=exchange.office,
        answer=None if exchange.stage in UNANSWERED else exchange.answer,
        shared=exchange.shared,
        withheld=len(exchange.withheld),
        open_until=exchange.open_until,
        follows=exchange.follows.exchange if exchange.follows else None,
        held_by=exchange.held_by,
        missing=exchange.missing,
        acknowledge_by=exchange.acknowledge_by,
        code=exchange.code if told else None,
        clauses=exchange.told,
    )


def _whole(exchange: Exchange, state: State) -> ExchangeView:
    """And what only the holder and inspectors may."""
    return replace(
        _asked(exchange),
        state=state,
        answer=exchange.answer,
        code=exchange.code,
        clauses=exchange.clauses,
        review=exchange.review,
        sensitivities=exchange.sensitivities,
        overdue=exchange.overdue,
        erased=exchange.erased,
        withheld_fields=exchange.withheld,
    )

"""Taking back: a cancellation by the requester; a recall by the holder, and its acknowledgement (agreement part 8)."""

from msgspec.structs import replace

from contracts.messages.recall import Recall, RecallAcknowledged
from gateway.decide.calendar import due
from gateway.decide.ending import ended, erasure
from gateway.decide.exchange import Applied, Delivery, Exchange, Refused, Situation


def cancelled(exchange: Exchange, situation: Situation) -> Applied:
    """The requester needs no answer any more."""
    return Applied(
        exchange=ended(exchange, "cancelled", situation),
        clauses=(situation.agreement.retention.clause,),
        deliver=(Delivery(to=exchange.holder),),
        erase=erasure(exchange, situation),
    )


def recalled(exchange: Exchange, said: Recall, situation: Situation) -> Applied | Refused:
    """The values are withdrawn at once."""
    if said.of != exchange.answer:
        return Refused(slug="unfit", detail="Name in `of` the yes that is current on this exchange.", where="of")
    acknowledge_by = due(situation.now, situation.agreement.windows.acknowledge_recall)
    return Applied(
        exchange=replace(ended(exchange, "withdrawn", situation), acknowledge_by=acknowledge_by),
        clauses=(situation.agreement.retention.clause,),
        deliver=(Delivery(to=exchange.requester, due=acknowledge_by),),
        erase=erasure(exchange, situation),
    )


def acknowledged(exchange: Exchange, said: RecallAcknowledged, situation: Situation) -> Applied | Refused:
    """Contact has stopped, and copies are destroyed."""
    if said.of != exchange.answer:
        return Refused(slug="unfit", detail="Name in `of` the answer that was recalled.", where="of")
    if exchange.acknowledge_by is None:
        return Refused(slug="wrong-state", detail="This recall is acknowledged already.")
    return Applied(
        exchange=replace(exchange, acknowledge_by=None),
        clauses=(situation.agreement.windows.clause,),
        deliver=(Delivery(to=exchange.holder),),
    )

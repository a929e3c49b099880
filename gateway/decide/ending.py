"""The end of an exchange: its sealed values go now, its record when the agreement says."""

from msgspec.structs import replace

from gateway.decide.calendar import due
from gateway.decide.exchange import Exchange, Situation, Stage


def ended(exchange: Exchange, stage: Stage, situation: Situation) -> Exchange:
    """The exchange at a stage that it does not leave by a due date, but for the erasure of its record."""
    return replace(
        exchange,
        stage=stage,
        holder_due=None,
        ended_at=situation.now,
        erase_at=due(situation.now, situation.agreement.retention.record),
        erased=True,
    )

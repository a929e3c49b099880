"""The end of an exchange: its sealed values go now, its record when the agreement says."""

from msgspec.structs import replace

from gateway.decide.calendar import due
from gateway.decide.exchange import Exchange, Situation, Stage


def ended(exchange: Exchange, stage: Stage, situation: Situation) -> Exchange:
    """The exchange at a stage in which nothing is owed, and which time alone only ends by erasing the record."""
    return replace(
        exchange,
        stage=stage,
        accept_by=None,
        review_by=None,
        open_until=None,
        outcome_by=None,
        ended_at=situation.now,
        erase_at=due(situation.now, situation.agreement.retention.record),
        erased=True,
    )


def erasure(exchange: Exchange, situation: Situation) -> str | None:
    """The rule under which the sealed values of this exchange go now; None if they are gone: erased once, told once."""
    return None if exchange.erased else situation.agreement.retention.clause

"""What is due next on a case, and when: from the case and the agreement's windows alone."""

from typing import Literal

from contracts.agreement import Windows
from gateway.decide.calendar import due
from gateway.desk.case import OPEN, Case

Awaited = Literal["accept", "review", "answer", "outcome", "acknowledge-recall"]


def next_due(case: Case, windows: Windows) -> tuple[Awaited, int] | None:
    """What this side waits for or owes next, and until when (UTC seconds); None where nothing is due."""
    asks = case.side == "requester"
    if asks and case.state == "withdrawn" and not case.acknowledged and case.withdrawn_at:
        return "acknowledge-recall", due(case.withdrawn_at, windows.acknowledge_recall)
    if asks and case.state in ("details-shared", "agreed") and case.answered_at:
        return "outcome", due(case.answered_at, windows.outcome)
    if case.state not in OPEN:
        return None
    if not asks and case.review == "needed":
        return "review", due(case.asked_at, windows.review)
    if not asks and case.office is None:
        return "accept", due(case.asked_at, windows.accept)
    return "answer", due(case.asked_at, windows.answer)

"""Whether a person may review a sensitive case, in words, before they have typed anything (agreement part 7). Pure."""

from datetime import UTC, datetime
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from contracts.agreement import Reviewing
from contracts.messages.actor import Actor, Person
from contracts.vocabulary import ReasonCode
from gateway.decide import agreement as terms

ROLE: Final = (
    "Sensitive cases are decided by a reviewer: somebody in that role, with advanced training. Your sign-in says that "
    "you have another role. Ask a reviewer of your office to decide this one."
)
TRAINING: Final = (
    "A sensitive case is decided by a reviewer with advanced training in restorative justice. Your sign-in says that "
    "you have not had it. Ask a reviewer who has."
)
PAST: Final = (
    "Your advanced training counted until {day}. After that day it counts as none. Ask a reviewer whose training is in "
    "date, and ask your manager to renew yours."
)


class WhyNot(Struct, frozen=True, kw_only=True):
    """Why this person may not review: in words, with the code and the clause of the agreement."""

    words: str
    code: ReasonCode
    clause: str


def why_not(actor: Actor, rule: Reviewing, at: int) -> WhyNot | None:
    """What stands in the way of this person's deciding a review; None where nothing does."""
    if not isinstance(actor, Person) or actor.role not in rule.roles:
        return WhyNot(words=ROLE, code="R11", clause=rule.clause)
    if terms.trained(actor, rule.training, at):
        return None
    if actor.trained_until and terms.trained(replace(actor, trained_until=None), rule.training, at):
        return WhyNot(words=PAST.format(day=_day(actor.trained_until)), code="R11", clause=rule.clause)
    return WhyNot(words=TRAINING, code="R11", clause=rule.clause)


def _day(iso: str) -> str:
    day = datetime.fromisoformat(iso).replace(tzinfo=UTC)
    return f"{day.day} {day:%B %Y}"

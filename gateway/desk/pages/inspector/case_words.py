"""What an inspector's pages say of a case: how it stands, how it was reviewed, what came of it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from contracts.reply import State
from contracts.vocabulary import OpenReason, Sensitivity
from gateway.desk.pages.times import Tag

STATES: Final[Mapping[State, Tag]] = MappingProxyType(
    {
        "with-police": Tag(words="With the police", colour="blue"),
        "more-needed": Tag(words="Waiting for the prison", colour="orange"),
        "details-shared": Tag(words="Details shared", colour="green"),
        "agreed": Tag(words="Agreed", colour="green"),
        "cannot-proceed": Tag(words="Cannot proceed", colour="grey"),
        "held-elsewhere": Tag(words="Held by another agency", colour="purple"),
        "refused": Tag(words="Refused by the gateway", colour="red"),
        "cancelled": Tag(words="Cancelled", colour="grey"),
        "withdrawn": Tag(words="Details withdrawn", colour="red"),
        "expired": Tag(words="The time ended", colour="grey"),
        "outcome-recorded": Tag(words="Outcome recorded", colour="turquoise"),
        "closed": Tag(words="Closed", colour="grey"),
    }
)
MEANS: Final[Mapping[State, str]] = MappingProxyType(
    {
        "with-police": "The request is with the police. There is no answer that stands yet.",
        "more-needed": "The police asked for more, and the prison has not sent it yet.",
        "details-shared": "The victim agreed, and details can be read for this purpose.",
        "agreed": "The answer is yes. No details go with it.",
        "cannot-proceed": (
            "The answer is no. When the time for an answer ends, the prison is told “cannot proceed”, and never why."
        ),
        "held-elsewhere": "Another agency deals with this victim.",
        "refused": "The gateway refused the request under the agreement. It reached nobody.",
        "cancelled": "The side that asked withdrew the request.",
        "withdrawn": "The details were withdrawn. Contact had to stop.",
        "expired": "The time ended: for an answer, or for reading the details.",
        "outcome-recorded": "What came of it so far is recorded.",
        "closed": "The case is finished.",
    }
)
REVIEW: Final[Mapping[Literal["not-needed", "needed", "proceed", "declined"], str]] = MappingProxyType(
    {
        "not-needed": "Not needed: nobody marked the case as sensitive",
        "needed": "Needed, and not decided yet",
        "proceed": "A trained reviewer decided that it may go ahead",
        "declined": "A trained reviewer decided that it may not go ahead",
    }
)
SENSITIVE: Final[Mapping[Sensitivity, str]] = MappingProxyType(
    {
        "sexual": "sexual offence",
        "domestic-abuse": "domestic abuse",
        "hate": "hate crime",
        "stalking": "stalking or harassment",
        "death": "somebody died",
        "child-victim": "the victim is a child",
    }
)
CHOSE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "conference": "A meeting",
        "letter": "A letter",
        "shuttle": "Messages through a go-between",
        "nothing-further": "Nothing further",
        "undecided": "Undecided so far",
    }
)
OPEN_FOR: Final[Mapping[OpenReason, str]] = MappingProxyType(
    {
        "quality-assurance": "To look at how sensitive cases are decided",
        "data-subject-request": "Somebody asked what is kept of them",
    }
)
"""Why an inspector may read a reviewer's reasons."""

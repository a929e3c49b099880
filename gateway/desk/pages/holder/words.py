"""What the holder's pages say, word for word, ready for Welsh. No code stands here without its words."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from contracts.vocabulary import Field, Ground, Missing, OpenReason, Purpose, Sensitivity
from gateway.desk.board import DueSpan
from gateway.desk.case import Review
from gateway.desk.row import Waits

PURPOSES: Final[Mapping[Purpose, str]] = MappingProxyType(
    {
        "approach": "Ask the victim about restorative justice",
        "letter": "Offer a letter of apology",
        "conference": "Arrange a restorative meeting",
        "preparation": "Prepare a restorative meeting",
        "representative": "Ask the family or guardian",
        "rotl-check": "Check before a temporary release",
        "other": "A purpose that is not permitted",
    }
)
ASKED: Final[Mapping[Purpose, str]] = MappingProxyType(
    {
        "approach": "They ask you to find out whether the victim wants to hear about restorative justice. No "
        "details of "
        "the victim are asked for.",
        "letter": "They hold a letter of apology. They ask you to find out whether the victim wants it. The "
        "letter comes "
        "to you only after a yes. No details of the victim are asked for.",
        "conference": "They want to arrange a meeting between the victim and the person who harmed them. They ask how "
        "the victim wants to be reached.",
        "preparation": "A facilitator wants to visit the victim to prepare for a meeting. They ask how, when and "
        "where.",
        "representative": "They want to reach somebody who speaks for a child or for a bereaved family: a "
        "guardian or a "
        "spokesperson, never the child.",
        "rotl-check": "A meeting may take place outside the prison. They ask whether there is an area that must be "
        "avoided.",
        "other": "The agreement does not permit this purpose.",
    }
)
SENSITIVE: Final[Mapping[Sensitivity, str]] = MappingProxyType(
    {
        "sexual": "Sexual offence",
        "domestic-abuse": "Domestic abuse",
        "hate": "Hate crime",
        "stalking": "Stalking",
        "death": "The offence caused a death",
        "child-victim": "The victim is a child",
    }
)
GROUNDS: Final[Mapping[Ground, str]] = MappingProxyType(
    {
        "responsibility-accepted": "The prisoner accepts responsibility",
        "risk-assessment": "The risk has been assessed",
        "facilitator-named": "A facilitator has been named",
        "governor-approval": "The governor has approved it",
    }
)
WHY_READ: Final[Mapping[OpenReason, str]] = MappingProxyType(
    {
        "read-request": "To deal with this request",
        "review-case": "To review this sensitive case",
        "quality-assurance": "To check how the case was dealt with",
        "data-subject-request": "Because the victim asked about their own details",
    }
)
MISSING: Final[Mapping[Missing, str]] = MappingProxyType(
    {
        "identifiers": "Who the prisoner is: the PNC ID or CRO number does not match",
        "offence-details": "The offence: the crime reference, the date or the offence code does not match",
        "victim-details": "The victim: more than one person may be meant",
        "letter": "The letter of apology: which one is offered",
        "needed-by": "By when an answer is needed",
    }
)
WAITS: Final[Mapping[Waits, str]] = MappingProxyType(
    {
        "accept": "To be accepted",
        "read": "To be read",
        "review": "To be reviewed",
        "answer": "To be answered",
    }
)
STAGES: Final[Mapping[str, str]] = MappingProxyType(
    {"open": "Open", "yes": "Answered yes", "ended": "Ended", "all": "All"}
)
DUE: Final[Mapping[DueSpan, str]] = MappingProxyType(
    {"overdue": "Overdue", "today": "Due today", "week": "Due in the next 6 days"}
)
WHOSE: Final[Mapping[str, str]] = MappingProxyType(
    {"": "Everybody’s", "mine": "Mine", "nobody": "Nobody’s", "mine-or-nobody": "Mine and nobody’s"}
)
REVIEW: Final[Mapping[Review, str]] = MappingProxyType(
    {
        "needed": "A reviewer decides this case before anybody is approached.",
        "proceed": "The reviewer has decided: it may go ahead.",
        "declined": "The reviewer has decided: nobody is approached.",
        "not-needed": "",
    }
)


class FieldWords:
    """A detail as the form calls it, and what belongs there."""

    def __init__(self, label: str, hint: str, rows: int = 0) -> None:
        self.label, self.hint, self.rows = label, hint, rows


FIELDS: Final[Mapping[Field, FieldWords]] = MappingProxyType(
    {
        "preferred_name": FieldWords(
            "Name the victim wants to be called by",
            "As they want to be called. It need not be their full name. For example, Ms Price.",
        ),
        "contact_channel": FieldWords(
            "The one way the victim chose to be reached",
            "One telephone number, one email address, or “through this office”. Not a home address.",
        ),
        "safe_times": FieldWords(
            "When it is safe to get in touch", "For example, weekdays after 6pm. Say when not to call, too."
        ),
        "access_needs": FieldWords(
            "Language and access needs",
            "For example, a Welsh speaker, an interpreter, step-free access. Leave it empty if there are none.",
            3,
        ),
        "meeting_place": FieldWords(
            "Where they want to meet",
            "A place they chose. Their home only if they chose it themselves.",
            3,
        ),
        "safety_notes": FieldWords(
            "What the facilitator must know to keep everybody safe",
            "No address, postcode or telephone number, and nothing about other people in the household.",
            4,
        ),
        "representative_name": FieldWords(
            "Name of the guardian or spokesperson", "The adult who speaks for the child or the family. Never the child."
        ),
        "representative_channel": FieldWords(
            "The one way to reach the guardian or spokesperson",
            "One telephone number, one email address, or “through this office”.",
        ),
        "exclusion": FieldWords(
            "Is there an area that must be avoided?",
            "Yes, no, or the name of an area no smaller than a local authority. For example, Kirklees.",
        ),
    }
)

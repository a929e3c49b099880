"""What the pages on which a prison follows a case say, word for word, so that Welsh can stand beside it.

Every "cannot proceed" has the same words: nothing here depends on why.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from contracts.vocabulary import CancellationReason, Field, Ground, Missing, OpenReason, Purpose, Sensitivity
from gateway.desk.board import DueSpan
from gateway.desk.case import CaseState
from gateway.desk.due_next import Awaited
from gateway.desk.pages.times import Colour
from gateway.desk.row import Group, Waits

PURPOSES: Final[Mapping[Purpose, str]] = MappingProxyType(
    {
        "approach": "Ask whether the victim wants to hear more",
        "letter": "Offer a letter of apology",
        "conference": "Arrange a meeting",
        "preparation": "Prepare a meeting",
        "representative": "Reach a guardian or a bereaved family",
        "rotl-check": "Check before temporary release",
        "other": "A purpose that is not permitted",
    }
)
COLOURS: Final[Mapping[CaseState, Colour]] = MappingProxyType(
    {
        "queued": "grey",
        "with-police": "blue",
        "more-needed": "orange",
        "details-shared": "green",
        "agreed": "green",
        "cannot-proceed": "grey",
        "held-elsewhere": "purple",
        "refused": "grey",
        "cancelled": "grey",
        "withdrawn": "red",
        "expired": "grey",
        "outcome-recorded": "turquoise",
        "closed": "grey",
    }
)
MEANS: Final[Mapping[CaseState, str]] = MappingProxyType(
    {
        "queued": "The request is ready. It has not left yet.",
        "with-police": "The police have the request.",
        "more-needed": "The police cannot go on before they know more. Send what was missing.",
        "details-shared": "The victim agreed that these details are shared with you, for this purpose alone.",
        "agreed": "The answer is yes. No details go with it.",
        "cannot-proceed": "This request has ended. There are many reasons for that, and you are not told which.",
        "held-elsewhere": "Another agency deals with this victim. The request goes on there.",
        "refused": "The request could not be made as it was. It has reached nobody.",
        "cancelled": "The request was cancelled here. Nobody is asked any longer.",
        "withdrawn": "Contact must not go on. No reason is given, and none is needed.",
        "expired": "The time for which the victim agreed is over. The details are closed.",
        "outcome-recorded": "What came of it so far is recorded. Record it once more when the case is finished.",
        "closed": "The case is finished.",
    }
)
GROUPS: Final[Mapping[Group, str]] = MappingProxyType(
    {
        "open": "Not answered yet",
        "yes": "Answered yes",
        "withdrawn": "Details withdrawn",
        "ended": "Ended",
    }
)
WAITS: Final[Mapping[Waits, str]] = MappingProxyType(
    {
        "acknowledge-recall": "Confirm that contact has stopped",
        "supplement": "Send what was missing",
        "open": "Read the details",
        "outcome": "Record what came of it",
        "send": "Waiting to be sent",
    }
)
DUE: Final[Mapping[DueSpan, str]] = MappingProxyType(
    {"overdue": "Overdue", "today": "Due today", "week": "Due in the next 6 days", "later": "Due later"}
)
WHOSE: Final[Mapping[str, str]] = MappingProxyType({"mine": "Mine", "nobody": "Nobody’s"})
AWAITED: Final[Mapping[Awaited, str]] = MappingProxyType(
    {
        "answer": "The police answer",
        "outcome": "You record what came of it",
        "acknowledge-recall": "You confirm that contact has stopped",
    }
)
FIELDS: Final[Mapping[Field, str]] = MappingProxyType(
    {
        "preferred_name": "Name they like to be called by",
        "contact_channel": "How to reach them",
        "safe_times": "Safe times to get in touch",
        "access_needs": "Language and access needs",
        "meeting_place": "Where to meet",
        "safety_notes": "Keep everybody safe",
        "representative_name": "Name of the guardian or spokesperson",
        "representative_channel": "How to reach the guardian or spokesperson",
        "exclusion": "Area to stay away from",
    }
)
FIRST: Final[tuple[Field, ...]] = ("safety_notes", "preferred_name", "representative_name")
"""What comes before the rest when details are read."""

EXCLUSION: Final[Mapping[str, str]] = MappingProxyType(
    {
        "yes": "Yes: stay away. Ring the office to hear from where.",
        "no": "No: there is no area to stay away from.",
    }
)
SENSITIVE: Final[Mapping[Sensitivity, str]] = MappingProxyType(
    {
        "sexual": "A sexual offence",
        "domestic-abuse": "Domestic abuse",
        "hate": "A hate crime",
        "stalking": "Stalking or harassment",
        "death": "Somebody died because of the offence",
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
MISSING: Final[Mapping[Missing, str]] = MappingProxyType(
    {
        "identifiers": "Who the prisoner is: an identifier does not match",
        "offence-details": "The offence: the crime reference, the date or the code does not match",
        "victim-details": "The victim: more than one person may be meant",
        "letter": "The letter of apology: which one is offered",
        "needed-by": "By when an answer is needed",
    }
)
REASONS: Final[Mapping[OpenReason, str]] = MappingProxyType(
    {
        "contact-victim": "To get in touch with the victim, as they agreed",
        "prepare-meeting": "To prepare a meeting or a visit",
        "release-planning": "To plan a temporary release",
    }
)
"""Why somebody who asked may read what was shared. The agreement's other reasons are those of others."""

CANCEL: Final[Mapping[CancellationReason, tuple[str, str]]] = MappingProxyType(
    {
        "transferred": ("They have moved to another prison", "You then get a slip for the new prison to take it over."),
        "released-from-prison": ("They have left prison", "Probation can ask anew."),
        "offender-withdrew": ("They no longer want to take part", ""),
        "other": ("Another reason", ""),
    }
)
EVENTS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "contact-request": ("Request sent", "It is with the police."),
        "refused": ("Refused", "The agreement did not permit what was sent. It reached nobody."),
        "accepted": ("Taken up", "The office has the request."),
        "more-needed": ("More needed", "The police asked for more."),
        "supplement": ("What was missing was sent", "The police look at it again."),
        "contact-answer": ("Answered", "The answer came."),
        "open": ("Details read", "A line of the log says who read them, and why."),
        "print": ("Details printed", "The paper must be destroyed when details are withdrawn."),
        "outcome": ("Outcome recorded", "The police know what came of it."),
        "cancellation": ("Request cancelled", "The police know that nobody is to be asked."),
        "recall": ("Details withdrawn", "Contact must stop."),
        "notice-withdrawn": ("Details withdrawn", "Contact must stop."),
        "recall-acknowledged": ("Confirmed that contact has stopped", "The police know it."),
        "notice-cannot-proceed": ("Cannot proceed", "The time for an answer has ended."),
        "notice-expired": ("Time is over", "What the victim agreed to has ended. The details are closed."),
        "notice-overdue": ("Reminder", "Something was due and had not been done."),
        "notice-outcome-overdue": ("Reminder", "What came of it has not been recorded."),
        "allocated": ("Allocated", "It was decided whose case this is."),
        "handed-on": ("Handed over", "The prisoner has moved. The slip goes with them."),
        "asked-again": ("Asked again", "Another agency has the victim’s case. The same request went there."),
        "not-sent": (
            "Not sent",
            "The gateway could never have taken what was said. Ring whoever looks after the desk.",
        ),
    }
)
"""What a requester's timeline tells of each thing that happened; whatever is not here is left out."""

MESSAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "contact-request": "the request",
        "supplement": "what was missing",
        "outcome": "what came of it",
        "cancellation": "the cancellation",
        "recall-acknowledged": "the confirmation that contact has stopped",
    }
)
"""What waits to be sent, by the name of its message."""

CONTACT: Final = {"made": "Contact was made", "not-made": "No contact was made"}
CHOSE: Final = {
    "conference": "To meet",
    "letter": "A letter",
    "shuttle": "Messages carried by a facilitator",
    "nothing-further": "Nothing further",
    "undecided": "They have not decided yet",
}
STATUS: Final = {
    "completed": "Completed",
    "in-progress": "In progress",
    "did-not-happen": "It did not happen",
}
DISCLOSURE: Final = {
    "not-disclosable": (
        "Not to be disclosed",
        "Nothing of it is shown on anybody’s record. Neither prison nor police pass it on.",
    ),
    "on-prison-record-only": (
        "On the prison record only",
        "It may be seen at sentence planning and parole. The police do not record it.",
    ),
    "on-police-record": (
        "On the police record",
        "The police record it. It may be disclosed where the law asks for that.",
    ),
}
FEEDBACK: Final = {
    "very-satisfied": "Very satisfied",
    "satisfied": "Satisfied",
    "neither": "Neither satisfied nor dissatisfied",
    "dissatisfied": "Dissatisfied",
    "very-dissatisfied": "Very dissatisfied",
}
STOPPED: Final = {"stopped": "Contact has stopped", "none-begun": "No contact had begun"}
COPIES: Final = {"destroyed": "All copies are destroyed, on paper and on screens", "none-made": "No copies were made"}

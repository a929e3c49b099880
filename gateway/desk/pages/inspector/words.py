"""What an inspector's pages say of the log's words. One place for its texts; nothing on a screen is a code alone."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from contracts.messages.actor import Actor, Person
from contracts.vocabulary import Purpose, ReasonCode, Role, SearchReason

WHY: Final[Mapping[SearchReason, str]] = MappingProxyType(
    {
        "inspection": "For an inspection",
        "complaint": "Because of a complaint",
        "data-subject-request": "Somebody asked what is kept of them",
        "security-incident": "Because of a security incident",
        "quality-assurance": "For quality assurance",
    }
)

EVENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "contact-request": "A prison asked",
        "accepted": "The police took a request up",
        "more-needed": "The police asked for more",
        "supplement": "The prison corrected its request",
        "sensitivity": "A case was found to be sensitive",
        "review": "A reviewer decided",
        "contact-answer": "The police answered",
        "open": "Somebody looked at sealed details",
        "outcome": "An outcome was recorded",
        "cancellation": "A request was cancelled",
        "recall": "Details were withdrawn",
        "recall-acknowledged": "A withdrawal was confirmed",
        "log-search": "An inspector searched",
        "window-ended": "The time for an answer ended",
        "expired": "The time to look at details ended",
        "time-checked": "A due date passed",
        "overdue": "Something was overdue",
        "outcome-overdue": "An outcome was overdue",
        "erased": "Details were erased",
        "record-erased": "A record was erased",
    }
)
UNKNOWN_EVENT: Final = "Something else was recorded"

PURPOSES: Final[Mapping[Purpose, str]] = MappingProxyType(
    {
        "approach": "Ask the victim",
        "letter": "Letter of apology",
        "conference": "Meeting",
        "preparation": "Preparation visit",
        "representative": "Through a representative",
        "rotl-check": "Temporary release check",
        "other": "A purpose that the agreement does not name",
    }
)

STATES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "with-police": "With the police",
        "shared": "Details shared",
        "agreed": "Agreed",
        "cannot-proceed": "Cannot proceed",
        "held-elsewhere": "Held by another agency",
        "refused": "Refused",
        "cancelled": "Request cancelled",
        "withdrawn": "Details withdrawn",
        "expired": "Expired",
        "closed": "Closed",
    }
)
"""How the requester's side of an exchange stands, as lines have it."""

CODES: Final[Mapping[ReasonCode, str]] = MappingProxyType(
    {
        "R01": "Identifier invalid",
        "R02": "Offender or offence not matched",
        "R03": "Purpose not permitted",
        "R04": "Requester not authorised",
        "R05": "Agreement not in force",
        "R06": "Victim declined before",
        "R07": "No-contact or court order",
        "R08": "Safeguarding risk",
        "R09": "Live proceedings or appeal",
        "R10": "Responsibility not accepted",
        "R11": "No suitably trained practitioner",
        "R12": "Victim is a child, no guardian route",
        "R13": "Victim Contact Scheme case: re-route",
        "R14": "Victim cannot be traced",
        "R15": "Wrong force: re-route",
        "R16": "Duplicate",
        "R17": "More asked for than the purpose allows",
        "R18": "Victim has died: family route",
        "R19": "Victim declined",
        "R20": "No reply within the time",
        "R21": "A required ground is missing",
    }
)

ROLES: Final[Mapping[Role, str]] = MappingProxyType(
    {
        "rj-coordinator": "RJ coordinator",
        "residential-officer": "Residential officer",
        "police-officer": "Police officer",
        "victim-liaison-officer": "Victim liaison officer",
        "reviewer": "Reviewer",
        "inspector": "Inspector",
        "custodian": "Custodian of keys",
        "other": "Another role",
    }
)
SYSTEM: Final = "A computer system"
NOBODY: Final = "The gateway itself"

FIELDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "subject": "what the request is about",
        "reasons": "a reviewer’s reasons",
        "preferred_name": "preferred name",
        "contact_channel": "way to make contact",
        "safe_times": "safe times",
        "access_needs": "language and access needs",
        "meeting_place": "meeting place",
        "safety_notes": "safety notes",
        "representative_name": "representative’s name",
        "representative_channel": "way to reach the representative",
        "exclusion": "exclusion area",
        "home_address": "home address",
        "date_of_birth": "date of birth",
        "second_number": "second number",
    }
)

OPENED_FOR: Final[Mapping[str, str]] = MappingProxyType(
    {
        "read-request": "to read the request",
        "review-case": "to review the case",
        "contact-victim": "to contact the victim",
        "prepare-meeting": "to prepare a meeting",
        "release-planning": "to plan a release",
        "quality-assurance": "for quality assurance",
        "data-subject-request": "for somebody who asked what is kept of them",
    }
)


def event(word: str) -> str:
    """What happened."""
    return EVENTS.get(word, UNKNOWN_EVENT)


def code(word: ReasonCode) -> str:
    """A reason code with its meaning: `Victim declined (R19)`."""
    return f"{CODES[word]} ({word})"


def actor(who: Actor | None) -> str:
    """Somebody by their role."""
    if who is None:
        return NOBODY
    return ROLES[who.role] if isinstance(who, Person) else SYSTEM


def fields(names: tuple[str, ...]) -> str:
    """Names of details in words, never what they say."""
    return ", ".join(FIELDS.get(name, "another detail") for name in names)

"""The closed vocabularies of the agreement: no claim and no body holds free text.

Each word is one that the field uses (agreement part 3; DOMAIN: purposes, fields, roles, grounds, sensitivities).
A word the program does not know is refused where it is read.
"""

from typing import Final, Literal, TypeVar

Purpose = Literal["approach", "letter", "conference", "preparation", "representative", "rotl-check", "other"]
"""Why the requester asks. `other` stands for any purpose the agreement does not name: always refused R03, on record."""

Field = Literal[
    "preferred_name",
    "contact_channel",
    "safe_times",
    "access_needs",
    "meeting_place",
    "safety_notes",
    "representative_name",
    "representative_channel",
    "exclusion",
    "home_address",
    "date_of_birth",
    "second_number",
]
"""Details of a victim that can be asked for. The last three are known so that they can be refused by name."""

NEVER_RELEASED: Final[tuple[Field, ...]] = ("home_address", "date_of_birth", "second_number")
"""Whatever the purpose (agreement clause 3.10)."""

Prose = Literal["subject", "reasons"]
"""Sealed fields that are not a victim's details: who the request is about, and a reviewer's reasons."""

SealedField = Literal[Field, Prose]

SEALED_SIZES: Final[dict[str, int]] = {
    "subject": 2048,
    "reasons": 4096,
    "preferred_name": 256,
    "contact_channel": 256,
    "safe_times": 256,
    "access_needs": 512,
    "meeting_place": 512,
    "safety_notes": 1024,
    "representative_name": 256,
    "representative_channel": 256,
    "exclusion": 256,
    "home_address": 512,
    "date_of_birth": 256,
    "second_number": 256,
}
"""Bytes of padded plaintext, one size for each sealed field, so that length tells nothing (FORMATS: sealed values)."""

Role = Literal[
    "rj-coordinator",
    "residential-officer",
    "police-officer",
    "victim-liaison-officer",
    "reviewer",
    "inspector",
    "custodian",
    "other",
]
"""What a person is at work. `other` stands for any role the agreement does not name: it may do nothing."""

Training = Literal["none", "foundation", "advanced"]
TRAINING_LADDER: Final[tuple[Training, ...]] = ("none", "foundation", "advanced")

Ground = Literal["responsibility-accepted", "risk-assessment", "facilitator-named", "governor-approval"]

Sensitivity = Literal["sexual", "domestic-abuse", "hate", "stalking", "death", "child-victim"]

OffenceGroup = Literal["sexual", "domestic-abuse", "hate", "stalking", "death", "other"]
"""The group of a CJS offence code: all that the gateway is told of the offence."""

AgencyKind = Literal["prison", "yot", "probation", "police", "vlu", "inspectorate", "party"]

ReasonCode = Literal[
    "R01", "R02", "R03", "R04", "R05", "R06", "R07", "R08", "R09", "R10", "R11",
    "R12", "R13", "R14", "R15", "R16", "R17", "R18", "R19", "R20", "R21",
]  # fmt: skip

Face = Literal["told", "cannot-proceed", "held-elsewhere", "told-if-flagged"]
"""What the requester learns of a reason code (agreement part 9)."""

AnswerOutcome = Literal["shared", "agreed", "cannot-proceed", "held-elsewhere"]

OpenReason = Literal[
    "read-request",
    "review-case",
    "contact-victim",
    "prepare-meeting",
    "release-planning",
    "quality-assurance",
    "data-subject-request",
]

Copy = Literal["paper"]
"""How a reader copies what is opened: noted in the case, so that it can be destroyed (clause 8.4)."""

IdentityCheck = Literal["in-person", "document", "known-contact", "call-back"]
"""How staff made sure that whoever asks for a report is the victim, or speaks for them (clause 13.7)."""

DelayReason = Literal["investigation", "court-order", "safety-of-another"]
"""Why a report may leave out a hand-over for a time (clause 13.8)."""

SearchReason = Literal["inspection", "complaint", "data-subject-request", "security-incident", "quality-assurance"]

Missing = Literal["identifiers", "offence-details", "victim-details", "letter", "needed-by"]

CancellationReason = Literal["transferred", "released-from-prison", "offender-withdrew", "other"]

FollowReason = Literal["re-route", "transfer", "letter-to-conference", "asked-again"]

Informed = Literal["what-rj-is", "what-they-may-gain", "may-stop-at-any-time"]
"""What the victim was told before choosing (Victims' Code 3.4; agreement part 6)."""

SignInMethod = Literal["pwd", "pin", "otp", "hwk", "swk", "sc", "fpt", "face", "mfa"]
"""How the person signed in (RFC 8176)."""


Word = TypeVar("Word", bound=str)


def canonical(words: tuple[Word, ...], vocabulary: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words in the vocabulary's own order, each once."""
    return tuple(word for word in vocabulary if word in words)

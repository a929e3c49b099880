"""The words of the pages on which a prison refers and asks. Texts stand here alone, so that Welsh can stand beside."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from contracts.vocabulary import Field, Ground, Purpose, ReasonCode, Sensitivity
from gateway.desk.letters import Standing as LetterStanding
from gateway.desk.referrals import Standing, State
from gateway.desk.referring import CloseReason, Kind


class Named(Struct, frozen=True):
    """A word of the agreement as staff would say it, and a sentence about it."""

    name: str
    about: str = ""


PURPOSES: Final[Mapping[Purpose, Named]] = MappingProxyType(
    {
        "approach": Named(
            "Ask the victim whether they want to hear about restorative justice",
            "The police tell the victim that it is possible. What can come back: that the victim wants to hear more. "
            "No details.",
        ),
        "letter": Named(
            "Offer a letter of apology that we hold",
            "The victim is asked whether they want this one letter. What can come back: that it is wanted, and where "
            "to send it. No details.",
        ),
        "conference": Named(
            "Arrange a meeting",
            "A restorative justice conference. What can come back: the name the victim likes to be called by, one way "
            "to reach them, safe times, and what they need.",
        ),
        "preparation": Named(
            "Prepare the victim for a meeting",
            "A facilitator visits the victim. What can come back: as for a meeting, and a place to meet and what "
            "keeps everybody safe.",
        ),
        "representative": Named(
            "Reach a child’s guardian or a bereaved family",
            "For a victim who is a child, or who has died. What can come back: the name of the person who speaks for "
            "them, how to reach that person, and safe times.",
        ),
        "rotl-check": Named(
            "Check before temporary release",
            "A release on temporary licence is considered, so that a meeting can be held outside. What can come back: "
            "whether to stay away from an area.",
        ),
        "other": Named("Something else", ""),
    }
)

FIELDS: Final[Mapping[Field, Named]] = MappingProxyType(
    {
        "preferred_name": Named("The name they like to be called by"),
        "contact_channel": Named("One way to reach them", "The victim chooses which one."),
        "safe_times": Named("Safe times to get in touch"),
        "access_needs": Named("Language and access needs", "For example an interpreter, or a place without steps."),
        "meeting_place": Named("A place to meet", "The victim’s home only where the victim chose it."),
        "safety_notes": Named("What keeps everybody safe", "For example: leave no message."),
        "representative_name": Named("The name of the guardian or family spokesperson"),
        "representative_channel": Named("One way to reach the guardian or spokesperson"),
        "exclusion": Named("Whether to stay away from an area", "Yes, no, or an area. Never an address."),
        "home_address": Named("A home address"),
        "date_of_birth": Named("A date of birth"),
        "second_number": Named("A second telephone number"),
    }
)

GROUNDS: Final[Mapping[Ground, Named]] = MappingProxyType(
    {
        "responsibility-accepted": Named("The prisoner accepts responsibility for the offence"),
        "risk-assessment": Named("A risk assessment for restorative justice has been made"),
        "facilitator-named": Named("A facilitator has been named"),
        "governor-approval": Named("The governor has approved that release is considered"),
    }
)

SENSITIVITIES: Final[Mapping[Sensitivity, Named]] = MappingProxyType(
    {
        "sexual": Named("A sexual offence"),
        "domestic-abuse": Named("Domestic abuse", "The offence code never shows this. Tick it if you know of any."),
        "hate": Named("A hate crime", "Because of who the victim is, or who somebody thought they were."),
        "stalking": Named("Stalking or harassment"),
        "death": Named("Somebody died because of the offence"),
        "child-victim": Named("The victim is a child", "Under 18 today."),
    }
)

KINDS: Final[Mapping[Kind, Named]] = MappingProxyType(
    {
        "referred": Named("They want to make amends"),
        "letter": Named("They wrote a letter of apology", "Keep the letter safe. Do not post it."),
        "course-completed": Named("They finished a victim-awareness course"),
    }
)

STANDINGS: Final[Mapping[Standing, Named]] = MappingProxyType(
    {
        "with-coordinator": Named("With the coordinator"),
        "asked": Named("The coordinator has taken it further"),
        "closed": Named("Closed"),
    }
)
"""All that whoever referred is told."""

STATES: Final[Mapping[State, Named]] = MappingProxyType(
    {"waiting": Named("Waiting"), "taken": Named("Taken up"), "closed": Named("Closed")}
)

CLOSE_REASONS: Final[Mapping[CloseReason, Named]] = MappingProxyType(
    {
        "not-suitable-now": Named("Not suitable now"),
        "prisoner-changed-mind": Named("The prisoner has changed their mind"),
        "no-identifiable-victim": Named("There is no victim who could be reached"),
        "duplicate": Named("It has been referred already"),
        "other": Named("Another reason"),
    }
)


LETTERS: Final[Mapping[LetterStanding, Named]] = MappingProxyType(
    {
        "wanted": Named("Wanted: send it"),
        "held": Named("Held here"),
        "offered": Named("Offered: no answer yet"),
        "cannot-proceed": Named("Cannot proceed"),
        "sent-on": Named("Sent"),
        "destroyed": Named("Destroyed"),
        "returned": Named("Given back to the writer"),
    }
)
"""How a letter stands: what waits for the coordinator first."""


class Change(Struct, frozen=True, kw_only=True):
    """What to change after a refusal, and the question at which to change it."""

    what: str
    do: str
    question: str | None = None


CHANGES: Final[Mapping[ReasonCode, Change]] = MappingProxyType(
    {
        "R03": Change(
            what="The agreement does not permit this purpose.", do="Choose another purpose.", question="purpose"
        ),
        "R04": Change(
            what="The agreement asks for another role, or for training that is in date.",
            do="Ask a restorative justice coordinator whose training is in date to send it. Ask your manager to renew "
            "your own training.",
        ),
        "R05": Change(
            what="The agreement is not in force for you or for whom you asked.",
            do="Ask your head of restorative justice. Your answers are kept.",
        ),
        "R10": Change(
            what="It must be attested that the prisoner accepts responsibility.",
            do="Talk with the prisoner first. Then say who attests it, and since when.",
            question="grounds",
        ),
        "R12": Change(
            what="The victim is a child, and this purpose does not reach a guardian.",
            do="Choose the purpose that reaches a child’s guardian.",
            question="purpose",
        ),
        "R17": Change(
            what="More details were asked for than this purpose allows.",
            do="Ask for fewer details.",
            question="details",
        ),
        "R21": Change(
            what="Something that this purpose needs has not been attested.",
            do="Say who attests each of the grounds, and on which day.",
            question="grounds",
        ),
    }
)
OTHERWISE: Final = Change(
    what="The agreement does not permit the request as it is.",
    do="Read the clauses below, and change your answers. If they look right, ask your head of restorative justice.",
)

"""What a desk says of the records beside its cases: the words for their states and lists (see `words`)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.desk.lettering import Concern
from gateway.desk.letters import Standing as LetterStanding
from gateway.desk.referrals import Standing
from gateway.desk.referring import CloseReason, Kind

REFERRED: Final[Mapping[Standing, str]] = MappingProxyType(
    {
        "with-coordinator": "With the restorative justice coordinator",
        "asked": "A request has been made",
        "closed": "Closed",
    }
)

REFERRAL_KINDS: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        "referred": "May want to make amends",
        "course-completed": "Has completed a victim-awareness course",
        "letter": "Has written a letter of apology",
    }
)

CLOSED: Final[Mapping[CloseReason, str]] = MappingProxyType(
    {
        "not-suitable-now": "It is not suitable now",
        "prisoner-changed-mind": "The prisoner has changed their mind",
        "no-identifiable-victim": "There is no victim who can be identified",
        "duplicate": "It has been referred already",
        "other": "Another reason",
    }
)

LETTERS: Final[Mapping[LetterStanding, str]] = MappingProxyType(
    {
        "held": "Held",
        "offered": "Offered: with the police",
        "wanted": "Wanted: send it to the office",
        "cannot-proceed": "Cannot proceed: it stays held",
        "sent-on": "Sent on to the office",
        "destroyed": "Destroyed",
        "returned": "Given back",
    }
)

CONCERNS: Final[Mapping[Concern, str]] = MappingProxyType(
    {
        "blames-victim": "It puts blame on the victim",
        "asks-for-something": "It asks the victim for something",
        "names-others": "It names other people",
        "graphic-detail": "It goes into painful detail",
        "contact-details": "It holds contact details",
        "other": "Another concern",
    }
)

"""What a desk says of the records beside its cases: the words for their states and lists (see `words`)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

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

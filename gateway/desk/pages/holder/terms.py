"""What the pages of reviews, instructions, recalls and reports say, word for word, so that Welsh can stand beside."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from contracts.vocabulary import DelayReason, IdentityCheck, OffenceGroup
from gateway.desk.answering import Scope

GROUPS: Final[Mapping[OffenceGroup, str]] = MappingProxyType(
    {
        "sexual": "a sexual offence",
        "domestic-abuse": "an offence of domestic abuse",
        "hate": "a hate crime",
        "stalking": "stalking or harassment",
        "death": "an offence that caused a death",
        "other": "another offence",
    }
)
DECISIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "proceed": "It may go ahead: the victim may be asked",
        "decline": "It cannot go ahead: nobody is approached",
    }
)
YES_NO: Final[Mapping[str, str]] = MappingProxyType({"yes": "Yes", "no": "No"})
SCOPES: Final[Mapping[Scope, str]] = MappingProxyType(
    {
        "whole-case": "No further contact about any kind of restorative justice",
        "this-purpose": "No further contact about one purpose only",
    }
)
CHECKS: Final[Mapping[IdentityCheck, str]] = MappingProxyType(
    {
        "in-person": "I met them, and I knew them already",
        "document": "I saw an identity document",
        "known-contact": "I reached them through contact details that we already had",
        "call-back": "I rang back on a number that we already had",
    }
)
CHECKED: Final[Mapping[IdentityCheck, str]] = MappingProxyType(
    {
        "in-person": "Met somebody already known",
        "document": "Identity document",
        "known-contact": "Through details already held",
        "call-back": "Rang back on a number already held",
    }
)
DELAYS: Final[Mapping[DelayReason, str]] = MappingProxyType(
    {
        "investigation": "Showing it now could harm an investigation",
        "court-order": "A court has ordered it",
        "safety-of-another": "Another person’s safety depends on it",
    }
)
SOMEBODY: Final = "A colleague"
SYSTEM: Final = "The desk itself"

NOT_FOUND: Final = (
    "No case of your office is found by this. Check it, or try the other reference: the one of the case, or the crime "
    "reference. A case that nobody has read yet is found by its own reference alone."
)
AWAY: Final = "The gateway cannot be reached, so nothing was opened. Try again in a few minutes."

"""What the pages of reviews, instructions, recalls and reports say, word for word, so that Welsh can stand beside."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from contracts.vocabulary import DelayReason, IdentityCheck, OffenceGroup
from gateway.desk.answering import Scope
from gateway.desk.lettering import Concern, HandedHow, Kept

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
CONCERNS: Final[Mapping[Concern, str]] = MappingProxyType(
    {
        "blames-victim": "It blames the victim, or makes light of what happened",
        "asks-for-something": "It asks the victim for something, such as forgiveness or an answer",
        "names-others": "It names other people",
        "graphic-detail": "It describes what happened in a way that can hurt again",
        "contact-details": "It holds an address, a number or another way to get in touch",
        "other": "Something else speaks against it",
    }
)
HANDED: Final[Mapping[HandedHow, str]] = MappingProxyType(
    {
        "in-person": "In person",
        "by-post-with-agreement": "By post, as the victim agreed",
        "by-liaison-officer": "Through the victim liaison officer",
    }
)
PUT_AWAY: Final[Mapping[Kept, str]] = MappingProxyType(
    {
        "kept-safely": "It is kept safely at this office",
        "returned": "It has gone back to the office that sent it",
    }
)
SOMEBODY: Final = "A colleague"
SYSTEM: Final = "The desk itself"

NOT_FOUND: Final = (
    "No case of your office is found by this. Check it, or try the other reference: the one of the case, or the crime "
    "reference. A case that nobody has read yet is found by its own reference alone."
)
AWAY: Final = "The gateway cannot be reached, so nothing was opened. Try again in a few minutes."

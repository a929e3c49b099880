"""`contact-request`, requester → holder: may we reach this victim, and for what?"""

from typing import Annotated

from msgspec import Meta, Struct

from contracts.text import Day, Digest, Id, Pseudonym
from contracts.vocabulary import Field, FollowReason, Ground, OffenceGroup, Purpose, Sensitivity


class Attested(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ground that somebody at the requester attests: who, and on which day (agreement part 5)."""

    ground: Ground
    by: Pseudonym
    on: Day


class Letter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The letter of apology that is held: the victim says yes to *that* letter, named by its digest."""

    id: Id
    sha256: Digest


class Follows(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An earlier exchange that this one carries on."""

    exchange: Id
    why: FollowReason


class ContactRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The first message of an exchange. Sealed with it: `subject` (offender, offence, victim as far as known)."""

    purpose: Purpose
    fields: Annotated[tuple[Field, ...], Meta(max_length=12)]
    offence_groups: Annotated[tuple[OffenceGroup, ...], Meta(min_length=1, max_length=6)]
    sensitivities: Annotated[tuple[Sensitivity, ...], Meta(max_length=6)]
    grounds: Annotated[tuple[Attested, ...], Meta(max_length=4)]
    needed_by: Day | None = None
    follows: Follows | None = None
    letter: Letter | None = None

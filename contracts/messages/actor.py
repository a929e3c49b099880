"""Who acts in a message: a person under the agency's pseudonym, or one of its systems."""

from typing import Annotated

from msgspec import Meta, Struct

from contracts.text import Day, Instant, Pseudonym
from contracts.vocabulary import Role, SignInMethod, Training


class Person(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="person"):
    """A member of the agency's staff, as the agency vouches for them (agreement clause 4.4).

    `trained_until` is the last day on which the training counts; without it the training does not expire.
    `auth_time` is when they signed in and `amr` how (RFC 8176).
    """

    id: Pseudonym
    role: Role
    training: Training
    trained_until: Day | None = None
    auth_time: Instant
    amr: Annotated[tuple[SignInMethod, ...], Meta(max_length=6)]


class System(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind", tag="system"):
    """A system of the agency. It may not approve, review, consent or open (agreement clause 4.5)."""

    id: Pseudonym


Actor = Person | System

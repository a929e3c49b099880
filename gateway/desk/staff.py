"""Who acts, as the agency's own system names them; and what of that leaves the desk: a pseudonym."""

import hmac
from hashlib import sha256
from typing import Annotated, Final

from msgspec import Meta, Struct

from contracts.codec import b64url
from contracts.messages.actor import Person, System
from contracts.text import Day, Instant
from contracts.vocabulary import TRAINING_LADDER, Role, SignInMethod

StaffId = Annotated[str, Meta(min_length=1, max_length=64)]
ROLES: Final[dict[str, Role]] = {role: role for role in Role.__args__}  # type: ignore[attr-defined]  # a Literal's words


class Staff(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member of staff as the agency vouches for them. `signed_in_at` is UTC seconds, `methods` as in RFC 8176."""

    id: StaffId
    role: Annotated[str, Meta(max_length=40)]
    training: Annotated[str, Meta(max_length=40)] = "none"
    trained_until: Day | None = None
    signed_in_at: Instant
    methods: Annotated[tuple[SignInMethod, ...], Meta(max_length=6)]

    def person(self, key: bytes) -> Person:
        """As the gateway may know them. A role that the agreement does not name may do nothing."""
        return Person(
            id=pseudonym(key, self.id),
            role=ROLES.get(self.role, "other"),
            training=next((step for step in TRAINING_LADDER if step == self.training), "none"),
            trained_until=self.trained_until,
            auth_time=self.signed_in_at,
            amr=self.methods,
        )


def system(key: bytes) -> System:
    """The desk itself, where no person acts."""
    return System(id=_pseudonym(key, b"system\0"))


def pseudonym(key: bytes, staff_id: str) -> str:
    """22 characters that only the agency can lead back to the person: it alone has the vault's key."""
    return _pseudonym(key, b"staff\0" + same_person(staff_id).encode())


def same_person(staff_id: str) -> str:
    """The id as it is compared: people type their own in capitals on one day and not on the next."""
    return staff_id.strip().casefold()


def _pseudonym(key: bytes, name: bytes) -> str:
    return b64url(hmac.digest(key, name, sha256)[:16])

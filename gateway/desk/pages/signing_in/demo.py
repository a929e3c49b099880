"""Fictional staff who sign in by one click. They exist in a demonstration alone.

A desk takes them only where every agency of it pins the gateway `demo.example/rj`: what is said there is worth nothing
at any other gateway, because each message names the gateway that it is for.
"""

from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from contracts.text import AgencyId
from contracts.vocabulary import Role, SignInMethod, Training
from gateway.desk.ids import now
from gateway.desk.pages.people import SignedIn
from gateway.desk.staff import Staff
from gateway.errors import CannotStart

ORIGIN: Final = "demo.example/rj"
METHODS: Final[tuple[SignInMethod, ...]] = ("pwd", "mfa")
ONLY_THERE: Final = (
    "demo_staff lets anybody in without a password. It is for the gateway demo.example/rj alone: take it out of "
    "the settings, and name a [[sign_in]]."
)


class Fictional(Struct, frozen=True, kw_only=True):
    """One of the demonstration's staff; `does` says in a sentence what to try as them."""

    id: str
    agency: AgencyId
    name: str
    role: Role
    training: Training
    does: str

    def signed_in(self) -> SignedIn:
        """As if they had signed in this second."""
        staff = Staff(id=self.id, role=self.role, training=self.training, signed_in_at=now(), methods=METHODS)
        return SignedIn(agency=self.agency, name=self.name, staff=staff, fictional=True)


def read(file: Path, origins: frozenset[str]) -> tuple[Fictional, ...]:
    """The staff of the file, for a desk whose agencies pin these gateways. Raises CannotStart."""
    if origins != {ORIGIN}:
        raise CannotStart(ONLY_THERE)
    try:
        return msgspec.json.decode(file.read_bytes(), type=tuple[Fictional, ...])
    except (OSError, msgspec.MsgspecError) as error:
        raise CannotStart(f"{file}: the demonstration's staff cannot be read.") from error

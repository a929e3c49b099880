"""Who is at the screen: a member of staff, the agency they work for, and which face of the desk that agency has."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from msgspec import Struct

from contracts.text import AgencyId
from contracts.vocabulary import AgencyKind, Role
from gateway.desk.staff import ROLES, Staff

Face = Literal["requester", "holder", "inspector"]

FACES: Final[Mapping[AgencyKind, Face]] = MappingProxyType(
    {
        "prison": "requester",
        "yot": "requester",
        "probation": "requester",
        "police": "holder",
        "vlu": "holder",
        "inspectorate": "inspector",
    }
)
"""Which face an agency of a kind has. The parties have no desk."""


class SignedIn(Struct, frozen=True, kw_only=True):
    """A person whose sign-in was checked. `name` is shown to colleagues at the same agency, and leaves it never.

    `fictional`: one of the demonstration's, who let themselves in.
    """

    agency: AgencyId
    name: str
    staff: Staff
    fictional: bool = False

    @property
    def role(self) -> Role:
        """The role as the agreement knows it."""
        return ROLES.get(self.staff.role, "other")

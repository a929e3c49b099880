"""The main navigation: a few places for each face, and of those the ones that are open to a role."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from contracts.vocabulary import Role
from gateway.desk.pages.people import Face


class Place(Struct, frozen=True, kw_only=True):
    """One of the places; `here` where the page belongs to it."""

    href: str
    words: str
    roles: tuple[Role, ...]
    here: bool = False


COORDINATOR: Final[tuple[Role, ...]] = ("rj-coordinator",)
PRISON: Final[tuple[Role, ...]] = ("rj-coordinator", "residential-officer")
RESIDENTIAL: Final[tuple[Role, ...]] = ("residential-officer",)
POLICE: Final[tuple[Role, ...]] = ("police-officer", "victim-liaison-officer", "reviewer")
INSPECTOR: Final[tuple[Role, ...]] = ("inspector",)

PLACES: Final[Mapping[Face, tuple[Place, ...]]] = MappingProxyType(
    {
        "requester": (
            Place(href="/requester", words="Cases", roles=COORDINATOR),
            Place(href="/requester/referrals/new", words="Refer a prisoner", roles=RESIDENTIAL),
            Place(href="/requester/referrals", words="Your referrals", roles=RESIDENTIAL),
            Place(href="/requester/referrals", words="Referrals", roles=COORDINATOR),
            Place(href="/requester/letters", words="Letters", roles=COORDINATOR),
        ),
        "holder": (
            Place(href="/holder", words="Requests", roles=POLICE),
            Place(href="/holder/reviews", words="To be reviewed", roles=POLICE),
            Place(href="/holder/recall", words="Take details back", roles=POLICE),
            Place(href="/holder/instructions", words="No further contact", roles=POLICE),
            Place(href="/holder/access", words="Who looked", roles=POLICE),
        ),
        "inspector": (
            Place(href="/inspector", words="Search the log", roles=INSPECTOR),
            Place(href="/inspector/variation", words="Variation between areas", roles=INSPECTOR),
            Place(href="/inspector/sample", words="Dip sample", roles=INSPECTOR),
            Place(href="/inspector/public", words="Figures to publish", roles=INSPECTOR),
        ),
    }
)


def navigation(face: Face, role: Role, path: str) -> tuple[Place, ...]:
    """The places of a face that are open to a role; the one with the longest address that fits is where we are."""
    open_to = [place for place in PLACES[face] if role in place.roles]
    fitting = [place.href for place in open_to if path == place.href or path.startswith(place.href + "/")]
    here = max(fitting, key=len, default=None)
    return tuple(
        Place(href=place.href, words=place.words, roles=place.roles, here=place.href == here) for place in open_to
    )

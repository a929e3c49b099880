"""Fictional staff for the pages of the demonstration's desks: whoever plays, signs in as one of them."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from contracts.vocabulary import AgencyKind, Role, Training
from gateway.demo.agencies import Member
from gateway.desk.pages.signing_in.demo import Fictional


class Post(Struct, frozen=True, kw_only=True):
    """A post at an agency, and what one does in it."""

    id: str
    role: Role
    training: Training
    does: str


_PRISON: Final = (
    Post(
        id="coordinator",
        role="rj-coordinator",
        training="advanced",
        does="RJ coordinator. Make a request, follow it, read what was shared.",
    ),
    Post(
        id="second",
        role="rj-coordinator",
        training="foundation",
        does="A second RJ coordinator, who works on the same cases.",
    ),
    Post(
        id="wing",
        role="residential-officer",
        training="none",
        does="Residential officer. Refer a prisoner in a minute.",
    ),
)
_POLICE: Final = (
    Post(
        id="officer",
        role="police-officer",
        training="foundation",
        does="Police officer. Read a request, ask the victim, answer.",
    ),
    Post(id="second", role="police-officer", training="foundation", does="A second officer of the same team."),
    Post(
        id="reviewer",
        role="reviewer",
        training="advanced",
        does="Reviewer. Decide sensitive cases, each on its merits.",
    ),
    Post(
        id="trainee",
        role="reviewer",
        training="foundation",
        does="Reviewer without advanced training yet. See what waits, and why it waits for somebody else.",
    ),
)
_UNIT: Final = (
    Post(
        id="liaison",
        role="victim-liaison-officer",
        training="foundation",
        does="Victim liaison officer. Read, ask the victim, answer.",
    ),
    Post(
        id="reviewer",
        role="reviewer",
        training="advanced",
        does="Reviewer. Decide sensitive cases, each on its merits.",
    ),
)
_INSPECTORATE: Final = (
    Post(
        id="inspector",
        role="inspector",
        training="foundation",
        does="Inspector. Search the log, compare areas, check the proofs.",
    ),
)
POSTS: Final[Mapping[AgencyKind, Sequence[Post]]] = MappingProxyType(
    {
        "prison": _PRISON,
        "yot": _PRISON[:1],
        "probation": _PRISON[:1],
        "police": _POLICE,
        "vlu": _UNIT,
        "inspectorate": _INSPECTORATE,
        "party": (),
    }
)  # fmt: skip

NAMES: Final = (
    "Ruth Adeyemi", "Siôn Pryce", "Maeve Ó Briain", "Tom Whitfield", "Nguyễn Thị Lan", "Priya Nair", "Llŷr Bowen",
    "Anna D’Souza", "Helen Marsh", "Zofia Wójcik", "Idris Khan", "Grace Oyelaran", "Callum Fraser", "Noor Hussain",
)  # fmt: skip


def staff(members: Sequence[Member]) -> tuple[Fictional, ...]:
    """Everybody who can sign in, agency by agency. The first agency of a kind has the first names."""
    posts = [(member, post) for member in members for post in POSTS[member.kind]]
    return tuple(
        Fictional(
            id=f"{post.id}-{member.id}",
            agency=member.id,
            name=NAMES[number % len(NAMES)],
            role=post.role,
            training=post.training,
            does=post.does,
        )
        for number, (member, post) in enumerate(posts)
    )

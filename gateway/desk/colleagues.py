"""Who works on an agency's cases, by the name that colleagues know, and whose hand did what. Names never leave it.

The gateway and the other side know a pseudonym. At the screen of a colleague a case says who read it, and who answered.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.posting import Sent
from gateway.desk.staff import Staff, same_person

KIND: Final = "colleague"
HAND: Final = "hand"


class Colleague(Struct, frozen=True, kw_only=True):
    """Somebody who has signed in at this agency's desk, in the role that they had last."""

    id: str
    name: str
    role: str


class Hand(Struct, frozen=True, kw_only=True):
    """Who said the message `jti` on a case."""

    jti: str
    exchange: str
    by: str


async def meet(agency: Agency, staff: Staff, name: str) -> None:
    """Remember by which name a person is known."""
    met = Colleague(id=same_person(staff.id), name=name, role=staff.role)

    def remembered(drawer: Drawer) -> None:
        if drawer.get(KIND, met.id, Colleague) != met:
            drawer.put(KIND, met.id, met)

    await agency.cabinet.change(remembered)


async def every(agency: Agency) -> list[Colleague]:
    """Everybody who has been met, by name."""
    found = await agency.cabinet.change(lambda drawer: [each for _, each in drawer.each(KIND, Colleague)])
    return sorted(found, key=lambda each: each.name.casefold())


async def names(agency: Agency) -> Mapping[str, str]:
    """The names of all, by staff id as it is compared."""
    return {each.id: each.name for each in await every(agency)}


async def did(agency: Agency, staff: Staff, sent: Sent) -> None:
    """Keep whose hand a message on a case was; it is forgotten with the case."""
    hand = Hand(jti=sent.jti, exchange=sent.exchange, by=same_person(staff.id))
    await agency.cabinet.change(lambda drawer: drawer.put(HAND, hand.jti, hand, (hand.exchange,)))


def hands(drawer: Drawer, exchange: str) -> Mapping[str, str]:
    """Who said each message of a case, by its jti."""
    return {hand.jti: hand.by for _, hand in drawer.find(HAND, exchange, Hand)}

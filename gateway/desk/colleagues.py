"""Who works at an agency, as far as its own desk has met them: so that colleagues see names where others see none.

Whoever signs in is remembered, by the pseudonym that the gateway knows and with the name that colleagues know. The name
never leaves the desk. Whoever has not signed in for longer than a year is forgotten.
"""

from typing import Final

from msgspec import Struct

from contracts.vocabulary import Role
from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.ids import now
from gateway.desk.staff import Staff, same_person

KIND: Final = "colleague"
KEPT_SECONDS: Final = 400 * 86_400


class Colleague(Struct, frozen=True, kw_only=True):
    """A member of staff. `id` is the agency's own, as it is compared; `seen_at` when they last signed in."""

    pseudonym: str
    id: str
    name: str
    role: Role
    seen_at: int


async def remember(agency: Agency, staff: Staff, name: str, role: Role) -> None:
    """This person has signed in."""
    met = Colleague(
        pseudonym=agency.pseudonym(staff.id),
        id=same_person(staff.id),
        name=name,
        role=role,
        seen_at=now(),
    )
    await agency.cabinet.change(lambda drawer: drawer.put(KIND, met.pseudonym, met))


async def everybody(agency: Agency) -> tuple[Colleague, ...]:
    """Everybody whom the desk knows, by name."""
    found = await agency.cabinet.change(lambda drawer: drawer.each(KIND, Colleague))
    return tuple(sorted((each for _, each in found), key=lambda each: each.name.casefold()))


async def names(agency: Agency) -> dict[str, str]:
    """The name that colleagues know, by pseudonym."""
    return {each.pseudonym: each.name for each in await everybody(agency)}


def forget(drawer: Drawer, at: int) -> None:
    """Whoever has not signed in for long: housekeeping does it."""
    for _, each in drawer.each(KIND, Colleague):
        if each.seen_at + KEPT_SECONDS < at:
            drawer.remove(KIND, each.pseudonym)

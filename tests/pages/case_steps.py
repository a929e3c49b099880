"""Cases as the journeys of the requester's pages need them, made through the local APIs of both sides."""

import asyncio
import time
from typing import Any

from tests.gateway.desk.desks import VALUES, request
from tests.pages.browser import Person
from tests.pages.world import PATIENCE, World

PRISON, POLICE = "prison-mdi", "police-13"
NAMES = ("Seán D’Souza", "Ffion Ó Briain", "Llŷr Bowen", "Nguyễn Văn An")


class Made:
    """Counts, so that no two cases are duplicates of each other."""

    number = 0


async def ask(world: World, purpose: str = "conference", *, prison: str = PRISON, **changes: Any) -> str:
    """A new request, about somebody else than every other; its reference."""
    Made.number += 1
    number = Made.number
    given = {
        "crime": f"13 2726{_digits(number)}",
        "prison_number": f"A{1000 + number}BC",
        "holder": POLICE,
    } | changes
    made = request(purpose, **given)
    made["offender"]["name"] = changes.get("name", NAMES[number % len(NAMES)])
    made.pop("name", None)
    said = await world.api(prison).post("requests", made)
    return str(said["case"]["exchange"])


def _digits(number: int) -> str:
    """A number in digits without zeros, which do not count in crime references."""
    return "".join(str(number // 9**place % 9 + 1) for place in (3, 2, 1, 0))


async def at_police(world: World, exchange: str) -> None:
    """The police have it, have taken it up and have read it."""
    desk = world.api(POLICE)
    await desk.until(exchange, "contact-request")
    await desk.post(f"cases/{exchange}/accept", {"staff": None})
    await desk.read(exchange)


async def shared(world: World, purpose: str = "conference", **changes: Any) -> str:
    """A request that was answered with details."""
    exchange = await ask(world, purpose, **changes)
    await at_police(world, exchange)
    case = await world.api(POLICE).case(exchange)
    await world.api(POLICE).share(exchange, {field: VALUES[field] for field in case["fields"]})
    await until_state(world, exchange, "details-shared")
    return exchange


async def until_state(
    world: World, exchange: str, state: str, *, prison: str = PRISON, seconds: float = PATIENCE
) -> None:
    """Wait until the prison's desk knows it."""
    end = time.monotonic() + seconds
    while (now := (await world.api(prison).case(exchange))["state"]) != state:
        assert time.monotonic() < end, f"{now}, not {state}"
        await asyncio.sleep(0.1)


async def read_details(person: Person, exchange: str) -> None:
    """As somebody who has a reason, and knows nobody."""
    await person.go(f"/requester/cases/{exchange}/details")
    await person.choose("why", "contact-victim")
    await person.choose("no_conflict", "yes")
    await person.press("Show the details")

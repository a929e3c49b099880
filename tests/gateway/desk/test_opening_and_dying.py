"""A desk that is killed between "logged" and "shown": the log says that somebody looked, and the details went nowhere.

Whoever asks again is shown them by a line of its own: the values of one `open` leave the gateway once.
"""

import asyncio
from pathlib import Path

import aiohttp
import pytest

from tests.gateway.desk.desks import VALUES, desks_at
from tests.gateway.desk.test_once import holding, process
from tests.journey.simulated import Side, World

GIVEN = {name: VALUES[name] for name in ("preferred_name", "contact_channel")}


@pytest.mark.parametrize("logged", [False, True], ids=["before it is logged", "after it is logged"])
async def test_a_desk_that_is_killed_while_it_opens_shows_nothing_twice(tmp_path: Path, logged: bool) -> None:
    world = World(tmp_path)
    async with (
        world.gateway() as side,
        holding(world.address, answers=logged) as hold,
        aiohttp.ClientSession() as http,
        desks_at(world, world.address, "police-13") as desks,
    ):
        async with process(world, hold.url, http) as (prison, running):
            exchange = (await prison.ask())["case"]["exchange"]
            await desks["police-13"].until(exchange, "contact-request")
            await desks["police-13"].read(exchange)
            await desks["police-13"].share(exchange, GIVEN)
            await prison.until(exchange, "contact-answer", 20)
            before, hold.holds = await opened(side, exchange), True
            call = asyncio.create_task(prison.open(exchange))
            await asyncio.wait_for(hold.held.wait(), 10)
            running.kill()
            await asyncio.gather(call, return_exceptions=True)
        assert call.exception() is not None
        hold.holds = False
        hold.let_go.set()
        await asyncio.sleep(0.2)
        assert await opened(side, exchange) == before + logged
        async with process(world, hold.url, http) as (prison, _):
            shown = await prison.open(exchange)
            assert {name: shown["values"][name] for name in GIVEN} == GIVEN
            assert await opened(side, exchange) in (before + 1, before + 1 + logged)


async def opened(side: Side, exchange: str) -> int:
    """How many times the prison has opened something, by the notices that the police get of it."""
    return len([item for item in await side.inbox("police-13") if item.exchange == exchange and "notice" in item.typ])

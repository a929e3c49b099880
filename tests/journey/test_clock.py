"""A gateway that was away for long answers, and erases nothing before somebody has looked at its clock."""

import asyncio
from pathlib import Path

import msgspec

from gateway.serve import LAST_SEEN
from gateway.store.port import LogState
from tests.journey.database import change, rows
from tests.journey.simulated import World, claims_of


async def test_after_a_long_absence_nothing_falls_due_until_the_clock_is_confirmed(tmp_path: Path) -> None:
    """The window ends while the gateway is away; its end waits for the operator."""
    world = World(tmp_path, {"answer": "1 seconds"})
    async with world.gateway() as before:
        request = before.request()
        await before.send(request)
    await asyncio.sleep(1.1)
    store, exchange = world.folder / "data", claims_of(request).exchange
    (store / LAST_SEEN).unlink(missing_ok=True)
    _age_the_log(world, 2 * 3600)
    async with world.gateway() as unsure:
        await asyncio.sleep(1.3)
        seen = await unsure.view("prison-mdi", exchange)
        assert seen is not None
        assert seen.state == "with-police"
        assert (await unsure.post(unsure.request()))[0] == 201
    _age_the_log(world, 2 * 3600)
    (store / LAST_SEEN).unlink(missing_ok=True)
    async with world.gateway(clock_confirmed=True) as sure:
        await sure.until("prison-mdi", exchange, "cannot-proceed", seconds=5)


def _age_the_log(world: World, seconds: int) -> None:
    """As if the gateway had last written so long ago."""
    ((state,),) = rows(world, "select state from log_state")
    log = msgspec.msgpack.decode(state, type=LogState)
    aged = msgspec.structs.replace(log, at=log.at - seconds)
    change(world, "update log_state set state = ?", msgspec.msgpack.encode(aged))

"""That the gateway is away, since when, and how much waits for it: told while it lasts, and no longer."""

from contextlib import AsyncExitStack
from pathlib import Path

from gateway.desk import words
from tests.gateway.desk.between import between
from tests.gateway.desk.desks import desks_at
from tests.journey.simulated import World
from tests.waiting import until


async def test_a_desk_says_that_the_gateway_is_away_and_when_it_is_back(tmp_path: Path) -> None:
    """What is said meanwhile is counted, and goes out by itself, once."""
    world = World(tmp_path)
    async with AsyncExitStack() as first, AsyncExitStack() as second:
        await first.enter_async_context(world.gateway())
        stand = await second.enter_async_context(between(world.address))
        prison = (await second.enter_async_context(desks_at(world, stand.url, "prison-mdi")))["prison-mdi"]

        async def reachable() -> bool:
            return bool((await prison.get("gateway"))["reachable"])

        async def away() -> bool:
            return not await reachable()

        async def all_sent() -> bool:
            states = [case["state"] for case in (await prison.get("cases"))["cases"]]
            return states == ["with-police", "with-police"]

        await prison.ask("approach", crime="13 1")
        assert await prison.get("gateway") == {"reachable": True, "since": None, "waiting": 0, "words": None}
        stand.away = True
        await first.aclose()
        await until(away)
        asked = await prison.ask("approach", crime="13 2")
        told = await prison.get("gateway")
        assert (asked["queued"], told["waiting"], told["words"].endswith("1 message waits.")) == (True, 1, True)
        assert told["words"].startswith("The gateway has not answered since ")

        await second.enter_async_context(world.gateway())
        stand.target, stand.away = world.address, False
        await until(reachable)
        await until(all_sent)
        assert (await prison.get("gateway"))["waiting"] == 0


def test_since_when_is_said_with_its_day_where_that_is_not_today() -> None:
    """In London's time, with its zone: on both sides of the clock change."""
    before, after = 1_792_884_300, 1_792_893_900  # 25 October 2026, 00:25 BST and 02:05 GMT
    assert "since 00:25 BST. " in words.away(before, after)
    assert "since Sunday 25 October 2026 at 00:25 BST. " in words.away(before, after + 86_400)

"""PostgreSQL goes away and comes back, fails over, and loses its standby: no acknowledged message does."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from copy import copy
from pathlib import Path

import aiohttp
import pytest
import stamina

from gateway.errors import CannotStart, LogRefused
from gateway.serve import serving
from gateway.store import postgres_link
from tests.faults.checker import faults
from tests.faults.postgres import troubling
from tests.faults.runs import witnessed
from tests.journey.simulated import Refused, Side, World, claims_of
from tests.postgres import Pair

TROUBLES = 3
WAITING = "from pg_stat_activity where wait_event = 'SyncRep'"


@pytest.fixture
def pair() -> Iterator[Pair]:
    """A server whose commits wait for its standby."""
    with Pair(waited_for=True) as made:
        yield made


@pytest.fixture
def world(tmp_path: Path, pair: Pair) -> World:
    return World(tmp_path, database=pair.database())


@asynccontextmanager
async def two_nodes(world: World) -> AsyncIterator[list[Side]]:
    """The agencies, as they speak to each of two nodes."""
    async with AsyncExitStack() as held:
        http = await held.enter_async_context(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(60)))
        sides = []
        for name in ("", "-2"):
            node = copy(world)
            node.address = await held.enter_async_context(serving(world.settings(name)))
            sides.append(Side(node, http))
        yield sides


def until_one_waits_for_the_standby(pair: Pair) -> None:
    deadline = time.monotonic() + 20
    while pair.primary.sql(f"select count(*) {WAITING}") == "0":
        assert time.monotonic() < deadline
        time.sleep(0.05)


async def test_two_nodes_go_on_through_troubles_and_a_failover(world: World, pair: Pair) -> None:
    done = Counter[str]()
    calls, seen = await witnessed(world, 2, 4, troubling(pair, TROUBLES, done))
    assert faults(calls, seen, world.vkey) == []
    assert done.total() == TROUBLES + 1
    assert any(call.ended is None for call in calls), "no trouble has hit a call"


async def test_a_commit_that_its_standby_may_not_have_is_acknowledged_by_no_node(world: World, pair: Pair) -> None:
    """Whoever waits for the standby is broken off: the server then shows to all what is committed there alone."""
    async with two_nodes(world) as (one, two):
        await one.send(one.request())
        request = two.request()
        pair.standby.pause("walreceiver")
        first = asyncio.create_task(one.post(request))
        await asyncio.to_thread(until_one_waits_for_the_standby, pair)
        pair.primary.sql(f"select pg_terminate_backend(pid) {WAITING}")
        assert (await first)[0] == 503
        again = [asyncio.create_task(side.post(request)) for side in (one, two)]
        looking = [asyncio.create_task(side.inbox("police-13")) for side in (one, two)]
        await asyncio.wait({*again, *looking}, timeout=4)
        assert all(not answer.done() or answer.result()[0] == 503 for answer in again)
        assert not any(look.done() for look in looking)
        pair.standby.resume()
        await asyncio.gather(*again, *looking, return_exceptions=True)
        async for attempt in stamina.retry_context(on=Refused, attempts=None, timeout=30):
            with attempt:
                await two.send(request, expect=200)
        assert claims_of(request).exchange in {item.exchange for item in await one.inbox("police-13")}


async def test_a_node_does_not_start_while_the_standby_is_silent(
    world: World, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_link, "SURE_SECONDS", 1)
    pair.standby.pause("walreceiver")
    with pytest.raises(CannotStart, match="waits for its standby, which does not answer"):
        async with serving(world.settings()):
            pass


async def test_a_standby_that_is_not_waited_for_is_refused_because_it_would_fork_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused at the start. Where the check is taken out, the failover loses what was acknowledged, and the guard says
    so: nothing is signed on top of it.
    """
    with Pair(waited_for=False) as pair:
        world = World(tmp_path, database=pair.database())
        with pytest.raises(CannotStart, match="commits do not wait for it"):
            async with serving(world.settings()):
                pass
        monkeypatch.setattr(postgres_link, "STANDBYS", "select 0")
        async with serving(world.settings()) as address, aiohttp.ClientSession() as http:
            world.address = address
            side = Side(world, http)
            await side.send(side.request())
            pair.standby.stop()
            await side.send(side.request())
        pair.primary.kill()
        pair.standby.start()
        pair.standby.promote()
        with pytest.raises(LogRefused, match="it is an old backup, and signing would make a second history"):
            async with serving(world.settings()):
                pass


async def test_a_standby_alone_is_refused(tmp_path: Path, world: World, pair: Pair) -> None:
    world.database = pair.standby.url()
    with pytest.raises(CannotStart, match="The database is a standby"):
        async with serving(world.settings()):
            pass

"""Several nodes on one PostgreSQL are one gateway: one log, one inbox, the same answer wherever one asks."""

import asyncio
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing
from copy import copy
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from msgspec.structs import replace

from gateway.errors import LogRefused
from gateway.ledger.guard import Guard, TreeHead, beside
from gateway.serve import serving
from tests.journey.ledger_check import check_ledger
from tests.journey.simulated import ORIGIN, Side, World, claims_of
from tests.waiting import until_directory


@pytest.fixture
def postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    """Worlds keep everything in PostgreSQL."""
    monkeypatch.setenv("RJ_STORE", "postgres")


def at(world: World, address: str, http: aiohttp.ClientSession) -> Side:
    """The agencies, as they speak to one node."""
    node = copy(world)
    node.address = address
    return Side(node, http)


@pytest_asyncio.fixture
async def nodes(tmp_path: Path, postgresql: None) -> AsyncIterator[list[Side]]:
    """Three nodes, each with its own address, folder, guard and directory's file; the log is checked at the end."""
    world = World(tmp_path)
    async with AsyncExitStack() as held:
        http = await held.enter_async_context(aiohttp.ClientSession())
        sides = []
        for name in ("", "-2", "-3"):
            settings = world.settings(name)
            own = tmp_path / f"directory{name}.json"
            if name:
                shutil.copy(settings.gateway.directory, own)
            settings = replace(settings, gateway=replace(settings.gateway, directory=own))
            sides.append(at(world, await held.enter_async_context(serving(settings)), http))
        yield sides
        for side in sides:
            await side.checkpoint()
            check_ledger(side)


async def test_an_exchange_goes_through_all_nodes(nodes: list[Side]) -> None:
    """Asked at one, answered at another, opened at the third: one log, and the same word everywhere."""
    one, two, three = nodes
    request = one.request()
    asked = claims_of(request)
    first = await one.send(request)
    assert [item.exchange for item in await three.inbox("police-13")] == [asked.exchange]
    await two.send(two.open("police-13", asked.exchange, asked.jti, ("subject",)))
    answer = two.answer(asked.exchange)
    await two.send(answer)
    opening = three.open("prison-mdi", asked.exchange, claims_of(answer).jti, ("contact_channel",))
    opened = await three.send(opening)
    assert opened.handed_over is not None
    again = await one.send(opening, expect=200)
    assert again.handed_over is None
    assert one.decision(again) == three.decision(opened)
    assert two.decision(await two.send(request, expect=200)) == one.decision(first)


async def test_an_inbox_wakes_at_every_node(nodes: list[Side]) -> None:
    """Whoever waits at one node hears at once what another has delivered, and nobody else is disturbed."""
    one, _, three = nodes
    await asyncio.sleep(0.3)  # let everybody listen
    waiting = asyncio.create_task(three.inbox("police-13", wait=20))
    other = asyncio.create_task(three.inbox("police-14", wait=2))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    request = one.request()
    await one.send(request)
    async with asyncio.timeout(5):
        assert [item.exchange for item in await waiting] == [claims_of(request).exchange]
    assert await other == ()


async def test_what_one_node_is_told_of_the_directory_holds_at_all(nodes: list[Side]) -> None:
    """A key that is revoked at one node is none at another, though nobody has brought the directory there."""
    one, two, _ = nodes
    world, now = one.world, int(time.time())
    await two.send(two.request())
    prison = world.agencies["prison-mdi"].entry(ORIGIN, now, world.agreement.digest)
    revoked = replace(prison.signing[0], compromised_since=now - 3600)
    world.publish_directory(2, replace(prison, signing=(revoked,)))
    await until_directory(one.http, world.address, 2)
    under_way = await two.refusal(two.request())  # its node learns of the directory under the log's lock
    assert under_way.status in {400, 422}
    status, _ = await two.post(two.request())
    assert status == 400
    assert await two.send(two.request(prison="prison-lei"))


async def test_a_node_that_is_new_joins_and_one_that_goes_is_not_missed(tmp_path: Path, postgresql: None) -> None:
    """A node without a guard begins where the others are; what was said to one that is gone is known to the rest."""
    world = World(tmp_path)
    async with aiohttp.ClientSession() as http:
        async with serving(world.settings()) as address:
            one = at(world, address, http)
            request = one.request()
            first = await one.send(request)
            async with serving(world.settings("-2")) as address_2:
                two = at(world, address_2, http)
                await two.send(two.request())
                await one.send(one.request())
        async with serving(world.settings("-2")) as address_2:
            two = at(world, address_2, http)
            assert two.decision(await two.send(request, expect=200)) == one.decision(first)
            await two.checkpoint()
            check_ledger(two)


async def test_an_old_database_is_refused_by_a_node_that_has_never_signed(tmp_path: Path, postgresql: None) -> None:
    """What the other nodes have signed lies beside it: a new node makes no second history either."""
    world = World(tmp_path)
    async with aiohttp.ClientSession() as http, serving(world.settings()) as address:
        one = at(world, address, http)
        await one.send(one.request())
    size = max(head.size for head in beside(tmp_path / "another.guard").values())
    with closing(Guard.open(tmp_path / "data.guard")) as guard:
        guard.advance(TreeHead(size + 1, bytes(32)))
    with pytest.raises(LogRefused, match=r"The node data\.guard has signed"):
        async with serving(world.settings("-2")):
            pass

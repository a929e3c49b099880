"""Settling once, and signing anew only what the gateway never had."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
import stamina
from aiohttp import ClientSession

from gateway.desk import happenings, outbox, requester, sealer
from gateway.desk.agency import Agency
from gateway.desk.asking import Ask
from gateway.desk.posting import Posting
from gateway.desk.serve import Desk
from tests.gateway.desk.between import Between, between
from tests.gateway.desk.desks import request, settings
from tests.journey.simulated import World


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1):
        yield


@pytest_asyncio.fixture
async def prison(tmp_path: Path) -> AsyncIterator[tuple[Agency, Between]]:
    """One agency without anything that minds its outbox, and what stands between it and the gateway."""
    world = World(tmp_path)
    async with world.gateway(), between(world.address) as stand, _alone(world, stand.url) as agency:
        yield agency, stand


@asynccontextmanager
async def _alone(world: World, url: str) -> AsyncIterator[Agency]:
    with ThreadPoolExecutor(2) as threads:
        async with ClientSession() as session:
            desk = Desk(settings(world, url, "prison-mdi"), session, threads)
            try:
                yield desk.served["prison-mdi"].agency
            finally:
                desk.close()


def wanted() -> Ask:
    return msgspec.convert(request("approach"), Ask)


async def postings(agency: Agency) -> list[Posting]:
    return await outbox.waiting(agency)


async def test_two_who_send_the_same_message_settle_it_once(prison: tuple[Agency, Between]) -> None:
    """Both get the same decision; the case moves once and one event is noted."""
    agency, stand = prison
    stand.lose = 1
    said = await requester.ask(agency, wanted())
    assert said.sent.queued
    (posting,) = await postings(agency)
    one, two = await asyncio.gather(outbox.deliver(agency, posting), outbox.deliver(agency, posting))
    assert (one.leaf, one.jti) == (two.leaf, two.jti)
    assert [each.event for _, each in await happenings.after(agency, 0, 0)] == ["contact-request"]
    assert await postings(agency) == []


async def test_what_the_gateway_had_is_never_signed_anew(
    prison: tuple[Agency, Between], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer was lost and the token has ended: the gateway knows it, so the same bytes go out again."""
    agency, stand = prison
    monkeypatch.setattr(sealer, "LIFE_SECONDS", 1)
    monkeypatch.setattr(outbox, "GRACE_SECONDS", 0)
    stand.lose = 1
    said = await requester.ask(agency, wanted())
    assert said.sent.queued
    await asyncio.sleep(2.1)
    assert await outbox.send_waiting(agency)
    assert len(stand.posted) == 2
    assert stand.posted[0] == stand.posted[1]
    assert (await agency.case(said.case.exchange)).state == "with-police"


async def test_messages_of_one_exchange_go_out_in_order(prison: tuple[Agency, Between]) -> None:
    """While the first waits the second waits behind it, though the gateway is back."""
    agency, stand = prison
    await agency.known()
    stand.away = True
    said = await requester.ask(agency, wanted())
    stand.away = False
    second = await requester.cancel(agency, said.case.exchange, msgspec.convert({"why": "other"}, requester.Cancel))
    assert second.sent.queued
    assert await outbox.send_waiting(agency)
    assert (await agency.case(said.case.exchange)).state == "cancelled"


async def test_what_the_gateway_refuses_later_leaves_the_queue(prison: tuple[Agency, Between]) -> None:
    """Asked while away, without a ground: refused when it goes out, noted, and not tried again."""
    agency, stand = prison
    await agency.known()
    stand.away = True
    said = await requester.ask(agency, msgspec.convert(request("approach", grounds=[]), Ask))
    stand.away = False
    assert await outbox.send_waiting(agency)
    case = await agency.case(said.case.exchange)
    assert (case.state, case.code) == ("refused", "R10")
    assert await postings(agency) == []

"""Settling once, and signing anew only what the gateway never had."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
import stamina
from aiohttp import ClientSession

from contracts.reply import Problem
from gateway.desk import happenings, outbox, requester, sealer, speaking
from gateway.desk.agency import Agency
from gateway.desk.asking import Ask, Cancel
from gateway.desk.errors import Refused
from gateway.desk.heard import own
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


CANCEL = msgspec.convert({"why": "other"}, Cancel)


def wanted(crime: str = "13 1") -> Ask:
    return msgspec.convert(request("approach", crime=crime), Ask)


def refusal(slug: str, status: int) -> Problem:
    return Problem(type=f"urn:rj:problem:{slug}", title="No", status=status, detail="No.", code="R05", clauses=("1.1",))


def jti(body: bytes) -> str:
    return own(msgspec.json.decode(body)["token"]).claims.jti


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
    assert [each.event for _, each in await happenings.after(agency, 0, 0)] == ["waiting", "contact-request"]
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
    second = await requester.cancel(agency, said.case.exchange, CANCEL)
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


@pytest.mark.parametrize(
    ("slug", "status", "why"),
    [("stale", 422, "not-fresh"), ("not-verified", 400, "not-verified")],
)
async def test_what_the_gateway_does_not_take_is_kept_and_signed_anew(
    prison: tuple[Agency, Between], slug: str, status: int, why: str
) -> None:
    """Nobody's unsigned word makes a message vanish. People read why it waits, until it has left."""
    agency, stand = prison
    stand.instead = lambda body: refusal(slug, status)
    said = await requester.ask(agency, wanted())
    assert (said.sent.queued, said.case.state, said.case.waiting) == (True, "queued", why)
    assert not await outbox.send_waiting(agency)

    stand.instead = lambda body: None
    assert await outbox.send_waiting(agency)
    case = await agency.case(said.case.exchange)
    assert (case.state, case.waiting, case.code) == ("with-police", None, None)
    assert len({jti(body) for body in stand.posted}) == 3
    assert await postings(agency) == []


@pytest.mark.parametrize(
    ("status", "why"), [(401, "no-decision"), (403, "no-decision"), (404, "no-decision"), (500, "busy"), (503, "busy")]
)
async def test_what_is_no_decision_settles_nothing_and_changes_no_token(
    prison: tuple[Agency, Between], status: int, why: str
) -> None:
    """Whatever stands between: the very same token goes out again."""
    agency, stand = prison
    stand.instead = lambda body: refusal("made-up", status)
    said = await requester.ask(agency, wanted())
    assert (said.sent.queued, said.case.waiting) == (True, why)
    stand.instead = lambda body: None
    assert await outbox.send_waiting(agency)
    assert len({jti(body) for body in stand.posted}) == 1
    assert (await agency.case(said.case.exchange)).state == "with-police"


async def test_what_the_gateway_had_after_all_is_not_signed_anew(prison: tuple[Agency, Between]) -> None:
    """It says `stale` of what it has on record: it is asked, and the same token gets the decision."""
    agency, stand = prison
    stand.spoil = lambda path, body: msgspec.json.encode(refusal("stale", 422)) if path == "/v1/messages" else body
    stand.status = 422
    assert (await requester.ask(agency, wanted())).case.waiting == "not-fresh"
    stand.spoil, stand.status = (lambda path, body: body), None
    assert await outbox.send_waiting(agency)
    assert stand.posted[0] == stand.posted[1]


@pytest.mark.parametrize("ahead", [3600, -3600])
async def test_a_desk_whose_clock_is_wrong_loses_nothing_once_it_is_set(
    prison: tuple[Agency, Between], monkeypatch: pytest.MonkeyPatch, ahead: int
) -> None:
    """The gateway itself refuses the token as not fresh; with the clock set right the message is signed anew."""
    agency, _ = prison
    await agency.known()
    with monkeypatch.context() as wrong:
        for module in (speaking, outbox):
            wrong.setattr(module, "now", lambda: int(time.time()) + ahead)
        wrong.setattr("gateway.desk.agency.now", lambda: int(time.time()) + ahead)
        said = await requester.ask(agency, wanted())
        assert (said.sent.queued, said.case.waiting) == (True, "not-fresh")
        assert not await outbox.send_waiting(agency)
    assert await outbox.send_waiting(agency)
    assert (await agency.case(said.case.exchange)).state == "with-police"


@pytest.mark.parametrize(("slug", "status"), [("known-id", 409), ("unfit", 422), ("too-large", 413)])
async def test_what_could_never_be_taken_is_settled_and_told(
    prison: tuple[Agency, Between], slug: str, status: int
) -> None:
    """Unsigned, so that no code of it is believed."""
    agency, stand = prison
    stand.instead = lambda body: refusal(slug, status)
    with pytest.raises(Refused) as refused:
        await requester.ask(agency, wanted())
    assert (refused.value.code, refused.value.on_record) == (None, False)
    assert await postings(agency) == []
    assert (await agency.case(refused.value.exchange or "")).state == "refused"


async def test_one_message_that_is_stuck_holds_up_no_other_case(prison: tuple[Agency, Between]) -> None:
    """The gateway cannot record the one; what waits on other exchanges goes out."""
    agency, stand = prison
    stand.instead = lambda body: refusal("not-recorded", 503)
    first, second = [await requester.ask(agency, wanted(crime)) for crime in ("13 1", "13 2")]
    stuck = jti(stand.posted[0])
    stand.instead = lambda body: refusal("not-recorded", 503) if jti(body) == stuck else None
    assert not await outbox.send_waiting(agency)
    assert [(await agency.case(each.case.exchange)).state for each in (first, second)] == ["queued", "with-police"]


async def test_what_is_signed_anew_keeps_its_place(prison: tuple[Agency, Between]) -> None:
    """A cancellation waits behind its request, though that was written again after it."""
    agency, stand = prison
    stand.instead = lambda body: refusal("stale", 422)
    exchange = (await requester.ask(agency, wanted())).case.exchange
    assert (await requester.cancel(agency, exchange, CANCEL)).case.waiting == "not-fresh"
    assert not await outbox.send_waiting(agency)
    stand.instead = lambda body: None
    assert await outbox.send_waiting(agency)
    assert (await agency.case(exchange)).state == "cancelled"

"""Replies, receipts and inboxes over real HTTP: the same answer for the same token, and nothing of another agency."""

import asyncio
import time
from pathlib import Path

import msgspec
import pytest

from contracts.reply import Inbox, Reply
from gateway import serve
from tests.journey.ledger_check import checked
from tests.journey.simulated import Side, World, claims_of, uuid7


async def test_a_repeat_gets_the_same_decision_and_the_same_receipt(slow: Side) -> None:
    """Byte for byte, however much has happened since; a refusal is repeated as a refusal."""
    request = slow.request()
    first = await slow.send(request)
    refused = slow.request("other")
    status, problem = await slow.post(refused)
    for _ in range(20):
        await slow.send(slow.request())
    assert await slow.send(request, expect=200) == first
    assert await slow.post(refused) == (status, problem)
    assert len(await slow.inbox("police-13")) == 21


async def test_a_repeat_at_once_is_one_message(slow: Side) -> None:
    """Ten times the same token at once: one line, one delivery, one decision."""
    request = slow.request()
    posted = await asyncio.gather(*(slow.post(request) for _ in range(10)))
    assert sorted(status for status, _ in posted) == [200] * 9 + [201]
    replies = [msgspec.json.decode(body, type=Reply) for _, body in posted]
    assert len({reply.decision for reply in replies}) == 1
    assert {slow.check(reply).leaf for reply in replies} == {2}
    assert len(await slow.inbox("police-13")) == 1


async def test_another_token_under_a_known_id_is_a_conflict(slow: Side) -> None:
    """An id stands for one token, accepted or refused; the same id from another agency is another message."""
    request = slow.request()
    await slow.send(request)
    jti = claims_of(request).jti
    conflict = await slow.refusal(slow.request(jti=jti))
    assert (conflict.status, conflict.type, conflict.receipt) == (409, "urn:rj:problem:known-id", None)
    refused = slow.request("other")
    await slow.refusal(refused)
    assert (await slow.refusal(slow.request(jti=claims_of(refused).jti))).status == 409
    await slow.send(slow.request(prison="prison-lei", jti=jti))


async def test_a_sender_reads_what_became_of_its_own_messages(slow: Side) -> None:
    """`GET /v1/messages/{jti}`: the reply for the sender; for everyone else, and for an unknown id, 404."""
    request = slow.request()
    reply = await slow.send(request)
    path = f"/v1/messages/{claims_of(request).jti}"
    status, body = await slow.read("prison-mdi", path)
    assert (status, msgspec.json.decode(body, type=Reply)) == (200, reply)
    for agency in ("prison-lei", "police-13", "inspectorate-hmip"):
        assert (await slow.read(agency, path))[0] == 404
    assert (await slow.read("prison-mdi", f"/v1/messages/{uuid7()}"))[0] == 404


async def test_a_long_poll_wakes_when_something_comes(slow: Side) -> None:
    """It answers at once when there is something, within moments when it comes, and empty when nothing does."""
    started = time.monotonic()
    waiting = asyncio.create_task(slow.inbox("police-13", wait=20))
    others = asyncio.create_task(slow.inbox("police-14", wait=1))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    await slow.send(slow.request())
    assert len(await waiting) == 1
    assert time.monotonic() - started < 5
    assert len(await slow.inbox("police-13", wait=20)) == 1
    assert await others == ()


async def test_the_inbox_goes_by_leaf_index_and_consumes_nothing(slow: Side) -> None:
    """In the log's order, the same again from the same cursor, page by page; and only what is for the reader."""
    sent = [slow.request() for _ in range(103)]
    await asyncio.gather(*(slow.send(request) for request in sent))
    await slow.send(slow.request(force="police-14"))
    status, body = await slow.read("police-13", "/v1/inbox?after=-1")
    page = msgspec.json.decode(body, type=Inbox)
    assert (status, len(page.items), page.next) == (200, 100, page.items[-1].index)
    rest = await slow.inbox("police-13", after=page.next)
    both = [*page.items, *rest]
    assert [item.index for item in both] == sorted({item.index for item in both})
    assert {item.exchange for item in both} == {claims_of(request).exchange for request in sent}
    assert await slow.inbox("police-13") == page.items
    assert await slow.inbox("police-13", after=both[-1].index) == ()
    assert await slow.inbox("prison-mdi") == ()


@pytest.mark.parametrize("path", ["/v1/inbox?after=x", "/v1/inbox?after=-2", "/v1/inbox?wait=1.5"])
async def test_a_cursor_is_a_whole_number(slow: Side, path: str) -> None:
    """Anything else is told what is expected."""
    assert (await slow.read("police-13", path))[0] == 422


async def test_log_time_never_goes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a clock that steps back, and across a restart, each line's time is no earlier than the one before."""
    ahead = 6
    monkeypatch.setattr(serve, "Clock", lambda: lambda: int(time.time()) + ahead)
    world = World(tmp_path)
    async with checked(world) as side:
        first = side.decision(await side.send(side.request()))
        ahead = -3
        second = side.decision(await side.send(side.request()))
        assert second.at >= first.at
    async with checked(world) as side:
        third = side.decision(await side.send(side.request()))
        assert third.at >= second.at


async def test_a_restart_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """The same folder again: the exchange goes on, a repeat has its receipt, and old receipts are of the same log."""
    world = World(tmp_path)
    async with checked(world) as side:
        request = side.request()
        first = await side.send(request)
    async with checked(world) as again:
        again.receipts += side.receipts
        assert await again.send(request, expect=200) == first
        exchange = claims_of(request).exchange
        answer = again.answer(exchange)
        await again.send(answer)
        await again.send(again.open("prison-mdi", exchange, claims_of(answer).jti, ("safe_times",)))

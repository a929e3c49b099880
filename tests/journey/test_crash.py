"""`kill -9` in the middle of anything: what was acknowledged is there, nothing is handed over twice, the tree is whole.

`RJ_KILLS=500 pytest tests/journey/test_crash.py` for the long form.
"""

import asyncio
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import msgspec
import pytest

from contracts.envelope import Envelope
from contracts.reply import DecisionClaims, NoticeClaims, Problem, Reply
from keys import tokens
from tests.journey.database import rows
from tests.journey.ledger_check import check_ledger
from tests.journey.process import LOG, gone, started
from tests.journey.simulated import Side, World, claims_of

KILLS = int(os.environ.get("RJ_KILLS", "10"))
WORKERS = 12
PAIRS = (("prison-mdi", "police-13"), ("prison-lei", "police-14"), ("prison-mdi", "police-14"))


@dataclass
class Kept:
    """What the agencies know by the gateway's own word."""

    acknowledged: dict[str, tuple[Envelope, DecisionClaims]] = field(default_factory=dict)
    handed_over: Counter[str] = field(default_factory=Counter)
    retried: int = 0

    def heard(self, side: Side, sent: Envelope, answer: Reply | Problem) -> DecisionClaims:
        """An acknowledgement: it is the same each time, and nothing is handed over a second time."""
        decision, jti = side.check(answer), claims_of(sent).jti
        assert self.acknowledged.setdefault(jti, (sent, decision))[1] == decision
        if isinstance(answer, Reply) and answer.handed_over:
            self.handed_over[jti] += 1
            assert self.handed_over[jti] == 1
        return decision


async def say(side: Side, kept: Kept, sent: Envelope) -> DecisionClaims:
    """Post until the gateway has answered, through deaths and restarts, the same token each time."""
    for attempt in range(600):
        try:
            status, body = await side.post(sent)
        except (aiohttp.ClientError, OSError):
            status, body = 503, b""
        kept.retried += attempt > 0
        if status in (200, 201):
            return kept.heard(side, sent, msgspec.json.decode(body, type=Reply))
        if status != 503:
            found = msgspec.json.decode(body, type=Problem)
            assert found.decision, found
            return kept.heard(side, sent, found)
        await asyncio.sleep(0.05)
    raise AssertionError("The gateway never answered.")


async def converse(side: Side, kept: Kept, rng: random.Random) -> None:
    """One exchange from its request to its end, whichever that is."""
    prison, force = rng.choice(PAIRS)
    request = side.request(prison=prison, force=force)
    exchange, asked = claims_of(request).exchange, claims_of(request).jti
    await say(side, kept, request)
    await say(side, kept, side.open(force, exchange, asked, ("subject",)))
    answer = side.answer(exchange, prison=prison, force=force)
    of = claims_of(answer).jti
    await say(side, kept, answer)
    opening = side.open(prison, exchange, of, ("contact_channel", "preferred_name"))
    await asyncio.gather(say(side, kept, opening), say(side, kept, opening))
    if rng.random() < 0.5:
        await say(side, kept, side.recall(exchange, of, prison=prison, force=force))
        late = await say(side, kept, side.open(prison, exchange, of, ("contact_channel",)))
        assert late.decision == "refused"


async def hammer(side: Side, kept: Kept, until: Callable[[], bool], seed: int) -> None:
    async def work(number: int) -> None:
        rng = random.Random(f"{seed}/{number}")
        while not until():
            await converse(side, kept, rng)

    async with asyncio.TaskGroup() as workers:
        for number in range(WORKERS):
            workers.create_task(work(number))


async def nothing_is_lost(side: Side, kept: Kept) -> None:
    """Each acknowledged message is there as it was said, and posting it again says so, and hands nothing over."""
    for jti, (sent, decision) in kept.acknowledged.items():
        status, body = await side.read(claims_of(sent).iss, f"/v1/messages/{jti}")
        assert status == 200
        assert side.check(msgspec.json.decode(body, type=Reply)) == decision
    for sent, decision in random.sample(list(kept.acknowledged.values()), min(50, len(kept.acknowledged))):
        status, body = await side.post(sent)
        again = msgspec.json.decode(body, type=Reply if status == 200 else Problem)
        assert isinstance(again, Problem) or again.handed_over is None
        assert side.check(again) == decision


async def delivered_once(side: Side, kept: Kept) -> None:
    """Every accepted message lies once in its addressee's inbox; every hand-over was told once to who sealed it."""
    inboxes: Counter[str] = Counter()
    for agency in ("prison-mdi", "prison-lei", "police-13", "police-14"):
        after = -1
        while items := await side.inbox(agency, after):
            after = items[-1].index
            inboxes.update(item.token for item in items)
    accepted = [sent for sent, decision in kept.acknowledged.values() if decision.decision == "accepted"]
    delivered = {sent.token for sent in accepted if claims_of(sent).to != "gateway"}
    assert set(inboxes.values()) == {1}
    assert delivered <= inboxes.keys()
    told = Counter(notice.leaf for notice in map(_notice, inboxes.keys() - delivered) if notice.notice == "opened")
    opened = [
        kept.acknowledged[jti][1].leaf for jti in kept.handed_over
        if claims_of(kept.acknowledged[jti][0]).iss.startswith("prison")
    ]  # fmt: skip
    assert set(told.values()) <= {1}
    assert set(opened) <= told.keys()


def _notice(token: str) -> NoticeClaims:
    return msgspec.json.decode(tokens.parse(token).claims, type=NoticeClaims)


async def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path: Path) -> None:
    """Killed at random instants under load, and started again: decisions, leaves, receipts and deliveries all hold."""
    world, kept, seed = World(tmp_path), Kept(), random.randrange(2**32)
    rng, over = random.Random(seed), False
    print(f"seed {seed}")
    async with aiohttp.ClientSession() as http:
        side = Side(world, http)
        async with started(world, waiting=WORKERS * 4):
            pass  # the first start makes the store; the load begins with the next
        load = asyncio.create_task(hammer(side, kept, lambda: over, seed))
        for _ in range(KILLS):
            async with started(world) as process:
                await asyncio.sleep(rng.uniform(0.05, 0.35))
                process.kill()
                await gone(process)
            assert not load.done() or load.result() is None
        async with started(world):
            over = True
            await load
            await nothing_is_lost(side, kept)
            await delivered_once(side, kept)
            await side.checkpoint()
            check_ledger(side)
    assert kept.retried
    assert kept.handed_over
    assert b"batch.failed" not in (tmp_path / LOG).read_bytes()


async def test_an_orderly_stop_under_load_loses_nothing_that_was_taken(tmp_path: Path) -> None:
    """SIGTERM: what is under way is answered, the process ends with 0 within seconds, and all of it is there after."""
    world, kept = World(tmp_path), Kept()
    over = False
    async with aiohttp.ClientSession() as http:
        side = Side(world, http)
        async with started(world) as process:
            load = asyncio.create_task(hammer(side, kept, lambda: over, 1))
            polls = [asyncio.create_task(side.read("vlu-13", "/v1/inbox?after=-1&wait=30")) for _ in range(5)]
            await asyncio.sleep(0.7)
            began = time.monotonic()
            process.terminate()
            assert await gone(process) == 0
            assert time.monotonic() - began < 5
            assert [(await poll)[0] for poll in polls] == [200] * 5
        async with started(world):
            over = True
            await load
            await nothing_is_lost(side, kept)
            await delivered_once(side, kept)
            await side.checkpoint()
            check_ledger(side)


@pytest.mark.parametrize("when", ["before-destruction", "after-destruction"])
async def test_keys_that_were_to_be_destroyed_are_destroyed_at_the_next_start(tmp_path: Path, when: str) -> None:
    """A recall is committed, and the process dies at its keys: the next start finishes what the commit has promised."""
    world = World(tmp_path)
    async with aiohttp.ClientSession() as http:
        side = Side(world, http)
        async with started(world, when) as process:
            request = side.request()
            exchange = claims_of(request).exchange
            await side.send(request)
            answer = side.answer(exchange)
            await side.send(answer)
            (slot,) = rows(world, "select slot from exchange")[0]
            assert values_key(world, slot) != bytes(32)
            recall = side.recall(exchange, claims_of(answer).jti)
            with pytest.raises(aiohttp.ClientError):
                await side.post(recall)
            assert await gone(process) == -signal.SIGKILL
        assert rows(world, "select slot, half from doomed") == [(slot, "values")]
        assert rows(world, "select 1 from sealed") == []
        async with started(world):
            assert rows(world, "select slot, half from doomed") == []
            assert values_key(world, slot) == bytes(32)
            await side.send(recall, expect=200)
            found = await side.refusal(side.open("prison-mdi", exchange, claims_of(answer).jti, ("contact_channel",)))
            assert found.type == "urn:rj:problem:wrong-state"
            await side.checkpoint()
            check_ledger(side)


def values_key(world: World, slot: object) -> bytes:
    assert isinstance(slot, int)
    return (world.folder / "data" / "keystore" / "slots.bin").read_bytes()[slot * 64 : slot * 64 + 32]

"""Desks over a real gateway upgrade what they keep to a quorum of log cosigners, and say so where they cannot."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from cryptography.hazmat.backends.openssl.backend import backend
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.checkpoint import parse_note
from contracts.event import Exact, Opening, Shared, event_leaf
from contracts.merkle import leaf_hash, node_hash
from contracts.receipt import carry, extra_of
from contracts.tlog_proof import TlogProof
from gateway.desk import witnessed
from gateway.errors import CannotStart
from gateway.ledger import log as logs
from gateway.ledger.guard import TreeHead
from gateway.ledger.log import Log
from keys.notes import open_checkpoint
from keys.receipts import check
from tests.agencies import secret
from tests.gateway.desk.between import Between, between
from tests.gateway.desk.cosigners import Cosigners
from tests.gateway.desk.desks import SERVED, VALUES, Desk, Desks, desks_at
from tests.journey.simulated import FIELDS, ORIGIN, World
from tests.waiting import until

SHARED = {name: VALUES[name] for name in FIELDS["conference"]}


class Watched:
    """What stands between: it adds cosignatures to proofs, and counts what is asked."""

    def __init__(self, cosigners: Cosigners) -> None:
        self.cosigners, self.asked = cosigners, 0
        self.instead: Callable[[str], str] = self.cosigners.cosigned

    def __call__(self, path: str, body: bytes) -> bytes:
        if not path.startswith("/v1/proofs/") or not body.startswith(b"c2sp.org/"):
            return body
        self.asked += 1
        return self.instead(body.decode()).encode()


Seen = tuple[Desks, Between, Watched]


@pytest_asyncio.fixture
async def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Seen]:
    """A prison and a force whose desks pin two of three cosigners, and look several times a second."""
    monkeypatch.setattr(witnessed, "PAUSE", 0.1)
    monkeypatch.setattr(witnessed, "LONGEST_PAUSE", 0.3)
    world = World(tmp_path)
    watched = Watched(Cosigners(world.vkey))
    world.policy = watched.cosigners.text
    async with world.gateway(), between(world.address) as stand:
        stand.spoil = watched
        async with desks_at(world, stand.url, *SERVED) as desks:
            yield desks, stand, watched


async def kept(desk: Desk) -> list[dict[str, Any]]:
    """All receipts of a desk."""
    names = (await desk.get("receipts"))["receipts"]
    return [await desk.get(f"receipts/{each['jti']}") for each in names]


async def all_witnessed(desk: Desk) -> list[dict[str, Any]]:
    found = await kept(desk)
    return found if found and all(each["witnessed"] for each in found) else []


async def alarms(desk: Desk) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await desk.get("alarms"))["alarms"]
    return found


async def health(desk: Desk) -> int:
    async with desk.http.get(f"{desk.url}/health/ready") as answer:
        return int(msgspec.json.decode(await answer.read())["alarms"])


async def shared(desks: Desks) -> str:
    """A case in which details were shared and opened."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange: str = (await prison.ask())["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    await police.share(exchange, SHARED)
    await prison.until(exchange, "contact-answer")
    await prison.open(exchange)
    return exchange


async def test_receipts_and_deliveries_come_under_a_quorum(seen: Seen) -> None:
    """By themselves, within seconds: the same line, opened as before, in a tree that two of three have cosigned."""
    desks, _, watched = seen
    exchange = await shared(desks)
    policy = watched.cosigners.policy
    for agency in ("prison-mdi", "police-13"):
        for receipt in await until(lambda agency=agency: all_witnessed(desks[agency])):  # type: ignore[misc]
            open_checkpoint(parse_note(TlogProof.parse(receipt["receipt"]).checkpoint), policy)
            proven = check(receipt["receipt"], desks.world.vkey)
            assert (proven.index, proven.standing) == (receipt["leaf"], "opened")
            assert proven.shared is not None
            assert (proven.shared.jti, proven.exact is not None) == (receipt["jti"], True)
    leaf = (await desks["prison-mdi"].until(exchange, "contact-answer"))["leaf"]
    delivery = await until(lambda: _witnessed_delivery(desks["prison-mdi"], leaf))
    proven = check(delivery["receipt"], desks.world.vkey)
    assert proven.shared is not None
    assert (proven.shared.event, proven.exact) == ("contact-answer", None)
    assert await alarms(desks["prison-mdi"]) == []
    assert await until(lambda: _asks_no_more(watched)), "what is witnessed is not asked about again"


async def _asks_no_more(watched: Watched) -> bool:
    asked = watched.asked
    await asyncio.sleep(0.6)
    return watched.asked == asked


async def _witnessed_delivery(desk: Desk, leaf: int) -> dict[str, Any] | None:
    found = await desk.get(f"deliveries/{leaf}")
    return found if found["witnessed"] else None


async def test_without_a_quorum_in_time_there_is_an_alarm_until_there_is_one(
    seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One alarm for each line, counted in the health; gone when the cosigners are back."""
    desks, _, watched = seen
    monkeypatch.setattr(witnessed, "LATE_SECONDS", 1)
    watched.cosigners.who = ("police",)
    prison = desks["prison-mdi"]
    await prison.ask()
    (alarm,) = await until(lambda: alarms(prison))
    assert (alarm["typ"], alarm["about"], alarm["why"]) == ("unwitnessed", "line", witnessed.NO_QUORUM)
    assert [each["witnessed"] for each in await kept(prison)] == [False]
    await asyncio.sleep(0.5)
    assert len(await alarms(prison)) == 1
    assert await health(prison) >= 1
    watched.cosigners.who = ("police", "prisons")
    await until(lambda: all_witnessed(prison))
    assert await alarms(prison) == []


async def test_a_gateway_that_stays_away_is_an_alarm_too(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever never answers must not be better off than whoever has no quorum."""
    desks, stand, watched = seen
    watched.cosigners.who = ()
    prison = desks["prison-mdi"]
    await prison.ask()
    stand.away = True
    monkeypatch.setattr(witnessed, "LATE_SECONDS", 1)
    await until(lambda: alarms(prison))
    stand.away, watched.cosigners.who = False, ("police", "prisons")
    await until(lambda: all_witnessed(prison))
    assert await alarms(prison) == []


async def test_a_log_that_contradicts_itself_is_an_alarm_at_once(seen: Seen) -> None:
    """Another leaf at the line, signed by the log and cosigned: the receipt stays as it was, as evidence."""
    desks, _, watched = seen
    prison = desks["prison-mdi"]
    watched.cosigners.who = ()
    await prison.ask()
    (before,) = await until(lambda: kept(prison))
    log = Log(ORIGIN, Ed25519PrivateKey.from_private_bytes(secret("log")))
    opening = Opening(salt=b"o" * 32, part=msgspec.json.encode(Shared(event="open", at=1)))
    leaf = event_leaf(opening, Opening(salt=b"p" * 32, part=msgspec.json.encode(Exact())))
    assert before["leaf"] == 2

    def forged(proof: str) -> str:
        # Three lines: 0 and 1 under one node, and 2 alone on the right border.
        left = b"l" * 32
        signed = log.checkpoint(TreeHead(3, node_hash(left, leaf_hash(leaf))))
        fake = logs.receipt(2, [left], signed, carry(leaf, closed=True))
        return watched.cosigners.cosigned(fake)

    watched.instead, watched.cosigners.who = forged, ("police", "prisons")
    (alarm,) = await until(lambda: alarms(prison))
    assert (alarm["typ"], alarm["leaf"]) == ("contradiction", 2)
    (after,) = await kept(prison)
    assert after == before
    asked = watched.asked
    await asyncio.sleep(0.5)
    assert watched.asked == asked
    watched.instead = watched.cosigners.cosigned
    await asyncio.sleep(0.5)
    assert [each["typ"] for each in await alarms(prison)] == ["contradiction"]


async def test_without_a_policy_nothing_is_asked(tmp_path: Path) -> None:
    """And a receipt says that only the log itself has signed it."""
    world = World(tmp_path)
    async with world.gateway(), between(world.address) as stand:
        stand.spoil = watched = Watched(Cosigners(world.vkey))
        async with desks_at(world, stand.url, "prison-mdi") as desks:
            await desks["prison-mdi"].ask()
            (receipt,) = await until(lambda: kept(desks["prison-mdi"]))
            await asyncio.sleep(0.5)
            assert (receipt["witnessed"], watched.asked) == (False, 0)


async def test_what_was_kept_before_a_policy_was_pinned_is_upgraded_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The desk starts again with a policy, and finds its earlier receipts."""
    monkeypatch.setattr(witnessed, "PAUSE", 0.1)
    world = World(tmp_path)
    async with world.gateway(), between(world.address) as stand:
        stand.spoil = watched = Watched(Cosigners(world.vkey))
        async with desks_at(world, stand.url, "prison-mdi") as desks:
            await desks["prison-mdi"].ask()
            await until(lambda: kept(desks["prison-mdi"]))
        world.policy = watched.cosigners.text
        async with desks_at(world, stand.url, "prison-mdi") as desks:
            (receipt,) = await until(lambda: all_witnessed(desks["prison-mdi"]))
            assert extra_of(TlogProof.parse(receipt["receipt"])).exact is not None


async def test_a_policy_with_a_key_that_this_system_cannot_use_keeps_the_desk_from_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of ML-DSA-44, where OpenSSL is too old: it is said at the start, not at the first receipt."""
    world = World(tmp_path)
    world.policy = Cosigners(world.vkey).text
    monkeypatch.setattr(type(backend), "mldsa_supported", lambda self: False)
    with pytest.raises(CannotStart, match=r"trust\.json pins a policy.*no ML-DSA-44"):
        async with desks_at(world, "http://127.0.0.1:9", "prison-mdi"):
            pass


async def test_a_policy_that_cannot_be_read_keeps_the_desk_from_starting(tmp_path: Path) -> None:
    """It is said with the folder and the file."""
    world = World(tmp_path, policy="quorum nobody\n")
    with pytest.raises(CannotStart, match=r"trust\.json pins a policy"):
        async with desks_at(world, "http://127.0.0.1:9", "prison-mdi"):
            pass

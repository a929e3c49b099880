"""What the public log lets a prison guess: that something happened. Time sets no "no" apart from a silence."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import msgspec

from contracts.checkpoint import Checkpoint, parse_note
from contracts.codec import unb64url
from gateway.settle import settle
from gateway.store.port import Known, LogState
from keys import tokens
from tests.gateway.decide.scene import ORIGIN, POLICE, PRISON, asks, claims, situation
from tests.gateway.test_settle import verified
from tests.journey.database import rows
from tests.journey.simulated import Side, World, claims_of

SPANS = {"accept": "3 seconds", "review": "6 seconds", "answer": "9 seconds"}
After = Callable[[Side, str], Awaitable[None]]


async def size(side: Side) -> int:
    """The size of the log, as anybody can read it."""
    async with side.http.get(f"{side.world.address}/checkpoint") as response:
        return Checkpoint.parse(parse_note(await response.text()).text).size


async def lines_by_time_alone(folder: Path, then: After) -> list[int]:
    """What the log grew by at each due date of one exchange, beyond what was said."""
    async with World(folder, SPANS).gateway() as side:
        request = side.request()
        await side.send(request)
        exchange = claims_of(request).exchange
        await then(side, exchange)
        sizes = [await size(side)]
        seen = await side.view("prison-mdi", exchange)
        assert seen is not None
        for due in (seen.asked_at + 3, seen.asked_at + 6, seen.answer_by):
            await asyncio.sleep(due + 2 - time.time())  # it is noticed within a second, and the next is a second away
            sizes.append(await size(side))
        return [after - before for before, after in pairwise(sizes)]


async def silence(side: Side, exchange: str) -> None:
    """The force says nothing."""


async def a_no(side: Side, exchange: str) -> None:
    """The victim says no at once."""
    await side.send(side.answer(exchange, "cannot-proceed", "R19"))


async def test_time_writes_the_same_lines_after_a_no_as_in_a_silence(tmp_path: Path) -> None:
    """At the dates for accepting and reviewing and at the end of the window, whatever the force has said."""
    grown = await asyncio.gather(
        lines_by_time_alone(tmp_path / "silence", silence), lines_by_time_alone(tmp_path / "no", a_no)
    )
    assert grown[0] == grown[1] == [1, 1, 2]


async def test_a_corrected_no_leaves_no_trace_for_the_prison(slow: Side) -> None:
    """A yes after a hidden no reads like a first yes: what it supersedes stays with the holder and inspectors."""
    request = slow.request()
    exchange = claims_of(request).exchange
    await slow.send(request)
    no = slow.answer(exchange, "cannot-proceed", "R19")
    await slow.send(no)
    await slow.send(slow.answer(exchange, supersedes=claims_of(no).jti))
    (item,) = await slow.inbox("prison-mdi")
    claims = msgspec.json.decode(tokens.parse(item.token).claims)
    assert claims["body"]["outcome"] == "shared"
    assert claims_of(no).jti not in msgspec.json.encode(claims).decode()
    assert claims_of(no).jti not in item.receipt


async def test_corrected_details_leave_the_earlier_ones_behind_them(slow: Side) -> None:
    """The usual reason for a correction is a wrong number: the wrong one is not kept."""
    request = slow.request()
    exchange = claims_of(request).exchange
    await slow.send(request)
    first = slow.answer(exchange)
    await slow.send(first)
    await slow.send(slow.answer(exchange, supersedes=claims_of(first).jti))
    kept = {row[0] for row in rows(slow.world, "select jti from sealed where exchange = ?", exchange)}
    assert claims_of(first).jti not in kept
    assert claims_of(request).jti in kept


def public(side: Side) -> list[bytes]:
    """Every leaf, as entries of the public log."""
    return [row[0] for row in rows(side.world, "select body from leaf order by i")]


def bundle(entries: list[bytes]) -> bytes:
    """Entries as an entry bundle holds them: each behind its length (C2SP tlog-tiles)."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


async def released(side: Side) -> int:
    """A request that is permitted; the line of it."""
    return side.check(await side.send(side.request())).leaf


async def refused(side: Side) -> int:
    """A request for a purpose that the agreement does not know."""
    return side.decision(await side.refusal(side.request(purpose="other"))).leaf


async def said_yes(side: Side) -> int:
    """An answer that shares four details."""
    request = side.request(prison="prison-lei", force="police-14")
    await side.send(request)
    answer = side.answer(claims_of(request).exchange, prison="prison-lei", force="police-14")
    return side.check(await side.send(answer)).leaf


async def said_no(side: Side) -> int:
    """An answer that the victim does not want it."""
    request = side.request()
    await side.send(request)
    return side.check(await side.send(side.answer(claims_of(request).exchange, "cannot-proceed", "R19"))).leaf


async def test_a_refusal_and_a_release_have_one_form_in_public(slow: Side) -> None:
    """The same members, the same length, nothing that repeats: swapped, nobody could tell; nor who asked whom."""
    lines = [await each(slow) for each in (released, refused, said_yes, said_no) for _ in range(3)]
    leaves = public(slow)
    entries = [leaves[index] for index in lines]
    assert {len(entry) for entry in entries} == {len(entries[0])}
    forms = [{name: type(value) for name, value in msgspec.json.decode(entry).items()} for entry in entries]
    assert forms == [{"class": str, "v": int, "shared": str, "exact": str}] * len(entries)
    commitments = [msgspec.json.decode(entry)[part] for entry in leaves[2:] for part in ("shared", "exact")]
    assert len(set(commitments)) == len(commitments), "two lines have something in common"
    swapped = [leaves[index] for index in reversed(lines)]
    assert len(bundle(swapped)) == len(bundle(entries))
    for needle in (b"prison-", b"police-", b'"R19"', b'"R03"', b"contact", b"refused", b"conference"):
        assert needle not in bundle(leaves)


def test_no_distinguisher_tells_refusals_from_releases_by_their_leaves() -> None:
    """Whoever learns from a hundred of each guesses the next as a coin would."""
    leaves = {kind: [_bits(leaf) for leaf in settled(kind, 200)] for kind in ("release", "refusal")}
    right = 0
    known = {kind: bits[:100] for kind, bits in leaves.items()}
    centres = {kind: [sum(column) / 100 for column in zip(*bits, strict=True)] for kind, bits in known.items()}
    for kind, bits in leaves.items():
        for each in bits[100:]:
            nearest = min(centres, key=lambda name: _distance(each, centres[name]))
            right += nearest == kind
    assert 60 < right < 140, f"{right} of 200 were told apart"  # a coin: 100, give or take 7
    for bits in leaves.values():
        ones = sum(map(sum, bits)) / (200 * 512)
        assert abs(ones - 0.5) < 0.01


def settled(kind: str, count: int) -> list[bytes]:
    """The leaves of as many messages of one kind, under fresh salts."""
    found = []
    purpose = "conference" if kind == "release" else "other"
    for _ in range(count):
        message = verified(claims(PRISON, POLICE, asks(purpose), sealed=("subject",)))
        made = settle(Known(log=LogState()), [message], situation(), ORIGIN, os.urandom)
        (line,) = made.writes.lines
        assert line.shared is not None
        assert line.shared.decision == ("accepted" if kind == "release" else "refused")
        found.append(line.leaf)
    return found


def _bits(leaf: bytes) -> list[int]:
    body = msgspec.json.decode(leaf)
    raw = unb64url(body["shared"]) + unb64url(body["exact"])
    return [byte >> bit & 1 for byte in raw for bit in range(8)]


def _distance(bits: list[int], centre: list[float]) -> float:
    return sum((bit - mean) ** 2 for bit, mean in zip(bits, centre, strict=True))

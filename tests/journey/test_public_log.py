"""What the public log lets a prison guess: that something happened. Time sets no "no" apart from a silence."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path

import apsw
import msgspec

from contracts.checkpoint import Checkpoint, parse_note
from keys import tokens
from tests.journey.simulated import Side, World, claims_of

SPANS = {"accept": "2 seconds", "review": "4 seconds", "answer": "6 seconds"}
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
        for due in (seen.asked_at + 2, seen.asked_at + 4, seen.answer_by):
            await asyncio.sleep(due + 1.7 - time.time())
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
    database = apsw.Connection(str(slow.world.folder / "data" / "gateway.db"), flags=apsw.SQLITE_OPEN_READONLY)
    kept = {row[0] for row in database.execute("select jti from sealed where exchange = ?", (exchange,))}
    database.close()
    assert claims_of(first).jti not in kept
    assert claims_of(request).jti in kept

"""A flood: far more than may wait. What is too much is refused at once, what was taken is kept, memory has a bound."""

import asyncio
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest

from contracts.codec import encode
from tests.bench.accept import bodies
from tests.faults.altered import gate_of, holding
from tests.journey.simulated import Side, World
from tests.measuring import TELLS, memory
from tests.waiting import until

WAITING = 100
FLOOD = 1_000
PADDED = 200_000
"""Bytes of a message, nearly all of them spaces: lawful, and as large as may be."""

PACE = 0.003
BOUND = 60_000_000
"""Bytes by which the process may grow. What may wait is 10 MB; the whole flood would be 200 MB."""


@dataclass
class Answered:
    """The status and `Retry-After` of one answer."""

    status: int
    after: str | None


async def post(address: str, body: bytes) -> Answered:
    """Post on a connection of its own, as all of a flood do."""
    at = urlsplit(address)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    with closing(writer):
        writer.write(f"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    headers = dict(line.split(": ", 1) for line in head.splitlines()[1:] if line)
    return Answered(int(head.split(" ", 2)[1]), headers.get("Retry-After"))


async def begin(address: str, made: list[bytes]) -> list[asyncio.Task[Answered]]:
    """Post them all, some three hundred a second, however the gateway answers."""
    flood = []
    for body in made:
        flood.append(asyncio.create_task(post(address, body)))
        await asyncio.sleep(PACE)
    return flood


@pytest.mark.skipif(not TELLS, reason="The system does not tell a process's memory.")
async def test_a_flood_is_refused_in_time_and_what_was_taken_is_kept(tmp_path: Path) -> None:
    """The store does not answer for a while, and one agency sends a thousand messages of 200 KB.

    1. Nearly all are refused while nothing is committed yet, each told when to come again.
    2. Another agency still gets in.
    3. Memory has not grown by what was refused.
    4. Once the store answers, all that was taken is on record, once, and nothing else.
    """
    world = World(tmp_path)
    async with holding(world, waiting=WAITING) as process, aiohttp.ClientSession() as http:
        side = Side(world, http)
        await side.send(side.request())
        made = [body[:-1] + b" " * (PADDED - len(body)) + b"}" for body in bodies(world, FLOOD)]
        size, before = (await side.checkpoint()).size, memory(process.pid or 0)
        gate_of(world).unlink()
        flood = await begin(world.address, made)
        # 1.
        taken = WAITING // 2

        async def refused() -> bool:
            return sum(each.done() for each in flood) >= FLOOD - taken

        await until(refused, 60)
        told = [each.result() for each in flood if each.done()]
        assert {each.status for each in told} == {503}
        assert {each.after for each in told} <= {"1", "2", "3"}
        # 2.
        other = asyncio.create_task(side.send(side.request(prison="prison-lei", force="police-14")))
        await asyncio.sleep(0.3)
        assert not other.done()
        # 3.
        grown = memory(process.pid or 0) - before
        assert grown < BOUND, f"grown by {grown:,} bytes"
        # 4.
        gate_of(world).touch()
        assert Counter(each.status for each in await asyncio.gather(*flood)) == {503: FLOOD - taken, 201: taken}
        await other
        assert (await side.checkpoint()).size == size + taken + 1
        assert [status for status, _ in [await side.post(encode(side.request()))]] == [201]

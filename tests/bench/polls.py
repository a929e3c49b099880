"""Every agency waits at its inbox: what an idle long poll costs in memory, and how soon one message wakes its reader.

    python -m tests.bench.polls [--agencies 2000] [--rounds 20]

One gateway process, one poll for each agency from another process. Messages go to one agency while nobody else waits,
and then while all do. Writes `build/polls.json`; prints the table.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

import msgspec
from rich.console import Console
from rich.table import Table

from contracts.codec import encode
from contracts.reply import Inbox
from tests.agencies import TestAgency
from tests.bench.accept import _build, _config, free_port, server
from tests.journey.simulated import Side, World
from tests.measuring import memory

READER = "police-13"
LATER = 10**9
"""A cursor after which nothing comes: whoever waits there waits."""

WAIT = 30


def crowded(folder: Path, agencies: int) -> World:
    """A world with so many agencies more."""
    world = World(folder)
    for number in range(agencies):
        agency = TestAgency(f"prison-x{number}")
        world.agencies[agency.id] = agency
    world.publish_directory(1)
    return world


class Reader:
    """One connection that polls."""

    def __init__(self, side: Side, agency: str) -> None:
        self._side, self._agency, self._at = side, agency, urlsplit(side.world.address)

    async def open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(self._at.hostname, self._at.port)

    def ask(self, after: int, wait: int) -> None:
        path = f"/v1/inbox?after={after}&wait={wait}"
        bearer = self._side.reading(self._agency, path)["Authorization"]
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: {bearer}\r\n\r\n".encode())

    async def hear(self) -> Inbox:
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        body = await self._reader.readexactly(length)
        assert head.startswith(b"HTTP/1.1 200 "), head
        return msgspec.json.decode(body, type=Inbox)

    def close(self) -> None:
        self._writer.close()


async def waking(side: Side, rounds: int) -> list[float]:
    """Milliseconds from the sending of a message to the answer to the poll that waits for it."""
    reader, sender, took, after = Reader(side, READER), Reader(side, "prison-mdi"), [], -1
    await reader.open()
    await sender.open()
    reader.ask(after, 0)
    after = (await reader.hear()).next
    for _ in range(rounds):
        raw = encode(side.request())
        reader.ask(after, WAIT)
        await asyncio.sleep(0.05)
        began = time.perf_counter()
        sender._writer.write(
            f"POST /v1/messages HTTP/1.1\r\nHost: a\r\nContent-Length: {len(raw)}\r\n\r\n".encode() + raw
        )
        found = await reader.hear()
        took.append((time.perf_counter() - began) * 1000)
        assert len(found.items) == 1
        after = found.next
        head = await sender._reader.readuntil(b"\r\n\r\n")
        await sender._reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
    reader.close()
    sender.close()
    return took


async def measure(world: World, pid: int, rounds: int) -> dict[str, Any]:
    side = Side(world, None)  # type: ignore[arg-type]
    alone = await waking(side, rounds)
    readers = [Reader(side, name) for name in world.agencies if name.startswith("prison-x")]
    before = memory(pid)
    for reader in readers:
        await reader.open()
    await asyncio.sleep(1)
    connected = memory(pid)
    for reader in readers:
        reader.ask(LATER, WAIT)
    await asyncio.sleep(3)
    waiting = memory(pid)
    crowd = await waking(side, rounds)
    answers = await asyncio.gather(*(reader.hear() for reader in readers))
    assert not any(answer.items for answer in answers), "a poll was answered that should have waited"
    for reader in readers:
        reader.close()
    return {
        "polls": len(readers),
        "kb_for_an_idle_connection": round((connected - before) / len(readers) / 1000, 1),
        "kb_for_a_poll_with_its_connection": round((waiting - before) / len(readers) / 1000, 1),
        "memory_mb_while_all_wait": round(waiting / 1e6),
        "wake_up_alone_median_ms": round(statistics.median(alone), 1),
        "wake_up_in_the_crowd_median_ms": round(statistics.median(crowd), 1),
        "wake_up_in_the_crowd_longest_ms": round(max(crowd), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agencies", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=20)
    args = parser.parse_args()
    with TemporaryDirectory(dir=_build()) as folder:
        world = crowded(Path(folder) / "gateway", args.agencies)
        port = free_port()
        world.address = f"http://127.0.0.1:{port}"
        with server(["-m", "tests.bench.serve", str(_config(world, port))], port, "/health/ready") as pid:
            results = asyncio.run(measure(world, pid, args.rounds))
    results |= {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
    }
    (_build() / "polls.json").write_text(json.dumps(results, indent=2) + "\n")
    table = Table("", "", title="Every agency waits at its inbox")
    for name, value in results.items():
        table.add_row(name, str(value))
    Console().print(table)


if __name__ == "__main__":
    main()

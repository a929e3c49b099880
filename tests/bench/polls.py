"""Long polls: the memory that one costs while it waits, and how soon a message wakes the one that it is for.

    python -m tests.bench.polls [--agencies 2000] [--wakes 200]

So many agencies, each with a key of its own in the directory, wait at once at one gateway. Wake-up counts from the
sending of a message to the end of the poll of the agency that it is for, on SQLite, and on PostgreSQL where the message
comes in at one node and the agency waits at another.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from copy import copy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.agencies import TestAgency
from tests.bench.accept import _build, free_port, server
from tests.bench.exchanges import settings
from tests.journey.simulated import Side, World
from tests.postgres import DURABLE, postgres

FORCE = "police-13"
WAIT = 30


def with_agencies(folder: Path, count: int, database: str | None = None) -> World:
    """A world with so many agencies more in its directory."""
    world = World(folder, database=database)
    for number in range(count):
        world.agencies[f"police-x{number}"] = TestAgency(f"police-x{number}")
    world.publish_directory(1)
    return world


def memory(process: int) -> int:
    """Resident bytes of a process."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) * 1024


async def idle(world: World, port: int, process: int, agencies: int) -> dict[str, Any]:
    """Bytes for each of so many agencies that wait at once, and how soon one of them hears."""
    world.address = f"http://127.0.0.1:{port}"
    timeout = aiohttp.ClientTimeout(total=2 * WAIT)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as http:
        side = Side(world, http)
        await side.send(side.request())
        await asyncio.gather(*(side.inbox(f"police-x{n}") for n in range(min(agencies, 100))))  # warm
        before = memory(process)
        waiting = [asyncio.create_task(side.inbox(f"police-x{n}", wait=WAIT)) for n in range(agencies)]
        await asyncio.sleep(WAIT / 2)
        after = memory(process)
        still = sum(not each.done() for each in waiting)
        heard = await wake(side, side, 20)
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    return {
        "agencies that waited": still,
        "bytes for each": round((after - before) / still),
        "whole process, MB": round(after / 1e6, 1),
        "wake-up among them, median ms": round(statistics.median(heard) * 1000, 2),
    }


async def wake(sends: Side, waits: Side, times: int) -> list[float]:
    """Seconds from the sending of a message to the answer of the poll that waits for it."""
    found, after = list[float](), -1
    while items := await waits.inbox(FORCE, after):
        after = items[-1].index
    for _ in range(times):
        poll = asyncio.create_task(waits.inbox(FORCE, after, wait=WAIT))
        await asyncio.sleep(0.05)
        request = sends.request()
        begin = time.perf_counter()
        sent = asyncio.create_task(sends.send(request))
        items = await poll
        found.append(time.perf_counter() - begin)
        await sent
        after = items[-1].index
    return found


async def waking(world: World, ports: list[int], times: int) -> list[float]:
    """From the first of these nodes to the last."""
    async with aiohttp.ClientSession() as http:
        sides = []
        for port in (ports[0], ports[-1]):
            node = copy(world)
            node.address = f"http://127.0.0.1:{port}"
            sides.append(Side(node, http))
        return await wake(*sides, times)


def waits(folder: Path, agencies: int) -> dict[str, Any]:
    """So many agencies at one gateway."""
    world, port = with_agencies(folder, agencies), free_port()
    config = settings(world, 0, port)
    config.write_text(f"{config.read_text()}[limits]\nconnections = {agencies + 100}\n")
    with server(["-m", "tests.bench.serve", str(config)], port, "/health/ready") as process:
        return asyncio.run(idle(world, port, process, agencies))


def wakes_up(folder: Path, database: str | None, nodes: int, times: int) -> dict[str, Any]:
    """One agency waits at the last of so many nodes."""
    world, ports = World(folder, database=database), [free_port() for _ in range(nodes)]
    with ExitStack() as held:
        for node, port in enumerate(ports):
            command = ["-m", "tests.bench.serve", str(settings(world, node, port))]
            held.enter_context(server(command, port, "/health/ready", pinned=False))
        heard = sorted(asyncio.run(waking(world, ports, times)))
    return {
        "median ms": round(statistics.median(heard) * 1000, 2),
        "p99 ms": round(heard[int(0.99 * len(heard))] * 1000, 2),
    }


def run(agencies: int, wakes: int) -> dict[str, Any]:
    """All figures."""
    with TemporaryDirectory(dir=_build()) as name, postgres(DURABLE) as database:
        folder = Path(name)
        parts: dict[str, Callable[[], dict[str, Any]]] = {
            "waiting": lambda: waits(folder / "many", agencies),
            "woken on SQLite": lambda: wakes_up(folder / "sqlite", None, 1, wakes),
            "woken at another node": lambda: wakes_up(folder / "nodes", database.database(), 2, wakes),
        }
        return {part: parts[part]() for part in track(parts, "long polls", console=Console(stderr=True))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--agencies", type=int, default=2_000)
    parser.add_argument("--wakes", type=int, default=200)
    args = parser.parse_args()
    results = run(args.agencies, args.wakes)
    (_build() / "polls.json").write_text(json.dumps(results, indent=2) + "\n")
    table = Table("", "", title="Long polls")
    for part, row in results.items():
        for name, value in row.items():
            table.add_row(f"{part}: {name}", str(value))
    Console().print(table)


if __name__ == "__main__":
    main()

"""How soon a message wakes the agency that it is for, at the same node and at another.

    python -m tests.bench.waking [--wakes 200]

Time counts from the sending of a message to the end of the poll that waits for it: on SQLite, and on PostgreSQL where
the message comes in at one node and the agency waits at another.
"""

import argparse
import asyncio
import json
import statistics
import time
from contextlib import ExitStack
from copy import copy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.bench.accept import _build, free_port, server
from tests.bench.exchanges import settings
from tests.journey.simulated import Side, World
from tests.postgres import DURABLE, postgres

FORCE = "police-13"
WAIT = 30


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


def run(wakes: int) -> dict[str, Any]:
    """All figures."""
    with TemporaryDirectory(dir=_build()) as name, postgres(DURABLE) as database:
        places = {"SQLite": (None, 1), "PostgreSQL, at another node": (database.database(), 2)}
        return {
            where: wakes_up(Path(name) / str(nodes), url, nodes, wakes)
            for where, (url, nodes) in track(places.items(), "waking", console=Console(stderr=True))
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wakes", type=int, default=200)
    args = parser.parse_args()
    results = run(args.wakes)
    (_build() / "waking.json").write_text(json.dumps(results, indent=2) + "\n")
    table = Table("", "median, ms", "p99, ms", title="From a message's sending to the end of the poll")
    for where, row in results.items():
        table.add_row(where, *map(str, row.values()))
    Console().print(table)


if __name__ == "__main__":
    main()

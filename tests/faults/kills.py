"""`kill -9` at random instants under load, thousands of times: the checker believes nothing but what clients saw.

    python -m tests.faults.kills [--kills 10000] [--store sqlite|postgres] [--nodes 2] [--seed N]

Every few hundred kills what was seen is checked, and a fresh world begins. Writes `build/kills-STORE.json`.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import sys
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tests.faults.checker import Seen, faults
from tests.faults.clients import Clients
from tests.faults.history import Call, History
from tests.faults.nodes import Node
from tests.journey.simulated import World

WORKERS = 8
A_WORLD = 200
"""Kills in one world."""

LIFE = (0.0, 0.25)
"""Seconds that a node lives, from its start: some die before they serve."""

IN_ORDER = 0.05
"""How many are stopped in order instead."""

ROOT = Path(__file__).resolve().parents[2]


async def killed(
    world: World, kills: int, nodes: int, seed: int, tell: Callable[[], None] = lambda: None
) -> tuple[list[Call], Seen]:
    """Kill nodes of one world under load: what its clients said and saw, and what could be seen in the end."""
    rng = random.Random(seed)
    running = [Node(world, "" if n == 0 else f"-{n + 1}") for n in range(nodes)]
    history, over = History(world.folder / "history.jsonl"), False
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as http, AsyncExitStack() as alive:
        clients = Clients(world, http, history, [node.address for node in running])
        for node in running:
            alive.push_async_callback(node.kill)
            await node.start()
            await node.serves()
        load = asyncio.create_task(clients.talk(WORKERS, lambda: over, seed))
        for _ in range(kills):
            await _break(rng.choice(running), rng)
            tell()
            if load.done():
                load.result()
        for node in running:
            await node.kill()
            await node.start()
            await node.serves()
        over = True
        await load
        calls = [*history.calls]
        seen = await clients.see(rng.choice(running).address)
    history.close()
    return calls, seen


def found_in(folder: Path, kills: int, nodes: int, seed: int, tell: Callable[[], None]) -> dict[str, Any]:
    """What a fresh world of so many kills came to."""
    world = World(folder)
    calls, seen = asyncio.run(killed(world, kills, nodes, seed, tell))
    return {
        "messages": len({call.jti for call in calls}),
        "tries": len(calls),
        "unknown": sum(call.ended is None for call in calls),
        "lines": len(seen.leaves),
        "handed_over": sum(bool(call.handed) for call in calls),
        "faults": faults(calls, seen, world.vkey),
    }


async def _break(node: Node, rng: random.Random) -> None:
    """Let it live for a moment, end it, and start it again."""
    await asyncio.sleep(rng.uniform(*LIFE))
    if rng.random() < IN_ORDER:
        assert await node.stop() in (0, -15), "a node that was stopped in order ended in error"
    else:
        await node.kill()
    await node.start()
    if rng.random() < 0.7:  # otherwise it may die before it serves
        await node.serves()


def run(kills: int, nodes: int, seed: int) -> dict[str, Any]:
    """Worlds in turn, until so many kills are done."""
    columns = (TextColumn("[bold]kills"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    begin, total, done = time.monotonic(), dict[str, Any](), 0
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("kills", total=kills)
        while done < kills and not total.get("faults"):
            count = min(A_WORLD, kills - done)
            with TemporaryDirectory(prefix="rj-kills-") as folder:
                found = found_in(Path(folder), count, nodes, seed + done, lambda: progress.advance(bar))
                for name, value in found.items():
                    total[name] = total.get(name, type(value)()) + value
            done += count
            total["seed of the last world"] = seed + done - count
    return {"kills": done, "nodes": nodes, "seconds": round(time.monotonic() - begin), **total}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=10_000)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--nodes", type=int, default=0, help="1 on SQLite, 2 on PostgreSQL unless given")
    parser.add_argument("--seed", type=int, default=random.randrange(10**9))
    args = parser.parse_args()
    os.environ["RJ_STORE"] = args.store
    found = run(args.kills, args.nodes or (2 if args.store == "postgres" else 1), args.seed)
    found |= {
        "store": args.store,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "command": f"python -m tests.faults.kills --store {args.store} --kills {args.kills} --seed {args.seed}",
    }
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / f"kills-{args.store}.json").write_text(json.dumps(found, indent=2) + "\n")
    Console().print_json(data=found)
    sys.exit(bool(found.get("faults")))


if __name__ == "__main__":
    main()

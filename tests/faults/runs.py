"""One world under load while things break: what its clients said and saw, what that came to, and where it is told."""

import argparse
import asyncio
import json
import os
import platform
import random
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
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
NODES = {"sqlite": 1, "postgres": 2}
"""How many share a store."""

ROOT = Path(__file__).resolve().parents[2]

Trouble = Callable[[list[Node], random.Random], Awaitable[None]]
"""What is done to the nodes, and to what they need, while clients talk to them."""

Reach = Callable[[list[Node]], Awaitable[list[str]]]
"""By which addresses clients find the nodes."""


async def directly(nodes: list[Node]) -> list[str]:
    """Where nodes are found with nothing between."""
    return [node.address for node in nodes]


async def witnessed(
    world: World, nodes: int, seed: int, trouble: Trouble, reach: Reach = directly
) -> tuple[list[Call], Seen]:
    """Nodes of one world in trouble, under load: what clients said and saw, and what could be seen in the end.

    The first start of the first node makes the store. Once the trouble is over, each node is killed and started anew.
    """
    rng, over = random.Random(seed), False
    running = [Node(world, "" if n == 0 else f"-{n + 1}") for n in range(nodes)]
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as http, AsyncExitStack() as alive:
        history = alive.enter_context(closing(History(world.folder / "history.jsonl")))
        clients = Clients(world, http, history, await reach(running))
        for node in running:
            alive.push_async_callback(node.kill)
            await node.start()
            await node.serves()
        load = asyncio.create_task(clients.talk(WORKERS, lambda: over, seed))
        troubled = asyncio.ensure_future(trouble(running, rng))
        await asyncio.wait({load, troubled}, return_when=asyncio.FIRST_COMPLETED)
        if load.done():
            load.result()
        await troubled
        for node in running:
            await node.kill()
            await node.start()
            await node.serves()
        over = True
        await load
        calls = [*history.calls]
        seen = await clients.see(rng.choice(running).address)
    return calls, seen


def summed(world: World, calls: list[Call], seen: Seen) -> Counter[str]:
    """What a run came to, in figures; what the checker found is printed, and counted as `faults`."""
    found = faults(calls, seen, world.vkey)
    for fault in found:
        print(fault, file=sys.stderr)
    return Counter(
        messages=len({call.jti for call in calls}),
        tries=len(calls),
        unknown=sum(call.ended is None for call in calls),
        lines=len(seen.leaves),
        handed_over=sum(bool(call.handed) for call in calls),
        faults=len(found),
    )


Tell = Callable[..., None]
"""Goes on by so many, of so many in all where that is known by now."""


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Tell]:
    """A bar."""
    columns = (TextColumn(f"[bold]{what}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as shown:
        bar = shown.add_task(what, total=total)

        def tell(more: int, total: int | None = None) -> None:
            shown.update(bar, advance=more, total=total)

        yield tell


def asked(description: str | None, **numbers: int) -> argparse.Namespace:
    """What was asked for on the command line: a store, a seed, and these numbers, each with its default."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=random.randrange(10**9))
    args = parser.parse_args()
    os.environ["RJ_STORE"] = args.store
    return args


def told(name: str, begun: float, found: dict[str, Any]) -> None:
    """Print what was found, keep it in `build/NAME.json`, and end the process: in error where there were faults.

    `begun` is `time.monotonic()` of then.
    """
    spec = sys.modules["__main__"].__spec__
    assert spec is not None
    found |= {
        "seconds": round(time.monotonic() - begun),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "command": " ".join(["python", "-m", spec.name.removesuffix(".__main__"), *sys.argv[1:]]),
    }
    (ROOT / "build").mkdir(exist_ok=True)
    (ROOT / "build" / f"{name}.json").write_text(json.dumps(found, indent=2) + "\n")
    Console().print_json(data=found)
    sys.exit(bool(found["faults"]))

"""`kill -9` at random instants under load, thousands of times: the checker believes nothing but what clients saw.

    python -m tests.faults.kills [--kills 10000] [--store sqlite|postgres] [--seed N]

One node on SQLite, two on PostgreSQL. Every few hundred kills what was seen is checked, and a fresh world begins.
"""

import asyncio
import random
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults.nodes import Node
from tests.faults.runs import NODES, Tell, Trouble, asked, progress, summed, told, witnessed
from tests.journey.simulated import World

A_WORLD = 200
"""Kills in one world."""

LIFE = (0.0, 0.25)
"""Seconds that a node lives, from its start: some die before they serve."""

IN_ORDER = 0.05
"""How many are stopped in order instead."""


def killing(kills: int, tell: Tell = lambda _: None) -> Trouble:
    """So many kills, one after the other, of any node."""

    async def trouble(nodes: list[Node], rng: random.Random) -> None:
        for _ in range(kills):
            await _kill(rng.choice(nodes), rng)
            tell(1)

    return trouble


async def _kill(node: Node, rng: random.Random) -> None:
    """Let it live for a moment, end it, and start it again."""
    await asyncio.sleep(rng.uniform(*LIFE))
    if rng.random() < IN_ORDER:
        assert await node.stop() in (0, -15), "a node that was stopped in order ended in error"
    else:
        await node.kill()
    await node.start()
    if rng.random() < 0.7:  # otherwise it may die before it serves
        await node.serves()


def main() -> None:
    args, begun, found, done = asked(__doc__, kills=10_000), time.monotonic(), Counter[str](), 0
    with progress("kills", args.kills) as tell:
        while done < args.kills and not found["faults"]:
            count = min(A_WORLD, args.kills - done)
            with TemporaryDirectory(prefix="rj-kills-") as folder:
                world = World(Path(folder))
                found.update(
                    summed(
                        world, *asyncio.run(witnessed(world, NODES[args.store], args.seed + done, killing(count, tell)))
                    )
                )
            done += count
    told(f"kills-{args.store}", begun, {"kills": done, "store": args.store, **found})


if __name__ == "__main__":
    main()

"""The gateway's clock is set forward and back under load: log time never runs back, and no lie of an hour is believed.

    python -m tests.faults.clocks [--rounds 30] [--seed N]

In each round the clock of a gateway under load is off by up to a month for a second. More than an hour ahead, nothing
is recorded and no exchange ends (docs/adr/0014); whatever else it says, the history that clients see holds.
"""

import asyncio
import random
import time
from collections import Counter
from contextlib import closing
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import aiohttp

from gateway.clock import JUMP, Clock
from gateway.serve import serving
from tests.faults.clients import Clients
from tests.faults.history import History
from tests.faults.runs import WORKERS, Tell, asked, progress, summed, told
from tests.journey.simulated import World

STEPS = (-30 * 86_400, -86_400, -7200, -1800, -5, 5, 7200, 86_400, 30 * 86_400)
"""Seconds. None between a few and an hour ahead: that much is believed, and log time waits for the clock (ADR 14)."""
SPANS = {"answer": "4 seconds"}


class Wall:
    """A clock on the wall, which anybody may set."""

    def __init__(self) -> None:
        self.off = 0.0

    def __call__(self) -> float:
        return time.time() + self.off


async def stepped(folder: Path, rounds: int, seed: int, tell: Tell) -> dict[str, Any]:
    """One gateway whose clock is set so many times: what was found."""
    world, wall, rng, over, steps = World(folder, SPANS), Wall(), random.Random(seed), False, Counter[str]()
    wrong = list[str]()
    with closing(History(folder / "history.jsonl")) as history, patch("gateway.serve.Clock", partial(Clock, wall)):
        async with serving(world.settings()) as world.address, aiohttp.ClientSession() as http:
            clients = Clients(world, http, history, [world.address])
            load = asyncio.create_task(clients.talk(WORKERS, lambda: over, seed))
            for _ in range(rounds):
                await asyncio.sleep(rng.uniform(0.2, 0.6))
                step = rng.choice(STEPS)
                steps[f"{step:+} s"] += 1
                wall.off = step
                if step > JUMP and (added := await _grows(clients, rng)):
                    wrong.append(f"believed: {added} lines were written while the clock was {step} s ahead")
                await asyncio.sleep(rng.uniform(0.3, 1))
                wall.off = 0.0
                tell(1)
            over = True
            await load
            calls = [*history.calls]
            seen = await clients.see(world.address)
    times = [seen.lines[index].at for index in sorted(seen.lines)]
    if times != sorted(times):
        wrong.append("log time: it has run back")
    found = summed(world, calls, seen)
    found["faults"] += len(wrong)
    return {**found, "found": wrong, "steps": dict(steps)}


async def _grows(clients: Clients, rng: random.Random) -> int:
    """How many lines the log gets in a moment. What was under way when the clock was set may still end."""
    await asyncio.sleep(0.1)
    before = (await clients.side.checkpoint()).size
    await asyncio.sleep(rng.uniform(0.2, 0.5))
    return (await clients.side.checkpoint()).size - before


def main() -> None:
    args, begun = asked(__doc__, rounds=30), time.monotonic()
    with TemporaryDirectory(prefix="rj-clocks-") as folder, progress("steps of the clock", args.rounds) as tell:
        found = asyncio.run(stepped(Path(folder), args.rounds, args.seed, tell))
    told("clocks", begun, found)


if __name__ == "__main__":
    main()

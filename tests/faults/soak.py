"""Whole exchanges without end, their deadlines and erasures included: memory and file handles must stay flat.

    python -m tests.faults.soak [--messages 100000] [--store sqlite|postgres] [--seed N]

The agreement's days are seconds here: answers fall due, exchanges end and records are erased all the time. Writes the
samples and a chart to `build/`. Flat means: over the second half, memory grows by less than one byte for each message.
"""

import asyncio
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
import pygal
from msgspec import Struct, to_builtins

from tests.faults.clients import Clients
from tests.faults.history import Call, History
from tests.faults.nodes import Node
from tests.faults.runs import ROOT, Tell, asked, progress, told
from tests.journey.simulated import World

SPANS = {"answer": "20 seconds", "record": "40 seconds"}
WORKERS = 16
EVERY = 5.0
FLAT = 1.0
"""Bytes of growth for each message."""


class Sample(Struct, frozen=True, kw_only=True):
    """The gateway after so many messages: memory in bytes, open files, threads, size of its folder in bytes."""

    seconds: float
    messages: int
    memory: int
    files: int
    threads: int
    disk: int


class Forgetful(History):
    """Counts messages, and keeps nothing: the load must not grow either."""

    def __init__(self) -> None:
        self.count, self._instant = 0, 0

    def begin(self, call: Call) -> Call:
        return call

    def end(self, call: Call) -> None:
        self.count += 1


def sample(pid: int, folder: Path, messages: int, seconds: float) -> Sample:
    """Read off the process and its folder."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return Sample(
        seconds=round(seconds, 1),
        messages=messages,
        memory=int(status["VmRSS"].split()[0]) * 1024,
        files=len([*Path(f"/proc/{pid}/fd").iterdir()]),
        threads=int(status["Threads"]),
        disk=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
    )


async def soak(folder: Path, messages: int, seed: int, tell: Tell) -> list[Sample]:
    """So many messages on one node, and what was sampled on the way."""
    world, history, samples, begun = World(folder, SPANS), Forgetful(), list[Sample](), time.monotonic()
    node = Node(world, "")
    await node.start()
    await node.serves()
    try:
        async with aiohttp.ClientSession() as http:
            clients = Clients(world, http, history, [node.address])
            load = asyncio.create_task(clients.talk(WORKERS, lambda: history.count >= messages, seed))
            while not load.done():
                await asyncio.wait({load}, timeout=EVERY)
                samples.append(sample(node.pid, folder / "data", history.count, time.monotonic() - begun))
                tell(samples[-1].messages - (samples[-2].messages if len(samples) > 1 else 0))
            load.result()
    finally:
        await node.stop()
    return samples


def growth(samples: list[Sample]) -> float:
    """Bytes of memory for each message over the second half: the median of all slopes, so that no outlier counts."""
    half = samples[len(samples) // 2 :]
    slopes = [
        (b.memory - a.memory) / (b.messages - a.messages)
        for n, a in enumerate(half)
        for b in half[n + 1 :]
        if b.messages > a.messages
    ]
    return statistics.median(slopes)


def draw(samples: list[Sample], file: Path) -> None:
    """Memory and open files over messages."""
    chart = pygal.XY(
        title="The gateway's memory and open files", x_title="messages", y_title="MB", secondary_range=(0, 100),
        show_dots=False, width=900, height=420, legend_at_bottom=True, js=[],
    )  # fmt: skip
    chart.add("memory, MB", [(each.messages, each.memory / 1e6) for each in samples])
    chart.add("open files", [(each.messages, each.files) for each in samples], secondary=True)
    chart.render_to_file(str(file))


def main() -> None:
    args, begun = asked(__doc__, messages=100_000), time.monotonic()
    with TemporaryDirectory(prefix="rj-soak-") as folder, progress("messages", args.messages) as tell:
        samples = asyncio.run(soak(Path(folder), args.messages, args.seed, tell))
    draw(samples, ROOT / "build" / f"soak-{args.store}.svg")
    half = samples[len(samples) // 2 :]
    found = growth(samples)
    handles = max(each.files for each in half) - min(each.files for each in half)
    told(
        f"soak-{args.store}",
        begun,
        {
            "messages": samples[-1].messages,
            "bytes of memory for each message, second half": round(found, 3),
            "memory, MB, at a quarter, half and end": [
                round(samples[at].memory / 1e6, 1) for at in (len(samples) // 4, len(samples) // 2, -1)
            ],
            "open files, second half, most minus fewest": handles,
            "faults": int(found > FLAT) + int(handles > 8),
            "samples": to_builtins(samples[:: max(1, len(samples) // 60)]),
        },
    )


if __name__ == "__main__":
    main()

"""A day in minutes: constant mixed load on one gateway, and whether its memory and open files stay flat.

    python -m tests.faults.soak [--messages 100000] [--speed 96] [--store sqlite|postgres] [--seed N]

A real gateway process, whose clock goes `--speed` times as fast (deadlines pass, answers are let go, values and records
are erased), talks with all agencies: whole exchanges, repeats, nonsense, looks, long polls. Every two seconds its
memory, files, threads, processor time, disk and latencies are noted. Flat means, after a warm-up of a quarter of the
messages: a line through memory grows by less than 40 MB for a million messages, no more files or threads are open at
the end than before, and a message takes as much of the processor in the last quarter as in the first, or a third more.
A signal ends it early. Writes `build/soak-STORE.json` and `build/soak-STORE.svg`, and meanwhile each sample as a line
of `build/soak-STORE.jsonl`: a run that is killed after hours has still told what it saw.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import signal
import statistics
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

from tests.faults.altered import hastened, hasty
from tests.faults.graph import graph
from tests.faults.talk import Talk
from tests.journey import process
from tests.journey.simulated import World
from tests.measuring import files, memory, processor, threads
from tests.postgres import shared

WORKERS = 96
EVERY = 2.0
WARM_UP = 0.25
GROWTH = 40.0
"""Megabytes for a million messages: what the fit of a run this short may be wrong by, and far below what a message
takes that is kept by mistake (1 KB each would be 1,000)."""

SPARE = 8
"""Files and threads by which the last quarter may have more than the first: connections come and go."""

DEARER = 1.3
"""By how much a message may cost more at the end: what is kept for some hours fills up at first."""

SPANS = {
    "accept": "2 hours", "review": "3 hours", "answer": "4 hours", "acknowledge_recall": "2 hours",
    "outcome": "6 hours", "values": "3 hours", "record": "6 hours",
}  # fmt: skip
"""The agreement's spans, so that within a day everything falls due that falls due in years."""

BUILD = Path(__file__).resolve().parents[2] / "build"


@dataclass
class Sample:
    """The gateway at one moment. Megabytes, milliseconds; `processor`: seconds so far."""

    seconds: float
    messages: int
    memory: float
    files: int
    threads: int
    processor: float
    disk: float
    p50: float
    p99: float


def look(pid: int, world: World, talk: Talk, began: float) -> Sample:
    """What the system tells of the process, and the clients of the last seconds."""
    late, talk.told.latencies = sorted(talk.told.latencies) or [0.0], []
    return Sample(
        seconds=round(time.time() - began, 1),
        messages=talk.told.messages,
        memory=round(memory(pid) / 1e6, 1),
        files=files(pid),
        threads=threads(pid),
        processor=round(processor(pid), 2),
        disk=round(_disk(world) / 1e6, 1),
        p50=round(statistics.median(late) * 1000, 1),
        p99=round(late[int(len(late) * 0.99)] * 1000, 1),
    )


def _disk(world: World) -> int:
    size = 0
    for each in (world.folder / "data").rglob("*"):
        with suppress(FileNotFoundError):  # the database puts files away as it likes
            size += each.stat().st_size
    if world.store:
        size += int(shared().sql("select pg_database_size(current_database())", world.store.rpartition("/")[2]))
    return size


async def soak(folder: Path, messages: int, speed: float, seed: int, noted: Path) -> dict[str, Any]:
    """Talk until so many messages are on record, or a signal; what was noted, and how the process ended. Each sample is
    written into the file `noted` as well, as it comes.
    """
    began, samples, stop = time.time(), list[Sample](), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    world = World(folder, spans=SPANS)
    async with hastened(world, began, speed) as gateway:
        talk = Talk(world, partial(hasty, began, speed))
        talking = asyncio.create_task(talk.run(WORKERS, seed))
        while talk.told.messages < messages and not talking.done() and not stop.is_set():
            await asyncio.sleep(EVERY)
            samples.append(await asyncio.to_thread(look, gateway.pid or 0, world, talk, began))
            with noted.open("a") as lines:
                lines.write(json.dumps(asdict(samples[-1])) + "\n")
        talk.over = True
        try:
            await talking
        except* (OSError, EOFError):
            talk.told.wrong.append("The gateway broke connections off.")
        code = await _stop(gateway)
    return {
        "samples": [asdict(sample) for sample in samples],
        "statuses": dict(sorted(talk.told.statuses.items())),
        "notices": dict(sorted(talk.told.notices.items())),
        "wrong": talk.told.wrong,
        "log": (world.folder / process.LOG).read_text()[-2000:],
        "exit": code,
    }


async def _stop(gateway: ForkServerProcess) -> int | None:
    gateway.terminate()
    return await process.gone(gateway, 30)


def judged(samples: list[Sample]) -> dict[str, Any]:
    """Whether it is flat, and by which figures."""
    warm = samples[-1].messages * WARM_UP
    steady = [each for each in samples if each.messages >= warm] or samples
    slope, start = statistics.linear_regression([each.messages for each in steady], [each.memory for each in steady])
    first, last = steady[: len(steady) // 4] or steady, steady[len(steady) * 3 // 4 :]
    more = {name: max(getattr(s, name) for s in last) - max(getattr(s, name) for s in first)
            for name in ("files", "threads")}  # fmt: skip
    early, late = cost(first), cost(last)
    return {
        "flat": slope * 1e6 < GROWTH and max(more.values()) <= SPARE and late <= early * DEARER,
        "memory_mb_per_million_messages": round(slope * 1e6, 1),
        "memory_mb_after_warm_up": round(start + slope * warm, 1),
        "memory_mb_highest": round(max(each.memory for each in samples), 1),
        "files_highest": max(each.files for each in samples),
        "files_more_at_the_end": more["files"],
        "threads_highest": max(each.threads for each in samples),
        "processor_us_per_message": [round(early), round(late)],
        "p50_ms": statistics.median(each.p50 for each in steady),
        "p99_ms": statistics.median(each.p99 for each in steady),
        "disk_mb": samples[-1].disk,
    }


def cost(samples: list[Sample]) -> float:
    """Microseconds of the processor for a message, between the first of these samples and the last."""
    first, last = samples[0], samples[-1]
    return (last.processor - first.processor) / max(last.messages - first.messages, 1) * 1e6


def drawn(title: str, samples: list[Sample]) -> str:
    """What was noted, as a picture."""
    wide = max(len(samples) // 60, 1)
    costs = [(b.messages, cost([a, b])) for a, b in zip(samples[::wide], samples[wide::wide], strict=False)]
    return graph(
        title,
        {
            "MB of memory": [(each.messages, each.memory) for each in samples],
            "open files": [(each.messages, each.files) for each in samples],
            "µs of the processor for a message": costs or [(0, 0)],
        },
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=100_000)
    parser.add_argument("--speed", type=float, default=96.0)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=random.randrange(10**9))
    args = parser.parse_args()
    os.environ["RJ_STORE"] = args.store
    BUILD.mkdir(exist_ok=True)
    noted = BUILD / f"soak-{args.store}.jsonl"
    noted.unlink(missing_ok=True)
    with TemporaryDirectory(prefix="rj-soak-") as folder:
        found = asyncio.run(soak(Path(folder), args.messages, args.speed, args.seed, noted))
    samples = [Sample(**each) for each in found["samples"]]
    seconds, messages = samples[-1].seconds, samples[-1].messages
    verdict = judged(samples)
    verdict["flat"] = verdict["flat"] and not found["wrong"] and found["exit"] == 0
    summary = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "command": f"python -m tests.faults.soak --store {args.store} --messages {args.messages} --speed {args.speed}",
        "messages": messages, "seconds": seconds, "hours_by_the_clock": round(seconds * args.speed / 3600, 1),
        "messages_per_second": round(messages / seconds), **verdict,
        "statuses": found["statuses"], "notices": found["notices"], "wrong": found["wrong"], "exit": found["exit"],
    }  # fmt: skip
    (BUILD / f"soak-{args.store}.json").write_text(json.dumps(summary | found, indent=2) + "\n")
    title = f"{messages:,} messages, {summary['hours_by_the_clock']} hours by its clock, on {args.store}"
    (BUILD / f"soak-{args.store}.svg").write_text(drawn(title, samples))
    Console().print_json(data=summary)
    sys.exit(not verdict["flat"])


if __name__ == "__main__":
    main()

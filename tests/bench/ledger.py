"""The log at 1,000 and at 1,000,000 leaves: what a message costs, how long a proof takes, how soon a restart serves.

    python -m tests.bench.ledger [--leaves 1000000] [--open 100000] [--rounds 9] [--messages 1500]

Two gateways, one with a short log and one with a long one and so many open exchanges, get the same number of fresh
messages in turn in one run.
Writes `build/ledger-LEAVES.json`; prints the table.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from contracts.receipt import carry
from gateway.keystore import KeyStore
from gateway.ledger.guard import TreeHead
from gateway.ledger.heads import proof_from_store
from gateway.ledger.log import Log, receipt
from gateway.store.sqlite import SqliteStore
from tests.agencies import signing_private
from tests.bench.accept import _build, _config, bodies, free_port, measure, server
from tests.bench.filled import crowd, fill
from tests.bench.load import Measured
from tests.journey.simulated import ORIGIN, World

SHORT = 1_000


def appending(worlds: list[World], rounds: int, messages: int) -> dict[str, Any]:
    """The cost of a message on the long log by that on the short one: medians of the pairwise ratios."""
    pairs: list[tuple[Measured, Measured]] = []
    with ExitStack() as held:
        started = []
        for world in worlds:
            port = free_port()
            config = str(_config(world, port))
            started.append(
                (held.enter_context(server(["-m", "tests.bench.serve", config], port, "/health/ready")), port)
            )
        if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(0, {1})
        for turn in track(range(rounds + 1), "short and long log in turn", console=Console(stderr=True)):
            done = []
            order = range(2) if turn % 2 else (1, 0)  # whoever goes second finds the disk busy
            for at in order:
                process, port = started[at]
                done.append((at, measure(process, port, "/v1/messages", bodies(worlds[at], messages))))
            short, long = (measured for _, measured in sorted(done, key=lambda each: each[0]))
            if turn:
                pairs.append((short, long))
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    median = statistics.median
    return {
        "cpu_ratio": round(median([long.cpu_seconds / short.cpu_seconds for short, long in pairs]), 3),
        "time_ratio": round(median([long.seconds / short.seconds for short, long in pairs]), 3),
        "cpu_ratios": [round(long.cpu_seconds / short.cpu_seconds, 3) for short, long in pairs],
        "short_cpu_us": round(median([short.cpu_seconds / messages for short, _ in pairs]) * 1e6),
        "long_cpu_us": round(median([long.cpu_seconds / messages for _, long in pairs]) * 1e6),
    }


async def proving(folder: Path, count: int = 3_000) -> dict[str, Any]:
    """Milliseconds for the proof of any leaf, from the stored nodes to its text; and with reading its line before."""
    store = SqliteStore(folder / "data" / "gateway.db", KeyStore.open(folder / "data" / "keystore"))
    try:
        edge = (await store.log()).edge
        checkpoint = Log(ORIGIN, signing_private("log")).checkpoint(TreeHead(edge.size, edge.root()))
        alone, whole = [], []
        for index in (random.randrange(edge.size) for _ in range(count)):
            begin = time.perf_counter()
            leaf = await store.leaf(index)
            read = time.perf_counter()
            receipt(index, await proof_from_store(store, index, edge.size), checkpoint, carry(leaf[0] if leaf else b""))
            made = time.perf_counter()
            alone.append((made - read) * 1000)
            whole.append((made - begin) * 1000)
    finally:
        await store.close()
    return {
        "median_ms": round(statistics.median(alone), 3),
        "p99_ms": round(sorted(alone)[int(count * 0.99)], 3),
        "with_line_median_ms": round(statistics.median(whole), 3),
        "with_line_p99_ms": round(sorted(whole)[int(count * 0.99)], 3),
    }


def restarting(world: World, times: int = 5) -> dict[str, Any]:
    """Seconds from the start of the process to its being ready."""
    took = []
    for _ in range(times):
        port = free_port()
        begin = time.perf_counter()
        with server(["-m", "tests.bench.serve", str(_config(world, port))], port, "/health/ready"):
            took.append(time.perf_counter() - begin)
    return {"median_s": round(statistics.median(took), 2), "longest_s": round(max(took), 2)}


def run(leaves: int, exchanges: int, rounds: int, messages: int) -> dict[str, Any]:
    """All figures."""
    with TemporaryDirectory(dir=_build()) as name:
        worlds = [World(Path(name) / each) for each in ("short", "long")]
        for world, size in zip(worlds, (SHORT, leaves), strict=True):
            asyncio.run(fill(world.folder, size))
        asyncio.run(crowd(worlds[1], exchanges))
        return {
            "leaves": leaves,
            "open_exchanges": exchanges,
            "restart": restarting(worlds[1]),
            "proof": asyncio.run(proving(worlds[1].folder)),
            "append": appending(worlds, rounds, messages),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leaves", type=int, default=1_000_000)
    parser.add_argument("--open", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--messages", type=int, default=1_500)
    args = parser.parse_args()
    results = run(args.leaves, args.open, args.rounds, args.messages)
    (_build() / f"ledger-{args.leaves}.json").write_text(json.dumps(results, indent=2) + "\n")
    table = Table("", "", title=f"The log at {args.leaves:,} leaves, with {args.open:,} open exchanges")
    for part in ("append", "proof", "restart"):
        for name, value in results[part].items():
            table.add_row(f"{part}: {name}", str(value))
    Console().print(table)


if __name__ == "__main__":
    main()

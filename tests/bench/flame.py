"""Where the time of a message goes: a flame graph of the gateway under the load of `tests.bench.accept`.

    python -m tests.bench.flame [--seconds 20]

Samples the gateway's process by py-spy (root, or the right to trace), under so many seconds of load, more or less.
Writes `build/flame.svg`, and prints the share of each part of the program. Time in which a thread waits is left out.
"""

import argparse
import asyncio
import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.bench.accept import _build, _config, bodies, free_port, server
from tests.bench.load import post_all
from tests.journey.simulated import World

WAITS = ("concurrent/futures/thread.py:81)", "EpollSelector.select", "_PollLikeSelector.select")
WIDTH, ROW, SMALLEST = 1200.0, 17, 0.002
PARTS = {
    "checking the token's signature": "verify (keys/tokens.py",
    "the rest of verifying": "verify (gateway/verify.py",
    "signing the decision": "Log.say (",
    "signing heads, guard, proofs": "heads.py",
    "settling": "gateway/settle.py",
    "rows and SQL": "gateway/store/",
    "reply and receipt": "Gateway._reply (",
    "log line": "structlog/",
    "HTTP": "aiohttp/",
    "event loop and threads": "",
}
"""Each stack counts for the first part that it goes through."""


def sampled(seconds: int) -> Counter[tuple[str, ...]]:
    """How often each stack was seen, from the outside in."""
    with TemporaryDirectory(dir=_build()) as name:
        world, port, raw = World(Path(name) / "gateway"), free_port(), Path(name) / "stacks"
        with server(["-m", "tests.bench.serve", str(_config(world, port))], port, "/health/ready") as process:
            asyncio.run(post_all(port, "/v1/messages", bodies(world, 500), 32))
            made = bodies(world, seconds * 2000)
            with spied(process, raw):
                asyncio.run(post_all(port, "/v1/messages", made, 32))
        return stacks(raw)


@contextmanager
def spied(process: int, raw: Path) -> Iterator[None]:
    """Meanwhile, a process's stacks go into a file."""
    told = ["--pid", str(process), "-r", "400", "-f", "raw", "-o", str(raw)]
    command = [str(Path(sys.executable).with_name("py-spy")), "record", *told]
    spy = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    try:
        yield
    finally:
        spy.send_signal(signal.SIGINT)
        spy.wait(60)


def stacks(raw: Path) -> Counter[tuple[str, ...]]:
    """How often each stack was seen, without those that wait."""
    found: Counter[tuple[str, ...]] = Counter()
    for line in raw.read_text().splitlines():
        frames, _, count = line.rpartition(" ")
        if not any(each in frames.rpartition(";")[2] for each in WAITS):
            found[tuple(frames.split(";"))] += int(count)
    return found


def shares(stacks: Counter[tuple[str, ...]], parts: Mapping[str, str] = PARTS) -> dict[str, float]:
    """The share of each part, from 0 to 1."""
    found: Counter[str] = Counter()
    for frames, count in stacks.items():
        found[next(part for part, mark in parts.items() if any(mark in frame for frame in frames))] += count
    return {part: round(found[part] / stacks.total(), 3) for part in parts}


def draw(stacks: Counter[tuple[str, ...]], file: Path) -> None:
    """Outermost on top; as wide as a frame and all that it calls have taken."""
    boxes: list[str] = []
    deepest = _draw(sorted(stacks.items()), 0, 0.0, WIDTH / stacks.total(), boxes)
    height = (deepest + 1) * ROW
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:.0f}" height="{height}" font-family="monospace" '
        f'font-size="10"><title>Where the time of a message goes</title>{"".join(boxes)}</svg>\n'
    )


def _draw(stacks: list[tuple[tuple[str, ...], int]], depth: int, left: float, scale: float, boxes: list[str]) -> int:
    deepest, at = depth, left
    children: dict[str, list[tuple[tuple[str, ...], int]]] = {}
    for frames, count in stacks:
        if len(frames) > depth:
            children.setdefault(frames[depth].rpartition(":")[0] or frames[depth], []).append((frames, count))
    for name, below in children.items():
        width = sum(count for _, count in below) * scale
        if width >= WIDTH * SMALLEST:
            label = escape(f"{name})"[: int(width / 6.1)]) if width > 30 else ""
            hue = 20 + sum(name.encode()) % 40
            boxes.append(
                f'<g><title>{escape(name)}) {width / WIDTH:.1%}</title><rect x="{at:.1f}" y="{depth * ROW}" '
                f'width="{max(width - 0.5, 0.5):.1f}" height="{ROW - 1}" fill="hsl({hue},80%,72%)"/>'
                f'<text x="{at + 2:.1f}" y="{depth * ROW + 12}">{label}</text></g>'
            )
            deepest = max(deepest, _draw(below, depth + 1, at, scale, boxes))
        at += width
    return deepest


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=20)
    args = parser.parse_args()
    stacks = sampled(args.seconds)
    draw(stacks, _build() / "flame.svg")
    results: dict[str, Any] = shares(stacks)
    (_build() / "flame.json").write_text(json.dumps(results, indent=2) + "\n")
    table = Table("part", "share", title="Where the time of a message goes")
    for part, share in results.items():
        table.add_row(part, f"{share:.1%}")
    Console().print(table)


if __name__ == "__main__":
    main()

"""From the sending of a message to its durable receipt, at a quarter, half and three quarters of saturation.

    python -m tests.bench.latency [--seconds 6] [--rounds 5]

Messages come at random instants at a given rate, whatever became of those before (an open load): time counts from the
instant at which a message was to be sent. Saturation is measured first, for the floor and the gateway each their own;
the gateway is measured at the same share of its own, and the floor at half of its.
"""

import argparse
import asyncio
import json
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

from tests.bench.accept import CONNECTIONS, REQUESTER, ROOT, _build, _config, bodies, free_port, measure, server
from tests.bench.load import Measured, post_at
from tests.journey.simulated import World

SHARES = (0.25, 0.5, 0.75)
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def at_rate(port: int, path: str, world: World, rate: float, seconds: float) -> Measured:
    """So many messages a second, at random instants."""
    made, rng, instant, instants = bodies(world, int(rate * seconds)), random.Random(1), 0.0, list[float]()
    for _ in made:
        instant += rng.expovariate(rate)
        instants.append(instant)
    measured = asyncio.run(post_at(port, path, made, instants))
    if set(measured.statuses) != {201}:
        raise RuntimeError(f"Not every message was accepted: {measured.statuses}")
    return measured


def run(seconds: float, rounds: int) -> dict[str, Any]:
    """Floor and gateway in turn, each at its shares of its own saturation."""
    with TemporaryDirectory(dir=_build()) as name, ExitStack() as held:
        folder = Path(name)
        world = World(folder / "gateway")
        floor_port, port = free_port(), free_port()
        floor = [str(ROOT / "tests/bench/floor.py"), "--port", str(floor_port), "--db", str(folder / "floor.db"),
                 "--key", world.agencies[REQUESTER].signing_public.hex()]  # fmt: skip
        below = held.enter_context(server(floor, floor_port, ""))
        ours = held.enter_context(server(["-m", "tests.bench.serve", str(_config(world, port))], port, "/health/ready"))
        targets = {"floor": (below, floor_port, "/"), "gateway": (ours, port, "/v1/messages")}
        most = {
            who: statistics.median([measure(*target, bodies(world, 2000)).rate for _ in range(3)])
            for who, target in targets.items()
        }
        cases = [("floor", 0.5), *(("gateway", share) for share in SHARES)]
        found: dict[tuple[str, float], list[Measured]] = {case: [] for case in cases}
        for turn in track(range(rounds), "floor and gateway in turn", console=Console(stderr=True)):
            for who, share in cases if turn % 2 else cases[::-1]:
                found[who, share].append(at_rate(*targets[who][1:], world, share * most[who], seconds))
                time.sleep(0.2)
    rows = {
        f"{who} at {share:.0%}": {
            "per_second": round(share * most[who]),
            **{
                f"{name}_ms": round(statistics.median([each.quantile(q) for each in measured]) * 1000, 2)
                for name, q in QUANTILES.items()
            },
        }
        for (who, share), measured in found.items()
    }
    ratio = statistics.median(
        [g.quantile(0.99) / f.quantile(0.99) for f, g in zip(found["floor", 0.5], found["gateway", 0.5], strict=True)]
    )
    return {"connections_at_saturation": CONNECTIONS, "p99_ratio": round(ratio, 2), "rows": rows}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    results = run(args.seconds, args.rounds)
    (_build() / "latency.json").write_text(json.dumps(results, indent=2) + "\n")
    table = Table("", "a second", *(f"{name}, ms" for name in QUANTILES), title="To the durable receipt")
    for each, row in results["rows"].items():
        table.add_row(each, *map(str, row.values()))
    Console().print(table)
    Console().print(f"p99 at half of saturation, by the floor's: {results['p99_ratio']}")


if __name__ == "__main__":
    main()

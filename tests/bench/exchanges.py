"""Whole exchanges: how many a second, what one costs, and what a message costs on one, two and three nodes.

    python -m tests.bench.exchanges [--exchanges 300] [--rounds 5] [--connections 96]

An exchange is five messages: a request, the police's look at its subject, the answer with two details, the prison's
look at one of them, and the recall. SQLite first, then PostgreSQL with one, two and three nodes in turn. Processor time
is that of the gateway's processes; PostgreSQL's own is not in it.
"""

import argparse
import asyncio
import json
import statistics
import time
from collections import deque
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import urlopen

from rich.console import Console
from rich.progress import track
from rich.table import Table

from contracts.codec import encode
from tests.bench.accept import _build, free_port, server
from tests.bench.load import Measured, post_in_turn
from tests.journey.simulated import TOML, Side, World, claims_of
from tests.measuring import processor
from tests.postgres import DURABLE, postgres

PAIRS = (("prison-mdi", "police-13"), ("prison-lei", "police-14"))
MESSAGES = 5
NODES = (1, 2, 3)


def exchanges(world: World, count: int) -> list[list[bytes]]:
    """The ready-signed messages of so many exchanges, each in its order."""
    side, made = Side(world, None), []  # type: ignore[arg-type]
    for number in range(count):
        prison, force = PAIRS[number % len(PAIRS)]
        request = side.request(prison=prison, force=force)
        exchange, asked = claims_of(request).exchange, claims_of(request).jti
        answer = side.answer(exchange, prison=prison, force=force)
        of = claims_of(answer).jti
        said = (
            request,
            side.open(force, exchange, asked, ("subject",)),
            answer,
            side.open(prison, exchange, of, ("contact_channel",)),
            side.recall(exchange, of, prison=prison, force=force),
        )
        made.append([encode(each) for each in said])
    return made


def settings(world: World, node: int, port: int, metrics: int) -> Path:
    """The settings of a node: its own folder, what it shares with the others, and no cap in the way."""
    name = "" if node == 0 else f"-{node + 1}"
    ports = f"port = {port}\nmetrics = {metrics}"
    text = TOML.replace("port = 0", ports).replace('data = "data"', f'data = "data{name}"')
    if world.store:
        text += f'keystore = "data/keystore"\nstore = "{world.store}"\n'
    path = world.folder / f"gateway{name}.toml"
    path.write_text(f'{text}[log]\nlevel = "info"\n')
    return path


class Cluster:
    """Nodes of one world, and what they do with a load."""

    def __init__(self, world: World, nodes: int, held: ExitStack) -> None:
        self.world, self.processes = world, list[int]()
        self.ports, self._metrics = ([free_port() for _ in range(nodes)] for _ in range(2))
        for node, (port, metrics) in enumerate(zip(self.ports, self._metrics, strict=True)):
            config = str(settings(world, node, port, metrics))
            self.processes.append(
                held.enter_context(
                    server(["-m", "tests.bench.serve", config], port, "/health/ready", pinned=nodes == 1)
                )
            )

    def measure(self, count: int, connections: int) -> Measured:
        """So many fresh exchanges, each on one connection, the connections spread over the nodes."""
        made = deque(exchanges(self.world, count))
        before = sum(map(processor, self.processes))
        begin, measured = time.perf_counter(), Measured()

        async def load() -> None:
            ports = [self.ports[n % len(self.ports)] for n in range(connections)]
            await asyncio.gather(*(post_in_turn(port, "/v1/messages", made, measured) for port in ports))

        asyncio.run(load())
        measured.seconds = time.perf_counter() - begin
        measured.cpu_seconds = sum(map(processor, self.processes)) - before
        if set(measured.statuses) != {201}:
            raise RuntimeError(f"Not every message was accepted: {measured.statuses}")
        return measured

    def batches(self) -> tuple[int, int]:
        """How many batches all nodes have committed, and of how many lines."""
        found = [0.0, 0.0]
        for port in self._metrics:
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
                told = dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if line[0] != "#")
            for n, name in enumerate(("rj_batch_lines_count", "rj_batch_lines_sum")):
                found[n] += float(told[name])
        return int(found[0]), int(found[1])


def run(count: int, rounds: int, connections: int) -> dict[str, Any]:
    """SQLite, and each number of nodes, in turn in each round."""
    with TemporaryDirectory(dir=_build()) as name, postgres(DURABLE) as database, ExitStack() as held:
        clusters = {"SQLite": Cluster(World(Path(name) / "sqlite"), 1, held)}
        for nodes in NODES:
            world = World(Path(name) / f"postgres-{nodes}", database=database.database())
            clusters[f"PostgreSQL, {nodes} node{'s' * (nodes > 1)}"] = Cluster(world, nodes, held)
        found: dict[str, list[Measured]] = {each: [] for each in clusters}
        for turn in track(range(rounds + 1), "stores and nodes in turn", console=Console(stderr=True)):
            for each, cluster in clusters.items():
                measured = cluster.measure(count, connections)
                if turn:
                    found[each].append(measured)
    one = found["PostgreSQL, 1 node"]
    return {
        each: {
            "exchanges_per_second": round(statistics.median([m.rate / MESSAGES for m in rows]), 1),
            "messages_per_second": round(statistics.median([m.rate for m in rows])),
            "cpu_us_per_exchange": round(statistics.median([m.cpu_seconds / count for m in rows]) * 1e6),
            "cpu_by_one_node": round(
                statistics.median([m.cpu_seconds / o.cpu_seconds for m, o in zip(rows, one, strict=True)]), 2
            ),
            "p50_ms": round(statistics.median([m.quantile(0.5) for m in rows]) * 1000, 1),
            "p99_ms": round(statistics.median([m.quantile(0.99) for m in rows]) * 1000, 1),
        }
        for each, rows in found.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exchanges", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=96)
    args = parser.parse_args()
    results = run(args.exchanges, args.rounds, args.connections)
    (_build() / "exchanges.json").write_text(json.dumps(results, indent=2) + "\n")
    table = Table("", *next(iter(results.values())), title="Whole exchanges of five messages")
    for each, row in results.items():
        table.add_row(each, *map(str, row.values()))
    Console().print(table)


if __name__ == "__main__":
    main()

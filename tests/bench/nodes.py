"""Why an exchange costs more on several nodes: its processor time by part of the program, and how large batches are.

    python -m tests.bench.nodes [--exchanges 1500] [--connections 96]

One node on PostgreSQL, and three, each under the load of `tests.bench.exchanges` while py-spy samples every process
(root, or the right to trace). A part's time is its share of the samples times what the system says that the processes
have taken; the sampling itself slows all of it down. Writes `build/nodes.json`.
"""

import argparse
import json
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.bench.accept import _build
from tests.bench.exchanges import MESSAGES, Cluster
from tests.bench.flame import shares, spied, stacks
from tests.journey.simulated import World
from tests.postgres import DURABLE, postgres

NODES = (1, 3)
PARTS = {
    "checking the token's signature": "verify (keys/tokens.py",
    "the rest of verifying": "verify (gateway/verify.py",
    "signing the decision": "Log.say (",
    "signing heads, guard, proofs": "heads.py",
    "settling": "gateway/settle.py",
    "talking to PostgreSQL": "asyncpg/",
    "rows and SQL": "gateway/store/",
    "reply and receipt": "Gateway._reply (",
    "log line": "structlog/",
    "HTTP": "aiohttp/",
    "event loop and threads": "",
}
"""As in `tests.bench.flame`, and the driver apart from what it carries."""


def profiled(nodes: int, count: int, connections: int) -> dict[str, Any]:
    """Microseconds of an exchange, whole and by part, and the lines of a batch."""
    with TemporaryDirectory(dir=_build()) as name, postgres(DURABLE) as database, ExitStack() as held:
        folder = Path(name)
        cluster = Cluster(World(folder / "world", database=database.database()), nodes, held)
        cluster.measure(count // 5, connections)
        before = cluster.batches()
        with ExitStack() as watched:
            for process in cluster.processes:
                watched.enter_context(spied(process, folder / str(process)))
            measured = cluster.measure(count, connections)
        batches, lines = (now - then for now, then in zip(cluster.batches(), before, strict=True))
        seen = sum((stacks(folder / str(process)) for process in cluster.processes), Counter[tuple[str, ...]]())
    cost = measured.cpu_seconds / count * 1e6
    return {
        "cpu_us_per_exchange": round(cost),
        "lines_per_batch": round(lines / batches, 1),
        "batches_per_exchange": round(batches / lines * MESSAGES, 2),
        "parts": {part: round(share * cost) for part, share in shares(seen, PARTS).items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--exchanges", type=int, default=1500)
    parser.add_argument("--connections", type=int, default=96)
    args = parser.parse_args()
    console = Console(stderr=True)
    one, three = (
        profiled(n, args.exchanges, args.connections) for n in track(NODES, "one node, three", console=console)
    )
    (_build() / "nodes.json").write_text(json.dumps({"1": one, "3": three}, indent=2) + "\n")
    table = Table("", "1 node", "3 nodes", "by one node", title="An exchange of five messages on PostgreSQL, µs")
    for name in ("cpu_us_per_exchange", "lines_per_batch", "batches_per_exchange"):
        table.add_row(name, str(one[name]), str(three[name]), f"{three[name] / one[name]:.2f}")
    for part, cost in one["parts"].items():
        table.add_row(part, str(cost), str(three["parts"][part]), f"{three['parts'][part] - cost:+}")
    Console().print(table)


if __name__ == "__main__":
    main()

"""Sealing and opening one value (HPKE with X-Wing), by the size that its field is padded to.

python -m tests.bench.sealing [--times 2000]
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from contracts.vocabulary import SEALED_SIZES
from keys.sealing import Place, seal, unseal
from tests.agencies import TestAgency
from tests.bench.accept import _build
from tests.journey.simulated import uuid7

TEXT = "07700 900123, evenings"


def microseconds(work: Callable[[], object], times: int) -> float:
    """The median of so many."""
    took = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        took.append(time.perf_counter() - begin)
    return round(statistics.median(took) * 1e6, 1)


def run(times: int) -> dict[str, Any]:
    """By size in bytes: what sealing and opening take."""
    key, found = TestAgency("prison-mdi").sealing, dict[str, Any]()
    for size in track(sorted(set(SEALED_SIZES.values())), "sealing and opening", console=Console(stderr=True)):
        place = Place(exchange=uuid7(), jti=uuid7(), iss="police-13", to="prison-mdi", kid=key.public.kid, field="x")
        value = seal(TEXT, size, place, key.public)
        found[str(size)] = {
            "seal_us": microseconds(lambda size=size, place=place: seal(TEXT, size, place, key.public), times),
            "open_us": microseconds(lambda size=size, place=place, value=value: unseal(value, size, place, key), times),
        }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--times", type=int, default=2_000)
    args = parser.parse_args()
    results = run(args.times)
    (_build() / "sealing.json").write_text(json.dumps(results, indent=2) + "\n")
    table = Table("bytes", "seal, µs", "open, µs", title="One value")
    for size, row in results.items():
        table.add_row(size, *map(str, row.values()))
    Console().print(table)


if __name__ == "__main__":
    main()

"""Many seeds, or one that is told.

    python -m tests.simulation [--seeds 1000] [--from 0] [--processes 2]
    python -m tests.simulation --seed 4711

A seed that fails is printed, and fails again in the same way: `--seed` tells all that its clients said and saw.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterable
from multiprocessing import get_context

from tests.faults.runs import progress, told
from tests.simulation.world import outcome, run

TOGETHER, LATER = 5, 60
"""So many seeds are given to a process at a time, and so many times until it makes way for a fresh one: what was killed
leaves files open."""


def many(seeds: Iterable[int], processes: int, total: int) -> dict[str, object]:
    """What so many seeds came to."""
    counts, faults = Counter[str](), dict[int, list[str]]()
    with progress("seeds", total) as tell, get_context("spawn").Pool(processes, maxtasksperchild=LATER) as pool:
        for found in pool.imap_unordered(outcome, seeds, chunksize=TOGETHER):
            counts.update(found.counts)
            if found.faults:
                faults[found.seed] = found.faults[:5]
                print(f"seed {found.seed}: {found.faults[0]}", file=sys.stderr)
            tell(1)
    return {"seeds": total, **counts, "found": faults, "faults": len(faults)}


def tell_of(seed: int) -> None:
    """All that clients said and saw, in its order; then what is wrong with it."""
    found = run(seed)
    for call in found.calls:
        what = call.decision or ("nobody knows" if call.ended is None else "?")
        print(f"{call.began:6} {call.ended or '':6} {call.iss:12} {call.kind:20} {call.jti} line {call.leaf} {what}")
    print(found.trace, found.counts)
    for fault in found.faults:
        print(fault)
    sys.exit(bool(found.faults))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1_000)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int)
    args = parser.parse_args()
    if args.seed is not None:
        tell_of(args.seed)
    begun = time.monotonic()
    told("simulation", begun, many(range(args.first, args.first + args.seeds), args.processes, args.seeds))


if __name__ == "__main__":
    main()

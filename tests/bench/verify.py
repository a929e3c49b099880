"""`rj verify log` against the Go verifier, on the same export, in turn: the ratio says how much slower we are.

    python -m tests.bench.verify [--entries 1000000] [--rounds 5]

Both start as new processes and check everything: checkpoint with cosignatures, entries, tiles, root. Writes
`build/bench-verify.json`; prints the table. The Go verifier comes from `make independent`.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.made_log import WITNESSES, MadeLog, event

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
GO = BUILD / "independent" / "tlogverify"
RJ = Path(sys.executable).with_name("rj")
SMALL = 100_000


def made(folder: Path, entries: int) -> MadeLog:
    """A log of so many entries, and its export."""
    log = MadeLog(folder / str(entries))
    while log.size < entries:
        log.grow(0, [event(number) for number in range(log.size, min(entries, log.size + 100_000))])
    run([str(RJ), "ledger", "export", str(log.folder / "out"), "--dir", str(log.folder)])
    return log


def ours(log: MadeLog) -> list[str]:
    policy = str(log.folder / "witness.policy")
    return [str(RJ), "verify", "log", str(log.folder / "out"), "--key", log.vkey, "--policy", policy, "--json"]


def theirs(log: MadeLog, workers: int) -> list[str]:
    witnesses = [word for each in log.witnesses for word in ("-witness", each.vkey.encode())]
    words = ["-key", log.vkey, *witnesses, "-quorum", str(len(WITNESSES)), "-j", str(workers)]
    return [str(GO), *words, str(log.folder / "out")]


def run(words: list[str], cores: int | None = None) -> tuple[float, float]:
    """Seconds from start to end, on so many cores; and seconds of processor time, which a busy machine changes less."""
    pinned = ["taskset", "-c", ",".join(map(str, range(cores)))] if cores else []
    begin, before = time.perf_counter(), os.times()
    subprocess.run([*pinned, *words], check=True, stdout=subprocess.DEVNULL)
    seconds, after = time.perf_counter() - begin, os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, used


def peak_mib(words: list[str]) -> float:
    """The most memory that a command and its processes held together (Pss, sampled every 20 ms), in MiB."""
    together, stop = [0], threading.Event()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL)

    def sample() -> None:
        while not stop.wait(0.02):
            with suppress(OSError, ValueError):
                together[0] = max(together[0], sum(map(_resident, _family(process.pid))))

    thread = threading.Thread(target=sample)
    thread.start()
    ended = process.wait()
    stop.set()
    thread.join()
    if ended:
        raise RuntimeError("The log does not hold.")
    return round(together[0] / 1024, 1)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _family(int(child)))]


def _resident(pid: int) -> int:
    """KiB of a process that are its own share of what it has in memory."""
    line = next(each for each in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if each.startswith("Pss:"))
    return int(line.split()[1])


def measure(log: MadeLog, rounds: int) -> dict[str, Any]:
    """Both in turn, on one core and on all of this machine's."""
    results: dict[str, Any] = {}
    for cores in sorted({1, os.cpu_count() or 1}):
        pairs = []
        for turn in track(range(rounds + 1), f"both in turn on {cores} cores", console=Console(stderr=True)):
            pair = (run(theirs(log, cores), cores), run(ours(log), cores))
            if turn:  # the first round warms up
                pairs.append(pair)
        results[f"{cores}_cores"] = {
            "median_ratio": round(statistics.median(go[0] / mine[0] for go, mine in pairs), 3),
            "ratios": [round(go[0] / mine[0], 3) for go, mine in pairs],
            "go_seconds": round(statistics.median(go[0] for go, _ in pairs), 2),
            "rj_seconds": round(statistics.median(mine[0] for _, mine in pairs), 2),
            "median_ratio_of_processor_time": round(statistics.median(go[1] / mine[1] for go, mine in pairs), 3),
            "go_processor_seconds": round(statistics.median(go[1] for go, _ in pairs), 2),
            "rj_processor_seconds": round(statistics.median(mine[1] for _, mine in pairs), 2),
        }
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    if not GO.exists():
        raise SystemExit("The Go verifier is not there. Run `make independent` first.")
    BUILD.mkdir(exist_ok=True)
    with TemporaryDirectory(dir=BUILD) as name:
        small, large = made(Path(name), SMALL), made(Path(name), args.entries)
        results = {
            "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
            "entries": args.entries,
            "speed": measure(large, args.rounds),
            "peak_mib": {str(log.size): peak_mib(ours(log)) for log in (small, large)},
        }
    (BUILD / "bench-verify.json").write_text(json.dumps(results, indent=2) + "\n")
    table = Table(
        "", *results["speed"], title=f"rj verify log against Go, {args.entries:,} entries (ratio 1 = as fast)"
    )
    for row in next(iter(results["speed"].values())):
        table.add_row(row, *(str(each[row]) for each in results["speed"].values()))
    Console().print(table, "peak memory in MiB:", results["peak_mib"])


if __name__ == "__main__":
    main()

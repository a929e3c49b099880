"""The simulation's share of the suite; that a seed replays exactly; and that it finds what is broken.

Each runs in processes of its own: what is killed there is cleared away in disorder.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.world import DESKS

ROOT = Path(__file__).resolve().parents[2]
SEEDS = 1_000

BROKEN = {
    "a gateway that does not know a message again": "gateway.settle._Settling._seen = lambda self, message: None",
    "a desk that forgets what it has taken": "gateway.desk.outbox.keep = lambda drawer, posting: None",
    "a desk that shows what somebody looked at before": """
look, shown = gateway.desk.opening.look, {}
async def again(agency, exchange, *args, **named):
    if exchange not in shown:
        shown[exchange] = await look(agency, exchange, *args, **named)
    return shown[exchange]
gateway.desk.opening.look = again
""",
}
"""What is wrong with it, and how it is made so."""


def simulate(*words: object, hashes: str = "0") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.simulation", *map(str, words)]
    env = os.environ | {"PYTHONHASHSEED": hashes}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_nothing_goes_wrong_in_so_many_seeds() -> None:
    done = simulate("--seeds", SEEDS, "--processes", 1)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert (found["seeds"], found["faults"]) == (SEEDS, 0)
    assert min(found[each] for each in ("kills", "cuts", "steps of the clock")) > SEEDS / 10
    assert min(found[each] for each in ("shown", "kills of desks", "kills of cosigners")) > SEEDS / 50


@pytest.mark.parametrize("seed", [3, DESKS], ids=["clients", "desks"])
def test_a_seed_replays_exactly(seed: int) -> None:
    """In another process, with another order of sets: what clients said and saw is the same to the last word."""
    one, other = (simulate("--seed", seed, hashes=hashes) for hashes in ("1", "2"))
    assert one.returncode == other.returncode == 0, one.stderr
    assert one.stdout == other.stdout
    assert one.stdout != simulate("--seed", seed + DESKS).stdout


@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_broken_is_found_out(broken: str) -> None:
    """The controls."""
    program = f"import gateway.desk.opening, gateway.desk.outbox, gateway.settle\n{BROKEN[broken]}\n"
    program += "from tests.simulation.world import run\nprint(sum(bool(run(seed).faults) for seed in range(0, 24, 4)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert int(done.stdout) > 0, done.stderr

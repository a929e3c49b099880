"""The simulation's share of the suite; that a seed replays exactly; and that it finds what is broken.

Each runs in processes of its own: what is killed there is cleared away in disorder.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SEEDS = 1_000

FORGETFUL = """
from gateway.settle import _Settling
from tests.simulation.world import run
_Settling._seen = lambda self, message: None
print(sum(bool(run(seed).faults) for seed in range(6)))
"""
"""A gateway that does not know a message again."""


def simulate(*words: object, hashes: str = "0") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.simulation", *map(str, words)]
    env = os.environ | {"PYTHONHASHSEED": hashes}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


def test_nothing_goes_wrong_in_so_many_seeds() -> None:
    done = simulate("--seeds", SEEDS, "--processes", 1)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert (found["seeds"], found["faults"]) == (SEEDS, 0)
    assert min(found["kills"], found["cuts"], found["steps of the clock"]) > SEEDS / 10


def test_what_went_wrong_once_does_so_no_more() -> None:
    """A clock that jumped ahead before the scheduler's first look ended the gateway."""
    done = simulate("--seed", 150)
    assert done.returncode == 0, done.stdout[-500:]


def test_a_seed_replays_exactly() -> None:
    """In another process, with another order of sets: what clients said and saw is the same to the last word."""
    one, other = (simulate("--seed", 5, hashes=hashes) for hashes in ("1", "2"))
    assert one.returncode == other.returncode == 0, one.stderr
    assert one.stdout == other.stdout
    assert one.stdout != simulate("--seed", 6).stdout


def test_a_gateway_that_does_not_know_a_message_again_is_found_out() -> None:
    """The control."""
    command = [sys.executable, "-c", FORGETFUL]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert int(done.stdout) > 0, done.stderr

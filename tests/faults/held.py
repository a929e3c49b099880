"""A gateway as a process, whose store can be held: nothing is committed while the gate is shut."""

import asyncio
import multiprocessing
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from gateway.store.sqlite import SqliteStore
from tests.journey import process
from tests.journey.simulated import World


def gate_of(world: World) -> Path:
    """The file that keeps the gate open."""
    return world.folder / "gate"


@asynccontextmanager
async def holding(world: World, **limits: int) -> AsyncIterator[ForkServerProcess]:
    """The process, once it serves; its gate is open."""
    gate_of(world).touch()
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([__name__])
    ours, theirs = forks.Pipe(duplex=False)
    settings = process.settings_file(world, **limits)
    held = forks.Process(target=_serve, args=(settings, theirs, world.folder / process.LOG, gate_of(world)))
    held.start()
    theirs.close()
    try:
        world.address = await asyncio.to_thread(ours.recv)
        yield held
    finally:
        held.kill()
        await process.gone(held)
        ours.close()


def _pass(gate: Path) -> None:
    while not gate.exists():
        time.sleep(0.02)


def _serve(settings: Path, address: Connection, log: Path, gate: Path) -> None:
    transact = SqliteStore.transact

    async def held(self: SqliteStore, *args: Any) -> Any:
        await asyncio.to_thread(_pass, gate)
        return await transact(self, *args)

    SqliteStore.transact = held  # type: ignore[method-assign]
    process._serve(settings, address, log, "")

"""A gateway as a process, altered in one thing: its store can be held, or its days go by in minutes."""

import asyncio
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from gateway import serve
from gateway.clock import Clock
from gateway.config import Limits
from gateway.store.sqlite import SqliteStore
from tests.faults import nodes
from tests.journey import process
from tests.journey.simulated import World
from tests.postgres import free_port


def gate_of(world: World) -> Path:
    """The file that keeps a held gateway's gate open: without it nothing is committed."""
    return world.folder / "gate"


@asynccontextmanager
async def holding(world: World, **limits: int) -> AsyncIterator[ForkServerProcess]:
    """A gateway whose store waits for the gate, which is open at first."""
    gate_of(world).touch()
    settings = process.settings_file(world, **limits)
    async with _forked(world, _hold, settings, gate_of(world)) as held:
        yield held


@asynccontextmanager
async def hastened(world: World, began: float, speed: float) -> AsyncIterator[ForkServerProcess]:
    """A gateway whose clock goes `speed` times as fast since the instant `began`."""
    settings = nodes.settings_of(world, "", free_port(), waiting=Limits().waiting)
    async with _forked(world, _hasten, settings, began, speed) as running:
        yield running


def hasty(began: float, speed: float, clock: Callable[[], float] = time.time) -> float:
    """What a clock says that goes so much faster since then."""
    return began + (clock() - began) * speed


@asynccontextmanager
async def _forked(world: World, alter: Callable[..., None], settings: Path, *args: Any) -> AsyncIterator[Any]:
    """The process, once it serves; killed at the end if it still runs."""
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([__name__])
    ours, theirs = forks.Pipe(duplex=False)
    altered = forks.Process(target=_serve, args=(settings, theirs, world.folder / process.LOG, alter, args))
    altered.start()
    theirs.close()
    try:
        world.address = await asyncio.to_thread(ours.recv)
        yield altered
    finally:
        altered.kill()
        await process.gone(altered)
        ours.close()


def _serve(settings: Path, address: Connection, log: Path, alter: Callable[..., None], args: tuple[Any, ...]) -> None:
    os.setsid()  # what is sent to a whole group, as by Ctrl-C, is for the one that wanted this process
    threading.Thread(target=_end_with, args=(multiprocessing.parent_process(),), daemon=True).start()
    alter(*args)
    process._serve(settings, address, log, "")


def _end_with(parent: BaseProcess) -> None:
    """Nobody is left to stop this process once the one that wanted it has been killed."""
    parent.join()
    os.kill(os.getpid(), signal.SIGKILL)


def _hold(gate: Path) -> None:
    transact = SqliteStore.transact

    def wait() -> None:
        while not gate.exists():
            time.sleep(0.02)

    async def held(self: SqliteStore, *args: Any) -> Any:
        await asyncio.to_thread(wait)
        return await transact(self, *args)

    SqliteStore.transact = held  # type: ignore[method-assign]


def _hasten(began: float, speed: float) -> None:
    wall = partial(hasty, began, speed)
    serve.Clock = partial(Clock, wall, wall)  # type: ignore[misc,assignment]

"""The gateway as a process of its own, to be killed. A fork of one that has its imports done: it starts in no time."""

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from gateway import logs
from gateway.config import load_gateway
from gateway.errors import CannotStart
from gateway.keystore import KeyStore
from gateway.serve import run
from tests.journey.simulated import ORIGIN, World

LOG = "gateway.log"


def settings_file(world: World, **limits: int) -> Path:
    """`gateway.toml` for this world, with log lines of every level."""
    limited = "".join(f"{name} = {value}\n" for name, value in limits.items())
    path = world.folder / "gateway.toml"
    store = f'store = "{world.store}"\n' if world.store else ""
    path.write_text(
        f'[gateway]\norigin = "{ORIGIN}"\nport = 0\ndata = "data"\nagreement = "agreement.json"\n'
        'directory = "directory.json"\nofficers = "officers.vkeys"\nvault = "log.vault"\nunlock = "log.unlock"\n'
        f'{store}[limits]\n{limited}[log]\nlevel = "debug"\n'
    )
    return path


@asynccontextmanager
async def started(world: World, die: str = "", **limits: int) -> AsyncIterator[ForkServerProcess]:
    """The process, once it serves; killed at the end if it still runs. Its log goes to a file of the world.

    `die`: `before-destruction` or `after-destruction` of an erased exchange's keys, it kills itself.
    """
    forks = multiprocessing.get_context("forkserver")
    forks.set_forkserver_preload([__name__])
    ours, theirs = forks.Pipe(duplex=False)
    process = forks.Process(target=_serve, args=(settings_file(world, **limits), theirs, world.folder / LOG, die))
    process.start()
    theirs.close()
    try:
        world.address = await asyncio.to_thread(ours.recv)
        yield process
    finally:
        process.kill()
        await gone(process)
        ours.close()


async def gone(process: ForkServerProcess, seconds: float = 10) -> int | None:
    """Wait for the end of the process; its exit code, negative for a signal."""
    await asyncio.to_thread(process.join, seconds)
    return process.exitcode


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _arm(when: str) -> None:
    """Die at the step that is hardest to come back from: between the commit of an erasure and its keys' destruction."""
    destroy = KeyStore.destroy_values

    def fatal(self: KeyStore, slots: list[int]) -> None:
        if when == "after-destruction":
            destroy(self, slots)
        _die()

    KeyStore.destroy_values = fatal  # type: ignore[method-assign,assignment]


def _serve(settings: Path, address: Connection, log: Path, die: str) -> None:
    with log.open("ab") as out:
        os.dup2(out.fileno(), sys.stderr.fileno())
    told = load_gateway(settings, {})
    logs.configure(told.log, strict=True)
    if die:
        _arm(die)
    try:
        asyncio.run(run(told, address.send))
    except CannotStart as error:
        sys.exit(str(error))

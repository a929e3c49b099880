"""Nodes of one gateway as processes that can be killed, and come back at the same address in no time."""

import asyncio
import multiprocessing
import time
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from gateway.decide.calendar import due
from tests.journey import process
from tests.journey.simulated import TOML, World
from tests.postgres import free_port

due(int(time.time()), "1 working day")  # the calendar is loaded once, for every node that is forked


class Node:
    """One node. Its process is a fork of one that has its imports done."""

    def __init__(self, world: World, name: str) -> None:
        self.name, port = name, free_port()
        self.address = f"http://127.0.0.1:{port}"
        self._log = world.folder / process.LOG
        self._settings = settings_of(world, name, port)
        self._process: ForkServerProcess | None = None

    async def start(self) -> None:
        """Start it; it may not serve yet."""
        forks = multiprocessing.get_context("forkserver")
        forks.set_forkserver_preload([__name__])
        ours, theirs = forks.Pipe(duplex=False)
        self._process = forks.Process(target=process._serve, args=(self._settings, theirs, self._log, ""), daemon=True)
        await asyncio.to_thread(self._process.start)
        theirs.close()
        self._ready = ours

    async def serves(self) -> None:
        """Wait until it does."""
        await asyncio.to_thread(self._ready.recv)

    @property
    def pid(self) -> int:
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid

    async def kill(self) -> None:
        """`kill -9`, whatever it is doing."""
        if self._process is not None:
            self._process.kill()
            await process.gone(self._process)
            self._ready.close()

    async def stop(self) -> int | None:
        """SIGTERM; the exit code."""
        assert self._process is not None
        self._process.terminate()
        code = await process.gone(self._process, 30)
        self._ready.close()
        return code


def settings_of(world: World, name: str, port: int, waiting: int = 200) -> Path:
    """The settings of a node: its own data and guard, what it shares, and room for so many messages that wait."""
    text = TOML.replace("port = 0", f"port = {port}").replace('data = "data"', f'data = "data{name}"')
    if world.store:
        text += f'keystore = "data/keystore"\nstore = "{world.store}"\n'
    text += world.more
    path = world.folder / f"gateway{name}.toml"
    path.write_text(f'{text}[limits]\nwaiting = {waiting}\n[log]\nlevel = "error"\n')
    return path

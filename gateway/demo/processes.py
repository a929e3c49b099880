"""The demonstration's processes: started, waited for, and ended in order whatever happens."""

import asyncio
import os
import socket
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import ClientSession
from msgspec import Struct

from gateway.errors import CannotStart

START_SECONDS: Final = 60
STOP_SECONDS: Final = 10
POLL_SECONDS: Final = 0.1


class NotStarted(CannotStart):
    """A process did not come up; the message says which, and where it says why."""


class Command(Struct, frozen=True, kw_only=True):
    """A process to be: `arguments` for `rj`, or another program; its address; the file that its output goes to."""

    name: str
    arguments: tuple[str, ...]
    url: str
    output: Path
    program: tuple[str, ...] = (sys.executable, "-m", "gateway.cli")
    environment: Mapping[str, str] = {}


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on at this moment, each another."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


@asynccontextmanager
async def running(commands: Sequence[Command]) -> AsyncIterator[list[Process]]:
    """The processes while the context lasts; they may not answer yet. They are ended beside one another."""
    started: list[Process] = []
    try:
        for command in commands:
            started.append(await start(command))  # noqa: PERF401 - what has started is ended, also if the next does not
        yield started
    finally:
        await asyncio.shield(asyncio.gather(*(end(process) for process in started)))


async def answer(commands: Sequence[Command], processes: Sequence[Process], session: ClientSession) -> None:
    """Wait until all are ready to work. Raises NotStarted."""
    for command, process in zip(commands, processes, strict=True):
        await _answers(command, process, session)


async def start(command: Command) -> Process:
    """Start a process, which may not answer yet."""
    with command.output.open("ab") as output:
        return await asyncio.create_subprocess_exec(
            *command.program,
            *command.arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**_environment(), **command.environment},
            start_new_session=True,  # Ctrl-C is for the demonstration, which then ends each in order
        )


async def _answers(command: Command, process: Process, session: ClientSession) -> None:
    try:
        async with asyncio.timeout(START_SECONDS):
            while not await _is_ready(command.url, session):
                if process.returncode is not None:
                    raise NotStarted(f"The {command.name} ended at once. {command.output} says why.")
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise NotStarted(f"The {command.name} did not answer in {START_SECONDS} s. See {command.output}.") from None


async def _is_ready(url: str, session: ClientSession) -> bool:
    try:
        async with session.get(f"{url}/health/ready", timeout=aiohttp.ClientTimeout(5)) as answer:
            return answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        return False


async def end(process: Process) -> None:
    """Ask; wait; insist."""
    if process.returncode is not None:
        return
    process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()


def _environment() -> dict[str, str]:
    """The demonstration's own settings hold: none of the caller's reaches its processes."""
    return {name: value for name, value in os.environ.items() if not name.startswith("RJ_")}

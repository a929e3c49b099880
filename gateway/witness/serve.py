"""Starting and stopping a witness: what it needs is checked first."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Final, NamedTuple

import structlog
from aiohttp import web

from gateway.api.connection import Terms, connections
from gateway.api.listener import address_of, listening
from gateway.config import WitnessSettings, read_logs, read_vault
from gateway.errors import CannotStart
from gateway.witness.memory import Evidence, Memory
from gateway.witness.server import Handlers, Witness
from keys import mldsa44
from keys.notes import Cosigner

DATABASE: Final = "witness.db"
TERMS: Final = Terms(unread=20, answer_seconds=30, connections=200, header_seconds=10, keepalive_seconds=75)
BACKLOG: Final = 128
SHUTDOWN_SECONDS: Final = 5

_log = structlog.get_logger()


class Serving(NamedTuple):
    """A witness that answers: where, and the verifier keys of what it cosigns, the Ed25519 one first."""

    address: str
    vkeys: tuple[str, ...]


async def run(settings: WitnessSettings, ready: Callable[[Serving], None] | None = None, *, new: bool = False) -> None:
    """Serve until SIGTERM or SIGINT. Raises CannotStart with what to change. `ready` is called once it answers.

    `new`: this witness has never cosigned, and its memory is made now.
    """
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with serving(settings, new=new) as served:
        _log.info("witness.ready", address=served.address)
        if ready is not None:
            ready(served)
        await stop.wait()
        _log.info("witness.stopping")


@asynccontextmanager
async def serving(
    settings: WitnessSettings, clock: Callable[[], int] | None = None, *, new: bool = False
) -> AsyncIterator[Serving]:
    """A witness that serves while the context lasts. Raises CannotStart."""
    if os.environ.get("AIOHTTP_NO_EXTENSIONS"):
        raise CannotStart("AIOHTTP_NO_EXTENSIONS is set: the slower parser is not safe here. Unset it.")
    own = settings.witness
    cosigners, logs = _cosigners(settings), read_logs(own.logs)
    with (
        closing(listening(own.host, own.port)) as listener,
        closing(_memory(own.data, new=new)) as memory,
        ThreadPoolExecutor(1, "witness") as worker,
    ):
        handlers = Handlers(Witness(cosigners, logs, memory), worker, clock or (lambda: int(time.time())))
        async with _answering(handlers, listener):
            yield Serving(address_of(listener), tuple([each.vkey.encode() for each in cosigners]))


@asynccontextmanager
async def _answering(handlers: Handlers, listener: socket.socket) -> AsyncIterator[None]:
    runner = web.AppRunner(handlers.application(), handle_signals=False, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    server, loop = runner.server, asyncio.get_running_loop()
    assert server is not None
    server.request_handler = handlers.safely(server.request_handler)
    taking = await loop.create_server(connections(server, TERMS, loop), sock=listener, backlog=BACKLOG)
    try:
        yield
    finally:
        taking.close()
        await runner.cleanup()


def evidence(settings: WitnessSettings) -> list[Evidence]:
    """All that the witness has found against its logs; it may be running. Raises CannotStart, StoreUnavailable."""
    origins = dict.fromkeys(key.name for key in read_logs(settings.witness.logs))
    with closing(_memory(settings.witness.data, new=False)) as memory:
        return [found for origin in origins for found in memory.evidence(origin)]


def _cosigners(settings: WitnessSettings) -> tuple[Cosigner, ...]:
    """One for each kind of key in the vault, the Ed25519 one first; that one also where there is no ML-DSA-44."""
    own = settings.witness
    vault = read_vault(own.vault, own.unlock)
    if not vault.signing_seeds:
        raise CannotStart(f"{own.vault}: the vault holds no key for a witness. Make one with `rj keys new-witness`.")
    first = Cosigner(name=own.name, key=vault.signing(list(vault.signing_seeds)[-1]))
    if not vault.mldsa44_seeds:
        return (first,)
    if not mldsa44.is_supported():
        _log.error("witness.no-mldsa44")
        return (first,)
    return first, Cosigner(name=own.name, key=vault.mldsa44(list(vault.mldsa44_seeds)[-1]))


def _memory(data: Path, *, new: bool) -> Memory:
    """The memory, made only where somebody says that the witness is new: without it, it could cosign a fork."""
    database = data / DATABASE
    if new and database.exists():
        raise CannotStart(f"{database} is there: this witness is not new. Start it without --new.")
    if not new and not database.exists():
        raise CannotStart(
            f"{database}, the memory of this witness, is not there. If it has never cosigned, start it once with "
            "--new. If it has, its key must not be used again: make another with `rj keys new-witness`."
        )
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise CannotStart(f"The folder {data} cannot be used: {error.strerror}. Name another, or mend it.") from error
    return Memory(database)

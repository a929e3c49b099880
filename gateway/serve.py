"""Starting and stopping a gateway: what it needs is checked first, and what it has taken is settled before it ends."""

import asyncio
import errno
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager
from functools import partial
from typing import Final

import structlog
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.api.app import Api, application
from gateway.api.connection import Terms, connections
from gateway.api.listener import address_of, listening, make_room
from gateway.beginning import begin, succession
from gateway.clock import Clock, LastSeen
from gateway.config import GatewaySettings, read_vault
from gateway.decide.calendar import due
from gateway.documents import Documents
from gateway.errors import CannotStart, StoreUnavailable
from gateway.exchange import Gateway, Limits
from gateway.ledger.guard import Guard, GuardError
from gateway.ledger.heads import Heads
from gateway.ledger.log import Log
from gateway.message import Succeeds
from gateway.metrics import Metrics
from gateway.publishing import Strict, check_strict, publishing
from gateway.scheduler import Scheduler
from gateway.settle import Settlement
from gateway.store.opening import open_store

LAST_SEEN: Final = "last-seen"
BACKLOG: Final = 1024
SYNC_EVERY: Final = 1.0
SHUTDOWN_SECONDS: Final = 10
"""How long answers under way may still take when the gateway stops."""

_log = structlog.get_logger()


async def run(
    settings: GatewaySettings, ready: Callable[[str], None] | None = None, *, clock_confirmed: bool = False
) -> None:
    """Serve until SIGTERM or SIGINT. Raises CannotStart with what to change. `ready` is called with the address.

    `clock_confirmed`: an operator has looked at the clock, so that what fell due in a long absence may be done.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with serving(settings, clock_confirmed=clock_confirmed) as address:
        _log.info("gateway.ready", address=address)
        if ready is not None:
            ready(address)
        await stop.wait()
        _log.info("gateway.stopping")


@asynccontextmanager
async def serving(settings: GatewaySettings, *, clock_confirmed: bool = False) -> AsyncIterator[str]:
    """A gateway that serves while the context lasts; gives its address. Nothing taken is lost when it ends.

    1. What it goes by is read and checked.
    2. What it needs is taken, for this process alone, and let go of in the opposite order.
    3. Its log is held to what was signed last; from here on it may sign.
    4. It works and answers, and at the end publishes what it signed last.
    """
    section = settings.gateway
    # 1.
    if os.environ.get("AIOHTTP_NO_EXTENSIONS"):
        raise CannotStart("AIOHTTP_NO_EXTENSIONS is set: the slower parser is not safe here. Unset it.")
    documents = Documents(section)
    rules, succeeds = documents.read(), succession(section)
    check_strict(section, rules.agreement)
    log = Log(section.origin, *log_keys(settings))
    async with AsyncExitStack() as held:
        # 2.
        make_room(settings.limits.connections)
        listener = held.enter_context(closing(listening(section.host, section.port)))
        store = await open_store(section)
        held.push_async_callback(store.close)
        guard = held.enter_context(closing(_guard(settings)))
        heads = Heads(log, guard)
        published = await held.enter_async_context(publishing(section, heads, store))
        # 3.
        with _writable():
            await published.confirm()
        # 4.
        limits = Limits(message_bytes=settings.limits.message_bytes, waiting=settings.limits.waiting)
        gateway, metrics = Gateway(rules, heads, store, Clock(), limits), Metrics()
        gateway.renew = partial(documents.renew, gateway)
        store.on_move(published.confirm)
        publisher = published.start(metrics)
        if section.strict:
            gateway.strict = Strict(publisher, gateway.clock)
        scheduler = Scheduler(store, gateway.writer, gateway.clock, LastSeen(section.data / LAST_SEEN))
        minding = (
            partial(scheduler.run, confirmed=clock_confirmed),
            partial(documents.mind, gateway),
            partial(_keep, guard),
            partial(store.listen, gateway.bell.hear, publisher.poke.set),
            publisher.run,
        )
        api = Api(gateway, published, metrics, settings.limits)
        async with _working(gateway, succeeds, minding), _answering(api, listener, section.metrics):
            yield address_of(listener)
        await publisher.finish()


@asynccontextmanager
async def _working(
    gateway: Gateway, succeeds: Succeeds | None, minding: Sequence[Callable[[], Coroutine[None, None, None]]]
) -> AsyncIterator[None]:
    """All that runs beside the answering. If one of these fails, the gateway ends; what it has taken is settled."""
    due(gateway.clock(), "1 working day")  # loads the calendar before the first message needs it
    async with _together() as tasks:
        tasks.create_task(gateway.writer.run())
        with _writable():
            await begin(gateway, succeeds)
        beside = [tasks.create_task(each()) for each in minding]
        try:
            yield
        finally:
            for task in beside:
                task.cancel()
            gateway.writer.close()


@asynccontextmanager
async def _together() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group whose only error is raised as it is: who starts a gateway expects CannotStart."""
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
    except BaseExceptionGroup as group:
        if len(group.exceptions) == 1:
            raise group.exceptions[0] from None
        raise


@contextmanager
def _writable() -> Iterator[None]:
    try:
        yield
    except StoreUnavailable as error:
        raise CannotStart("The database cannot be written. Check the space and the rights of its disk.") from error


@asynccontextmanager
async def _answering(api: Api, listener: socket.socket, metrics_port: int | None) -> AsyncIterator[None]:
    limits, metrics, gateway = api.limits, api.metrics, api.gateway
    gateway.measured = lambda settlement: _measure(metrics, settlement)
    runner = web.AppRunner(application(api), handle_signals=False, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    server, loop = runner.server, asyncio.get_running_loop()
    assert server is not None
    server.request_handler = api.safely(server.request_handler)
    terms = Terms(
        connections=limits.connections,
        unread=limits.unread,
        header_seconds=limits.header_seconds,
        answer_seconds=limits.answer_seconds,
        keepalive_seconds=limits.keepalive_seconds,
    )
    listening = await loop.create_server(connections(server, terms, loop), sock=listener, backlog=BACKLOG)
    api.ready = True
    try:
        with _measured(metrics, metrics_port):
            yield
    finally:
        api.ready = False
        listening.close()
        gateway.bell.close()
        await runner.cleanup()


@contextmanager
def _measured(metrics: Metrics, port: int | None) -> Iterator[None]:
    try:
        with metrics.served(port):
            yield
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise CannotStart(f"The metrics' port {port} cannot be used: another program has it.") from error


def log_keys(settings: GatewaySettings) -> list[Ed25519PrivateKey]:
    """Every key of the log, the oldest first."""
    vault = read_vault(settings.gateway.vault, settings.gateway.unlock)
    if not vault.signing_seeds:
        raise CannotStart(f"{settings.gateway.vault}: the vault holds no key for the log. Make one with `rj keys`.")
    return [vault.signing(kid) for kid in vault.signing_seeds]


def _guard(settings: GatewaySettings) -> Guard:
    try:
        return Guard.open(settings.gateway.guard_folder)
    except GuardError as error:
        raise CannotStart(f"{settings.gateway.guard_folder}: {error}") from error


async def _keep(guard: Guard) -> None:
    """What was signed lasts through a power failure a second later; while its disk fails, it is tried again."""
    while True:
        await asyncio.sleep(SYNC_EVERY)
        try:
            await asyncio.to_thread(guard.sync)
        except GuardError as error:
            _log.error("guard.not_synced", error=type(error).__name__)


def _measure(metrics: Metrics, settlement: Settlement) -> None:
    metrics.committed(settlement.growth.edge.size, len(settlement.writes.lines))

"""Starting and stopping a gateway: what it needs is checked first, and what it has taken is settled before it ends."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import structlog
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.api.app import Api, application
from gateway.config import GatewaySettings, read_file, read_officers, read_vault
from gateway.decide.calendar import due
from gateway.errors import CannotStart, LogRefused
from gateway.exchange import Gateway, Limits
from gateway.keystore import KeyStore, KeyStoreError
from gateway.ledger.log import Log
from gateway.message import Announced
from gateway.metrics import Metrics
from gateway.rules import Rules, load_rules
from gateway.scheduler import Scheduler
from gateway.settle import Settlement
from gateway.store.port import LogState
from gateway.store.sqlite import SqliteStore

DATABASE: Final = "gateway.db"
KEYSTORE: Final = "keystore"
RELOAD_EVERY: Final = 2.0
"""Seconds between looks at the signed documents: a revoked key stops counting within this time."""

_log = structlog.get_logger()


def clock() -> int:
    """Wall time in UTC seconds."""
    return int(time.time())


async def run(settings: GatewaySettings, ready: Callable[[str], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Raises CannotStart with what to change. `ready` is called with the address."""
    if os.environ.get("AIOHTTP_NO_EXTENSIONS"):
        raise CannotStart("AIOHTTP_NO_EXTENSIONS is set: the slower parser is not safe here. Unset it.")
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with serving(settings) as address:
        _log.info("gateway.ready", address=address)
        if ready is not None:
            ready(address)
        await stop.wait()
        _log.info("gateway.stopping")


@asynccontextmanager
async def serving(settings: GatewaySettings) -> AsyncIterator[str]:
    """A gateway that serves while the context lasts; gives its address. Nothing taken is lost when it ends."""
    rules = _rules(settings)
    log = Log(settings.gateway.origin, _log_key(settings))
    metrics = Metrics()
    store = SqliteStore(settings.gateway.data / DATABASE, _keys(settings.gateway.data))
    try:
        _refuse_going_back(await store.log(), rules)
        limits = Limits(message_bytes=settings.limits.message_bytes, waiting=settings.limits.waiting)
        gateway = Gateway(rules, log, store, clock, limits)
        gateway.measured = lambda settlement: _measure(metrics, settlement)
        due(clock(), "1 working day")  # loads the calendar before the first message needs it
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(gateway.writer.run())
            await _announce(gateway, rules)
            minding = [
                tasks.create_task(Scheduler(store, gateway.writer, clock).run()),
                tasks.create_task(_reload(settings, gateway)),
            ]
            try:
                async with _listening(settings, gateway, metrics) as address:
                    yield address
            finally:
                for task in minding:
                    task.cancel()
                gateway.writer.close()
    except BaseExceptionGroup as group:
        raise _alone(group) from None
    finally:
        await store.close()


def _alone(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The one thing that went wrong, without the task group's wrapping; the group where there are several."""
    return group.exceptions[0] if len(group.exceptions) == 1 else group


@asynccontextmanager
async def _listening(settings: GatewaySettings, gateway: Gateway, metrics: Metrics) -> AsyncIterator[str]:
    limits, host, port = settings.limits, settings.gateway.host, settings.gateway.port
    api = Api(gateway, metrics, limits.body_seconds)
    app = application(api, limits.message_bytes)
    runner = web.AppRunner(
        app, access_log=None, keepalive_timeout=limits.keepalive_seconds, handle_signals=False, shutdown_timeout=10
    )
    await runner.setup()
    try:
        await _listen(web.TCPSite(runner, host, port, backlog=limits.connections), host, port)
        api.ready = True
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        api.ready = False
        gateway.bell.ring_all()
        await runner.cleanup()


async def _listen(site: web.TCPSite, host: str, port: int) -> None:
    try:
        await site.start()
    except OSError as error:
        raise CannotStart(
            f"The port {port} on {host} cannot be used: another program has it. "
            "Stop that program, or set another `port`."
        ) from error


def _rules(settings: GatewaySettings) -> Rules:
    files = settings.gateway
    return load_rules(
        read_file(files.agreement, "the signed agreement"),
        read_file(files.directory, "the signed directory"),
        read_officers(files.officers),
        files.origin,
    )


def _log_key(settings: GatewaySettings) -> Ed25519PrivateKey:
    vault = read_vault(settings.gateway.vault, settings.gateway.unlock)
    if not vault.signing_seeds:
        raise CannotStart(f"{settings.gateway.vault}: the vault holds no key for the log. Make one with `rj keys`.")
    return vault.signing(list(vault.signing_seeds)[-1])


def _keys(data: Path) -> KeyStore:
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        return KeyStore.open(data / KEYSTORE)
    except (OSError, KeyStoreError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CannotStart(f"The folder {data} cannot be used: {reason}") from error


def _refuse_going_back(log: LogState, rules: Rules) -> None:
    """Never go by an older document than the log has announced, nor by another one of the same version."""
    for kind, announced, version, digest in (
        ("agreement", log.agreement, rules.agreement.version, rules.agreement_digest),
        ("directory", log.directory, rules.directory.version, rules.directory.digest),
    ):
        if version < announced.version or (version == announced.version and digest != announced.sha256):
            raise LogRefused(
                f"The log has announced version {announced.version} of the {kind}, and the file is an older version or "
                "another text of the same one. Put the announced version, or a later one, in its place."
            )


async def _announce(gateway: Gateway, rules: Rules) -> None:
    """A leaf in clear for each document that is new."""
    version = rules.agreement.version
    await gateway.writer.submit(Announced(kind="agreement", version=version, sha256=rules.agreement_digest))
    directory = rules.directory
    await gateway.writer.submit(Announced(kind="directory", version=directory.version, sha256=directory.digest))


async def _reload(settings: GatewaySettings, gateway: Gateway) -> None:
    """Go by new signed documents as soon as they lie there; keep the old ones if the new cannot be used."""
    seen = _stamps(settings)
    while True:
        await asyncio.sleep(RELOAD_EVERY)
        stamps = _stamps(settings)
        if stamps == seen:
            continue
        seen = stamps
        try:
            rules = await asyncio.to_thread(_rules, settings)
            _refuse_going_back(await gateway.store.log(), rules)
        except CannotStart as error:
            _log.error("documents.refused", error=type(error).__name__)
            continue
        gateway.rules = rules
        await _announce(gateway, rules)
        _log.info("documents.adopted", agreement=rules.agreement.version, directory=rules.directory.version)


def _stamps(settings: GatewaySettings) -> tuple[int, ...]:
    files = (settings.gateway.agreement, settings.gateway.directory)
    return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in files)


def _measure(metrics: Metrics, settlement: Settlement) -> None:
    metrics.committed(settlement.growth.edge.size, len(settlement.writes.lines))

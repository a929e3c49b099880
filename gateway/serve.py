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

from gateway.api.app import Api, application
from gateway.config import GatewaySettings
from gateway.decide.calendar import due
from gateway.errors import CannotStart, LogRefused
from gateway.exchange import Gateway
from gateway.keystore import KeyStore, KeyStoreError
from gateway.ledger.log import Log
from gateway.message import Announced
from gateway.metrics import Metrics
from gateway.rules import Rules, load_rules
from gateway.scheduler import Scheduler
from gateway.settle import Settlement
from gateway.store.port import LogState
from gateway.store.sqlite import SqliteStore
from keys import vault
from keys.ed25519 import BadKey
from keys.errors import VaultLocked
from keys.notes import VerifierKey

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
    log = Log(settings.origin, _log_key(settings))
    metrics = Metrics()
    store = SqliteStore(settings.data / DATABASE, _keys(settings))
    try:
        _refuse_going_back(await store.log(), rules)
        gateway = Gateway(rules, log, store, clock, settings.message_bytes, settings.waiting)
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
    finally:
        await store.close()


@asynccontextmanager
async def _listening(settings: GatewaySettings, gateway: Gateway, metrics: Metrics) -> AsyncIterator[str]:
    api = Api(gateway, metrics, settings.body_seconds)
    app = application(api, settings.message_bytes)
    runner = web.AppRunner(
        app, access_log=None, keepalive_timeout=settings.keepalive_seconds, handle_signals=False, shutdown_timeout=10
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port, backlog=settings.connections)
        await site.start()
        api.ready = True
        port = runner.addresses[0][1]
        yield f"http://{settings.host}:{port}"
    except OSError as error:
        raise CannotStart(
            f"The port {settings.port} on {settings.host} cannot be used: another program has it. "
            "Stop that program, or set another `port`."
        ) from error
    finally:
        api.ready = False
        gateway.bell.ring_all()
        await runner.cleanup()


def _rules(settings: GatewaySettings) -> Rules:
    return load_rules(
        _read(settings.agreement, "agreement"),
        _read(settings.directory, "directory"),
        _officers(settings.officers),
        settings.origin,
    )


def _officers(path: Path) -> tuple[VerifierKey, ...]:
    try:
        lines = _read(path, "officers' verifier keys").decode().splitlines()
        return tuple(VerifierKey.parse(line) for line in lines if line.strip())
    except (BadKey, UnicodeDecodeError) as error:
        raise CannotStart(f"{path} does not hold a verifier key on each line. {error}") from error


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotStart(f"The file of the {what}, {path}, cannot be read: {error.strerror}.") from error


def _log_key(settings: GatewaySettings) -> vault.Ed25519PrivateKey:
    try:
        opened = vault.read(settings.vault, _read(settings.unlock, "vault's unlock key"))
        return opened.newest_signing().private
    except (VaultLocked, LookupError) as error:
        raise CannotStart(f"The vault {settings.vault} cannot be used. {error}") from error


def _keys(settings: GatewaySettings) -> KeyStore:
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        return KeyStore.open(settings.data / KEYSTORE)
    except (OSError, KeyStoreError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise CannotStart(f"The folder {settings.data} cannot be used: {reason}") from error


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
    return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in (settings.agreement, settings.directory))


def _measure(metrics: Metrics, settlement: Settlement) -> None:
    metrics.committed(settlement.growth.edge.size, len(settlement.writes.lines))

"""Starting and stopping a desk: folders opened, the local API served, every inbox and outbox minded."""

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import aiohttp
import structlog
from aiohttp import ClientSession, web

from gateway.config import DeskAgency, DeskSettings, read_vault
from gateway.decide.calendar import due
from gateway.desk import clients, offences
from gateway.desk.agency import Agency, Surroundings
from gateway.desk.api import LocalApi, Served
from gateway.desk.cabinet import CabinetRefused
from gateway.desk.client import GatewayClient
from gateway.desk.edge import Connection
from gateway.desk.errors import GatewayAway, NotTrusted
from gateway.desk.housekeeping import keep_house
from gateway.desk.ids import now
from gateway.desk.listener import keep_sending, listen
from gateway.desk.log_keys import follow_log_keys
from gateway.desk.offences import OffencesRefused, OffenceTable
from gateway.desk.pages.serve import pages_of
from gateway.desk.trust import Pins, Trust, read_pins
from gateway.desk.webhooks import Webhooks
from gateway.desk.witnessed import keep_witnessed
from gateway.errors import CannotStart
from keys.ed25519 import BadKey

VAULT: Final = "vault"
PINS: Final = "trust.json"
RECORDS: Final = "cases.db"
API_KEY: Final = "local-api.key"
DOCUMENTS: Final = "documents.json"
"""The last directory and agreement that verified: public, and kept in the folder of the first agency that pins them."""

KEY_BYTES: Final = 32
WRITING_THREADS: Final = 4
KEEPALIVE_SECONDS: Final = 30

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def run(settings: DeskSettings, ready: Callable[[str], None] | None = None) -> None:
    """Serve until SIGTERM or SIGINT. Raises CannotStart with what to change. `ready` is called with the address."""
    if os.environ.get("AIOHTTP_NO_EXTENSIONS"):
        raise CannotStart("AIOHTTP_NO_EXTENSIONS is set: the slower parser is not safe here. Unset it.")
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with serving(settings) as address:
        log.info("desk.ready", address=address, agencies=len(settings.agency))
        if ready is not None:
            ready(address)
        await stop.wait()
        log.info("desk.stopping")


@asynccontextmanager
async def serving(settings: DeskSettings) -> AsyncIterator[str]:
    """A desk that serves while the context lasts; gives its address. What it was told is kept when it ends."""
    with ThreadPoolExecutor(WRITING_THREADS, "cabinet") as threads:
        async with ClientSession(connector=aiohttp.TCPConnector(limit=0), auto_decompress=False) as session:
            desk = Desk(settings, session, threads)
            try:
                async with (
                    _listening(settings, desk) as address,
                    pages_of(settings, desk.agencies, session),
                    _following(desk),
                ):
                    yield address
            finally:
                desk.close()


@asynccontextmanager
async def _following(desk: "Desk") -> AsyncIterator[None]:
    """Every agency's inbox and outbox is minded while the context lasts; if one of them breaks, the desk ends."""
    async with asyncio.TaskGroup() as tasks:
        agencies = desk.agencies.values()
        minding: list[asyncio.Task[None]] = [tasks.create_task(listen(agency)) for agency in agencies]
        minding += [tasks.create_task(keep_sending(agency)) for agency in agencies]
        minding += [tasks.create_task(keep_house(agency)) for agency in agencies]
        minding += [tasks.create_task(keep_witnessed(agency)) for agency in agencies]
        minding += [tasks.create_task(follow_log_keys(agency)) for agency in agencies]
        minding.append(tasks.create_task(desk.webhooks.follow()))
        try:
            yield
        finally:
            for task in minding:
                task.cancel()


class Desk:
    """The agencies of one process. Those that pin the same gateway and officers share what is verified of them."""

    def __init__(self, settings: DeskSettings, session: ClientSession, threads: Executor) -> None:
        self._session, self._threads, self._fresh = session, threads, settings.documents_seconds
        self._offences = _table(settings.offences)
        self._trusts: dict[tuple[str, ...], tuple[GatewayClient, Trust]] = {}
        self.served: dict[str, Served] = {}
        due(now(), "1 working day")  # loads the calendar before the first call needs it
        for each in settings.agency:
            served = self._open(each)
            if served.agency.id in self.served:
                raise CannotStart(f"{each.folder}: another folder is of the same agency. Name each agency once.")
            self.served[served.agency.id] = served
        self.webhooks = Webhooks(settings.webhook, {name: each.agency for name, each in self.served.items()})

    @property
    def agencies(self) -> dict[str, Agency]:
        """The agencies by their ids."""
        return {name: served.agency for name, served in self.served.items()}

    @property
    def ready(self) -> bool:
        """Whether every gateway's documents are verified."""
        return all(trust.ready for _, trust in self._trusts.values())

    async def begin(self) -> None:
        """Let each agency's own key in, and look at every gateway's documents, so that the first call need not wait."""
        for served in self.served.values():
            await _let_in(served)
        await self.webhooks.begin()
        for _, trust in self._trusts.values():
            try:
                await trust.current()
            except (NotTrusted, GatewayAway) as error:
                log.warning("desk.not_ready", why=error.slug)

    def close(self) -> None:
        """Close every agency's records."""
        for served in self.served.values():
            served.agency.close()

    def _open(self, settings: DeskAgency) -> Served:
        folder = settings.folder
        try:
            pins = read_pins(folder / PINS)
            client, trust = self._trust(pins, folder)
            shared = Surroundings(client=client, trust=trust, threads=self._threads, offences=self._offences)
            agency = Agency(folder, pins, read_vault(folder / VAULT, settings.unlock), shared)
            return Served(agency, _api_key(folder / API_KEY))
        except (NotTrusted, CabinetRefused, BadKey, OSError) as error:
            raise CannotStart(f"{folder}: the agency's folder cannot be used. {_reason(error)}") from error

    def _trust(self, pins: Pins, folder: Path) -> tuple[GatewayClient, Trust]:
        same = (pins.gateway_url, pins.gateway, *pins.officers)
        if same not in self._trusts:
            client = GatewayClient(pins.gateway_url, self._session)
            self._trusts[same] = client, Trust(pins, client, folder / DOCUMENTS, self._fresh)
        return self._trusts[same]


@asynccontextmanager
async def _listening(settings: DeskSettings, desk: Desk) -> AsyncIterator[str]:
    await desk.begin()
    app = LocalApi(desk.served, lambda: desk.ready, lambda: desk.webhooks.failing).application()
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=2)
    await runner.setup()
    try:
        listening = await _bound(runner, settings)
    except OSError as error:
        await runner.cleanup()
        raise CannotStart(
            f"The port {settings.port} on {settings.host} cannot be used: another program has it. "
            "Stop that program, or set another `port`."
        ) from error
    try:
        yield f"http://{settings.host}:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()
        await runner.cleanup()


async def _bound(runner: web.AppRunner, settings: DeskSettings) -> asyncio.Server:
    """The local API at its port, each connection our own. Raises OSError."""
    loop, server = asyncio.get_running_loop(), runner.server
    assert server is not None  # setup has made it
    return await loop.create_server(lambda: Connection(server, loop, KEEPALIVE_SECONDS), settings.host, settings.port)


def _table(path: Path | None) -> OffenceTable:
    try:
        return offences.load(path) if path else offences.load()
    except OffencesRefused as error:
        raise CannotStart(f"{path or 'The built-in offence groups'}: {error}") from error


def _api_key(path: Path) -> str:
    """The agency's own key for its local API, made at the first start, readable by its owner alone."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(KEY_BYTES) + "\n")
    return path.read_text().strip()


async def _let_in(served: Served) -> None:
    """Whoever shows the key in the agency's folder is its client `default`."""
    await served.agency.cabinet.change(lambda drawer: clients.settle_default(drawer, served.key, now()))


def _reason(error: Exception) -> str:
    return "Check that it is there and may be written." if isinstance(error, OSError) else str(error)

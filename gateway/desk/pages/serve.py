"""Serving the pages of a desk, on a port of their own beside the local API's."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

import structlog
from aiohttp import ClientSession, web
from yarl import URL

from gateway.config import DeskSettings, PagesSection, SignIn
from gateway.desk.agency import Agency
from gateway.desk.edge import Connection
from gateway.desk.pages import problems
from gateway.desk.pages.application import Pages
from gateway.desk.pages.sessions import Sessions
from gateway.desk.pages.signing_in import back_channel, demo
from gateway.desk.pages.signing_in.flow import Provider
from gateway.desk.pages.signing_in.pages import SigningIn
from gateway.errors import CannotStart

KEEPALIVE_SECONDS: Final = 30

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@asynccontextmanager
async def pages_of(
    settings: DeskSettings, agencies: Mapping[str, Agency], http: ClientSession
) -> AsyncIterator[URL | None]:
    """The pages, served while the context lasts; their address, or None where the settings have no `[pages]`."""
    wanted = settings.pages
    if wanted is None:
        yield None
        return
    url = URL(wanted.url or f"http://127.0.0.1:{wanted.port}")
    origins = frozenset(agency.pins.gateway for agency in agencies.values())
    fictional = demo.read(wanted.demo_staff, origins) if wanted.demo_staff else ()
    sessions = Sessions(wanted.idle_minutes * 60, wanted.details_seconds)
    async with back_channel.open_session() as for_providers:
        providers = tuple(_provider(each, agencies, for_providers) for each in settings.sign_in)
        signing_in = SigningIn(agencies, url, sessions, providers, fictional)
        async with _serving(Pages(agencies, url, sessions, signing_in), sessions, wanted):
            log.info("pages.ready", address=str(url))
            yield url


def _provider(settings: SignIn, agencies: Mapping[str, Agency], session: ClientSession) -> Provider:
    """A way to sign in. Raises CannotStart where it is for an agency that has no folder here."""
    if not set(settings.agencies) <= agencies.keys():
        raise CannotStart(f"[[sign_in]] {settings.id} names an agency that no [[agency]] of this desk is.")
    return Provider(settings, session)


@asynccontextmanager
async def _serving(pages: Pages, sessions: Sessions, wanted: PagesSection) -> AsyncIterator[None]:
    runner = web.AppRunner(
        pages.application(),
        handle_signals=False,
        access_log=None,
        shutdown_timeout=2,
    )
    await runner.setup()
    sweeping = asyncio.create_task(sessions.sweeping())
    try:
        listening = await _bound(runner, wanted)
        yield
        listening.close()
    finally:
        sweeping.cancel()
        await runner.cleanup()


class PageConnection(Connection):
    """A browser's connection: what no page answers is told as a page."""

    __slots__ = ()

    def refusal(self, status: int) -> web.Response:
        """A page in plain English."""
        return problems.of_http(status)


async def _bound(runner: web.AppRunner, wanted: PagesSection) -> asyncio.Server:
    loop, server = asyncio.get_running_loop(), runner.server
    assert server is not None  # setup has made it
    try:
        return await loop.create_server(
            lambda: PageConnection(server, loop, KEEPALIVE_SECONDS), wanted.host, wanted.port
        )
    except OSError as error:
        raise CannotStart(
            f"The port {wanted.port} on {wanted.host} cannot be used for the pages: another program has it. "
            "Stop that program, or set another `port` in [pages]."
        ) from error

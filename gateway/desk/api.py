"""The local API of a desk: plain JSON on loopback for the agencies' own systems (docs/local-api.md).

Each agency has a key of its own. A wrong key, and an agency that is not here, are the same 401.
"""

from collections.abc import Awaitable, Callable, Mapping
from hmac import compare_digest
from typing import Final

from aiohttp import web
from msgspec import Struct

from contracts.codec import encode
from gateway.desk import openapi, problems, records
from gateway.desk.agency import Agency
from gateway.desk.calls.call import BODY_BYTES_MAX, JSON, Call, File, Look
from gateway.desk.calls.reading import name_in
from gateway.desk.edge import guarded
from gateway.desk.manual import page
from gateway.desk.openapi import BASE
from gateway.desk.replies import Health, Live
from gateway.desk.routes import CALLS, LOOKS

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

NOBODY: Final = "nobody-has-this-key"


class Served(Struct, frozen=True, eq=False):
    """An agency and the key of its own system."""

    agency: Agency
    key: str


class LocalApi:
    """Handlers for the agencies of one desk. `ready` tells whether there is anything to seal and judge by."""

    def __init__(self, served: Mapping[str, Served], ready: Callable[[], bool]) -> None:
        self._served, self._ready = served, ready

    def application(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[guarded])
        for path, call in CALLS.items():
            app.router.add_post(BASE + path, self._calling(call))
        for path, look in LOOKS.items():
            app.router.add_get(BASE + path, self._looking(look))
        app.router.add_get("/v1/openapi.json", _document)
        app.router.add_get("/v1/docs", page.manual)
        app.router.add_get("/v1/docs.css", page.style)
        app.router.add_get("/health/live", _live)
        app.router.add_get("/health/ready", self._health)
        app.on_shutdown.append(self._ring_out)
        return app

    async def _ring_out(self, _: web.Application) -> None:
        """Whoever waits for events hears now that there are none, and does not hold up the end."""
        for served in self._served.values():
            served.agency.bell.ring()

    def _calling(self, call: Call) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            agency = self._agency(request)
            if agency is None:
                return _unknown()
            status, answered = await call.do(agency, name_in(request), await request.read())
            return _answer(answered, status, call.media)

        return handle

    def _looking(self, look: Look) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            agency = self._agency(request)
            return _unknown() if agency is None else _answer(await look.do(agency, request), 200, look.media)

        return handle

    def _agency(self, request: web.Request) -> Agency | None:
        """The agency in the path, if the caller shows its key. As long for an agency that is not here."""
        served = self._served.get(request.match_info["agency"])
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        good = compare_digest(key.encode(errors="surrogateescape"), (served.key if served else NOBODY).encode())
        return served.agency if served and good and scheme == "Bearer" else None

    async def _health(self, _: web.Request) -> web.Response:
        if not self._ready():
            return problems.plain("not-ready", 503, "Not ready", "The directory and agreement are not yet verified.")
        counted = [await records.alarms(served.agency) for served in self._served.values()]
        return _answer(Health(ready=True, alarms=sum(counted)))


def _answer(answered: Struct, status: int = 200, media: str = JSON) -> web.Response:
    if isinstance(answered, File):
        named = {"Content-Disposition": f'attachment; filename="{answered.name}"'}
        return web.Response(body=answered.content, status=status, content_type=media, headers=named)
    return web.Response(body=encode(answered), status=status, content_type=media)


def _unknown() -> web.Response:
    return problems.plain("not-authorised", 401, "No key, or not one that fits", problems.WHO)


async def _document(request: web.Request) -> web.Response:
    """The OpenAPI document. It holds no secret, so that no key is asked for."""
    made = openapi.document(page.scene_of(request), f"http://{request.host}")
    return web.Response(body=made, content_type=JSON)


async def _live(_: web.Request) -> web.Response:
    return _answer(Live())

"""The local API of a desk: plain JSON on loopback for the agencies' own systems (docs/local-api.md).

Each client of an agency has a key of its own. A wrong key, and an agency that is not here, are the same 401.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import structlog
from aiohttp import web
from msgspec import Struct

from contracts.codec import encode
from gateway.desk import clients, once, openapi, problems, records
from gateway.desk.agency import Agency
from gateway.desk.caller import Caller
from gateway.desk.calls.call import BODY_BYTES_MAX, JSON, Call, Face, File, Look
from gateway.desk.calls.reading import name_in
from gateway.desk.clients import Client
from gateway.desk.edge import guarded
from gateway.desk.errors import DeskError
from gateway.desk.ids import now
from gateway.desk.manual import page
from gateway.desk.once import Once
from gateway.desk.openapi import BASE
from gateway.desk.replies import Health, Live
from gateway.desk.routes import FACES

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

OUT_OF_SCOPE: Final = "This client's key is not for such calls. Ask whoever looks after the desk for one that is."

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Served(Struct, frozen=True, eq=False):
    """An agency and the key of its client `default`."""

    agency: Agency
    key: str


class LocalApi:
    """Handlers for the agencies of one desk. `ready` tells whether there is anything to seal and judge by."""

    def __init__(
        self, served: Mapping[str, Served], ready: Callable[[], bool], failing: Callable[[], int] = lambda: 0
    ) -> None:
        self._served, self._ready, self._failing = served, ready, failing
        self._once = Once()

    def application(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[guarded])
        for face in FACES:
            for path, call in face.calls.items():
                app.router.add_post(BASE + path, self._calling(face, path, call))
            for path, look in face.looks.items():
                app.router.add_get(BASE + path, self._looking(face, look))
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

    def _calling(self, face: Face, path: str, call: Call) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            found = await self._recognised(request)
            if found is None:
                return _unknown()
            agency, client = found
            if not client.may("act", face.name):
                return _out_of_scope()
            name, body = name_in(request), await request.clone(client_max_size=call.most).read()
            try:
                caller = Caller(client=client.name, key=once.key_in(request), asked=once.asked(request, body))
            except once.Unfit as error:
                return problems.plain("not-a-key", 400, "Not an idempotency key", str(error))

            async def act(called: Agency) -> web.Response:
                status, answered = await call.do(called, name, body)
                return _answer(answered, status, call.media)

            acted = log.bind(agency=agency.id, client=client.name, route=f"/{path}")
            try:
                answer = await self._once.answer(agency, call, caller, act)
            except DeskError as error:
                acted.info("call.acted", status=error.status)
                raise
            acted.info("call.acted", status=answer.status)
            return answer

        return handle

    def _looking(self, face: Face, look: Look) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            found = await self._recognised(request)
            if found is None:
                return _unknown()
            agency, client = found
            if not client.may("read", face.name):
                return _out_of_scope()
            return _answer(await look.do(agency, request), 200, look.media)

        return handle

    async def _recognised(self, request: web.Request) -> tuple[Agency, Client] | None:
        """The agency in the path and the client whose key is shown. As long for an agency that is not here."""
        served = self._served.get(request.match_info["agency"])
        looked_at = served or next(iter(self._served.values()))
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        client = await looked_at.agency.cabinet.change(lambda drawer: clients.recognised(drawer, key, now()))
        return (served.agency, client) if served and client and scheme == "Bearer" else None

    async def _health(self, _: web.Request) -> web.Response:
        if not self._ready():
            return problems.plain("not-ready", 503, "Not ready", "The directory and agreement are not yet verified.")
        counted = [await records.alarms(served.agency) for served in self._served.values()]
        return _answer(Health(ready=True, alarms=sum(counted), webhooks_failing=self._failing()))


def _answer(answered: Struct, status: int = 200, media: str = JSON) -> web.Response:
    if isinstance(answered, File):
        named = {"Content-Disposition": f'attachment; filename="{answered.name}"'}
        return web.Response(body=answered.content, status=status, content_type=media, headers=named)
    made = web.Response(body=encode(answered), status=status, content_type=media)
    leaf = getattr(answered, "leaf", None)
    if leaf is not None:
        made[once.LEAF] = leaf
    return made


def _unknown() -> web.Response:
    return problems.plain("not-authorised", 401, "No key, or not one that fits", problems.WHO)


def _out_of_scope() -> web.Response:
    return problems.plain("out-of-scope", 403, "Not with this key", OUT_OF_SCOPE)


async def _document(request: web.Request) -> web.Response:
    """The OpenAPI document. It holds no secret, so that no key is asked for."""
    made = openapi.document(page.scene_of(request), f"http://{request.host}")
    return web.Response(body=made, content_type=JSON)


async def _live(_: web.Request) -> web.Response:
    return _answer(Live())

"""The local API of a desk: plain JSON on loopback for the agencies' own systems (docs/local-api.md).

Each agency has a key of its own. A wrong key, and an agency that is not here, are the same 401.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from hmac import compare_digest
from typing import Final

import structlog
from aiohttp import web
from msgspec import Struct

from contracts.codec import Malformed, encode
from gateway.desk import happenings, inspector, instructions, problems, records
from gateway.desk.agency import Agency
from gateway.desk.errors import DeskError
from gateway.desk.problems import NO_STORE
from gateway.desk.replies import Cases, Event, Events, Instructions, ReceiptName, Receipts, WholeReceipt
from gateway.desk.routes import BODY_BYTES_MAX, CALLS, Call
from gateway.desk.showing import show

Look = Callable[[Agency, web.Request], Awaitable[Struct]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

BASE: Final = "/v1/agencies/{agency}/"
PAGE: Final = 100
LONGEST_PAGE: Final = 500
LONGEST_WAIT: Final = 30
NOBODY: Final = "nobody-has-this-key"

_WHOLE: Final = re.compile(r"[0-9]{1,15}")
log: structlog.stdlib.BoundLogger = structlog.get_logger()


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
        app = web.Application(client_max_size=BODY_BYTES_MAX, handler_args={"auto_decompress": False})
        for path, call in CALLS.items():
            app.router.add_post(BASE + path, _safely(self._calling(call)))
        for path, look in LOOKS.items():
            app.router.add_get(BASE + path, _safely(self._looking(look)))
        app.router.add_get("/health/live", _live)
        app.router.add_get("/health/ready", self._health)
        app.router.add_route("*", "/{path:.*}", _nothing)
        return app

    def _calling(self, call: Call) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            agency = self._agency(request)
            if agency is None:
                return _unknown()
            status, answered = await call(agency, request.match_info.get("id", ""), await request.read())
            return _json(answered, status)

        return handle

    def _looking(self, look: Look) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            agency = self._agency(request)
            return _unknown() if agency is None else _json(await look(agency, request))

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
        return web.Response(body=b'{"ready":true}', content_type="application/json", headers=NO_STORE)


async def _cases(agency: Agency, request: web.Request) -> Struct:
    after = _number(request, "after", 0)
    found = await records.page_of_cases(
        agency, request.query.get("state"), request.query.get("side"), after, _limit(request)
    )
    known = await agency.known()
    return Cases(cases=tuple(show(case, known) for _, case in found), next=found[-1][0] if found else after)


async def _case(agency: Agency, request: web.Request) -> Struct:
    exchange = request.match_info["id"]
    fresh = request.query.get("fresh") == "1"
    case = await (records.fresh_case(agency, exchange) if fresh else agency.case(exchange))
    return show(case, await agency.known())


async def _events(agency: Agency, request: web.Request) -> Struct:
    after = _number(request, "after", 0)
    found = await happenings.after(agency, after, min(_number(request, "wait", 0), LONGEST_WAIT))
    return Events(events=tuple(Event.of(*each) for each in found), next=found[-1][0] if found else after)


async def _instructions(agency: Agency, _: web.Request) -> Struct:
    return Instructions(standing_instructions=tuple(await instructions.every(agency)))


async def _exchange(agency: Agency, request: web.Request) -> Struct:
    return await inspector.view(agency, request.match_info["id"])


async def _receipts(agency: Agency, request: web.Request) -> Struct:
    after = _number(request, "after", 0)
    found = await records.page_of_receipts(agency, after, _limit(request))
    named = (ReceiptName(n=n, jti=kept.jti, exchange=kept.exchange, message=kept.message) for n, kept in found)
    return Receipts(receipts=tuple(named), next=found[-1][0] if found else after)


async def _receipt(agency: Agency, request: web.Request) -> Struct:
    return WholeReceipt.of(await records.receipt(agency, request.match_info["id"]))


LOOKS: Final[Mapping[str, Look]] = {
    "cases": _cases,
    "cases/{id}": _case,
    "events": _events,
    "standing-instructions": _instructions,
    "exchanges/{id}": _exchange,
    "receipts": _receipts,
    "receipts/{id}": _receipt,
}
"""Every call that only looks, by its path under `/v1/agencies/{agency}/`."""


def _safely(handler: Handler) -> Handler:
    """The one place where errors become problems."""

    async def handled(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except DeskError as error:
            log.info("call.refused", slug=error.slug, code=error.code, status=error.status)
            return problems.of(error)
        except Malformed as error:
            return problems.unread(error)
        except web.HTTPRequestEntityTooLarge:
            return problems.plain("too-large", 413, "Too large", problems.TOO_LARGE)

    return handled


def _json(body: Struct, status: int = 200) -> web.Response:
    return web.Response(body=encode(body), status=status, content_type="application/json", headers=NO_STORE)


def _number(request: web.Request, name: str, otherwise: int) -> int:
    text = request.query.get(name, "")
    return int(text) if _WHOLE.fullmatch(text) else otherwise


def _limit(request: web.Request) -> int:
    return max(1, min(_number(request, "limit", PAGE), LONGEST_PAGE))


def _unknown() -> web.Response:
    return problems.plain("not-authorised", 401, "No key, or not one that fits", problems.WHO)


async def _live(_: web.Request) -> web.Response:
    return web.Response(body=b'{"live":true}', content_type="application/json", headers=NO_STORE)


async def _nothing(_: web.Request) -> web.Response:
    return problems.plain("not-found", 404, "Not there", problems.NOTHING_HERE)

"""The local API of a desk: plain JSON on loopback for the agencies' own systems (docs/local-api.md).

Each agency has a key of its own. A wrong key, and an agency that is not here, are the same 401.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from hmac import compare_digest
from typing import Final

from aiohttp import web
from msgspec import Struct
from msgspec.structs import asdict

from contracts.codec import encode
from contracts.text import UUID7
from gateway.desk import beside_routes, delays, evidence, happenings, inspector, instructions, problems, records
from gateway.desk.agency import Agency
from gateway.desk.calling import BODY_BYTES_MAX, Call
from gateway.desk.edge import guarded
from gateway.desk.errors import NotThere
from gateway.desk.replies import (
    Alarms,
    Cases,
    Delivered,
    Event,
    Events,
    Health,
    Instructions,
    NumberedAlarm,
    ReceiptName,
    Receipts,
    StandingInstruction,
    VisibilityDelay,
    VisibilityDelays,
    WholeReceipt,
)
from gateway.desk.routes import CALLS
from gateway.desk.showing import show

Look = Callable[[Agency, web.Request], Awaitable[Struct]]
Bundle = Callable[[Agency, str, bytes], Awaitable[bytes]]
"""Takes the agency, the exchange and the body, and gives a ZIP."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

BASE: Final = "/v1/agencies/{agency}/"
PAGE: Final = 100
LONGEST_PAGE: Final = 500
LONGEST_WAIT: Final = 30
NOBODY: Final = "nobody-has-this-key"

_WHOLE: Final = re.compile(r"[0-9]{1,15}")
_NAME: Final = re.compile(UUID7)


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
            app.router.add_post(BASE + path, self._calling(call, beside_routes.LARGE.get(path, BODY_BYTES_MAX)))
        for path, look in LOOKS.items():
            app.router.add_get(BASE + path, self._looking(look))
        app.router.add_get(BASE + "cases/{id}/evidence", self._handing_out(evidence.of_case))
        app.router.add_post(BASE + "exchanges/{id}/evidence", self._handing_out(evidence.of_exchange))
        app.router.add_get("/health/live", _live)
        app.router.add_get("/health/ready", self._health)
        app.on_shutdown.append(self._ring_out)
        return app

    async def _ring_out(self, _: web.Application) -> None:
        """Whoever waits for events hears now that there are none, and does not hold up the end."""
        for served in self._served.values():
            served.agency.bell.ring()

    def _calling(self, call: Call, most: int) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            agency = self._agency(request)
            if agency is None:
                return _unknown()
            body = await request.clone(client_max_size=most).read()
            status, answered = await call(agency, _name(request), body)
            return _json(answered, status)

        return handle

    def _looking(self, look: Look) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            agency = self._agency(request)
            return _unknown() if agency is None else _json(await look(agency, request))

        return handle

    def _handing_out(self, bundle: Bundle) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            agency = self._agency(request)
            if agency is None:
                return _unknown()
            exchange = _name(request)
            return _zip(await bundle(agency, exchange, await request.read()), exchange)

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
        return _json(Health(ready=True, alarms=sum(counted)))


async def _cases(agency: Agency, request: web.Request) -> Struct:
    after = _number(request, "after", 0)
    found = await records.page_of_cases(
        agency, request.query.get("state"), request.query.get("side"), after, _limit(request)
    )
    known = await agency.known()
    return Cases(cases=tuple(show(case, known) for _, case in found), next=found[-1][0] if found else after)


async def _case(agency: Agency, request: web.Request) -> Struct:
    exchange = _name(request)
    fresh = request.query.get("fresh") == "1"
    case = await (records.fresh_case(agency, exchange) if fresh else agency.case(exchange))
    return show(case, await agency.known())


async def _events(agency: Agency, request: web.Request) -> Struct:
    after = _number(request, "after", 0)
    found = await happenings.after(agency, after, min(_number(request, "wait", 0), LONGEST_WAIT))
    return Events(events=tuple(Event.of(*each) for each in found), next=found[-1][0] if found else after)


async def _instructions(agency: Agency, _: web.Request) -> Struct:
    every = await instructions.every(agency)
    return Instructions(standing_instructions=tuple(StandingInstruction.of(each) for each in every))


async def _delays(agency: Agency, _: web.Request) -> Struct:
    every = await delays.every(agency)
    return VisibilityDelays(visibility_delays=tuple(VisibilityDelay.of(each) for each in every))


async def _exchange(agency: Agency, request: web.Request) -> Struct:
    search = request.query.get("search", "")
    return await inspector.view(agency, _name(request), search if _NAME.search(search) else None)


async def _receipts(agency: Agency, request: web.Request) -> Struct:
    after = _number(request, "after", 0)
    found = await records.page_of_receipts(agency, after, _limit(request))
    named = (ReceiptName(n=n, jti=kept.jti, exchange=kept.exchange, message=kept.message) for n, kept in found)
    return Receipts(receipts=tuple(named), next=found[-1][0] if found else after)


async def _receipt(agency: Agency, request: web.Request) -> Struct:
    return WholeReceipt.of(await records.receipt(agency, _name(request)))


async def _delivery(agency: Agency, request: web.Request) -> Struct:
    return Delivered.of(await records.delivery(agency, request.match_info["leaf"]))


async def _alarms(agency: Agency, request: web.Request) -> Struct:
    after = _number(request, "after", 0)
    found = await records.page_of_alarms(agency, after, _limit(request))
    numbered = (NumberedAlarm(n=n, **asdict(alarm)) for n, alarm in found)
    return Alarms(alarms=tuple(numbered), next=found[-1][0] if found else after)


LOOKS: Final[Mapping[str, Look]] = {
    "cases": _cases,
    "cases/{id}": _case,
    "events": _events,
    "standing-instructions": _instructions,
    "visibility-delays": _delays,
    "exchanges/{id}": _exchange,
    "receipts": _receipts,
    "receipts/{id}": _receipt,
    "deliveries/{leaf}": _delivery,
    "alarms": _alarms,
    **beside_routes.LOOKS,
}
"""Every call that only looks, by its path under `/v1/agencies/{agency}/`."""


def _json(body: Struct, status: int = 200) -> web.Response:
    return web.Response(body=encode(body), status=status, content_type="application/json")


def _zip(body: bytes, exchange: str) -> web.Response:
    named = {"Content-Disposition": f'attachment; filename="evidence-{exchange}.zip"'}
    return web.Response(body=body, content_type="application/zip", headers=named)


def _name(request: web.Request) -> str:
    """The id in the path, empty where there is none; anything else could lead to another path. Raises NotThere."""
    name = request.match_info.get("id", "")
    if name and not _NAME.search(name):
        raise NotThere(problems.NOTHING_HERE)
    return name


def _number(request: web.Request, name: str, otherwise: int) -> int:
    text = request.query.get(name, "")
    return int(text) if _WHOLE.fullmatch(text) else otherwise


def _limit(request: web.Request) -> int:
    return max(1, min(_number(request, "limit", PAGE), LONGEST_PAGE))


def _unknown() -> web.Response:
    return problems.plain("not-authorised", 401, "No key, or not one that fits", problems.WHO)


async def _live(_: web.Request) -> web.Response:
    return web.Response(body=b'{"live":true}', content_type="application/json")

"""The public log over HTTP: tiles and entry bundles (C2SP tlog-tiles). Anybody may read and keep them."""

import asyncio
import gzip
import re
from typing import Final

from aiohttp import web

from contracts.checkpoint import Malformed
from contracts.tlog_tiles import ENTRIES, Place
from gateway.api import problems
from gateway.ledger import tiles
from gateway.store.port import TreeStore

IMMUTABLE: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
QUICK: Final = 1
"""The gzip level: half of a bundle is commitments, which no level makes smaller."""

_REFUSED: Final = re.compile(r"q=0(\.0{0,3})?")


class Tiles:
    """Handlers of the tiles of one log."""

    def __init__(self, store: TreeStore) -> None:
        self._store = store

    def routes(self) -> list[web.RouteDef]:
        """The addresses of everything below `tile/`."""
        return [web.get("/tile/{place:.*}", self.tile)]

    async def tile(self, request: web.Request) -> web.Response:
        """`GET /tile/<L>/<N>[.p/<W>]` and `/tile/entries/<N>[.p/<W>]`: what the committed tree has reached."""
        try:
            place = Place.parse(request.rel_url.raw_path.removeprefix("/"))
        except Malformed:
            return _nothing()
        body = await tiles.read(self._store, place)
        if body is None:
            return _nothing()
        headers = dict(IMMUTABLE)
        if place.level == ENTRIES:
            headers["Vary"] = "Accept-Encoding"
            if _takes_gzip(request):
                headers["Content-Encoding"] = "gzip"
                body = await asyncio.to_thread(gzip.compress, body, QUICK, mtime=0)
        return web.Response(body=body, content_type="application/octet-stream", headers=headers)


def _nothing() -> web.Response:
    """No such tile, or none yet: an answer that nobody may keep."""
    answer = problems.plain("not-found", "The log has no such tile. Read /checkpoint for its size.")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _takes_gzip(request: web.Request) -> bool:
    """Whether the client names gzip and does not refuse it (RFC 9110 section 12.5.3)."""
    for each in request.headers.get("Accept-Encoding", "").lower().split(","):
        coding, _, weight = each.replace(" ", "").partition(";")
        if coding == "gzip":
            return not _REFUSED.fullmatch(weight)
    return False

"""One HTTP connection: what aiohttp leaves open is closed here.

Deadlines for headers and for reading an answer, a cap on connections, and no word of the input in what is answered to
malformed HTTP.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Final

import structlog
from aiohttp import HttpVersion10, HttpVersion11, web
from msgspec import Struct

from gateway.api import problems
from gateway.api.few import Few

LINGER: Final = 1.0
"""Seconds for which the rest of a refused body is still read, so that its sender hears the answer."""

HEADERS: Final = 64
"""Header lines of a request, of up to 8 KB each: twice what a call has that came through several proxies."""

_BUSY_BODY: Final = problems.body("busy", "Too many connections are open. Try again in a moment.")
_BUSY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: %d\r\n"
    b"Connection: close\r\nContent-Length: %d\r\n\r\n%b"
)

_log = structlog.get_logger()


class Terms(Struct, frozen=True, kw_only=True):
    """How many connections may be open, and of these how many with an answer that is not read; the seconds for a
    request's headers, for reading an answer, and between requests.
    """

    connections: int
    unread: int
    header_seconds: int
    answer_seconds: int
    keepalive_seconds: int


def connections(server: web.Server, terms: Terms, loop: asyncio.AbstractEventLoop) -> Callable[[], "Connection"]:
    """What `create_server` makes connections by."""
    unread: Few[asyncio.Transport] = Few(terms.unread, _cut_off)
    return lambda: Connection(server, terms, unread, loop)


class Connection(web.RequestHandler):
    """aiohttp's connection, kept to the gateway's terms."""

    __slots__ = ("_server", "_slow", "_terms", "_unread", "_waits")

    def __init__(
        self, server: web.Server, terms: Terms, unread: Few[asyncio.Transport], loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__(
            server,
            loop=loop,
            keepalive_timeout=terms.keepalive_seconds,
            access_log=None,  # type: ignore[arg-type]  # aiohttp's own way to have none
            auto_decompress=False,
            lingering_time=LINGER,
            max_headers=HEADERS,
        )
        self._server, self._terms, self._unread = server, terms, unread
        self._slow: asyncio.TimerHandle | None = None
        self._waits: tuple[asyncio.Transport, asyncio.TimerHandle] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Refuse what is over the cap at once, before it can hold anything."""
        super().connection_made(transport)
        assert isinstance(transport, asyncio.Transport)
        transport.set_write_buffer_limits(high=0)  # `pause_writing` as soon as the reader falls behind
        if len(self._server.connections) > self._terms.connections:
            transport.write(_BUSY % (problems.retry_after(), len(_BUSY_BODY), _BUSY_BODY))
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Nothing is left to wait for."""
        super().connection_lost(exc)
        if self._slow is not None:
            self._slow.cancel()
        self._read()

    def pause_writing(self) -> None:
        """Part of an answer stays here until it is read, closed or not: only for so long, and only for so many."""
        super().pause_writing()
        transport = self.transport
        if transport is not None:
            self._waits = transport, self._loop.call_later(self._terms.answer_seconds, _cut_off, transport)
            self._unread.add(transport)

    def resume_writing(self) -> None:
        """All of it is on its way."""
        super().resume_writing()
        self._read()

    def _read(self) -> None:
        if self._waits is not None:
            transport, until = self._waits
            self._waits = None
            self._unread.remove(transport)
            until.cancel()

    def data_received(self, data: bytes) -> None:
        """Headers that come in pieces have a deadline; most come whole and cost nothing here."""
        heard = self._request_count
        super().data_received(data)
        if self._request_count == heard and self._awaits_headers() and self._slow is None:
            self._slow = self._loop.call_later(self._terms.header_seconds, self._too_slow, heard)

    def _awaits_headers(self) -> bool:
        return self._current_request is None and not self._messages

    def _too_slow(self, heard: int) -> None:
        self._slow = None
        if self._request_count == heard and self._awaits_headers():
            self.force_close()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What no handler answers: malformed HTTP, or an error of ours. aiohttp would quote the one and print both."""
        if request.writer.output_size > 0 or isinstance(exc, ConnectionError):
            raise ConnectionError("An answer has begun, or nobody is left to hear one.")
        if status < 500:
            answer = problems.of_http(status, {})
        else:
            _log.error("request.failed", exc_info=exc)
            answer = problems.plain("internal", problems.INTERNAL)
        answer.force_close()
        return answer


def _cut_off(transport: asyncio.Transport) -> None:
    """End a connection whose reader does not read, and have the system forget what it still keeps for it."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def check_version(request: web.BaseRequest) -> None:
    """Other versions frame their bodies in other ways; so does 1.0, which has no chunks (RFC 9112 section 6.1)."""
    if request.version == HttpVersion11:
        return
    if request.version != HttpVersion10:
        raise web.HTTPVersionNotSupported
    if "Transfer-Encoding" in request.headers:
        raise web.HTTPBadRequest

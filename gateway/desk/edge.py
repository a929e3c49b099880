"""The edge of the local API: who may call it by which name, and every refusal in our own words. Nothing is cached.

A page in a member of staff's browser can be made to call any name that leads to this machine (DNS rebinding), so the
name must be the machine's own.
"""

import asyncio
import re
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from contracts.codec import Malformed
from gateway.desk import problems
from gateway.desk.errors import DeskError

_LOOPBACK: Final = re.compile(r"(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?", re.IGNORECASE)
log: structlog.stdlib.BoundLogger = structlog.get_logger()


@web.middleware
async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The one place where errors become problems."""
    answer = await _answered(request, handler)
    answer.headers["Cache-Control"] = "no-store"
    return answer


async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    hosts = request.headers.getall("Host", ())
    if len(hosts) != 1 or not _LOOPBACK.fullmatch(hosts[0]):
        return problems.of_http(421)
    try:
        return await handler(request)
    except DeskError as error:
        log.info("call.refused", slug=error.slug, code=error.code, status=error.status)
        return problems.of(error)
    except Malformed as error:
        return problems.unread(error)
    except web.HTTPException as refused:
        return problems.of_http(refused.status, refused.headers)
    except web.RequestPayloadError:
        return problems.of_http(400)


class Connection(web.RequestHandler):
    """aiohttp's connection, whose own words for what goes wrong would repeat the input."""

    __slots__ = ()

    def __init__(self, server: web.Server, loop: asyncio.AbstractEventLoop, keepalive_seconds: int) -> None:
        super().__init__(
            server,
            loop=loop,
            keepalive_timeout=keepalive_seconds,
            access_log=None,  # type: ignore[arg-type]  # aiohttp's own way to have none
            auto_decompress=False,
        )

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What no handler answers: malformed HTTP, or an error of ours."""
        if request.writer.output_size > 0 or isinstance(exc, ConnectionError):
            raise ConnectionError("An answer has begun, or nobody is left to hear one.")
        if status >= 500:
            log.error("request.failed", exc_info=exc)
        answer = self.refusal(status)
        answer.headers["Cache-Control"] = "no-store"
        answer.force_close()
        return answer

    def refusal(self, status: int) -> web.Response:
        """How it is told."""
        return problems.of_http(status)

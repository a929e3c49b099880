"""A desk's errors as RFC 9457 problems: the one map from what went wrong to what the agency's system is told."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from aiohttp import web
from msgspec import Struct

from contracts.codec import Malformed, encode
from contracts.vocabulary import ReasonCode
from gateway.desk.errors import DeskError, Fault, GatewayAway, Refused, Typed

MEDIA_TYPE: Final = "application/problem+json"

WHO: Final = "Send this client's key, as `Authorization: Bearer …`: of its own, or the text of local-api.key."
NOT_HERE: Final = "The desk answers under the name of its own machine only, as `127.0.0.1` or `localhost`."
INTERNAL: Final = "The desk's log says what. Tell whoever looks after it."
NOT_HTTP: Final = "Send the request by a current HTTP library, and with nothing between that rewrites its headers."
NOTHING_HERE: Final = "The desk has nothing at this address. The local API's document lists what there is."
TOO_LARGE: Final = "Send less at once: 256 KiB at the most, and 6 MiB where a letter is sent."
NOT_READ: Final = "The body is not what this call takes. Compare it with the local API's document."


BY_STATUS: Final[Mapping[int, tuple[str, str, str]]] = MappingProxyType(
    {
        404: ("not-found", "Not there", NOTHING_HERE),
        405: ("wrong-method", "Not by this method", "What acts is posted; everything else is read by GET."),
        413: ("too-large", "Too large", TOO_LARGE),
        421: ("misdirected", "Not this desk's name", NOT_HERE),
        500: ("internal", "Something went wrong at the desk", INTERNAL),
    }
)
"""What HTTP itself refuses, in our words: aiohttp's own repeat the input."""


class DeskProblem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Problem details. `faults` name each input to change; `jti` the message, where the refusal is on record."""

    type: str
    title: str
    status: int
    detail: str
    code: ReasonCode | None = None
    exchange: str | None = None
    clauses: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()
    where: str | None = None
    jti: str | None = None


def plain(slug: str, status: int, title: str, detail: str) -> web.Response:
    """A problem that is only words."""
    return response(DeskProblem(type=f"urn:rj:problem:{slug}", title=title, status=status, detail=detail))


def of_http(status: int, headers: Mapping[str, str] = MappingProxyType({})) -> web.Response:
    """A refusal of HTTP itself; `Allow` goes with a 405."""
    slug, title, detail = BY_STATUS.get(status, ("not-http", "Not well-formed HTTP", NOT_HTTP))
    answer = plain(slug, status, title, detail)
    if "Allow" in headers:
        answer.headers["Allow"] = headers["Allow"]
    return answer


def unread(error: Malformed) -> web.Response:
    """A body that is not what the call takes; `where` is the place in its contract, never what stood there."""
    faults = (Fault(name=error.where.removeprefix("$."), detail=NOT_READ),) if error.where else ()
    return response(
        DeskProblem(
            type="urn:rj:problem:typed", title="Something needs changing", status=422, detail=NOT_READ, faults=faults
        )
    )


def of(error: DeskError) -> web.Response:
    """What an error looks like to the agency's system."""
    if isinstance(error, Refused):
        return response(_refusal(error))
    return response(
        DeskProblem(
            type=f"urn:rj:problem:{error.slug}",
            title=error.title,
            status=error.status,
            detail=error.detail,
            code=error.code,
            exchange=error.exchange,
            clauses=error.clauses,
            faults=error.faults if isinstance(error, Typed) else (),
        ),
        {"Retry-After": "5"} if isinstance(error, GatewayAway) else {},
    )


def response(problem: DeskProblem, headers: dict[str, str] | None = None) -> web.Response:
    """The problem as an HTTP response."""
    return web.Response(body=encode(problem), status=problem.status, content_type=MEDIA_TYPE, headers=headers)


def _refusal(error: Refused) -> DeskProblem:
    said = error.problem
    return DeskProblem(
        type=said.type,
        title=said.title,
        status=said.status,
        detail=said.detail,
        code=said.code,
        exchange=said.exchange,
        clauses=said.clauses,
        where=said.where,
        jti=error.jti if error.on_record else None,
    )

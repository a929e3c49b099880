"""Errors as RFC 9457 problem details: the one map from what went wrong to what a reader is told. Nothing is echoed."""

import secrets
from collections.abc import Mapping
from math import ceil
from typing import Final, NamedTuple

from aiohttp import web

from contracts.codec import encode
from contracts.reply import DecisionClaims, Problem, Reply
from gateway.errors import (
    ClockJumped,
    Forked,
    GatewayError,
    NotCosigned,
    NotVerified,
    Overloaded,
    Refusal,
    StoreUnavailable,
    TooLarge,
)

MEDIA_TYPE: Final = "application/problem+json"
SERVER: Final = "rj"
"""The `Server` header: aiohttp would name itself and its version."""


class Kind(NamedTuple):
    """Status and title of a kind of problem."""

    status: int
    title: str


KINDS: Final[dict[str, Kind]] = {
    "not-http": Kind(400, "The request is not well-formed HTTP"),
    "not-verified": Kind(400, "The message could not be verified"),
    "not-authorised": Kind(401, "You have not shown who is reading"),
    "not-permitted": Kind(403, "The agreement does not permit this"),
    "not-found": Kind(404, "There is nothing here for you"),
    "wrong-method": Kind(405, "This address does not take this method"),
    "slow": Kind(408, "The message came too slowly"),
    "wrong-state": Kind(409, "The exchange is past this point"),
    "known-id": Kind(409, "Another message has this id"),
    "erased": Kind(410, "The record has been erased"),
    "too-large": Kind(413, "The message is too large"),
    "compressed": Kind(415, "The body must not be compressed"),
    "expectation": Kind(417, "The gateway cannot do what the request expects"),
    "stale": Kind(422, "The message is not fresh"),
    "unfit": Kind(422, "The message does not follow its contract"),
    "internal": Kind(500, "Something went wrong at the gateway"),
    "not-recorded": Kind(503, "The gateway could not record this"),
    "not-cosigned": Kind(503, "The log is not confirmed at the moment"),
    "busy": Kind(503, "The gateway is busy"),
    "version": Kind(505, "The gateway speaks HTTP/1.1 and HTTP/1.0"),
}

NOT_VERIFIED: Final = (
    "Check that the envelope and the token are written exactly as the contracts say, that the key is in the directory "
    "and valid today, and that nothing was changed after signing. Ask your supplier to run the signature check."
)
NOT_AUTHORISED: Final = (
    "Send `Authorization: Bearer` once, with a reading token of type `rj.reading.v1+jwt` whose `htu` is the path and "
    "query exactly as sent, which lasts 60 seconds at most, and whose key is in the directory and valid today."
)
INTERNAL: Final = "The operator has been told."
NOT_HTTP: Final = "Send the request by a current HTTP library, and with nothing between that rewrites its headers."
DETAILS: Final[dict[type[GatewayError], tuple[str, str]]] = {
    NotVerified: ("not-verified", NOT_VERIFIED),
    TooLarge: ("too-large", "The message is over the gateway's limit. Send fewer or shorter sealed values."),
    StoreUnavailable: ("not-recorded", "Nothing was handed out. Send the same token again in a moment."),
    ClockJumped: (
        "not-recorded",
        "Nothing was taken: the gateway's clock is wrong. Ring its operator, and send the same token again later.",
    ),
    Forked: (
        "not-recorded",
        "Nothing was handed out: the gateway's log has stopped. Ring its operator, and send the same token later.",
    ),
    NotCosigned: (
        "not-cosigned",
        "Nothing was handed out: the log's cosigners do not confirm it at the moment. Open again in a few minutes, "
        "as a new message. If it lasts, ring the gateway's operator.",
    ),
    Overloaded: ("busy", "Nothing was taken: too much waits already. Send the same token again after `Retry-After`."),
}
BY_STATUS: Final[dict[int, tuple[str, str]]] = {
    401: ("not-authorised", NOT_AUTHORISED),
    404: ("not-found", "The gateway has nothing at this address."),
    405: ("wrong-method", "Messages are posted to /v1/messages; every other address is read by GET."),
    408: ("slow", "The message came too slowly. Send it again over a faster line."),
    413: DETAILS[TooLarge],
    415: ("compressed", "Send the body as it is, without a `Content-Encoding`."),
    417: ("expectation", "The only expectation that the gateway knows is `100-continue`."),
    505: ("version", "Send the request as HTTP/1.1."),
}
"""What aiohttp itself refuses, and what the handlers refuse in its words; its own texts repeat the input."""


def body(slug: str, detail: str) -> bytes:
    """The bytes of a problem with nothing but words."""
    kind = KINDS[slug]
    return encode(Problem(type=f"urn:rj:problem:{slug}", title=kind.title, status=kind.status, detail=detail))


def retry_after(full: float = 1.0) -> int:
    """Seconds until it is worth trying again: up to 3 as the gateway fills, and not the same for all who are told."""
    return 1 + secrets.randbelow(1 + ceil(2 * full))


def plain(slug: str, detail: str, full: float = 1.0) -> web.Response:
    """A problem of one of the kinds, with nothing but words."""
    status = KINDS[slug].status
    headers = {"Server": SERVER} | ({"Retry-After": str(retry_after(full))} if status == 503 else {})
    return web.Response(body=body(slug, detail), status=status, content_type=MEDIA_TYPE, headers=headers)


def of_http(status: int, headers: Mapping[str, str]) -> web.Response:
    """A refusal of HTTP itself, in our own words; `Allow` goes with a 405."""
    slug, detail = BY_STATUS.get(status, ("not-http", NOT_HTTP))
    answer = plain(slug, detail)
    if "Allow" in headers:
        answer.headers["Allow"] = headers["Allow"]
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


def of_error(error: GatewayError) -> web.Response:
    """What an error looks like from outside."""
    if isinstance(error, Refusal):
        return plain(error.slug, str(error))
    slug, detail = next((DETAILS[kind] for kind in type(error).__mro__ if kind in DETAILS), ("internal", INTERNAL))
    return plain(slug, detail, error.full if isinstance(error, Overloaded) else 1.0)


def of_refusal(decision: DecisionClaims, reply: Reply) -> web.Response:
    """A refusal on record: the reason, and beside it the signed decision and its receipt."""
    kind = KINDS[decision.problem or "not-permitted"]
    problem = Problem(
        type=f"urn:rj:problem:{decision.problem}",
        title=kind.title,
        status=kind.status,
        detail=decision.detail or kind.title,
        code=decision.code,
        exchange=decision.exchange,
        clauses=decision.clauses,
        where=decision.where,
        decision=reply.decision,
        receipt=reply.receipt,
    )
    return web.Response(body=encode(problem), status=kind.status, content_type=MEDIA_TYPE)

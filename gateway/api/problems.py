"""Errors as RFC 9457 problem details: the one map from what went wrong to what a reader is told. Nothing is echoed."""

from typing import Final, NamedTuple

from aiohttp import web

from contracts.codec import encode
from contracts.reply import Problem
from gateway.errors import GatewayError, NotVerified, Overloaded, Refusal, StoreUnavailable, TooLarge
from gateway.exchange import Answer

MEDIA_TYPE: Final = "application/problem+json"


class Kind(NamedTuple):
    """Status and title of a kind of problem."""

    status: int
    title: str


KINDS: Final[dict[str, Kind]] = {
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
    "stale": Kind(422, "The message is not fresh"),
    "unfit": Kind(422, "The message does not follow its contract"),
    "internal": Kind(500, "Something went wrong at the gateway"),
    "not-recorded": Kind(503, "The gateway could not record this"),
    "busy": Kind(503, "The gateway is busy"),
}

NOT_VERIFIED: Final = (
    "Check that the envelope and the token are written exactly as the contracts say, that the key is in the directory "
    "and valid today, and that nothing was changed after signing. Ask your supplier to run the signature check."
)
DETAILS: Final[dict[type[GatewayError], tuple[str, str]]] = {
    NotVerified: ("not-verified", NOT_VERIFIED),
    TooLarge: ("too-large", "A message may be 256 KiB at the most. Send fewer or shorter sealed values."),
    StoreUnavailable: ("not-recorded", "Nothing was handed out. Send the same token again in a moment."),
    Overloaded: ("busy", "Nothing was taken. Send the same token again in a moment."),
}


def response(problem: Problem, headers: dict[str, str] | None = None) -> web.Response:
    """The problem as an HTTP response."""
    return web.Response(body=encode(problem), status=problem.status, content_type=MEDIA_TYPE, headers=headers)


def plain(slug: str, detail: str) -> web.Response:
    """A problem of one of the kinds, with nothing but words."""
    kind = KINDS[slug]
    headers = {"Retry-After": "1"} if kind.status == 503 else None
    return response(
        Problem(type=f"urn:rj:problem:{slug}", title=kind.title, status=kind.status, detail=detail), headers
    )


def of_error(error: GatewayError) -> web.Response:
    """What an error looks like from outside."""
    if isinstance(error, Refusal):
        return plain(error.slug, str(error))
    slug, detail = DETAILS.get(type(error), ("internal", "The operator of the gateway has been told."))
    return plain(slug, detail)


def of_refusal(answer: Answer) -> web.Response:
    """A refusal on record: the reason, and beside it the signed decision and its receipt."""
    decision, reply = answer.decision, answer.reply
    kind = KINDS[decision.problem or "not-permitted"]
    return response(
        Problem(
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
    )

"""The shape of a call: what acts is a `Call` and is posted, what only looks is a `Look`.

`saying` makes a call that says something to the gateway, `doing` one that answers by one status, `answering` any other;
`Look` is written as it is.
"""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final, Literal, TypeVar

import msgspec
from aiohttp import web
from msgspec import Struct

from contracts.codec import decode_strict
from gateway.desk.agency import Agency
from gateway.desk.calls.scene import Scene
from gateway.desk.replies import Spoken
from gateway.desk.speaking import Said

B = TypeVar("B", bound=Struct)
S = TypeVar("S", bound=Struct)

FaceName = Literal["requester", "holder", "inspector", "everybody"]

BODY_BYTES_MAX: Final = 256 * 1024
JSON: Final = "application/json"
SAYING: Final = (HTTPStatus.CREATED, HTTPStatus.ACCEPTED)

Answered = tuple[HTTPStatus, Struct]
Do = Callable[[Agency, str, bytes], Awaitable[Answered]]
"""Takes the agency, the exchange or other id in the path (empty where there is none), and the body."""


Within = Callable[[object], Answered | None]
"""The answer, where what one change of the cabinet gave already tells it; so that it is kept with the change."""


def not_within(_: object) -> None:
    """The answer is told only at the end."""


class File(Struct, frozen=True, kw_only=True):
    """An answer that is a file to keep, not JSON."""

    name: str
    content: bytes


class NoQuery(Struct, frozen=True, kw_only=True):
    """Nothing is asked after the `?`."""


class Call(Struct, frozen=True, kw_only=True, eq=False):
    """A call that acts.

    `example` makes a body that the call takes. `kept` says whether its answer may be kept for a while, to be given
    again when the same call comes twice: never where it holds what somebody looked at. `within` finds the answer in
    what a change of the cabinet gave: then it is kept in that very change. `most` is how many bytes its body may have.
    """

    summary: str
    description: str
    body: type[Struct]
    answer: type[Struct]
    statuses: tuple[HTTPStatus, ...]
    example: Callable[[Scene], Struct]
    do: Do
    kept: bool
    within: Within = not_within
    media: str = JSON
    most: int = BODY_BYTES_MAX


class Look(Struct, frozen=True, kw_only=True, eq=False):
    """A call that only looks. `query` has a member for each thing that may stand after the `?`."""

    summary: str
    description: str = ""
    answer: type[Struct]
    do: Callable[[Agency, web.Request], Awaitable[Struct]]
    query: type[Struct] = NoQuery
    media: str = JSON


class Face(Struct, frozen=True, kw_only=True, eq=False):
    """The calls of one kind of agency, by their paths under `/v1/agencies/{agency}/`."""

    name: FaceName
    title: str
    calls: Mapping[str, Call]
    looks: Mapping[str, Look]

    @property
    def answers(self) -> list[type[Struct]]:
        """What its calls answer, files apart."""
        every: list[Call | Look] = [*self.calls.values(), *self.looks.values()]
        return [each.answer for each in every if each.answer is not File]


def saying(
    body: type[B],
    do: Callable[[Agency, str, B], Awaitable[Said]],
    summary: str,
    *,
    example: Callable[[Scene], B],
    description: str = "",
) -> Call:
    """A call that says something to the gateway: 201 on record, 202 waiting."""

    async def said(agency: Agency, exchange: str, wanted: B) -> Answered:
        done = await do(agency, exchange, wanted)
        return status_of(done), Spoken.of(done, await agency.known())

    return answering(
        body, said, Spoken, summary, statuses=SAYING, example=example, kept=True, description=description
    )  # fmt: skip


def doing(
    body: type[B],
    do: Callable[[Agency, str, B], Awaitable[S]],
    answer: type[S],
    summary: str,
    *,
    example: Callable[[Scene], B],
    kept: bool,
    status: HTTPStatus = HTTPStatus.OK,
    description: str = "",
    within: Within = not_within,
    media: str = JSON,
) -> Call:
    """A call that does something else, and answers by this one status."""

    async def done(agency: Agency, name: str, wanted: B) -> Answered:
        return status, await do(agency, name, wanted)

    return answering(
        body,
        done,
        answer,
        summary,
        statuses=(status,),
        example=example,
        kept=kept,
        description=description,
        within=within,
        media=media,
    )


def answering(
    body: type[B],
    do: Callable[[Agency, str, B], Awaitable[Answered]],
    answer: type[Struct],
    summary: str,
    *,
    statuses: tuple[HTTPStatus, ...],
    example: Callable[[Scene], B],
    kept: bool,
    description: str = "",
    within: Within = not_within,
    media: str = JSON,
    most: int = BODY_BYTES_MAX,
) -> Call:
    """A call that tells by which of its statuses it answers, or whose body may be larger than others."""
    return Call(
        summary=summary,
        description=description,
        body=body,
        answer=answer,
        statuses=statuses,
        example=example,
        do=_typed(body, do, most),
        kept=kept,
        within=within,
        media=media,
        most=most,
    )


def status_of(said: Said) -> HTTPStatus:
    """By which status it is told what became of a message."""
    return HTTPStatus.ACCEPTED if said.sent.queued else HTTPStatus.CREATED


def _typed(body: type[B], do: Callable[[Agency, str, B], Awaitable[Answered]], most: int) -> Do:
    """The same, from the body as it came. Raises Malformed."""
    decoder = msgspec.json.Decoder(body)

    async def called(agency: Agency, name: str, raw: bytes) -> Answered:
        return await do(agency, name, decode_strict(raw, decoder, most))

    return called

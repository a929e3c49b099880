"""How a call of the local API is made of a service: the body it takes, and the most of it."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from contracts.codec import decode_strict
from gateway.desk.agency import Agency

B = TypeVar("B", bound=Struct)

BODY_BYTES_MAX: Final = 256 * 1024

Answered = tuple[HTTPStatus, Struct]
Call = Callable[[Agency, str, bytes], Awaitable[Answered]]
"""Takes the agency, the exchange or other id in the path (empty where there is none), and the body."""


def taking(body: type[B], do: Callable[[Agency, str, B], Awaitable[Answered]], most: int = BODY_BYTES_MAX) -> Call:
    """A call that takes this body. Raises Malformed."""
    decoder = msgspec.json.Decoder(body)

    async def called(agency: Agency, name: str, raw: bytes) -> Answered:
        return await do(agency, name, decode_strict(raw, decoder, most))

    return called

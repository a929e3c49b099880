"""The statement that one log takes the place of another: signed by both parties, because nobody else can see why.

A log that cannot be extended any more is closed for ever. Its successor is a log of another name, whose first line
names where the old one ended.
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from contracts.text import Origin


class Succession(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`checkpoint` is the last one of the old log that anyone holds, as it was signed; `old_vkey` verifies it."""

    old_vkey: Annotated[str, Meta(max_length=300)]
    checkpoint: Annotated[str, Meta(max_length=20_000)]
    new: Origin
    why: Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\n\x00-\x1f]+$(?!\n)")]


_SUCCESSION: Final = msgspec.json.Decoder(Succession)


def parse(document: str) -> Succession:
    """The statement in a signed document's text. Raises msgspec.DecodeError."""
    return _SUCCESSION.decode(document)

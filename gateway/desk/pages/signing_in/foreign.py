"""Reading JSON that a provider wrote: unknown members are allowed, ambiguity is not."""

import json
from typing import Any, TypeVar

import msgspec

from contracts.codec import Malformed

T = TypeVar("T")


def read(raw: bytes, kind: type[T]) -> T:
    """One JSON value in UTF-8 of this kind, in which no object names a member twice. Raises Malformed."""
    try:
        json.loads(raw.decode("utf-8"), object_pairs_hook=_once)
        return msgspec.json.decode(raw, type=kind)
    # `from None`: the parsers' own errors quote the input.
    except (ValueError, RecursionError, msgspec.DecodeError):
        raise Malformed("This is not the document that was expected.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members

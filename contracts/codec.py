"""The one codec: base64 and JSON, where each value can be written in one way only.

What a lenient reader would mend, or read otherwise than the next reader (padding, duplicate members, a float, a byte
order mark), is refused. Messages of errors are static: they never repeat the input, which may be personal data.
"""

import binascii
import json
import re
from functools import lru_cache
from typing import Any, Final, NoReturn, TypeVar

import msgspec
from msgspec import inspect

T = TypeVar("T")

MAX_DEPTH: Final = 32
"""Objects and arrays inside one another; the deepest contract has six."""


class Malformed(ValueError):
    """Not the one text it should be. `where` is the place in the contract (`$.body.purpose`), or empty."""

    def __init__(self, message: str, where: str = "") -> None:
        super().__init__(message)
        self.where = where


# base64 (RFC 4648 sections 4 and 5; 3.5: one encoding for each value)

_NOT_B64URL: Final = "This is not base64url: use A-Z a-z 0-9 - _ with no padding, spaces or spare bits."
_NOT_B64: Final = "This is not base64: use A-Z a-z 0-9 + / with padding and no spaces or spare bits."


def b64(data: bytes) -> str:
    """Standard base64, padded."""
    return binascii.b2a_base64(data, newline=False).decode("ascii")


def b64url(data: bytes) -> str:
    """base64url, unpadded (RFC 7515 section 2)."""
    return b64(data).replace("+", "-").replace("/", "_").rstrip("=")


def unb64(text: str | bytes) -> bytes:
    """What `b64` wrote; `Malformed` for any other text."""
    return _unb64(_ascii(text, _NOT_B64), _NOT_B64)


def unb64url(text: str | bytes) -> bytes:
    """What `b64url` wrote; `Malformed` for any other text."""
    raw = _ascii(text, _NOT_B64URL)
    if b"+" in raw or b"/" in raw or b"=" in raw:
        raise Malformed(_NOT_B64URL)
    return _unb64(raw.replace(b"-", b"+").replace(b"_", b"/") + b"=" * (-len(raw) % 4), _NOT_B64URL)


def _ascii(text: str | bytes, refusal: str) -> bytes:
    try:
        return text.encode("ascii") if isinstance(text, str) else text
    except UnicodeEncodeError:
        raise Malformed(refusal) from None


def _unb64(raw: bytes, refusal: str) -> bytes:
    """Strict mode lets only spare bits pass, which sit in the last group: encode that one again."""
    try:
        data = binascii.a2b_base64(raw, strict_mode=True)
    except binascii.Error:
        raise Malformed(refusal) from None
    if raw[-4:] != binascii.b2a_base64(data[(len(data) - 1) // 3 * 3 :], newline=False):
        raise Malformed(refusal)
    return data


# JSON (RFC 8259; I-JSON, RFC 7493, for what must not be ambiguous)

_TOO_LONG: Final = "The document is too long: send a shorter one."
_TOO_DEEP: Final = "The document nests too deeply: at most 32 objects and arrays inside one another."
_NOT_JSON: Final = "The document is not JSON in UTF-8: send one JSON value, without a byte order mark."
_NOT_CONTRACT: Final = "The document does not follow its contract: compare it with the published schema."
_DUPLICATE: Final = "The document names a member twice: name each member once."


def encode(value: object) -> bytes:
    """JSON without spaces; members in the order of the contract, those of mappings as they were inserted."""
    return _ENCODER.encode(value)


def decode_strict(raw: bytes, decoder: msgspec.json.Decoder[T], limit: int) -> T:
    """The value of at most `limit` bytes of JSON, when every careful reader would read the same; else `Malformed`.

    If encoding the value gives the document back, it holds nothing that the contract does not say, so no duplicates.
    A document written otherwise (spaces, members in another order) is looked through, which takes longer.
    """
    if len(raw) > limit:
        raise Malformed(_TOO_LONG)
    try:
        value = decoder.decode(raw)
        if not (_says_all(decoder) and encode(value) == raw):
            _look_through(raw)
    # `from None`: the parser's own errors quote the input.
    except msgspec.ValidationError as error:
        raise Malformed(_NOT_CONTRACT, _where(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Malformed(_NOT_JSON) from None
    except RecursionError:
        raise Malformed(_TOO_DEEP) from None
    return value


_PLACE: Final = re.compile(r" - at `(\$[A-Za-z0-9_.\[\]]+)`\Z")


def _where(error: msgspec.ValidationError) -> str:
    """The contract's own path. An unknown member at the top gets none: its name is input, and could pose as a path."""
    if str(error).startswith("Object contains unknown field"):
        return ""
    found = _PLACE.search(str(error))
    return found[1] if found else ""


def _look_through(raw: bytes) -> None:
    """Refuse what a decoder lets pass: duplicates anywhere, and anything in members that it ignores or keeps raw."""
    if _depth(raw) > MAX_DEPTH:
        raise Malformed(_TOO_DEEP)
    if encode(_ANYTHING.decode(raw)) != raw:
        json.loads(raw.decode("utf-8"), object_pairs_hook=_once)


_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NO_BRACKETS: Final = re.compile(rb"[^\[\]{}]+")
_STEPS: Final = {ord("{"): 1, ord("["): 1, ord("}"): -1, ord("]"): -1}


def _depth(raw: bytes) -> int:
    """How deeply `raw` nests, or 0 if it has too few brackets to matter."""
    # `replace` finds the few brackets of a long document ten times faster than `count` does.
    if len(raw) - len(raw.replace(b"{", b"").replace(b"[", b"")) <= MAX_DEPTH:
        return 0
    deepest = depth = 0
    # Only brackets are looked at one by one, so that a long document of little else costs its sender more than us.
    for byte in _NO_BRACKETS.sub(b"", _STRING.sub(b"", raw)):
        depth += _STEPS[byte]
        deepest = max(deepest, depth)
    return deepest


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Malformed(_DUPLICATE)
    return members


def _no_floats(_: str) -> NoReturn:
    raise ValueError("Expected a whole number")


@lru_cache
def _says_all(decoder: msgspec.json.Decoder[Any]) -> bool:
    """Whether its values carry all of their document, and that is no deeper than the limit and free of floats."""
    return _closed(inspect.type_info(decoder.type), MAX_DEPTH)


def _closed(shape: inspect.Type, depth: int) -> bool:
    """Any, Raw, Decimal, float and types of our own may hide something, and so does a type that contains itself."""
    match shape:
        case inspect.StrType() | inspect.IntType() | inspect.BoolType() | inspect.NoneType() | inspect.LiteralType():
            return True
        case inspect.Metadata(type=inner):
            return _closed(inner, depth)
        case inspect.UnionType(types=inner):
            return all(_closed(one, depth) for one in inner)
        case inspect.StructType(fields=fields):
            return depth > 0 and all(_closed(field.type, depth - 1) for field in fields)
        case inspect.DictType(value_type=inner) | inspect.VarTupleType(item_type=inner):
            return depth > 0 and _closed(inner, depth - 1)
        case _:
            return False


_ENCODER: Final = msgspec.json.Encoder()
_ANYTHING: Final = msgspec.json.Decoder(float_hook=_no_floats)

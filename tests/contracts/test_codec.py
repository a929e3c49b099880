"""The codec reads each value in the one way it can be written, and refuses all others in static words."""

import base64
import json
import sys
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from contracts.codec import MAX_DEPTH, Malformed, b64, b64url, decode_strict, encode, unb64, unb64url

LIMIT = 512 * 1024


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A contract's inner object."""

    name: str
    times: tuple[int, ...] = ()


class Whole(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A contract in which nothing can hide."""

    count: Annotated[int, Meta(ge=0, le=9, description="Has metadata.")]
    parts: dict[str, Part | None] = {}


class Lenient(Struct, frozen=True, kw_only=True):
    """What a receiver that ignores unknown members reads."""

    count: int


class Carrier(Struct, frozen=True, kw_only=True):
    """A contract with an unparsed member."""

    raw: msgspec.Raw


class Chain(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A contract that contains itself."""

    next: "Chain | None" = None


WHOLE = msgspec.json.Decoder(Whole)
LENIENT = msgspec.json.Decoder(Lenient)
CARRIER = msgspec.json.Decoder(Carrier)
CHAIN = msgspec.json.Decoder(Chain)
ANY: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
DICT: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])

SECRET = b"Margaret Hall"
GOOD = Whole(count=3, parts={"a": Part(name="n", times=(1, 2)), "b": None})

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


# base64


@given(st.binary())
def test_base64_comes_back(data: bytes) -> None:
    """What is encoded, as text or bytes, decodes to itself."""
    assert unb64(b64(data)) == unb64(b64(data).encode()) == data
    assert unb64url(b64url(data)) == unb64url(b64url(data).encode()) == data


@given(st.text(alphabet="AQgw9_-+/= \n\u00e9\x00", max_size=9))
def test_base64url_has_one_text_for_each_value(text: str) -> None:
    """A text is accepted exactly if it is what the standard library writes for the value."""
    expected = by_the_library(text)
    if expected is None:
        with pytest.raises(Malformed):
            unb64url(text)
    else:
        assert unb64url(text) == expected


def by_the_library(text: str) -> bytes | None:
    """The value that the standard library would write as `text`, if there is one."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    return data if base64.urlsafe_b64encode(data).rstrip(b"=") == text.encode() else None


@pytest.mark.parametrize(
    "text", ["QQ==", "QQ=", "QR", "Q", "QQ\n", " QQ", "Q Q", "+w", "/w", "QQ.", "\u00e9w", "Q\x00Q"]
)
def test_base64url_refuses_other_texts_of_the_value(text: str) -> None:
    """Padding, spare bits, a short group, spaces and the other alphabet are refused, as text and as bytes."""
    assert unb64url("QQ") == b"A"
    for form in (text, text.encode()):
        with pytest.raises(Malformed):
            unb64url(form)


@pytest.mark.parametrize(
    "text", ["QQ", "QQ=", "QR==", "QQ===", "QQ==\n", "=QQ=", "QQ==QQ==", "-w==", "_w==", "\u00e9w=="]
)
def test_base64_refuses_other_texts_of_the_value(text: str) -> None:
    """Standard base64 is as strict, with its padding."""
    assert unb64("QQ==") == b"A"
    for form in (text, text.encode()):
        with pytest.raises(Malformed):
            unb64(form)


# JSON: what is accepted


@given(JSON)
def test_json_comes_back(value: object) -> None:
    """What we encode, we read as the same, compact or spaced."""
    assert decode_strict(encode(value), ANY, LIMIT) == value
    assert decode_strict(msgspec.json.format(encode(value)), ANY, LIMIT) == value


def test_a_contract_comes_back_however_its_members_are_ordered() -> None:
    """Spaces, escapes and the order of members are the sender's own affair."""
    spaced = b' {"parts": {"b": null, "a": {"times": [1, 2], "name": "\\u006e"}}, "count": 3}\n'
    assert decode_strict(encode(GOOD), WHOLE, LIMIT) == GOOD
    assert decode_strict(spaced, WHOLE, LIMIT) == GOOD


def test_members_are_encoded_in_the_contracts_order() -> None:
    """The same value is the same bytes, in an order that people can read."""
    assert encode(GOOD) == b'{"count":3,"parts":{"a":{"name":"n","times":[1,2]},"b":null}}'


@given(JSON, st.integers(0, 10**6))
def test_nothing_but_malformed_is_raised(value: object, seed: int) -> None:
    """A document cut short or with a byte changed is read or refused, never anything else."""
    raw = bytearray(encode(value))
    raw[seed % len(raw)] = seed % 256
    for broken in (bytes(raw), bytes(raw[: seed % len(raw)])):
        for decoder in (ANY, WHOLE, LENIENT):
            refusal = refusal_of(broken, decoder)
            assert refusal is None or str(refusal).startswith("The document ")


def refusal_of(raw: bytes, decoder: msgspec.json.Decoder[Any]) -> Malformed | None:
    """Why a document is refused, or None if it is not."""
    try:
        decode_strict(raw, decoder, LIMIT)
    except Malformed as refusal:
        return refusal
    return None


# JSON: what is refused


@pytest.mark.parametrize(
    "member",
    [
        pytest.param(b'"a":1,"a":1', id="45-duplicate"),
        pytest.param(b'"a":1,"\\u0061":1', id="45-duplicate-by-escape"),
        pytest.param(b'"a":{"b":[{"c":1,"c":2}]}', id="45-duplicate-inside"),
        pytest.param(b'"count":3', id="45-duplicate-of-a-known-member"),
        pytest.param(b'"a":NaN', id="51-nan"),
        pytest.param(b'"a":Infinity', id="51-infinity"),
        pytest.param(b'"a":-Infinity', id="51-minus-infinity"),
        pytest.param(b'"a":1e400', id="51-1e400"),
        pytest.param(b'"a":-1e300', id="57-minus-1e300"),
        pytest.param(b'"a":1.5', id="56-float"),
        pytest.param(b'"a":[1.0]', id="56-whole-float"),
        pytest.param(b'"a":1e2', id="56-exponent"),
        pytest.param(b'"a":' + b"9" * 5000, id="55-too-many-digits"),
        pytest.param(b'"a":"\xff"', id="42-bad-utf8"),
        pytest.param(b'"\xff":1', id="42-bad-utf8-name"),
        pytest.param(b'"a":"\xed\xa0\x80"', id="43-surrogate-in-utf8"),
        pytest.param(b'"a":"\\ud800"', id="43-lone-surrogate"),
        pytest.param(b'"a":"\n"', id="37-line-feed-in-string"),
        pytest.param(b'"a":' + b"[" * 32 + b"]" * 32, id="46-nesting-33"),
        pytest.param(b'"a":' + b'{"a":' * 900 + b"1" + b"}" * 900, id="46-nesting-900"),
        pytest.param(b'"a":' + b"[" * 100_000 + b"]" * 100_000, id="47-nesting-100000"),
        pytest.param(b'"a":' + b"[" * 100_000, id="47-nesting-never-closed"),
    ],
)
def test_flaws_are_refused_even_in_members_nobody_reads(member: bytes) -> None:
    """Typed or not, compact or not, in members known, unknown or unparsed: the flaw is found."""
    bad = b'{"count":3,' + member + b"}"
    for decoder in (ANY, DICT, LENIENT, WHOLE):
        with pytest.raises(Malformed):
            decode_strict(bad, decoder, LIMIT)
    with pytest.raises(Malformed):
        decode_strict(b'{"raw":' + bad + b"}", CARRIER, LIMIT)
    good = b'{"count":3,"a":{"b":[1,"x"]}}'
    assert decode_strict(good, ANY, LIMIT) == json.loads(good)
    assert decode_strict(good, LENIENT, LIMIT) == Lenient(count=3)
    assert bytes(decode_strict(b'{"raw":' + good + b"}", CARRIER, LIMIT).raw) == good


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"\xef\xbb\xbf" + encode(GOOD), id="40-bom"),
        pytest.param(encode(GOOD).decode().encode("utf-16"), id="41-utf-16"),
        pytest.param(encode(GOOD).decode().encode("utf-16-le"), id="41-utf-16-le"),
        pytest.param(encode(GOOD).decode().encode("utf-32"), id="41-utf-32"),
        pytest.param(encode(GOOD) + b"{}", id="44-trailing"),
        pytest.param(encode(GOOD) + b"\x00", id="44-trailing-nul"),
        pytest.param(encode(GOOD)[:-1], id="68-truncated"),
        pytest.param(b"", id="empty"),
        pytest.param(b"[]", id="50-not-an-object"),
        pytest.param(b'{"count":"3"}', id="53-number-as-string"),
        pytest.param(b'{"count":true}', id="52-bool-as-number"),
        pytest.param('{"count":\u0663}'.encode(), id="54-unicode-digits"),
        pytest.param(b'{"count":' + b"1" * 4000 + b"}", id="55-4000-digits"),
    ],
)
def test_a_flawed_document_is_refused(raw: bytes) -> None:
    """One JSON value, in UTF-8, of the contract's types."""
    assert decode_strict(encode(GOOD), WHOLE, LIMIT) == GOOD
    with pytest.raises(Malformed):
        decode_strict(raw, WHOLE, LIMIT)


def test_nesting_is_allowed_to_the_limit_and_no_deeper() -> None:
    """32 levels are read, 33 are not, with or without other brackets about; brackets in strings do not count."""
    for extra in (b"", b',"[[[[{{{{\\"{{["' * 20, b",[]" * 40):
        nested = b"[" * (MAX_DEPTH - 1) + b"]" * (MAX_DEPTH - 1)
        decode_strict(b"[" + nested + extra + b"]", ANY, LIMIT)
        with pytest.raises(Malformed, match="nests"):
            decode_strict(b"[[" + nested + b"]" + extra + b"]", ANY, LIMIT)


def test_a_contract_that_contains_itself_is_no_way_round_the_limit() -> None:
    """A type may nest without end; its documents may not."""
    links = {n: b'{"next":' * n + b"{}" + b"}" * n for n in (MAX_DEPTH - 1, MAX_DEPTH)}
    decode_strict(links[MAX_DEPTH - 1], CHAIN, LIMIT)
    with pytest.raises(Malformed, match="nests"):
        decode_strict(links[MAX_DEPTH], CHAIN, LIMIT)


def test_a_contract_deeper_than_the_limit_is_no_way_round_it() -> None:
    """Even where the contract itself allows more."""
    mapping: Any = int
    for _ in range(MAX_DEPTH):
        mapping = dict[str, mapping]
    raw = b'{"a":' * MAX_DEPTH + b"1" + b"}" * MAX_DEPTH
    decode_strict(raw, msgspec.json.Decoder(mapping), LIMIT)
    with pytest.raises(Malformed, match="nests"):
        decode_strict(b'{"a":' + raw + b"}", msgspec.json.Decoder(dict[str, mapping]), LIMIT)


def test_deep_nesting_is_refused_close_to_the_recursion_limit_too() -> None:
    """However deep the caller's own stack, the refusal is the same."""

    def dig(levels: int) -> None:
        if levels:
            dig(levels - 1)
        else:
            with pytest.raises(Malformed):
                decode_strict(b'{"count":1,"x":' + b"[" * 2000 + b"]" * 2000 + b"}", LENIENT, LIMIT)

    dig(sys.getrecursionlimit() // 2)


def test_the_limit_is_in_bytes_and_includes_the_last() -> None:
    """A document of exactly the limit is read, one byte more is not."""
    raw = encode({"name": "\u00e9"})
    assert decode_strict(raw, ANY, len(raw)) == {"name": "\u00e9"}
    with pytest.raises(Malformed, match="too long"):
        decode_strict(raw, ANY, len(raw) - 1)


# What a refusal says


@pytest.mark.parametrize(
    "raw",
    [
        b'{"count":1,"%s":2}' % SECRET,
        b'{"count":1,"x` - at `$.%s":2}' % SECRET.replace(b" ", b""),
        b'{"count":"%s"}' % SECRET,
        b'{"count":1,"%s":1,"%s":1}' % (SECRET, SECRET),
        b'{"count":1} "%s"' % SECRET,
        b'{"count":1,"parts":{"%s":1}}' % SECRET,
    ],
)
def test_a_refusal_never_repeats_the_input(raw: bytes) -> None:
    """Neither the message, the place nor the traceback carries a word of the document."""
    refusal = refusal_of(raw, WHOLE)
    assert refusal is not None
    assert "Hall" not in f"{refusal} {refusal.where}"
    assert refusal.__cause__ is None
    assert refusal.__suppress_context__ or refusal.__context__ is None


def test_a_refusal_says_where_in_the_contract() -> None:
    """An integrator learns which member to mend."""
    with pytest.raises(Malformed) as refused:
        decode_strict(b'{"count":1,"parts":{"x":{"name":"n","times":[1,"x"]}}}', WHOLE, LIMIT)
    assert refused.value.where == "$.parts[...].times[1]"
    with pytest.raises(Malformed) as refused:
        decode_strict(b'{"count":99}', WHOLE, LIMIT)
    assert refused.value.where == "$.count"

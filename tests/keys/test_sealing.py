"""A sealed value opens for one key in one place, and its length tells nothing (ATTACKS 73-75, 80, 82, 83, 85)."""

import dataclasses
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.codec import b64url
from keys.ed25519 import BadKey
from keys.errors import NOT_OPENED, SealRefused
from keys.sealing import (
    ENCAPSULATION_SIZE,
    PUBLIC_SIZE,
    Place,
    SealingPrivateKey,
    digest,
    pad,
    seal,
    sealed_size,
    sealing_private,
    sealing_public,
    unpad,
    unseal,
)

SEED = bytes.fromhex("7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26")
OURS = sealing_private(SEED)
OTHER = sealing_private(bytes(32))
SIZE = 256
PLACE = Place(
    exchange="0190f3a0-0000-7000-8000-000000000001",
    jti="0190f3a0-0000-7000-8000-000000000002",
    iss="police-wy",
    to="prison-leeds",
    kid=OURS.public.kid,
    field="safe_times",
)
TEXT = "Weekdays after six. Åsa answers."
VALUE = seal(TEXT, SIZE, PLACE, OURS.public)

LOW_ORDER = [
    bytes(32),
    (1).to_bytes(32, "little"),
    (2**255 - 20).to_bytes(32, "little"),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
]
"""The canonical x-coordinates of small order on curve25519 and its twist."""


def refused(value: bytes, place: Place = PLACE, private: SealingPrivateKey = OURS, size: int = SIZE) -> bool:
    """Whether a value does not open, said in the one uniform way."""
    assert unseal(VALUE, SIZE, PLACE, OURS) == TEXT  # the positive control
    with pytest.raises(SealRefused) as refusal:
        unseal(value, size, place, private)
    assert str(refusal.value) == NOT_OPENED
    assert refusal.value.__cause__ is None
    return True


def flipped(value: bytes, bit: int) -> bytes:
    """The value with one bit changed."""
    return (int.from_bytes(value, "big") ^ (1 << bit)).to_bytes(len(value), "big")


@given(st.text(max_size=84))
def test_what_is_sealed_opens(text: str) -> None:
    """Any text that fits comes back, and no two sealings are alike."""
    value = seal(text, SIZE, PLACE, OURS.public)
    assert unseal(value, SIZE, PLACE, OURS) == text
    assert value != seal(text, SIZE, PLACE, OURS.public)


@pytest.mark.parametrize(
    ("part", "other"),
    [
        pytest.param("field", "access_needs", id="73-another-field"),
        pytest.param("exchange", "0190f3a0-0000-7000-8000-00000000000f", id="74-another-exchange"),
        pytest.param("to", "prison-hull", id="75-another-recipient"),
        pytest.param("kid", OTHER.public.kid, id="75-another-key-name"),
        pytest.param("iss", "police-sy", id="75-another-sender"),
        pytest.param("jti", "0190f3a0-0000-7000-8000-00000000000f", id="85-another-message"),
    ],
)
def test_attack_a_moved_value_does_not_open(part: str, other: str) -> None:
    """Each part of the place is bound: moving a value breaks it."""
    assert refused(VALUE, replace(PLACE, **{part: other}))


def test_attack_75_another_recipients_key() -> None:
    """A value for one key opens with no other, under either name."""
    assert refused(VALUE, private=OTHER)
    assert refused(VALUE, replace(PLACE, kid=OTHER.public.kid), OTHER)


def test_attack_75_a_value_sealed_under_another_keys_name_does_not_open() -> None:
    """The manifest names the key; a value sealed for another than the named one is refused at both ends."""
    astray = replace(PLACE, kid=OTHER.public.kid)
    with pytest.raises(SealRefused, match="another key"):
        seal(TEXT, SIZE, astray, OURS.public)
    renamed = dataclasses.replace(OURS.public, kid=OTHER.public.kid)
    assert refused(seal(TEXT, SIZE, astray, renamed), astray, OURS)


@pytest.mark.parametrize(
    "value",
    [b"", VALUE[:-1], VALUE + b"\0", VALUE[1:], VALUE[:ENCAPSULATION_SIZE], VALUE + VALUE, bytes(len(VALUE))],
    ids=["empty", "truncated", "extended", "beheaded", "encapsulation-alone", "twice", "zeros"],
)
def test_attack_80_a_value_of_another_length_does_not_open(value: bytes) -> None:
    """Truncated and extended values are refused."""
    assert refused(value)


@given(st.integers(0, 8 * len(VALUE) - 1))
def test_attack_80_a_flipped_bit_does_not_open(bit: int) -> None:
    """No bit of a value may change, in the encapsulation or the text."""
    assert refused(flipped(VALUE, bit))


def test_attack_80_the_size_is_the_fields() -> None:
    """A value padded for one field is refused where another size is due."""
    assert refused(VALUE, size=SIZE * 2)
    assert refused(seal(TEXT, SIZE * 2, PLACE, OURS.public))


@pytest.mark.parametrize("point", LOW_ORDER, ids=["0", "1", "-1", "order-8", "order-8-twin"])
def test_attack_82_an_encapsulation_of_small_order_does_not_open(point: bytes) -> None:
    """All zeros, or a curve part that makes the shared secret predictable, are refused."""
    lattice, rest = VALUE[:1088], VALUE[ENCAPSULATION_SIZE:]
    assert refused(lattice + point + rest)
    assert refused(bytes(1088) + point + rest)


@given(st.text(max_size=84), st.text(max_size=84))
def test_attack_83_length_tells_nothing(one: str, other: str) -> None:
    """Every value of a field has one length, empty ones too."""
    lengths = {len(seal(text, SIZE, PLACE, OURS.public)) for text in (one, other, "")}
    assert lengths == {sealed_size(SIZE)} == {1120 + 256 + 16}


def test_the_digest_is_of_the_value() -> None:
    """The manifest's entry is the SHA-256 of the sealed bytes."""
    assert digest(VALUE) == b64url(hashlib.sha256(VALUE).digest())
    assert digest(VALUE) != digest(seal(TEXT, SIZE, PLACE, OURS.public))


# Keys


def test_a_seed_expands_as_the_draft_says() -> None:
    """The first vector of draft-connolly-cfrg-xwing-kem (appendix C): its seed gives its public key."""
    raw = OURS.public.raw
    assert len(raw) == PUBLIC_SIZE
    assert raw.hex().startswith(
        "e2236b35a8c24b39b10aa1323a96a919a2ced88400633a7b07131713fc14b2b5b19cfc3da5fa1a92c49f25"
    )
    assert raw.hex().endswith("722f06cc03de5b69859edb06eff389b27dce59844570216223593d4ba32d9abac8cd049040ef6534")
    assert hashlib.sha256(raw).hexdigest() == "2e816deebcd76c5c80d0cd2d174478871658e8e2ff42bc9d4a6e486372e856bb"
    assert OURS.public.kid == "HS17heOHa679Prd8WbQavs"


def test_a_public_key_read_again_is_the_same_key() -> None:
    """What is sealed for the published bytes opens with the private key."""
    published = sealing_public(OURS.public.raw)
    assert published == OURS.public
    assert unseal(seal(TEXT, SIZE, PLACE, published), SIZE, PLACE, OURS) == TEXT


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(OURS.public.raw[:-1], id="short"),
        pytest.param(OURS.public.raw + b"\0", id="long"),
        pytest.param(b"\xff" * 3 + OURS.public.raw[3:], id="coefficient-4095"),
        pytest.param(b"\x01\x0d\x00" + OURS.public.raw[3:], id="coefficient-3329"),
        *[pytest.param(OURS.public.raw[:1184] + point, id=f"low-order-{n}") for n, point in enumerate(LOW_ORDER)],
        pytest.param(OURS.public.raw[:1184] + (2**255 - 19).to_bytes(32, "little"), id="zero-not-canonical"),
        pytest.param(OURS.public.raw[:1184] + (2**255 - 10).to_bytes(32, "little"), id="nine-not-canonical"),
        pytest.param(OURS.public.raw[:-1] + bytes([OURS.public.raw[-1] | 128]), id="high-bit"),
    ],
)
def test_an_unsound_public_key_is_refused(raw: bytes) -> None:
    """Wrong lengths, invalid lattice encodings, and curve points of small order or in a second form are no keys."""
    with pytest.raises(BadKey):
        sealing_public(raw)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_a_seed_of_another_length_is_refused(size: int) -> None:
    """A private key is a seed of 32 bytes."""
    with pytest.raises(BadKey):
        sealing_private(bytes(size))


def test_a_key_does_not_print_itself() -> None:
    """A key in a traceback shows its name only."""
    assert repr(OURS.public) == f"SealingPublicKey(kid='{OURS.public.kid}')"
    assert repr(OURS) == f"SealingPrivateKey(public={OURS.public!r})"


# Places and padding


def test_the_info_is_the_published_bytes() -> None:
    """The prefix, then each part in the order of FORMATS with its length before it; another program builds the same."""
    place = Place(exchange="e", jti="jj", iss="iss", to="", kid="å", field="f" * 256)
    assert place.info() == (
        b"rj-seal-v1\x00\x00\x01e\x00\x02jj\x00\x03iss\x00\x00\x00\x02\xc3\xa5\x01\x00" + b"f" * 256
    )


@given(st.lists(st.text(max_size=3), min_size=12, max_size=12))
def test_no_two_places_share_an_info(parts: list[str]) -> None:
    """Text cannot slide from one part into the next."""
    one, other = (Place(exchange=a, jti=b, iss=c, to=d, kid=e, field=f) for a, b, c, d, e, f in (parts[:6], parts[6:]))
    assert (one.info() == other.info()) == (one == other)


def test_padding_is_the_published_bytes() -> None:
    """Length, text, zeros, to the field's size exactly."""
    assert pad("å", 8) == b"\x00\x02\xc3\xa5\x00\x00\x00\x00"
    assert pad("", 2) == b"\x00\x00"


@given(st.text(), st.integers(2, 64))
def test_padding_comes_back_or_refuses(text: str, size: int) -> None:
    """A text that fits its field comes back whole; one that does not is refused, never cut."""
    if len(text.encode()) + 2 <= size:
        assert len(pad(text, size)) == size
        assert unpad(pad(text, size)) == text
    else:
        with pytest.raises(SealRefused, match="too long for its field"):
            pad(text, size)


@pytest.mark.parametrize("text", ["x" * 65_536, "\ud800"], ids=["beyond-uint16", "lone-surrogate"])
def test_a_text_that_cannot_be_written_is_refused(text: str) -> None:
    """Whatever the field's size, the limits of the format hold."""
    with pytest.raises(SealRefused, match=r"65,535 bytes of UTF-8"):
        pad(text, 10**6)


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        b"\x00",
        b"\x00\x01",
        b"\x00\x05abcd",
        b"\x00\x01ab",
        b"\x00\x01a\x00\x01",
        b"\x00\x01\xff",
        b"\x00\x02\xed\xa0",
    ],
    ids=[
        "empty",
        "half-a-length",
        "no-text",
        "past-the-end",
        "after-the-text",
        "in-the-padding",
        "no-utf8",
        "cut-utf8",
    ],
)
def test_padding_we_could_not_have_written_is_refused(padded: bytes) -> None:
    """A lying length, something in the padding, or text that is not UTF-8 is refused, in the uniform words."""
    assert unpad(b"\x00\x01a\x00") == "a"
    with pytest.raises(SealRefused) as refusal:
        unpad(padded)
    assert str(refusal.value) == NOT_OPENED

"""Public keys that must not be trusted, though OpenSSL would."""

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from keys.ed25519 import BadKey, ed25519_public

P = 2**255 - 19
IDENTITY = bytes([1]) + bytes(31)
# The y of the points of small order, as published with the analyses of Ed25519 verifiers.
SMALL_ORDER = [
    0, 1, P - 1,
    int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
    int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
]  # fmt: skip


def encoded(y: int, sign: int) -> bytes:
    return (y | sign << 255).to_bytes(32, "little")


@given(st.binary(min_size=32, max_size=32))
def test_every_key_that_is_made_is_accepted(seed):
    """A key from any seed loads, and is the same key."""
    raw = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    assert ed25519_public(raw).public_bytes_raw() == raw


def test_a_signature_that_anybody_can_make_passes_openssl_and_not_us():
    """Under the identity key one constant signature is good for every message; that key does not load."""
    forged = IDENTITY + bytes(32)
    for message in (b"open every value", b"anything else"):
        Ed25519PublicKey.from_public_bytes(IDENTITY).verify(forged, message)
    with pytest.raises(BadKey, match="small order"):
        ed25519_public(IDENTITY)


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("y", SMALL_ORDER)
def test_points_of_small_order_are_refused(y, sign):
    """None of the eight points loads, in either spelling of the sign."""
    with pytest.raises(BadKey, match="small order"):
        ed25519_public(encoded(y, sign))


@pytest.mark.parametrize("sign", [0, 1])
@pytest.mark.parametrize("y", [P, P + 1, P + 3, 2**255 - 1])
def test_second_spellings_are_refused(y, sign):
    """A y that is not below the prime is not canonical, whatever point it would be."""
    with pytest.raises(BadKey, match="canonical"):
        ed25519_public(encoded(y, sign))


def test_a_point_off_the_curve_is_refused():
    """OpenSSL loads it and then never verifies anything; we say so at once."""
    off = encoded(2, 0)
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(off).verify(bytes(64), b"")
    with pytest.raises(BadKey, match="curve"):
        ed25519_public(off)


@pytest.mark.parametrize("length", [0, 31, 33, 57, 64])
def test_another_length_is_refused(length):
    """An Ed25519 key has 32 bytes; an Ed448 key has 57."""
    with pytest.raises(BadKey, match="32 bytes"):
        ed25519_public(bytes([7]) * length)

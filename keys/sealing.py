"""Sealed values: what one agency writes for another alone (RFC 9180; FORMATS: sealed values).

One suite: MLKEM768-X25519 (X-Wing, KEM 0x647A), HKDF-SHA256, AES-256-GCM. A value is bound to its place, so it opens
in no other field, message, exchange or hand; padding to the field's size hides how much was written.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from msgspec import Struct
from msgspec.structs import astuple

from contracts.codec import b64url
from keys.ed25519 import BadKey
from keys.errors import SealRefused
from keys.tokens import key_id

SEED_SIZE: Final = 32
PUBLIC_SIZE: Final = 1184 + 32
ENCAPSULATION_SIZE: Final = 1088 + 32
TAG_SIZE: Final = 16

_SUITE: Final = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_FIELD: Final = 2**255 - 19


@dataclass(frozen=True, slots=True)
class SealingPublicKey:
    """A checked key to seal for, made by `sealing_public`.

    `raw` is the ML-KEM-768 encapsulation key [1184] ‖ the X25519 public key [32].
    """

    raw: bytes = field(repr=False)
    kid: str
    hpke: MLKEM768X25519PublicKey = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class SealingPrivateKey:
    """A key to open with. Made by `sealing_private`."""

    public: SealingPublicKey
    hpke: MLKEM768X25519PrivateKey = field(repr=False, compare=False)


class Place(Struct, frozen=True, kw_only=True):
    """Where a sealed value belongs. `jti` is the sealing token's, `kid` the recipient's key."""

    exchange: str
    jti: str
    iss: str
    to: str
    kid: str
    field: str

    def info(self) -> bytes:
        """The HPKE info: no two places share one, for each part has its length before it."""
        return b"rj-seal-v1\0" + b"".join(_counted(part) for part in astuple(self))


def sealing_public(raw: bytes) -> SealingPublicKey:
    """Check a raw public key of 1,216 bytes; `BadKey` if its length, ML-KEM part or X25519 part is not sound."""
    if len(raw) != PUBLIC_SIZE:
        raise BadKey("A sealing key must be 1,216 bytes: ML-KEM-768 (1,184), then X25519 (32).")
    try:
        # FIPS 203 section 7.2: every coefficient is below q, or it is not a key.
        lattice = MLKEM768PublicKey.from_public_bytes(raw[:1184])
    except ValueError:
        raise BadKey("The ML-KEM part of the sealing key is not valid: export the key again.") from None
    hpke = MLKEM768X25519PublicKey(lattice, _curve_point(raw[1184:]))
    return SealingPublicKey(raw, key_id(raw), hpke)


def sealing_private(seed: bytes) -> SealingPrivateKey:
    """The key that a 32-byte seed stands for (draft-connolly-cfrg-xwing-kem 5.2); `BadKey` for another length."""
    if len(seed) != SEED_SIZE:
        raise BadKey("The seed of a sealing key must be 32 bytes.")
    expanded = hashlib.shake_256(seed).digest(96)
    lattice = MLKEM768PrivateKey.from_seed_bytes(expanded[:64])
    curve = X25519PrivateKey.from_private_bytes(expanded[64:])
    raw = lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
    return SealingPrivateKey(sealing_public(raw), MLKEM768X25519PrivateKey(lattice, curve))


def sealed_size(size: int) -> int:
    """Bytes of a sealed value whose plaintext is padded to `size` bytes."""
    return ENCAPSULATION_SIZE + size + TAG_SIZE


def seal(text: str, size: int, place: Place, public: SealingPublicKey) -> bytes:
    """Encapsulation [1120] ‖ ciphertext, for this key in this place alone. `SealRefused` if the text is too long."""
    if place.kid != public.kid:
        raise SealRefused("The place names another key: seal with the key that the manifest names.")
    return _SUITE.encrypt(pad(text, size), public.hpke, place.info())


def unseal(value: bytes, size: int, place: Place, private: SealingPrivateKey) -> str:
    """The text of a value sealed for this key in this place; else `SealRefused`, in the same words for every reason."""
    if len(value) != sealed_size(size) or place.kid != private.public.kid:
        raise SealRefused
    try:
        return unpad(_SUITE.decrypt(value, private.hpke, place.info()))
    except InvalidTag:
        raise SealRefused from None


def digest(value: bytes) -> str:
    """What the manifest says of a sealed value. Sealing is randomised, so it tells nothing of the text."""
    return b64url(hashlib.sha256(value).digest())


def pad(text: str, size: int) -> bytes:
    """`size` bytes whatever the text: its length as uint16, UTF-8, zeros. `SealRefused` if it does not fit."""
    body = _counted(text)
    if len(body) > size:
        raise SealRefused("The text is too long for its field: shorten it.")
    return body.ljust(size, b"\0")


def unpad(padded: bytes) -> str:
    """The text that `pad` wrote; `SealRefused` for anything it could not have written."""
    end = 2 + int.from_bytes(padded[:2], "big")
    if len(padded) < end or any(padded[end:]):
        raise SealRefused
    try:
        return padded[2:end].decode("utf-8")
    except UnicodeDecodeError:
        raise SealRefused from None


def _counted(text: str) -> bytes:
    try:
        body = text.encode("utf-8")
        return len(body).to_bytes(2, "big") + body
    except (UnicodeEncodeError, OverflowError):
        raise SealRefused("The text cannot be written in 65,535 bytes of UTF-8: shorten or retype it.") from None


def _curve_point(raw: bytes) -> X25519PublicKey:
    """Refuse a second encoding of a point, and points of small order: with those the shared secret is no secret."""
    if int.from_bytes(raw, "little") >= _FIELD:
        raise BadKey("The X25519 part of the sealing key is not in its one valid form: export the key again.")
    point = X25519PublicKey.from_public_bytes(raw)
    try:
        # Every scalar is a multiple of 8, so any one takes a point of small order to zero (RFC 7748 section 6.1).
        X25519PrivateKey.from_private_bytes(bytes(32)).exchange(point)
    except ValueError:
        raise BadKey("The X25519 part of the sealing key is of small order: make a new key.") from None
    return point

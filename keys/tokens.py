"""Tokens: compact JWS, one algorithm, one header, one way to write it (RFC 7515, 8037, 8725, 9864; FORMATS: tokens).

`parse` refuses whatever is not exactly our format before PyJWT sees it, `verify` lets PyJWT check the signature.
The claims are bytes: what they say is judged by their contract, after the signature.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Final, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt import InvalidKeyError, PyJWS
from jwt.algorithms import AllowedOKPKeys, OKPAlgorithm
from msgspec import Meta, Struct

from contracts.codec import Malformed, b64url, decode_strict, encode, unb64url
from keys.errors import TokenRefused

MAX_TOKEN: Final = 32 * 1024
"""Characters of a whole token."""

MAX_HEADER: Final = 512
"""Bytes of a decoded header; ours have about 90."""

ORDER: Final = 2**252 + 27742317777372353535851937790883648493
"""L, the order of Ed25519's base point (RFC 8032 section 5.1)."""

_Y_OF_ORDER_8: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_FIELD: Final = 2**255 - 19
_SMALL_ORDER: Final = frozenset({0, 1, _FIELD - 1, _Y_OF_ORDER_8, _FIELD - _Y_OF_ORDER_8})


class Header(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """These members and no others, so no `crit`, `jwk`, `jku`, `x5c`, `zip` or `b64` (RFC 8725 3.1, 3.10, 3.11)."""

    alg: Literal["Ed25519"]
    kid: Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{8,64}\Z")]
    typ: Annotated[str, Meta(pattern=r"\Arj\.[a-z-]{2,40}\.v[1-9][0-9]?\+jwt\Z")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unverified:
    """A well-formed token that anyone may have written. `claims` is JSON text, not yet read."""

    header: Header
    claims: bytes
    signing_input: bytes
    signature: bytes


class _Ed25519(OKPAlgorithm):
    """PyJWT's algorithm for this curve alone: the stock one takes Ed448 keys too, and keys as PEM or SSH text."""

    def prepare_key(self, key: AllowedOKPKeys | str | bytes) -> AllowedOKPKeys:
        if not isinstance(key, Ed25519PrivateKey | Ed25519PublicKey):
            raise InvalidKeyError("An Ed25519 key object is needed.")
        return key


_ALGORITHM: Final = _Ed25519()
_HEADER: Final = msgspec.json.Decoder(Header)


def jws() -> PyJWS:
    """PyJWT with Ed25519 as its only algorithm. What `parse` and `verify` accept, its full decoding accepts as well."""
    only = PyJWS(algorithms=[])
    only.register_algorithm("Ed25519", _ALGORITHM)
    return only


def parse(token: str) -> Unverified:
    """Take a token of at most `MAX_TOKEN` characters apart; `TokenRefused` unless each part is exactly ours."""
    if len(token) > MAX_TOKEN:
        raise TokenRefused
    signing_input, _, signature = token.rpartition(".")
    header, _, claims = signing_input.partition(".")
    try:
        return Unverified(
            header=_header(header),
            claims=_object(unb64url(claims)),
            signing_input=signing_input.encode("ascii"),
            signature=_sound(unb64url(signature)),
        )
    except Malformed:
        raise TokenRefused from None


def verify(token: Unverified, key: Ed25519PublicKey) -> bytes:
    """The claims, once the signature is known to be the key's; else `TokenRefused`. Load keys with `ed25519_public`."""
    try:
        good = _ALGORITHM.verify(token.signing_input, _ALGORITHM.prepare_key(key), token.signature)
    except InvalidKeyError:
        raise TokenRefused from None
    if not good:
        raise TokenRefused
    return token.claims


def sign(claims: bytes, typ: str, kid: str, key: Ed25519PrivateKey) -> str:
    """The token of these claims (one JSON object). `TokenRefused` for what `parse` would not read."""
    signing_input = f"{_written_header(typ, kid)}.{b64url(_object(claims))}"
    token = f"{signing_input}.{b64url(_ALGORITHM.sign(signing_input, key))}"
    if len(token) > MAX_TOKEN:
        raise TokenRefused
    return token


def key_id(raw_public: bytes) -> str:
    """The name of a public key, for signing or sealing: 22 characters no other key can claim."""
    return b64url(hashlib.sha256(b"rj-kid-v1\0" + raw_public).digest())[:22]


@lru_cache(maxsize=1024)
def _header(text: str) -> Header:
    """An agency's tokens begin with the same characters, message by message: read them once."""
    return decode_strict(unb64url(text), _HEADER, MAX_HEADER)


@lru_cache(maxsize=1024)
def _written_header(typ: str, kid: str) -> str:
    text = b64url(encode(Header(alg="Ed25519", kid=kid, typ=typ)))
    try:
        _header(text)
    except Malformed:
        raise TokenRefused from None
    return text


def _object(claims: bytes) -> bytes:
    if not (claims.startswith(b"{") and claims.endswith(b"}")):
        raise TokenRefused
    return claims


def _sound(signature: bytes) -> bytes:
    """R ‖ S with S < L (RFC 8032 section 5.1.7): S + L would be a second signature of the same claims.

    An R of small order betrays the private key to whoever sees it; one that is not canonical never verifies.
    """
    if len(signature) != 64:
        raise TokenRefused
    y = int.from_bytes(signature[:32], "little") % 2**255
    s = int.from_bytes(signature[32:], "little")
    if y in _SMALL_ORDER or s >= ORDER:
        raise TokenRefused
    return signature

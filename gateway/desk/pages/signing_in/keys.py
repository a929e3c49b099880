"""A provider's signing keys (RFC 7517), and the signature of a token under one of them (RFC 7515, 8725)."""

from typing import Final

from jwt import PyJWK, PyJWS, PyJWTError
from msgspec import Struct, structs

from contracts.codec import Malformed, unb64url
from gateway.desk.pages.signing_in.errors import NotVouched
from gateway.desk.pages.signing_in.foreign import read

ALGORITHMS: Final = {
    "RS256": ("RSA", None),
    "PS256": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "EdDSA": ("OKP", "Ed25519"),
}
"""What a token may be signed with, and the kind of key for it: never `none`, never a secret that both sides have."""

TOKEN_MAX: Final = 16 * 1024
KEYS_MAX: Final = 100

_JWS: Final = PyJWS(algorithms=list(ALGORITHMS), options={"enforce_minimum_key_length": True, "verify_signature": True})
_FORGED: Final = "The sign-in service's answer is not signed by it."


class Header(Struct, frozen=True, kw_only=True):
    """A token's header: anybody may have written it."""

    alg: str
    kid: str | None = None
    typ: str | None = None


class Key(Struct, frozen=True, kw_only=True):
    """The public members of a key. Private and unknown ones are dropped where it is read."""

    kty: str
    kid: str | None = None
    use: str | None = None
    alg: str | None = None
    crv: str | None = None
    n: str | None = None
    e: str | None = None
    x: str | None = None
    y: str | None = None

    def fits(self, header: Header) -> bool:
        """Whether the key is meant for this token: key, kind, curve, use and algorithm."""
        kind, curve = ALGORITHMS[header.alg]
        meant = self.use in (None, "sig") and self.alg in (None, header.alg)
        return meant and self.kty == kind and curve in (None, self.crv) and header.kid in (None, self.kid)


class _KeySet(Struct, frozen=True, kw_only=True):
    keys: tuple[Key, ...]


def read_keys(raw: bytes) -> tuple[Key, ...]:
    """A provider's keys. Raises NotVouched."""
    try:
        keys = read(raw, _KeySet).keys
    except Malformed:
        raise NotVouched("The sign-in service's keys cannot be read.", "keys") from None
    if len(keys) > KEYS_MAX:
        raise NotVouched("The sign-in service has more keys than a desk looks through.", "keys")
    return keys


def read_header(token: str) -> Header:
    """The header of a token that a desk may look at. Raises NotVouched."""
    try:
        header = read(unb64url(token.partition(".")[0]), Header) if len(token) <= TOKEN_MAX else None
    except Malformed:
        header = None
    if header is None or header.typ not in (None, "JWT"):
        raise NotVouched("The sign-in service's answer is no ID token.", "token")
    if header.alg not in ALGORITHMS:
        raise NotVouched("The sign-in service signs in a way that a desk does not take.", "algorithm")
    return header


def choose(keys: tuple[Key, ...], header: Header) -> Key | None:
    """The one key for this token; None where there is none, or where it could be several."""
    fitting = [key for key in keys if key.fits(header)]
    return fitting[0] if len(fitting) == 1 else None


def signed(token: str, header: Header, key: Key) -> bytes:
    """The claims, once the signature is known to be the key's. They are not judged yet. Raises NotVouched."""
    public = {name: value for name, value in structs.asdict(key).items() if value is not None}
    try:
        found = _JWS.decode_complete(token.encode("ascii"), PyJWK(public, header.alg), algorithms=[header.alg])
    # Whatever PyJWT, a codec or a parser dislikes is one refusal.
    except (PyJWTError, ValueError, TypeError, RecursionError):
        raise NotVouched(_FORGED, "signature") from None
    payload = found["payload"]
    if not isinstance(payload, bytes):
        raise NotVouched(_FORGED, "signature")
    return payload

"""An ID token's claims, judged one by one (OpenID Connect Core 1.0, section 3.1.3.7): pure, so that each can be tried.

1. issuer: the provider that was asked
2. audience: this desk, and nobody else unless the token was issued to this desk
3. nonce: the answer to this very sign-in
4. times: not expired, not of the future, not from before the sign-in began
5. auth_time: they signed in lately enough
6. at_hash: the access token that came along is the one it was issued with
"""

import hashlib
import hmac
from typing import Final

from msgspec import Struct

from contracts.codec import Malformed, b64url
from contracts.text import Instant
from gateway.desk.pages.signing_in.errors import NotFinished, NotVouched
from gateway.desk.pages.signing_in.foreign import read

LEEWAY: Final = 30
"""Seconds by which a provider's clock may differ from the desk's."""

Claims = dict[str, object]
"""What the token says, by the provider's own names. `person` reads the few that the settings name."""

_HASHES: Final = {"RS256": hashlib.sha256, "PS256": hashlib.sha256, "ES256": hashlib.sha256, "EdDSA": hashlib.sha512}


class IdToken(Struct, frozen=True, kw_only=True):
    """The claims that OpenID Connect itself defines."""

    iss: str
    aud: str | tuple[str, ...]
    exp: Instant
    iat: Instant
    nonce: str
    auth_time: Instant = 0
    nbf: Instant = 0
    azp: str | None = None
    at_hash: str | None = None
    amr: tuple[str, ...] = ()


class Expected(Struct, frozen=True, kw_only=True):
    """What this sign-in is about. `begun_at` and `now` are UTC seconds; the provider was asked for `max_age`."""

    issuer: str
    client_id: str
    nonce: str
    begun_at: int
    now: int
    max_age: int
    alg: str
    access_token: str


def judge(payload: bytes, expected: Expected) -> tuple[IdToken, Claims]:
    """The claims of a token whose signature holds. Raises NotVouched, or NotFinished for a sign-in that is too old."""
    try:
        token, claims = read(payload, IdToken), read(payload, Claims)
    except Malformed:
        raise NotVouched("The sign-in service's answer lacks what the standard asks for.", "claims") from None
    _issuer(token, expected)
    _audience(token, expected)
    _nonce(token, expected)
    _times(token, expected)
    _signed_in(token, expected)
    _access_token(token, expected)
    return token, claims


def _issuer(token: IdToken, expected: Expected) -> None:
    if token.iss != expected.issuer:
        raise NotVouched("The answer comes from another sign-in service.", "issuer")


def _audience(token: IdToken, expected: Expected) -> None:
    audience = (token.aud,) if isinstance(token.aud, str) else token.aud
    alone = audience == (expected.client_id,)
    to_us = expected.client_id in audience and token.azp == expected.client_id
    if not (to_us or (alone and token.azp is None)):
        raise NotVouched("The sign-in service's answer is for another service than this desk.", "audience")


def _nonce(token: IdToken, expected: Expected) -> None:
    if not hmac.compare_digest(token.nonce.encode(), expected.nonce.encode()):
        raise NotVouched("The sign-in service's answer belongs to another sign-in.", "nonce")


def _times(token: IdToken, expected: Expected) -> None:
    if token.exp + LEEWAY <= expected.now:
        raise NotVouched("The sign-in service's answer has expired, or a clock is wrong.", "expired")
    if max(token.iat, token.nbf) > expected.now + LEEWAY:
        raise NotVouched("The sign-in service's answer is of the future, or a clock is wrong.", "future")
    if token.iat < expected.begun_at - LEEWAY:
        raise NotVouched("The sign-in service's answer is older than this sign-in, or a clock is wrong.", "stale")


def _signed_in(token: IdToken, expected: Expected) -> None:
    """`auth_time` is required where `max_age` was asked for (Core, section 2): `iat` would make any old sign-in new."""
    if not token.auth_time:
        raise NotVouched("The sign-in service does not say when somebody signed in (claim auth_time).", "auth-time")
    if token.auth_time > expected.now + LEEWAY:
        raise NotVouched("The sign-in service says that somebody will sign in later.", "future")
    if token.auth_time + expected.max_age + LEEWAY < expected.now:
        raise NotFinished(
            "You signed in too long ago, and your agency's sign-in service did not ask you again. Sign out there, "
            "then come back and sign in.",
            "too-old",
        )


def _access_token(token: IdToken, expected: Expected) -> None:
    """Section 3.1.3.8: the left half of the hash that goes with the token's algorithm."""
    digest = _HASHES[expected.alg](expected.access_token.encode()).digest()
    half = b64url(digest[: len(digest) // 2])
    if token.at_hash is not None and token.at_hash != half:
        raise NotVouched("The sign-in service's answer does not hold together.", "access-token")

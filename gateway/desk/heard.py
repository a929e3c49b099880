"""What another agency or the gateway said, once its signature, its sender and its addressee are known to be right."""

from hashlib import sha256
from typing import Final, TypeVar

import msgspec
from msgspec import Struct

from contracts.claims import CLAIMS
from contracts.codec import Malformed, b64url, decode_strict
from contracts.envelope import Claims
from contracts.messages import BY_TYP, Body, Spec
from contracts.reply import NOTICE_TYP, NoticeClaims
from gateway.desk.errors import NotBelieved
from keys.directory import KnownDirectory
from keys.ed25519 import ed25519_public
from keys.errors import TokenRefused
from keys.notes import VerifierKey
from keys.tokens import MAX_TOKEN, Unverified, key_id, parse, verify

T = TypeVar("T")

_NOTICE: Final = msgspec.json.Decoder(NoticeClaims)

UNKNOWN_SENDER: Final = "A message is signed by nobody in the agency directory, or by a key that was not valid."
NOT_OURS: Final = "A message is not for this agency, this gateway or this place."
NOT_IN_FORM: Final = "A message is not in the form that its contract gives."


class Heard(Struct, frozen=True, kw_only=True):
    """A message whose sender is known."""

    spec: Spec
    claims: Claims[Body]
    digest: str


class GatewayKey:
    """The gateway's own signature: its log's Ed25519 key, pinned as a vkey, and those that came after it."""

    def __init__(self, vkey: VerifierKey) -> None:
        self.vkeys: tuple[VerifierKey, ...] = (vkey,)
        self.origin = vkey.name
        self._publics = {key_id(vkey.public): ed25519_public(vkey.public)}

    @classmethod
    def pinned(cls, vkey: str) -> "GatewayKey":
        """Raises BadKey."""
        return cls(VerifierKey.parse(vkey))

    def adopt(self, vkey: VerifierKey) -> None:
        """Believe one more key, which the log has announced (`gateway.desk.log_keys`)."""
        self.vkeys = (*self.vkeys, vkey)
        self._publics[key_id(vkey.public)] = ed25519_public(vkey.public)

    def read(self, token: str, typ: str, decoder: msgspec.json.Decoder[T]) -> T:
        """The claims of a token of this type that the gateway signed. Raises NotBelieved."""
        try:
            unverified = parse(token)
            public = self._publics.get(unverified.header.kid)
            if public is None or unverified.header.typ != typ:
                raise NotBelieved(NOT_OURS)
            return _decoded(verify(unverified, public), decoder)
        except TokenRefused:
            raise NotBelieved("The gateway's word is not signed by the key that trust.json pins.") from None

    def notice(self, token: str, to: str) -> NoticeClaims:
        """A notice to this agency. Raises NotBelieved."""
        notice = self.read(token, NOTICE_TYP, _NOTICE)
        if (notice.iss, notice.to) != (self.origin, to):
            raise NotBelieved(NOT_OURS)
        return notice


class UnknownSigner(NotBelieved):
    """The directory at hand has no such key: a later one may."""


def hear(token: str, directory: KnownDirectory, to: str, at: int | None) -> Heard:
    """The message in a token, to this agency or from it. Raises NotBelieved, UnknownSigner.

    The sender's key is judged at `at`, the time of the message's line in the log: whoever has a key that was withdrawn
    can still write any date. Only where no line is at hand (None) does the instant count that the sender names.
    """
    try:
        unverified = parse(token)
        claims = verified_claims(unverified, directory, at)
    except TokenRefused:
        raise NotBelieved(UNKNOWN_SENDER) from None
    if claims.aud != directory.gateway or to not in (claims.to, claims.iss):
        raise NotBelieved(NOT_OURS)
    return Heard(spec=BY_TYP[unverified.header.typ], claims=claims, digest=token_digest(token))


def own(token: str) -> Heard:
    """A message of this desk's own writing, out of its own encrypted records: its signature is not asked for again."""
    unverified = parse(token)
    return Heard(
        spec=BY_TYP[unverified.header.typ],
        claims=_decoded(unverified.claims, CLAIMS[unverified.header.typ]),
        digest=token_digest(token),
    )


def verified_claims(unverified: Unverified, directory: KnownDirectory, at: int | None) -> Claims[Body]:
    """The claims of a message, signed by a key of the agency that they name. Raises NotBelieved, TokenRefused."""
    decoder = CLAIMS.get(unverified.header.typ)
    signer = directory.signer(unverified.header.kid)
    if decoder is None:
        raise NotBelieved(NOT_IN_FORM)
    if signer is None:
        raise UnknownSigner(UNKNOWN_SENDER)
    claims: Claims[Body] = _decoded(verify(unverified, signer.public), decoder)
    if claims.iss != signer.agency.id or not signer.valid_at(claims.iat if at is None else at):
        raise NotBelieved(UNKNOWN_SENDER)
    return claims


def token_digest(token: str) -> str:
    """What the log's line says of a token: SHA-256, base64url."""
    return b64url(sha256(token.encode()).digest())


def _decoded(raw: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    try:
        return decode_strict(raw, decoder, MAX_TOKEN)
    except Malformed:
        raise NotBelieved(NOT_IN_FORM) from None

"""Step 1 of the journey: from unverified bytes to a message whose sender, contract and manifest are checked.

Before the signature verifies, refusals are all the same and only counted (`NotVerified`); after it they are precise.
"""

from typing import Final, NamedTuple

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from contracts.claims import CLAIMS
from contracts.codec import Malformed, decode_strict, unb64url
from contracts.envelope import CLOCK_SKEW, GATEWAY, READING_TYP, Claims, Envelope, Identified, Reading
from contracts.messages import BY_TYP, Body, Spec
from contracts.messages.contact_answer import ContactAnswer, exact_digest
from contracts.vocabulary import SEALED_SIZES
from gateway.errors import NotVerified, TooLarge
from gateway.message import Unfit, Verified
from keys import sealing, tokens
from keys.directory import KnownDirectory, Signer
from keys.errors import TokenRefused

CLAIMS_LIMIT: Final = 24_576
LONGEST: Final = 300
"""Seconds from `iat` to `exp` at the most."""

READING_LONGEST: Final = 60

_ENVELOPE: Final = msgspec.json.Decoder(Envelope)
_IDENTIFIED: Final = msgspec.json.Decoder(Identified)
_READING: Final = msgspec.json.Decoder(Reading)


class Door(NamedTuple):
    """What a message is checked against: the directory, this gateway's origin, the time, and the size limit."""

    directory: KnownDirectory
    origin: str
    now: int
    limit: int = 262_144


class _Fault(ValueError):
    """What a verified sender's message says wrongly, and where."""

    def __init__(self, detail: str, where: str | None = None) -> None:
        super().__init__(detail)
        self.detail, self.where = detail, where


def verify(raw: bytes, door: Door) -> Verified | Unfit:
    """The message in these bytes. Raises TooLarge, or NotVerified where nobody vouches for it."""
    # 1.1 Size.
    if len(raw) > door.limit:
        raise TooLarge("The message is too large.")
    # 1.2 Strict envelope, strict token.
    try:
        envelope = decode_strict(raw, _ENVELOPE, door.limit)
        token = tokens.parse(envelope.token)
    except Malformed as error:
        raise NotVerified("envelope") from error
    except TokenRefused as error:
        raise NotVerified("token") from error
    # 1.3 The sender's key is valid now. 1.4 Signature.
    signer, claims = _signed(token, door)
    # 1.5 Contract. 1.6 Manifest: from here on the sender is known and is told precisely.
    spec = BY_TYP.get(token.header.typ)
    try:
        return _message(envelope, claims, spec, signer, door)
    except _Fault as fault:
        return _unfit(envelope, claims, spec, signer, fault)


def verify_reading(token_text: str, htu: str, door: Door) -> str:
    """The agency that may read this path and query now. Raises NotVerified."""
    try:
        token = tokens.parse(token_text)
        if token.header.typ != READING_TYP:
            raise NotVerified("typ")
        signer, claims = _signed(token, door)
        reading = decode_strict(claims, _READING, CLAIMS_LIMIT)
    except (TokenRefused, Malformed) as error:
        raise NotVerified("reading") from error
    fresh = reading.iat - CLOCK_SKEW <= door.now < reading.exp <= reading.iat + READING_LONGEST
    if reading.iss != signer.agency.id or reading.aud != door.origin or reading.htu != htu or not fresh:
        raise NotVerified("reading")
    return reading.iss


def _signed(token: tokens.Unverified, door: Door) -> tuple[Signer, bytes]:
    signer = door.directory.signer(token.header.kid)
    if signer is None or not signer.valid_at(door.now):
        raise NotVerified("key")
    public: Ed25519PublicKey = signer.public
    try:
        return signer, tokens.verify(token, public)
    except TokenRefused as error:
        raise NotVerified("signature") from error


def _message(envelope: Envelope, raw: bytes, spec: Spec | None, signer: Signer, door: Door) -> Verified:
    if spec is None:
        raise _Fault("The token's `typ` names no message of this gateway.", "typ")
    try:
        claims = decode_strict(raw, CLAIMS[spec.typ], CLAIMS_LIMIT)
    except Malformed as error:
        raise _Fault(f"The claims do not follow the contract of `{spec.name}`. {error}", error.where or None) from error
    _check_claims(claims, signer, door)
    sealed = _manifest(envelope, claims, spec, door)
    _check_exact(envelope, claims)
    return Verified(
        spec=spec,
        claims=claims,
        token=envelope.token,
        digest=sealing.digest(envelope.token.encode()),
        kid=signer.kid,
        sealed=sealed,
        exact=envelope.exact,
    )


def _check_claims(claims: Claims[Body], signer: Signer, door: Door) -> None:
    if claims.iss != signer.agency.id:
        raise _Fault("`iss` is not the agency whose key signed the message.", "iss")
    if claims.aud != door.origin:
        raise _Fault("`aud` is not this gateway.", "aud")
    if not 0 < claims.exp - claims.iat <= LONGEST:
        raise _Fault("`exp` must be after `iat`, by 300 seconds at the most.", "exp")
    if claims.to != GATEWAY and door.directory.agency(claims.to) is None:
        raise _Fault("The directory has no agency of the name in `to`.", "to")


def _manifest(envelope: Envelope, claims: Claims[Body], spec: Spec, door: Door) -> dict[str, bytes]:
    """Each sealed value is in the manifest and the other way round, of its fixed size, to a key of `to`."""
    named = set(claims.sealed)
    if named != set(envelope.sealed):
        raise _Fault("The sealed values are not those of the manifest.", "sealed")
    if not set(spec.seals) <= named or not named <= {*spec.seals, *spec.may_seal}:
        raise _Fault("This message seals other fields than its contract says.", "sealed")
    return {field: _value(field, envelope.sealed[field], claims, door) for field in claims.sealed}


def _value(field: str, text: str, claims: Claims[Body], door: Door) -> bytes:
    ref = claims.sealed[field]  # type: ignore[index]  # a field of the manifest
    where = f"sealed.{field}"
    try:
        value = unb64url(text)
    except Malformed as error:
        raise _Fault(str(error), where) from error
    if len(value) != sealing.sealed_size(SEALED_SIZES[field]):
        raise _Fault("The sealed value has not the fixed size of its field.", where)
    if sealing.digest(value) != ref.sha256:
        raise _Fault("The sealed value is not the one that the manifest names.", where)
    recipient = door.directory.recipient(ref.kid)
    if recipient is None or recipient.agency_id != claims.to or not recipient.may_seal_at(door.now):
        raise _Fault("The value is not sealed to a current key of the agency in `to`.", where)
    return value


def _check_exact(envelope: Envelope, claims: Claims[Body]) -> None:
    """A contact-answer, and nothing else, carries the exact reason that its claims name by digest."""
    body = claims.body
    if isinstance(body, ContactAnswer) != (envelope.exact is not None):
        raise _Fault("A contact-answer carries `exact`; no other message does.", "exact")
    if isinstance(body, ContactAnswer) and envelope.exact and body.exact != exact_digest(envelope.exact):
        raise _Fault("`exact` is not the one that the answer's claims name by digest.", "exact")


def _unfit(envelope: Envelope, raw: bytes, spec: Spec | None, signer: Signer, fault: _Fault) -> Unfit:
    """Refused on record, if it can at least be told who says it and under which id."""
    try:
        claims = decode_strict(raw, _IDENTIFIED, CLAIMS_LIMIT)
    except Malformed as error:
        raise NotVerified("claims") from error
    if claims.iss != signer.agency.id:
        raise NotVerified("claims") from fault
    return Unfit(
        name=spec.name if spec else "unknown-message",
        claims=claims,
        token=envelope.token,
        digest=sealing.digest(envelope.token.encode()),
        kid=signer.kid,
        detail=fault.detail,
        where=fault.where,
    )

"""What an agency signs for the directory: its next signing key, its sealing keys, its accession to the agreement."""

from typing import Final, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec.structs import replace

from contracts.codec import Malformed, b64url, unb64url
from contracts.directory import Accession, Endorsement, SealingKey, SigningKey
from keys.tokens import key_id

StatementKind = Literal["signing-key", "sealing-key", "accession"]

_PREFIX: Final = b"rj-endorsement-v1\0"
_LENGTH_BYTES: Final = 2


def statement(kind: StatementKind, origin: str, agency_id: str, *parts: str | bytes | int) -> bytes:
    """The bytes that an endorsement signs: the prefix, then each part with its big-endian uint16 length before it.

    After kind, gateway's origin and agency come, for a key, its kid, its public bytes and its times as decimal digits
    (`valid_from`, then `valid_until`, or `seal_until` and `open_until`); for an accession, the agreement's digest.
    """
    return _PREFIX + b"".join(_framed(part) for part in (kind, origin, agency_id, *parts))


def signing_statement(origin: str, agency_id: str, key: SigningKey) -> bytes:
    """The statement of a signing key. Its revocation is the officers' word, since the agency may have lost the key."""
    public = unb64url(key.public)
    return statement("signing-key", origin, agency_id, key.kid, public, key.valid_from, key.valid_until)


def sealing_statement(origin: str, agency_id: str, key: SealingKey) -> bytes:
    """The statement of a sealing key."""
    times = key.valid_from, key.seal_until, key.open_until
    return statement("sealing-key", origin, agency_id, key.kid, unb64url(key.public), *times)


def accession_statement(origin: str, agency_id: str, agreement: str) -> bytes:
    """The statement by which an agency accedes to the agreement of this digest (base64url)."""
    return statement("accession", origin, agency_id, agreement)


def new_signing_key(public: bytes, valid_from: int, valid_until: int) -> SigningKey:
    """An agency's first signing key, or one after a loss: it stands on the officers' signatures alone."""
    return SigningKey(kid=key_id(public), public=b64url(public), valid_from=valid_from, valid_until=valid_until)


def endorse_signing_key(origin: str, agency_id: str, key: SigningKey, by: Ed25519PrivateKey) -> SigningKey:
    """The agency's next signing key, endorsed by its present one."""
    return replace(key, endorsement=_endorse(signing_statement(origin, agency_id, key), by))


def endorse_sealing_key(
    origin: str,
    agency_id: str,
    public: bytes,
    by: Ed25519PrivateKey,
    *,
    valid_from: int,
    seal_until: int,
    open_until: int,
) -> SealingKey:
    """A sealing key (X-Wing, 1,216 bytes), endorsed by a signing key of its agency. Times are UTC seconds."""
    kid, times = key_id(public), (valid_from, seal_until, open_until)
    return SealingKey(
        kid=kid,
        public=b64url(public),
        valid_from=valid_from,
        seal_until=seal_until,
        open_until=open_until,
        endorsement=_endorse(statement("sealing-key", origin, agency_id, kid, public, *times), by),
    )


def accede(origin: str, agency_id: str, agreement: str, by: Ed25519PrivateKey) -> Accession:
    """The agency's signature under the agreement of this digest (base64url)."""
    return Accession(agreement=agreement, endorsement=_endorse(accession_statement(origin, agency_id, agreement), by))


def endorses(public: Ed25519PublicKey, endorsement: Endorsement, said: bytes) -> bool:
    """Whether the endorsement is this key's signature over the statement."""
    try:
        public.verify(unb64url(endorsement.signature), said)
    except (InvalidSignature, Malformed):
        return False
    return True


def _endorse(said: bytes, by: Ed25519PrivateKey) -> Endorsement:
    return Endorsement(by=key_id(by.public_key().public_bytes_raw()), signature=b64url(by.sign(said)))


def _framed(part: str | bytes | int) -> bytes:
    raw = part if isinstance(part, bytes) else str(part).encode()
    return len(raw).to_bytes(_LENGTH_BYTES, "big") + raw

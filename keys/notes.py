"""Keys that sign notes, and what a note's signatures are worth (C2SP signed-note, tlog-cosignature).

Three kinds are known: Ed25519 over the text, and a witness's timestamped cosignature of a checkpoint, by Ed25519 or by
ML-DSA-44. A witness may have a key of each kind under one name.
"""

from collections.abc import Iterable
from enum import IntEnum
from functools import cached_property
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from msgspec import Struct

from contracts.checkpoint import (
    Checkpoint,
    Malformed,
    NoteSignature,
    SignedNote,
    check_text,
    format_vkey,
    is_key_name,
    key_id,
    parse_vkey,
)
from contracts.tlog_policy import Policy, satisfied
from keys import cosignatures, mldsa44
from keys.ed25519 import BadKey, ed25519_public


class NoteRefused(ValueError):
    """A note that must not be believed."""


class Kind(IntEnum):
    """What a key's signatures are (signed-note, Signature types)."""

    NOTE = 0x01
    COSIGNATURE = 0x04
    MLDSA44_COSIGNATURE = 0x06


COSIGNATURE_BYTES = {Kind.COSIGNATURE: 64, Kind.MLDSA44_COSIGNATURE: mldsa44.SIGNATURE_BYTES}
"""The kinds whose signatures carry a time, and the length of the signature after it."""


class VerifierKey(Struct, frozen=True, kw_only=True):
    """A public key under its name. ``public`` is a raw key of its kind, checked when this is made. Raises BadKey."""

    name: str
    kind: Kind
    public: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise BadKey("The name of a key must not be empty, and have no space, control character or plus sign.")
        if self.kind is not Kind.MLDSA44_COSIGNATURE:
            ed25519_public(self.public)
            return
        mldsa44.mldsa44_public(self.public)
        if len(self.name.encode()) > cosignatures.NAME_BYTES_MAX:
            raise BadKey("The name of an ML-DSA-44 key must have at most 255 bytes.")

    @property
    def key_id(self) -> bytes:
        """The 4 bytes by which a signature line points to this key."""
        return key_id(self.name, self.kind, self.public)

    def encode(self) -> str:
        """The key as published: ``name+key ID+base64``."""
        return format_vkey(self.name, self.kind, self.public)

    @classmethod
    def parse(cls, vkey: str) -> Self:
        """Read a published key. Raises BadKey."""
        try:
            name, kind, public = parse_vkey(vkey)
        except Malformed as error:
            raise BadKey("A verifier key must be name+key ID+base64. Copy it again from its owner.") from error
        if kind not in tuple(Kind):
            raise BadKey(
                "The verifier key is of a kind that is not supported. Use an Ed25519 key, or ML-DSA-44 for a witness."
            )
        return cls(name=name, kind=Kind(kind), public=public)


class NoteSigner:
    """Signs note texts: checkpoints, agreements, directories."""

    def __init__(self, *, name: str, key: Ed25519PrivateKey) -> None:
        self.name, self.key = name, key

    @cached_property
    def vkey(self) -> VerifierKey:
        """The key that verifies what this signs."""
        return VerifierKey(name=self.name, kind=Kind.NOTE, public=self.key.public_key().public_bytes_raw())

    def sign(self, text: str) -> str:
        """The signature line of a text, with its newline. Raises Malformed if the text cannot be a note's."""
        if check_text(text).startswith(cosignatures.HEADER):  # under one key for both, that would be a cosignature
            raise Malformed("The text of a note must not begin as the message of a cosignature does.")
        return _line(self.vkey, self.key.sign(text.encode()))


class Cosigner:
    """Cosigns checkpoints as a witness. Whether the log only grew must be checked before."""

    def __init__(self, *, name: str, key: Ed25519PrivateKey | MLDSA44PrivateKey) -> None:
        self.name, self.key = name, key

    @cached_property
    def vkey(self) -> VerifierKey:
        """The key that verifies what this cosigns. Raises BadKey for a name that its kind cannot have."""
        kind = Kind.MLDSA44_COSIGNATURE if isinstance(self.key, MLDSA44PrivateKey) else Kind.COSIGNATURE
        return VerifierKey(name=self.name, kind=kind, public=self.key.public_key().public_bytes_raw())

    def can_cosign(self, tree: Checkpoint) -> bool:
        """Whether its kind of cosignature can say what this checkpoint says; an Ed25519 one always can."""
        return self.vkey.kind is Kind.COSIGNATURE or cosignatures.is_mldsa44_signable(tree)

    def cosign(self, note_text: str, time: int) -> str:
        """The signature line of a checkpoint's text, at a time in seconds since 1970. Raises Malformed."""
        Checkpoint.parse(note_text)
        stamp = cosignatures.encode_time(time)
        return _line(self.vkey, stamp + self.key.sign(_cosigned(self.vkey, note_text, time)))


def verify(note: SignedNote, verifiers: Iterable[VerifierKey]) -> tuple[str, ...]:
    """The names of the keys that signed the note, each name once. Raises NoteRefused as ``verified_keys`` does."""
    return tuple(dict.fromkeys(key.name for key in verified_keys(note, verifiers)))


def verified_keys(note: SignedNote, verifiers: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
    """The keys that signed the note, in the order of its lines.

    Lines of unknown keys are ignored. Raises NoteRefused if a known key's signature fails, or no known key has signed.
    """
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for key in verifiers:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise NoteRefused("Two trusted keys share a name and an ID. Replace one of them.")
    signed: dict[VerifierKey, None] = {}
    for line in note.signatures:
        trusted = known.get((line.name, line.key_id))
        if trusted is not None:
            _check(trusted, note.text, line)
            signed[trusted] = None
    if not signed:
        raise NoteRefused("No trusted key has signed the note.")
    return tuple(signed)


def open_checkpoint(note: SignedNote, policy: Policy) -> Checkpoint:
    """The checkpoint of a note that a log of the policy and its quorum of witnesses have signed.

    Raises NoteRefused, Malformed, or BadKey for a policy with a key that must not be trusted.
    """
    logs = {VerifierKey.parse(log.vkey) for log in policy.logs}
    witnesses = {VerifierKey.parse(witness.vkey): witness.name for witness in policy.witnesses}
    signed = verified_keys(note, logs | witnesses.keys())
    checkpoint = Checkpoint.parse(note.text)
    if not any(key in logs and key.name == checkpoint.origin for key in signed):
        raise NoteRefused("No trusted log has signed the checkpoint under its own origin.")
    if not satisfied(policy, [witnesses[key] for key in signed if key in witnesses]):
        raise NoteRefused("Too few witnesses have cosigned the checkpoint. Wait, and fetch it again.")
    return checkpoint


def cosignature_time(signature: NoteSignature) -> int:
    """When a witness cosigned, in seconds since 1970; true only if the signature verified. Raises NoteRefused."""
    for length in COSIGNATURE_BYTES.values():
        try:
            return cosignatures.split(signature.signature, length)[0]
        except Malformed:
            continue
    raise NoteRefused("A cosignature must be a time of 8 bytes and a signature of 64, or of 2,420 by ML-DSA-44.")


def _check(key: VerifierKey, text: str, line: NoteSignature) -> None:
    """Raises NoteRefused."""
    try:
        if key.kind not in COSIGNATURE_BYTES:
            Ed25519PublicKey.from_public_bytes(key.public).verify(line.signature, text.encode())
            return
        time, signature = cosignatures.split(line.signature, COSIGNATURE_BYTES[key.kind])
        message = _cosigned(key, text, time)
        if key.kind is Kind.COSIGNATURE:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
        else:
            mldsa44.mldsa44_public(key.public).verify(signature, message)
    except Malformed as error:
        raise NoteRefused(str(error)) from error
    except InvalidSignature as error:
        raise NoteRefused("The signature of a trusted key is wrong: the note has been changed.") from error


def _cosigned(key: VerifierKey, text: str, time: int) -> bytes:
    """What a cosignature of this key signs. Raises Malformed."""
    if key.kind is Kind.MLDSA44_COSIGNATURE:
        return cosignatures.mldsa44_message(key.name, text, time)
    return cosignatures.ed25519_message(text, time)


def _line(key: VerifierKey, signature: bytes) -> str:
    return NoteSignature(name=key.name, key_id=key.key_id, signature=signature).encode()

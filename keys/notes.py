"""Keys that sign notes, and what a note's signatures are worth (C2SP signed-note, tlog-cosignature v1).

Two kinds are known: Ed25519 over the text, and a witness's timestamped cosignature of a checkpoint. Another kind, such
as ML-DSA-44, needs a member of ``Kind``, a length of key and a branch in ``_check``.
"""

from collections.abc import Iterable
from enum import IntEnum
from functools import cached_property
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from contracts.checkpoint import (
    SIZE_MAX,
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
from keys.ed25519 import BadKey, ed25519_public

TIME_BYTES = 8
_COSIGNATURE_HEADER = "cosignature/v1\n"


class NoteRefused(ValueError):
    """A note that must not be believed."""


class Kind(IntEnum):
    """What a key's signatures are (signed-note, Signature types)."""

    NOTE = 0x01
    COSIGNATURE = 0x04


class VerifierKey(Struct, frozen=True, kw_only=True):
    """A public key under its name. ``public`` is a raw Ed25519 key, checked when this is made. Raises BadKey."""

    name: str
    kind: Kind
    public: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name):
            raise BadKey("The name of a key must not be empty, and have no space, control character or plus sign.")
        ed25519_public(self.public)

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
            raise BadKey("The verifier key is of a kind that is not supported. Use an Ed25519 key.")
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
        if check_text(text).startswith(_COSIGNATURE_HEADER):  # under one key for both, that would be a cosignature
            raise Malformed("The text of a note must not begin as the message of a cosignature does.")
        return _line(self.vkey, self.key.sign(text.encode()))


class Cosigner:
    """Cosigns checkpoints as a witness. Whether the log only grew must be checked before."""

    def __init__(self, *, name: str, key: Ed25519PrivateKey) -> None:
        self.name, self.key = name, key

    @cached_property
    def vkey(self) -> VerifierKey:
        """The key that verifies what this cosigns."""
        return VerifierKey(name=self.name, kind=Kind.COSIGNATURE, public=self.key.public_key().public_bytes_raw())

    def cosign(self, note_text: str, time: int) -> str:
        """The signature line of a checkpoint's text, at a time in seconds since 1970. Raises Malformed."""
        Checkpoint.parse(note_text)
        if not 0 <= time <= SIZE_MAX:
            raise Malformed("The time of a cosignature must be from 0 to 2 to the 63 less 1.")
        return _line(self.vkey, time.to_bytes(TIME_BYTES, "big") + self.key.sign(_cosigned(note_text, time)))


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
    return _split_cosignature(signature.signature)[0]


def _check(key: VerifierKey, text: str, line: NoteSignature) -> None:
    message, signature = text.encode(), line.signature
    if key.kind is Kind.COSIGNATURE:
        time, signature = _split_cosignature(line.signature)
        message = _cosigned(text, time)
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except InvalidSignature as error:
        raise NoteRefused("The signature of a trusted key is wrong: the note has been changed.") from error


def _cosigned(text: str, time: int) -> bytes:
    """What a cosignature signs (tlog-cosignature, Ed25519 signed message)."""
    return f"{_COSIGNATURE_HEADER}time {time}\n{text}".encode()


def _split_cosignature(signature: bytes) -> tuple[int, bytes]:
    time = int.from_bytes(signature[:TIME_BYTES], "big")
    if len(signature) != TIME_BYTES + 64 or time > SIZE_MAX:
        raise NoteRefused("A cosignature must be a time of 8 bytes and a signature of 64.")
    return time, signature[TIME_BYTES:]


def _line(key: VerifierKey, signature: bytes) -> str:
    return NoteSignature(name=key.name, key_id=key.key_id, signature=signature).encode()

"""The keys of a directory that a log has announced, and what changed: a key added behind an agency's back is seen.

Whether the officers signed the directory is not judged here: desks do that, under pinned keys. What anybody can check
is that the document served is the one that the log names.
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec
from msgspec import Struct

from contracts.codec import Malformed, decode_strict
from contracts.directory import SIGNED_BYTES_MAX, Directory, SealingKey, SignedDocument, SigningKey
from gateway.ledger.source import Source
from keys.documents import DocumentRefused, digest_of

_SIGNED: Final = msgspec.json.Decoder(SignedDocument)
_DIRECTORY: Final = msgspec.json.Decoder(Directory)


class KnownKey(Struct, frozen=True, kw_only=True):
    """A key of an agency, and whether it is revoked."""

    agency: str
    use: Literal["signing", "sealing"]
    revoked: bool = False


class KeyChange(Struct, frozen=True, kw_only=True):
    """What happened to a key since the directory that was known before."""

    change: Literal["added", "removed", "revoked"]
    kid: str
    agency: str
    use: str


class Served(Struct, frozen=True, kw_only=True):
    """A directory as the gateway serves it: the digest of its text, its version and its keys."""

    sha256: str
    version: int
    kids: dict[str, KnownKey]


def served(source: Source) -> Served | None:
    """The directory at `/v1/directory`; None where none is served. One that cannot be read has the version 0."""
    raw = source.get("v1/directory", SIGNED_BYTES_MAX)
    if raw is None:
        return None
    try:
        signed = decode_strict(raw, _SIGNED, SIGNED_BYTES_MAX)
        directory = decode_strict(signed.document.encode(), _DIRECTORY, SIGNED_BYTES_MAX)
        return Served(sha256=digest_of(signed.document), version=directory.version, kids=_kids(directory))
    except (Malformed, DocumentRefused, UnicodeEncodeError):
        return Served(sha256="", version=0, kids={})


def changes(before: Mapping[str, KnownKey], now: Mapping[str, KnownKey]) -> list[KeyChange]:
    """Added, removed and revoked keys, in this order."""
    revoked = [kid for kid in now if kid in before and now[kid].revoked and not before[kid].revoked]
    return [
        *(_change("added", kid, now[kid]) for kid in now if kid not in before),
        *(_change("removed", kid, before[kid]) for kid in before if kid not in now),
        *(_change("revoked", kid, now[kid]) for kid in revoked),
    ]


def _change(change: Literal["added", "removed", "revoked"], kid: str, key: KnownKey) -> KeyChange:
    return KeyChange(change=change, kid=kid, agency=key.agency, use=key.use)


def _kids(directory: Directory) -> dict[str, KnownKey]:
    signing = {key.kid: _known(agency.id, "signing", key) for agency in directory.agencies for key in agency.signing}
    sealing = {key.kid: _known(agency.id, "sealing", key) for agency in directory.agencies for key in agency.sealing}
    return signing | sealing


def _known(agency: str, use: Literal["signing", "sealing"], key: SigningKey | SealingKey) -> KnownKey:
    revoked = key.revoked_at is not None or key.compromised_since is not None
    return KnownKey(agency=agency, use=use, revoked=revoked)

"""What a bundle is made of: what the gateway handed out, the signed documents, and the keys that were pinned."""

from msgspec import Struct

from contracts.directory import SignedDocument
from contracts.evidence import EvidenceDocument, EvidenceLine
from keys.notes import VerifierKey


class NotProved(ValueError):
    """A signature, a proof or a file does not hold: nothing of the bundle is to be believed. Says which."""


class Document(Struct, frozen=True, kw_only=True):
    """A signed document, and what proves from which line on it counted."""

    stood: EvidenceDocument
    signed: SignedDocument


class Material(Struct, frozen=True, kw_only=True):
    """Nothing in it is verified yet. `at` is when it was put together, in UTC seconds; `policy` a C2SP tlog-policy."""

    origin: str
    exchange: str
    reader: str
    at: int
    lines: tuple[EvidenceLine, ...]
    documents: tuple[Document, ...]
    log_vkeys: tuple[str, ...]
    officers: tuple[str, ...]
    policy: str | None = None


class Trusted(Struct, frozen=True, kw_only=True):
    """Whom to believe, from outside the bundle: the log's keys, both parties' officers, and cosigners if any."""

    log: tuple[VerifierKey, ...]
    officers: tuple[VerifierKey, ...]
    policy: str | None = None

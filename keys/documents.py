"""Documents that both parties sign: agreement, directory, succession of a log; each a text under a C2SP signed note."""

import re
from hashlib import sha256
from typing import Final, Literal

import msgspec
from msgspec import Struct

from contracts.checkpoint import Malformed, SignedNote, format_note, parse_note
from contracts.codec import b64url
from contracts.directory import SignedDocument
from keys.notes import Kind, NoteRefused, NoteSigner, VerifierKey, verified_keys

DocumentKind = Literal["agreement", "directory"]
SignedKind = Literal[DocumentKind, "succession"]

OFFICERS_MIN: Final = 2

_TEXT: Final = re.compile(
    r"rj (?P<kind>agreement|directory|succession) (?P<id>[!-~]{1,120})\n"
    r"version (?P<version>[1-9][0-9]{0,6})\n"
    r"sha256 (?P<digest>[A-Za-z0-9_-]{43})\n"
)


class DocumentRefused(ValueError):
    """A document that must not be used: not signed by every officer, or not the one that they signed."""


class Verified(Struct, frozen=True, kw_only=True):
    """A document that every officer has signed. `digest` is the SHA-256 of its UTF-8 bytes, base64url."""

    id: str
    version: int
    digest: str
    document: str


def sign(
    kind: SignedKind, document_id: str, version: int, document: str, signers: tuple[NoteSigner, ...]
) -> SignedDocument:
    """Sign a document under its id: that of the agreement, or the gateway's origin. Raises DocumentRefused."""
    text = f"rj {kind} {document_id}\nversion {version}\nsha256 {digest_of(document)}\n"
    _read(text)
    return SignedDocument(document=document, note=format_note(text, *(signer.sign(text) for signer in signers)))


def countersign(signed: SignedDocument, signer: NoteSigner) -> SignedDocument:
    """Add an officer's signature, after checking that the note is of this very document. Raises DocumentRefused.

    The signatures that are there already are not verified: `verify` does that, with the officers' own keys.
    """
    note = _parse(signed.note)
    _check_digest(signed.document, _read(note.text))
    return msgspec.structs.replace(signed, note=note.encode() + signer.sign(note.text))


def verify(kind: SignedKind, signed: SignedDocument, officers: tuple[VerifierKey, ...]) -> Verified:
    """The document, if each of the officers has signed it as this kind. Raises DocumentRefused.

    `officers` are the pinned keys, one for each party. Signatures of other keys count for nothing.
    """
    _check_officers(officers)
    note = _parse(signed.note)
    try:
        missing = set(officers).difference(verified_keys(note, officers))
    except NoteRefused as error:
        raise DocumentRefused(f"The {kind} is not signed by both parties' officers, or was changed after.") from error
    if missing:
        names = ", ".join(sorted(officer.name for officer in missing))
        raise DocumentRefused(f"The {kind} lacks the signature of {names}. Ask that officer to sign it.")
    said = _read(note.text)
    if said["kind"] != kind:
        raise DocumentRefused(f"The signed document is of another kind. Use the signed {kind}.")
    _check_digest(signed.document, said)
    return Verified(id=said["id"], version=int(said["version"]), digest=said["digest"], document=signed.document)


def digest_of(document: str) -> str:
    """SHA-256 of the document's UTF-8 bytes, base64url. Raises DocumentRefused for a text that has none."""
    try:
        return b64url(sha256(document.encode()).digest())
    except UnicodeEncodeError as error:
        raise DocumentRefused("The document is not text in UTF-8. Save it as UTF-8.") from error


def _check_officers(officers: tuple[VerifierKey, ...]) -> None:
    """One person with two pins must not be able to stand for both parties."""
    people = {officer.public for officer in officers if officer.kind is Kind.NOTE}
    if len(people) < max(OFFICERS_MIN, len(officers)):
        raise DocumentRefused("The pinned keys must be note keys of two or more officers, each another key.")


def _parse(note: str) -> SignedNote:
    try:
        return parse_note(note)
    except Malformed as error:
        raise DocumentRefused("The note of the document is not a signed note. Fetch the document again.") from error


def _read(text: str) -> dict[str, str]:
    said = _TEXT.fullmatch(text)
    if not said:
        raise DocumentRefused("The note must name the kind, id, version and digest of a document, and nothing else.")
    return said.groupdict()


def _check_digest(document: str, said: dict[str, str]) -> None:
    if digest_of(document) != said["digest"]:
        raise DocumentRefused("The document is not the one that was signed. Fetch both again.")

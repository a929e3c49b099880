"""Signed notes and the checkpoints they carry (C2SP signed-note, tlog-checkpoint).

A note is only parsed here: its text means nothing until ``keys.notes`` has verified a signature of a trusted key.
"""

import re
from base64 import b64decode, b64encode
from hashlib import sha256
from typing import Self

from msgspec import Struct

from contracts.merkle import HASH_BYTES

NOTE_BYTES_MAX = 1 << 20
SIGNATURES_MAX = 100
SIZE_MAX = (1 << 63) - 1  # other tools keep tree sizes and times in signed 64-bit integers
KEY_ID_BYTES = 4

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")
_EM_DASH = "— "


class Malformed(ValueError):
    """Text that is not exactly in the public format it should be in."""


class Checkpoint(Struct, frozen=True, kw_only=True):
    """A tree head: the log's origin, its size in leaves and its 32-byte root.

    Extension lines are allowed by tlog-checkpoint and mean nothing to us; they are kept, because signatures cover them.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def encode(self) -> str:
        """The note text that a log signs."""
        return "\n".join((self.origin, str(self.size), to_base64(self.root), *self.extensions, ""))

    @classmethod
    def parse(cls, body: str) -> Self:
        """Read a note text as a checkpoint. Raises Malformed."""
        check_text(body)
        lines = body[:-1].split("\n")
        if len(lines) < 3 or "" in lines:
            raise Malformed("A checkpoint has three lines, origin, size and root, and no line may be empty.")
        root = from_base64(lines[2])
        if len(root) != HASH_BYTES:
            raise Malformed("The root of a checkpoint must be 32 bytes.")
        return cls(origin=lines[0], size=from_decimal(lines[1]), root=root, extensions=tuple(lines[3:]))


class NoteSignature(Struct, frozen=True, kw_only=True):
    """One signature line. ``signature`` is what follows the 4-byte key ID; its shape depends on the kind of key."""

    name: str
    key_id: bytes
    signature: bytes

    def encode(self) -> str:
        """The line, with its newline."""
        return f"{_EM_DASH}{self.name} {to_base64(self.key_id + self.signature)}\n"

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read one line without its newline. Raises Malformed."""
        name, _, encoded = line.removeprefix(_EM_DASH).partition(" ")
        signed = from_base64(encoded)
        if not line.startswith(_EM_DASH) or not is_key_name(name) or len(signed) <= KEY_ID_BYTES:
            raise Malformed("A signature line must be an em dash, a key name and a base64 signature.")
        return cls(name=name, key_id=signed[:KEY_ID_BYTES], signature=signed[KEY_ID_BYTES:])


class SignedNote(Struct, frozen=True, kw_only=True):
    """A note as it was received: ``text`` ends with a newline and is what was signed. Nothing is verified yet."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> str:
        """The note again, byte for byte."""
        return format_note(self.text, *(each.encode() for each in self.signatures))


def parse_note(note: bytes | str) -> SignedNote:
    """Read a signed note: UTF-8, at most 1 MiB, 1 to 100 signatures. Raises Malformed."""
    whole = _utf8(note)
    head, separator, tail = whole.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise Malformed("A signed note is a text, an empty line, and at least one signature line ending in a newline.")
    lines = tail[:-1].split("\n")
    if len(lines) > SIGNATURES_MAX:
        raise Malformed("The note has more than 100 signatures. Send only those the reader needs.")
    text = check_text(head + "\n")
    return SignedNote(text=text, signatures=tuple(NoteSignature.parse(line) for line in lines))


def format_note(text: str, *lines: str) -> str:
    """A signed note of a text and its signature lines, each of which ends with a newline."""
    return text + "\n" + "".join(lines)


def check_text(text: str) -> str:
    """Return a text that may be signed as a note: it ends with a newline and has no other control character."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise Malformed("The text of a note must end with a newline and have no other control character.")
    return text


def is_key_name(name: str) -> bool:
    """Whether a note may name a key so: not empty, no Unicode space, no control character, no plus sign."""
    return bool(name) and "+" not in name and not any(each.isspace() or each < " " for each in name)


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """The 4-byte ID of a key (signed-note, Signatures): SHA-256(name ‖ 0A ‖ kind ‖ public key), its first bytes."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:KEY_ID_BYTES]


def format_vkey(name: str, kind: int, public: bytes) -> str:
    """A verifier key: ``name+hex of the key ID+base64(kind ‖ public key)``."""
    return f"{name}+{key_id(name, kind, public).hex()}+{to_base64(bytes([kind]) + public)}"


def parse_vkey(vkey: str) -> tuple[str, int, bytes]:
    """Name, kind of signature and public key of a verifier key, in its one canonical form. Raises Malformed."""
    name, _, rest = _utf8(vkey).partition("+")
    material = from_base64(rest.partition("+")[2])
    if not is_key_name(name) or len(material) < 2:
        raise Malformed("A verifier key must be name+key ID+base64, as its owner published it.")
    if format_vkey(name, material[0], material[1:]) != vkey:
        raise Malformed("The ID of the verifier key does not belong to its name and public key. Copy the key again.")
    return name, material[0], material[1:]


def to_base64(raw: bytes) -> str:
    """Standard base64 with padding (RFC 4648 section 4)."""
    return b64encode(raw).decode()


def from_base64(text: str) -> bytes:
    """Standard base64 in its one canonical form. Raises Malformed."""
    try:
        raw = b64decode(text, validate=True)
    except ValueError as error:
        raise Malformed("A value is not in standard base64 with padding.") from error
    if to_base64(raw) != text:
        raise Malformed("A base64 value has stray bits at its end. Encode it again.")
    return raw


def from_decimal(text: str) -> int:
    """A number from 0 to 2⁶³−1 in ASCII digits without leading zeroes. Raises Malformed."""
    if not _DECIMAL.fullmatch(text) or (number := int(text)) > SIZE_MAX:
        raise Malformed("A number must be written in plain digits, without leading zeroes, and be below 2 to the 63.")
    return number


def _utf8(note: bytes | str) -> str:
    """The text of bytes, or a text that bytes can carry; the limit comes first, so nothing large is ever decoded."""
    if len(note) > NOTE_BYTES_MAX:
        raise Malformed("The note is over 1 MiB.")
    try:
        return note.decode() if isinstance(note, bytes) else note.encode().decode()
    except UnicodeError as error:
        raise Malformed("The note is not UTF-8.") from error

"""What a log asks of a witness, and how a witness tells its size (C2SP tlog-witness, add-checkpoint)."""

from typing import Self

from msgspec import Struct

from contracts.checkpoint import Malformed, SignedNote, from_base64, from_decimal, parse_note, to_base64
from contracts.merkle import HASH_BYTES

REQUEST_BYTES_MAX = 1 << 17  # 63 hashes, and a note of 16 signatures of the largest kind there is, 5 kB each
PROOF_LINES_MAX = 63
SIZE_TYPE = "text/x.tlog.size"

_SIZE_BYTES_MAX = 20
_HASH_CHARACTERS = (HASH_BYTES + 2) // 3 * 4
_OLD = "old "


class AddCheckpoint(Struct, frozen=True, kw_only=True):
    """A request to cosign ``checkpoint``, with the proof that it extends the tree of ``old`` leaves.

    Nothing is verified here: neither a signature, nor that the text of the note is a checkpoint, nor the proof.
    """

    old: int
    proof: tuple[bytes, ...]
    checkpoint: SignedNote

    def encode(self) -> bytes:
        """The body of the request. Raises Malformed for a proof that no witness has to read."""
        if len(self.proof) > PROOF_LINES_MAX:
            raise Malformed("The consistency proof has more than 63 hashes, more than any tree can need.")
        lines = (f"{_OLD}{self.old}", *map(to_base64, self.proof), "", self.checkpoint.encode())
        return "\n".join(lines).encode()

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Read a body of at most 128 KiB. Raises Malformed."""
        if len(body) > REQUEST_BYTES_MAX:
            raise Malformed("The request is over 128 KiB.")
        # No line before the checkpoint may be empty, so the first empty line is the one that ends the proof.
        head, _, note = body.partition(b"\n\n")
        if head.count(b"\n") > PROOF_LINES_MAX:
            raise Malformed("A request has at most 63 lines of proof between the old size and an empty line.")
        if not head.isascii():
            raise Malformed("The old size and the proof must be written in ASCII.")
        old, *proof = head.decode().split("\n")
        if not old.startswith(_OLD):
            raise Malformed("A request must begin with the line: old, a space, and the size of the older tree.")
        size = from_decimal(old.removeprefix(_OLD))
        return cls(old=size, proof=tuple(map(_hash, proof)), checkpoint=parse_note(note))


def encode_size(size: int) -> str:
    """What a witness answers whose tree is not the old one of the request: its size, on a line."""
    return f"{size}\n"


def parse_size(body: bytes) -> int:
    """The size in such an answer. Raises Malformed."""
    if len(body) > _SIZE_BYTES_MAX or not body.isascii() or not body.endswith(b"\n"):
        raise Malformed("The size of a tree must be one line of plain digits.")
    return from_decimal(body[:-1].decode())


def _hash(line: str) -> bytes:
    if len(line) != _HASH_CHARACTERS or len(raw := from_base64(line)) != HASH_BYTES:
        raise Malformed("Each line of the proof must be one hash of 32 bytes in base64.")
    return raw

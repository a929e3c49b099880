"""Offline proofs of inclusion (C2SP tlog-proof): the receipt that every reply carries."""

from typing import Self

from msgspec import Struct

from contracts.checkpoint import Checkpoint, Malformed, from_base64, from_decimal, parse_note, to_base64
from contracts.merkle import HASH_BYTES, PROOF_HASHES_MAX

PROOF_BYTES_MAX = 1 << 20
_HEADER = "c2sp.org/tlog-proof@v1"


class TlogProof(Struct, frozen=True, kw_only=True):
    """That the leaf at ``index`` is in the tree of ``checkpoint``, a signed note kept byte for byte.

    Neither the signatures nor the inclusion are verified here. ``extra`` is authenticated by nothing: whoever carries
    the proof can change it, so it may only hold what checks itself, such as openings of commitments.
    """

    extra: bytes | None = None
    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str

    def encode(self) -> str:
        """The proof as text."""
        extra = () if self.extra is None else (f"extra {to_base64(self.extra)}",)
        lines = (_HEADER, *extra, f"index {self.index}", *map(to_base64, self.hashes), "")
        return "\n".join(lines) + "\n" + self.checkpoint

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a proof of at most 1 MiB whose note holds a well-formed checkpoint. Raises Malformed."""
        if len(text) > PROOF_BYTES_MAX:
            raise Malformed("The proof is over 1 MiB.")
        head, _, checkpoint = text.partition("\n\n")
        Checkpoint.parse(parse_note(checkpoint).text)
        header, *lines = head.split("\n")
        if header != _HEADER:
            raise Malformed("A proof must begin with the line c2sp.org/tlog-proof@v1.")
        extra = from_base64(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else None
        if not lines or not lines[0].startswith("index "):
            raise Malformed("A proof must name the index of its leaf before the hashes.")
        index = from_decimal(lines[0].removeprefix("index "))
        return cls(extra=extra, index=index, hashes=_hashes(lines[1:]), checkpoint=checkpoint)


def _hashes(lines: list[str]) -> tuple[bytes, ...]:
    if len(lines) > PROOF_HASHES_MAX:
        raise Malformed("The proof has more than 64 hashes, more than any tree can need.")
    hashes = tuple(map(from_base64, lines))
    if any(len(each) != HASH_BYTES for each in hashes):
        raise Malformed("Each hash of a proof must be 32 bytes.")
    return hashes

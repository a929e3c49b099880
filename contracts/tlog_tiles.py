"""Where a log's tiles and entry bundles lie, and how entries lie in a bundle (C2SP tlog-tiles).

A tile holds up to 256 hashes of one level of the tree, a bundle the entries under one tile of level 0. Both are named
by a path below the log's address: ``tile/0/x001/x234/067``, ``tile/entries/005.p/112``.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from contracts.checkpoint import Malformed
from contracts.merkle import HASH_BYTES

TILE_WIDTH: Final = 256
TILE_LEVELS: Final = 8
"""Levels of the binary tree between one level of tiles and the next."""

TILE_BYTES: Final = TILE_WIDTH * HASH_BYTES
ENTRY_BYTES_MAX: Final = 65_535
BUNDLE_BYTES_MAX: Final = TILE_WIDTH * (2 + ENTRY_BYTES_MAX)

ENTRIES: Final = -1
"""The level of entry bundles, which is none of the tree's: each stands beside the tile of its entries' hashes."""

_PATH: Final = re.compile(
    r"tile/(?P<level>entries|[0-9]|[1-5][0-9]|6[0-3])/(?P<n>(?:x[0-9]{3}/){0,6}[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]))?"
)


class Place(NamedTuple):
    """A tile or, at level ``ENTRIES``, a bundle: the ``n``-th of its level, with ``width`` hashes or entries, 1 to 256.

    Fewer than 256 make it a partial one.
    """

    level: int
    n: int
    width: int = TILE_WIDTH

    @property
    def path(self) -> str:
        """Its path below the log's address (tlog-tiles, Merkle Tree)."""
        digits = f"{self.n:03}"
        digits = "0" * (-len(digits) % 3) + digits
        *high, low = (digits[at : at + 3] for at in range(0, len(digits), 3))
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = f".p/{self.width}" if self.width < TILE_WIDTH else ""
        return "/".join(("tile", level, *(f"x{each}" for each in high), low)) + partial

    @property
    def first(self) -> int:
        """The number of its first hash in that level of tiles; of its first entry, in a bundle."""
        return self.n * TILE_WIDTH

    @property
    def whole(self) -> "Place":
        """The full tile or bundle that this one becomes."""
        return self._replace(width=TILE_WIDTH)

    def at(self, size: int) -> "Place":
        """The one of the same level and number in the tree of exactly this size; its width is 0 or less beyond it."""
        return self._replace(width=min(TILE_WIDTH, length(self.level, size) - self.first))

    def within(self, size: int) -> bool:
        """Whether a tree of this size has all its hashes or entries."""
        return self.first + self.width <= length(self.level, size)

    @classmethod
    def parse(cls, path: str) -> "Place":
        """Read a path in its one canonical form. Raises Malformed."""
        match = _PATH.fullmatch(path)
        if not match:
            raise Malformed("This is not the path of a tile or of an entry bundle.")
        level = ENTRIES if match["level"] == "entries" else int(match["level"])
        place = cls(level, int(re.sub("[x/]", "", match["n"])), int(match["width"] or TILE_WIDTH))
        if place.path != path:
            raise Malformed("The number of a tile has no leading group of zeroes.")
        return place


def length(level: int, size: int) -> int:
    """How many hashes the tree of this size has at a level of tiles, or how many entries."""
    return size >> TILE_LEVELS * max(level, 0)


def places(level: int, size: int) -> Iterator[Place]:
    """The tiles of one level, or the bundles, that a tree of this size has, in order: the last may be partial."""
    full, rest = divmod(length(level, size), TILE_WIDTH)
    yield from (Place(level, n) for n in range(full))
    if rest:
        yield Place(level, full, rest)


def levels(size: int) -> range:
    """The levels of tiles that a tree of this size has."""
    return range(-(-size.bit_length() // TILE_LEVELS))


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """A bundle: each entry after its length as a big-endian uint16. Raises Malformed for an entry over 65,535 bytes."""
    try:
        return b"".join([part for entry in entries for part in (len(entry).to_bytes(2, "big"), entry)])
    except OverflowError as error:
        raise Malformed("An entry of the log is longer than 65,535 bytes.") from error


def split_bundle(bundle: bytes, width: int) -> list[bytes]:
    """The entries of a bundle, exactly as many as ``width``. Raises Malformed."""
    entries: list[bytes] = []
    at, end = 0, len(bundle)
    while at < end and len(entries) < width:
        begin = at + 2
        at = begin + int.from_bytes(bundle[at:begin], "big")
        entries.append(bundle[begin:at])
    if at != end or len(entries) != width:
        raise Malformed("The bundle does not hold exactly its entries: it is cut off, or something was added.")
    return entries

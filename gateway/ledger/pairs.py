"""One bundle of entries against its tile of hashes: the work of an audit, for many processes. Imports little."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from struct import Struct
from typing import NamedTuple

import msgspec

from contracts.checkpoint import Malformed
from contracts.merkle import HASH_BYTES
from contracts.tlog_tiles import ENTRIES, TILE_WIDTH, Place, split_bundle
from gateway.ledger.source import Source, get_place

_LEAF = hashlib.sha256(b"\x00")
_NODE = hashlib.sha256(b"\x01")


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a file of the log."""

    path: str
    what: str


class Checked(NamedTuple):
    """What some bundles gave: the hash over each full one, the row of hashes of the partial one, what is wrong."""

    roots: bytes
    rest: bytes
    faults: list[Fault]


def check(source: Source, size: int, begin: int, end: int) -> Checked:
    """Bundles `begin` to before `end` of the tree of this size, each against its tile. Raises SourceAway."""
    roots, rest, faults = list[bytes](), b"", list[Fault]()
    for n in range(begin, end):
        place = Place(0, n).at(size)
        row, wrong = _row(source, place, size)
        faults += wrong
        if place.width == TILE_WIDTH:
            roots.append(fold(row))
        else:
            rest = row
    return Checked(b"".join(roots), rest, faults)


def leaf_row(bundle: bytes, width: int) -> bytes | None:
    """The hashes of a bundle's entries, one after another; None if it does not hold exactly that many entries."""
    entries = _alike(bundle, width)
    if entries is None:
        try:
            entries = split_bundle(bundle, width)
        except Malformed:
            return None
    return _hashed(_LEAF, entries)


def fold(row: bytes) -> bytes:
    """The hash over a full row of 256: neighbours lie together, so each level is a cut through the one below."""
    while len(row) > HASH_BYTES:
        row = _hashed(_NODE, _cut(2 * HASH_BYTES, 0, len(row) // (2 * HASH_BYTES)).unpack(row))
    return row


def _hashed(prefix: "hashlib._Hash", parts: Sequence[bytes]) -> bytes:
    """The hashes of many parts, one after another. A copy of a hash begun is quicker than a new one."""
    hashes: list[bytes] = []
    begun, append = prefix.copy, hashes.append
    for part in parts:
        each = begun()
        each.update(part)
        append(each.digest())
    return b"".join(hashes)


def _alike(bundle: bytes, width: int) -> Sequence[bytes] | None:
    """The entries of a bundle in which all are equally long, as most of a log's are: they are cut apart at once."""
    stride, rest = divmod(len(bundle), width)
    if rest or stride < 2 or bundle[::stride] != bundle[:1] * width or bundle[1::stride] != bundle[1:2] * width:
        return None
    length = stride - 2
    return _cut(length, 2, width).unpack(bundle) if bundle[:2] == length.to_bytes(2, "big") else None


@lru_cache(maxsize=64)
def _cut(length: int, before: int, count: int) -> Struct:
    """How `count` parts of one length lie, each after so many bytes of something else."""
    return Struct(f"{before}x{length}s" * count)


def _row(source: Source, place: Place, size: int) -> tuple[bytes, list[Fault]]:
    bundle, tile = get_place(source, place._replace(level=ENTRIES)), get_place(source, place)
    own = None if bundle is None else leaf_row(bundle, place.width)
    if own is not None and own == tile:
        return own, []
    return _settled(source, place, size, (bundle, own), tile)


def _settled(
    source: Source, place: Place, size: int, read: tuple[bytes | None, bytes | None], tile: bytes | None
) -> tuple[bytes, list[Fault]]:
    """Which of the two is wrong, and the row that the tile above has promised, so that one fault is told once."""
    bundle, own = read
    faults = []
    if own is None:
        faults.append(_fault(place._replace(level=ENTRIES), "is missing" if bundle is None else "is cut or has more"))
    if tile is None or len(tile) != place.width * HASH_BYTES:
        faults.append(_fault(place, "is missing" if tile is None else "has not the right length"))
        tile = None
    promised = _promised(source, place, size)
    fitting = [row for row in (own, tile) if row is not None]
    kept = [row for row in fitting if promised is not None and fold(row) == promised] or fitting
    if own is not None and tile is not None:
        at = place.first + _first_difference(own, tile) // HASH_BYTES
        if kept[0] is own:
            faults.append(_fault(place, f"is not the hashes of its entries, first at line {at}"))
        if kept[0] is tile or len(kept) > 1:
            faults.append(_fault(place._replace(level=ENTRIES), f"is not what the tile promises, first at line {at}"))
    return kept[0] if kept else promised or bytes(place.width * HASH_BYTES), faults


def _promised(source: Source, place: Place, size: int) -> bytes | None:
    """The hash over this tile, by the tile above it; a partial tile has none there."""
    if place.width < TILE_WIDTH:
        return None
    n = place.n // TILE_WIDTH
    above = Place(place.level + 1, n).at(size)
    row = get_place(source, above) or b""
    return row[(place.n - above.first) * HASH_BYTES :][:HASH_BYTES] or None


def _first_difference(one: bytes, other: bytes) -> int:
    return next(at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)


def _fault(place: Place, what: str) -> Fault:
    return Fault(path=place.path, what=what)

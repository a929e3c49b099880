"""Everything that a log publishes, checked: each entry, each tile of each level byte for byte, and the root.

1. The bundles are hashed and compared with the tiles of level 0, by as many processes as there are processors.
2. Each full tile gives one hash of the level above; each level is compared with its own tiles.
3. What is left over at the right edge gives the root, which must be the checkpoint's.
4. In a folder, no file lies below `tile/` that is not of this tree or of an earlier one.

Memory does not grow with the log: of each level, at most one tile is held.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from contracts.checkpoint import Checkpoint
from contracts.merkle import EMPTY_ROOT, HASH_BYTES, ProofFailed, root
from contracts.tlog_tiles import TILE_BYTES, TILE_WIDTH, Place, length, levels
from gateway.ledger import pairs
from gateway.ledger.pairs import Checked, Fault, fold
from gateway.ledger.source import FolderSource, Source, get_place, source_of
from gateway.ledger.strays import strays

if TYPE_CHECKING:  # most logs are small, and need no other processes
    from concurrent.futures import Future, ProcessPoolExecutor

CHUNK: Final = 64
"""Bundles that one process checks at a time."""

WORTH_IT: Final = 4 * CHUNK
"""Bundles from which on it pays to start other processes."""

AHEAD: Final = 3
"""Chunks for each process that are given out before the first is back: this bounds what is in memory."""

Progress = Callable[[int, int], None]
"""Told how many bundles are done, of how many."""


class Audit(Struct, frozen=True, kw_only=True):
    """What an audit found. `tiles` counts those of all levels; the log holds only if there are no faults."""

    tree: Checkpoint
    tiles: int
    faults: tuple[Fault, ...]


def audit(where: str, tree: Checkpoint, done: Progress = lambda *_: None, processes: int | None = None) -> Audit:
    """Check the log in a folder or at an address against its checkpoint, whose signatures the caller has verified.

    Raises SourceAway.
    """
    with closing(source_of(where)) as source:
        return _audit(where, source, tree, done, processes or _processors())


def _audit(where: str, source: Source, tree: Checkpoint, done: Progress, processes: int) -> Audit:
    climb, faults = _Climb(source, tree.size), list[Fault]()
    # 1. and 2.
    with _checked(where, source, tree.size, processes) as chunks:
        for at, chunk in enumerate(chunks, 1):
            faults += chunk.faults
            climb.take(chunk)
            done(min(at * CHUNK, _bundles(tree.size)), _bundles(tree.size))
    # 3.
    own = climb.root()
    faults += climb.faults
    if own != tree.root:
        faults.append(Fault(path="checkpoint", what="promises another root than the entries give"))
    # 4.
    if isinstance(source, FolderSource):
        faults += strays(source, tree.size)
    tiles = sum(-(-length(level, tree.size) // TILE_WIDTH) for level in levels(tree.size))
    return Audit(tree=tree, tiles=tiles, faults=tuple(faults))


def check_extends(source: Source, tree: Checkpoint, older: Checkpoint) -> None:
    """That the tree only added to the older one, by tiles that an audit has found right. Raises ProofFailed.

    What the older tree's right edge held at each level is the beginning of a tile of today's.
    """
    if older.origin != tree.origin:
        raise ProofFailed("The older checkpoint is of another log. Name one of this log.")
    if older.size > tree.size:
        raise ProofFailed("The older checkpoint promises more lines than the log has now: the log was cut short.")
    ragged: list[bytes] = []
    for level in levels(older.size):
        count = length(level, older.size)
        place = Place(level, count // TILE_WIDTH, count % TILE_WIDTH)
        row = (place.width and get_place(source, place.at(tree.size))) or b""
        ragged = [root([*_hashes(row[: place.width * HASH_BYTES]), *ragged])] if row or ragged else []
    if (ragged[0] if ragged else EMPTY_ROOT) != older.root:
        raise ProofFailed("The log is not shown to extend the older checkpoint: it may have been rewritten.")


class _Climb:
    """The levels above the leaves: of each the row that is not full yet, and what is wrong with its tiles."""

    def __init__(self, source: Source, size: int) -> None:
        self._source, self._size = source, size
        self._rows = {level: bytearray() for level in levels(size)}
        self._done = dict.fromkeys(self._rows, 0)
        self.faults: list[Fault] = []

    def take(self, chunk: Checked) -> None:
        """The hashes over the next bundles, and the row of the last one if it is partial."""
        for at in range(0, len(chunk.roots), HASH_BYTES):
            self._add(1, chunk.roots[at : at + HASH_BYTES])
        if chunk.rest:
            self._rows[0] += chunk.rest

    def root(self) -> bytes:
        """The root of all that was taken; what stands at the right edge is compared now."""
        ragged: list[bytes] = []
        for level, row in self._rows.items():
            if row and level:
                self._compare(level)
            if row or ragged:
                ragged = [root([*_hashes(row), *ragged])]
        return ragged[0] if ragged else EMPTY_ROOT

    def _add(self, level: int, node: bytes) -> None:
        row = self._rows[level]
        row += node
        if len(row) == TILE_BYTES:
            self._compare(level)
            self._add(level + 1, fold(bytes(row)))
            row.clear()
            self._done[level] += 1

    def _compare(self, level: int) -> None:
        row = self._rows[level]
        place = Place(level, self._done[level], len(row) // HASH_BYTES)
        tile = get_place(self._source, place)
        if tile != bytes(row):
            what = "is missing" if tile is None else "is not the hashes of the tiles beneath it"
            self.faults.append(Fault(path=place.path, what=what))


def _hashes(row: bytes | bytearray) -> list[bytes]:
    return [bytes(row[at : at + HASH_BYTES]) for at in range(0, len(row), HASH_BYTES)]


def _bundles(size: int) -> int:
    return -(-size // TILE_WIDTH)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _checked(where: str, source: Source, size: int, processes: int) -> Iterator[Iterator[Checked]]:
    """The chunks of bundles, checked, in order: here, or by other processes where that pays."""
    count = _bundles(size)
    spans = [(size, begin, min(begin + CHUNK, count)) for begin in range(0, count, CHUNK)]
    if processes == 1 or count < WORTH_IT:
        yield (pairs.check(source, *span) for span in spans)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # A fork is quick, and safe as long as there is only this thread.
    kind = "fork" if hasattr(os, "fork") and threading.active_count() == 1 else "spawn"
    pool = ProcessPoolExecutor(processes, get_context(kind), _open, (where,))
    try:
        yield _in_order(pool, iter(spans), processes * AHEAD)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(pool: "ProcessPoolExecutor", spans: Iterator[tuple[int, int, int]], ahead: int) -> Iterator[Checked]:
    waiting: deque[Future[Checked]] = deque()
    for span in spans:
        waiting.append(pool.submit(_check, *span))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


_opened: list[Source] = []
"""In a process that checks: the one source that it reads from."""


def _open(where: str) -> None:
    _opened[:] = [source_of(where)]


def _check(size: int, begin: int, end: int) -> Checked:
    return pairs.check(_opened[0], size, begin, end)

"""The log as a folder of files that any file server can serve: what a tree of the published checkpoint's size has.

1. The published checkpoint is the database's own: its tree is the beginning of what is committed.
2. What lies in the folder is the beginning of that tree, or the folder is left as it is.
3. Bundles and the tiles of level 0, then the tiles above.
4. Last, the checkpoint: whoever reads it finds everything that it promises.

Every file is written whole and durably before it has its name. Dying at any point leaves an older export with some
newer tiles beside it, which the next export finds and keeps.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec import Struct

from contracts.checkpoint import Checkpoint, Malformed, parse_note
from contracts.merkle import leaf_hash
from contracts.tlog_tiles import (
    ENTRIES,
    TILE_BYTES,
    TILE_WIDTH,
    Place,
    length,
    levels,
    places,
    split_bundle,
)
from gateway.errors import CannotStart
from gateway.ledger import tiles
from gateway.ledger.heads import head_from_store
from gateway.store.port import TreeStore

CHECKPOINT: Final = "checkpoint"
Progress = Callable[[int, int], None]
"""Told how many bundles are done, of how many."""


class ExportRefused(CannotStart):
    """The folder, or the checkpoint, is of another log or of another history."""


class Exported(Struct, frozen=True, kw_only=True):
    """What lies in the folder now, and how many files this export wrote and took away."""

    origin: str
    size: int
    written: int
    kept: int
    removed: int


async def export(
    store: TreeStore, origin: str, published: Path, out: Path, done: Progress = lambda *_: None
) -> Exported:
    """Write the log into a folder. Raises ExportRefused, StoreUnavailable."""
    # 1.
    note, tree = _read(published)
    if tree is None:
        raise ExportRefused("There is no published checkpoint yet. Start the gateway once, then export again.")
    await _check_own(store, origin, tree)
    # 2.
    _, before = _read(out / CHECKPOINT)
    await _check_beginning(store, tree, before)
    folder = _Folder(out)
    # 3.
    await _write_bundles(store, tree.size, before.size if before else 0, folder, done)
    for level in levels(tree.size)[1:]:
        for place in places(level, tree.size):
            if place.width < TILE_WIDTH or not folder.holds(place):
                folder.put(place.path, await tiles.tile(store, place))
    # 4. Dying before this line leaves the older checkpoint, and everything that it promises.
    folder.put(CHECKPOINT, note.encode())
    removed = folder.remove_grown(before.size, tree.size) if before else 0
    return Exported(origin=origin, size=tree.size, written=folder.written, kept=folder.kept, removed=removed)


async def _check_own(store: TreeStore, origin: str, tree: Checkpoint) -> None:
    committed = (await store.log()).edge.size
    if tree.origin != origin:
        raise ExportRefused("The published checkpoint is of another log than the settings name. Check `guard`.")
    if tree.size > committed or (await head_from_store(store, tree.size)).root != tree.root:
        raise ExportRefused("The database does not hold the log that was published: it is an older copy, or damaged. "
                            "Export nothing, and see `rj ledger recover`.")  # fmt: skip


async def _check_beginning(store: TreeStore, tree: Checkpoint, before: Checkpoint | None) -> None:
    if before is None:
        return
    if before.origin != tree.origin:
        raise ExportRefused("The folder holds another log. Name another folder.")
    if before.size > tree.size:
        raise ExportRefused("The folder holds more lines than were published here. Name another folder, and find out "
                            "which of the two is the older copy.")  # fmt: skip
    if (await head_from_store(store, before.size)).root != before.root:
        raise ExportRefused("The folder holds another history of this log. Keep it as evidence, and name another.")


async def _write_bundles(store: TreeStore, size: int, before: int, folder: "_Folder", done: Progress) -> None:
    """Each bundle with its tile. What an earlier export has completed is not even read."""
    for place in places(ENTRIES, size):
        tile = place._replace(level=0)
        if place.width < TILE_WIDTH or not place.within(before) or not (folder.holds(place) and folder.holds(tile)):
            bundle = await tiles.bundle(store, place)
            folder.put(place.path, bundle)
            folder.put(tile.path, b"".join(map(leaf_hash, split_bundle(bundle, place.width))))
        done(place.n + 1, -(-size // TILE_WIDTH))


class _Folder:
    """The folder that is written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._draft = folder / f".export.{os.getpid()}"
        self.written = self.kept = 0

    def holds(self, place: Place) -> bool:
        """Whether a full tile or bundle of an earlier export is there; that one was written whole."""
        size = _size(self._folder / place.path)
        there = size == TILE_BYTES if place.level != ENTRIES else size > 0
        self.kept += there
        return there

    def put(self, path: str, data: bytes) -> None:
        """Write a file, unless these very bytes are there. It has its name only once it is whole and durable."""
        target = self._folder / path
        if _size(target) == len(data) and target.read_bytes() == data:
            self.kept += 1
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with self._draft.open("wb") as draft:
            draft.write(data)
            draft.flush()
            os.fsync(draft.fileno())
        self._draft.replace(target)
        self.written += 1

    def remove_grown(self, before: int, size: int) -> int:
        """Take away the partial files at the right edge of the earlier tree that have become full ones."""
        edge = (Place(level, length(level, before) // TILE_WIDTH).at(before) for level in (ENTRIES, *levels(before)))
        grown = [each for each in edge if each.width and each != each.whole and each.whole.within(size)]
        for each in grown:
            partial = self._folder / each.path
            partial.unlink(missing_ok=True)
            with suppress(OSError):  # earlier sizes may have left others there
                partial.parent.rmdir()
        return len(grown)


def _size(path: Path) -> int:
    """In bytes; -1 if it is not there."""
    try:
        return path.stat().st_size
    except (FileNotFoundError, NotADirectoryError):
        return -1


def _read(path: Path) -> tuple[str, Checkpoint | None]:
    """A checkpoint in a file, if there is one. Whoever reads the export verifies it, not this. Raises ExportRefused."""
    try:
        note = path.read_bytes().decode()
        return note, Checkpoint.parse(parse_note(note).text)
    except FileNotFoundError:
        return "", None
    except (Malformed, UnicodeDecodeError) as error:
        raise ExportRefused(
            f"{path}: this is not a checkpoint. Move the file away, and see how it came there."
        ) from error

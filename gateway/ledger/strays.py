"""Files that lie in a log's folder beside those of its tree: earlier partial tiles are legitimate, nothing else is."""

import os
from collections.abc import Iterator
from pathlib import Path

from contracts.checkpoint import Malformed
from contracts.tlog_tiles import Place
from gateway.ledger.pairs import Fault
from gateway.ledger.source import FolderSource, beginning, get_place


def strays(source: FolderSource, size: int) -> Iterator[Fault]:
    """What is wrong with the files below `tile/` that a tree of this size does not have; its own are not read again."""
    for name in _files(source.folder, "tile", set()):
        try:
            place = Place.parse(name)
        except Malformed:
            yield Fault(path=name, what="is no file of a log")
            continue
        if place == place.at(size):
            continue
        if not place.within(size):
            yield Fault(path=name, what="lies beyond the lines that the checkpoint promises")
        elif not _agrees(source, place, size):
            yield Fault(path=name, what="is not the beginning of what it grew into")


def _agrees(source: FolderSource, place: Place, size: int) -> bool:
    now = place.at(size)
    grown = get_place(source, now)
    return grown is not None and get_place(source, place) == beginning(place, grown, now.width)


def _files(root: Path, folder: str, seen: set[tuple[int, int]]) -> Iterator[str]:
    """Every file below a folder, in order. A folder that links lead to once more is looked into once, and named."""
    try:
        entries = sorted(os.scandir(root / folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    at = (root / folder).stat()
    seen.add((at.st_dev, at.st_ino))
    for entry in entries:
        name = f"{folder}/{entry.name}"
        if _leads_on(entry, seen):
            yield from _files(root, name, seen)
        else:
            yield name


def _leads_on(entry: "os.DirEntry[str]", seen: set[tuple[int, int]]) -> bool:
    """Whether it is a folder that was not looked into yet."""
    try:
        at = entry.stat()
        return entry.is_dir() and (at.st_dev, at.st_ino) not in seen
    except OSError:  # a link to nothing, or to itself
        return False

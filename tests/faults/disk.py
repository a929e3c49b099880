"""A disk that is watched: every write and sync of a gateway, by SQLite and beside it; and what a loss of power leaves.

Until a file is synced, the disk may have any of the writes since: each is there, or not, or torn at its sectors. What a
sync has returned for is there. `Disk.fails` has one of them fail instead, as a disk does that breaks or is full.
"""

import errno
import os
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

import apsw
from msgspec import Struct

SECTOR = 512


class Step(Struct, frozen=True):
    """One thing done to a file.

    `what`: write, truncate (`at` is the new size), sync, sync folder, delete, rename (`data`: to where).
    """

    what: str
    path: str
    at: int = 0
    data: bytes = b""


class Disk:
    """All that was done below one folder, through SQLite or by `os`, from any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.steps = folder, list[Step]()
        self.fails: Callable[[Step], Exception | None] = lambda step: None
        self._lock = RLock()

    def does(self, step: Step, really: Callable[[], Any]) -> Any:
        """Do it, and keep it; or fail as it is told to."""
        if not step.path.startswith(str(self.folder)):
            return really()
        with self._lock:
            error = self.fails(step)
            if error is not None:
                raise error
            found = really()
            self.steps.append(step)
            return found

    def survivors(self, until: int, folder: Path, rng: random.Random) -> None:
        """Write to `folder` what is left where power is lost after so many steps."""
        files: dict[str, _File] = {}
        for step in self.steps[:until]:
            if step.what == "rename":
                files[step.data.decode()] = files.pop(step.path)
            elif step.what == "delete":
                files.pop(step.path, None)
            elif step.what != "sync folder":
                files.setdefault(step.path, _File()).do(step)
        for path, file in files.items():
            left = folder / Path(path).relative_to(self.folder)
            left.parent.mkdir(parents=True, exist_ok=True)
            left.write_bytes(file.survives(rng))


class _File:
    """What is on the disk for sure, and what has been done since."""

    def __init__(self) -> None:
        self._sure, self._open = bytearray(), list[Step]()

    def do(self, step: Step) -> None:
        if step.what != "sync":
            self._open.append(step)
            return
        for each in self._open:
            _apply(self._sure, each)
        self._open.clear()

    def survives(self, rng: random.Random) -> bytes:
        kept, share = bytearray(self._sure), rng.choice((0.0, 0.3, 0.7, 1.0))
        for step in self._open:
            if rng.random() < share:
                _apply(kept, _torn(step, rng) if step.data and rng.random() < 0.3 else step)
        return bytes(kept)


def _apply(content: bytearray, step: Step) -> None:
    if step.what == "truncate":
        del content[step.at :]
        content.extend(bytes(step.at - len(content)))
        return
    content.extend(bytes(max(0, step.at - len(content))))
    content[step.at : step.at + len(step.data)] = step.data


def _torn(step: Step, rng: random.Random) -> Step:
    """The first sectors of a write only."""
    sectors = -(-len(step.data) // SECTOR)
    first = SECTOR - step.at % SECTOR
    return Step(step.what, step.path, step.at, step.data[: max(0, first + SECTOR * (rng.randrange(sectors) - 1))])


class _Watched(apsw.VFSFile):
    """A file of SQLite's."""

    def __init__(self, disk: Disk, name: apsw.URIFilename | str | None, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk
        self._name = name.filename() if isinstance(name, apsw.URIFilename) else name or ""

    def xWrite(self, data: bytes, offset: int) -> None:
        step = Step("write", self._name, offset, bytes(data))
        self._disk.does(step, lambda: super(_Watched, self).xWrite(data, offset))

    def xTruncate(self, newsize: int) -> None:
        self._disk.does(Step("truncate", self._name, newsize), lambda: super(_Watched, self).xTruncate(newsize))

    def xSync(self, flags: int) -> None:
        self._disk.does(Step("sync", self._name), lambda: super(_Watched, self).xSync(flags))


class _Vfs(apsw.VFS):
    def __init__(self, disk: Disk) -> None:
        super().__init__("watched", "unix", makedefault=True)
        self._disk = disk

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:
        return _Watched(self._disk, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self._disk.does(Step("delete", filename), lambda: super(_Vfs, self).xDelete(filename, syncdir))


@contextmanager
def watched(folder: Path) -> Iterator[Disk]:
    """The disk below a folder, for as long as this lasts: of SQLite, and of what else writes by numbers of files."""
    disk = Disk(folder)
    vfs = _Vfs(disk)
    real = {name: getattr(os, name) for name in ("pwrite", "fsync", "ftruncate", "rename")}

    def path_of(file: int) -> str:
        return os.readlink(f"/proc/self/fd/{file}")

    def pwrite(file: int, data: bytes, at: int) -> int:
        step = Step("write", path_of(file), at, bytes(data))
        written: int = disk.does(step, lambda: real["pwrite"](file, data, at))
        return written

    def fsync(file: int) -> None:
        path = path_of(file)
        disk.does(Step("sync folder" if os.path.isdir(path) else "sync", path), lambda: real["fsync"](file))

    def ftruncate(file: int, size: int) -> None:
        disk.does(Step("truncate", path_of(file), size), lambda: real["ftruncate"](file, size))

    def rename(old: Any, new: Any) -> None:
        disk.does(Step("rename", str(old), data=str(new).encode()), lambda: real["rename"](old, new))

    try:
        for function in (pwrite, fsync, ftruncate, rename):
            setattr(os, function.__name__, function)
        yield disk
    finally:
        for name, function in real.items():
            setattr(os, name, function)
        vfs.unregister()
        apsw.set_default_vfs("unix")


def broken(step: Step) -> Exception:
    """The disk is broken."""
    return apsw.IOError("disk I/O error") if _of_sqlite(step) else OSError(errno.EIO, "Input/output error")


def full(step: Step) -> Exception:
    """The disk is full."""
    return apsw.FullError("database or disk is full") if _of_sqlite(step) else OSError(errno.ENOSPC, "No space left")


def _of_sqlite(step: Step) -> bool:
    return "gateway.db" in Path(step.path).name

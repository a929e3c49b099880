"""What this log last signed, in a file of its own beside the database and its backups: the guard against two histories.

Whoever restores an old database would sign a second history on top of it. The head of the last signed tree is written
here before its signature leaves, so that the next start, and each signature, is held to it.

Two records of 64 bytes are written in turn, each on a sector of its own, so that one of them is always whole. They are
synced once in a while and not for each batch: a power failure can lose the newest of them, never the database's last
commit, so that the database is then ahead of the guard, which is sound.
"""

import fcntl
import os
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple, Self

from contracts.checkpoint import SIZE_MAX
from contracts.merkle import EMPTY_ROOT

FILE: Final = "signed"
APART: Final = 4096
"""Bytes between the two records: a write never tears both."""

_RECORD: Final = struct.Struct(">4sIQ32s")
_MAGIC: Final = b"rjg1"
_CHECK_BYTES: Final = 16
_WHOLE: Final = _RECORD.size + _CHECK_BYTES


class GuardError(RuntimeError):
    """The guard cannot be read or written; the message says what to do."""


class TreeHead(NamedTuple):
    """A tree by its size in leaves and its 32-byte root."""

    size: int
    root: bytes


EMPTY: Final = TreeHead(0, EMPTY_ROOT)


class Guard:
    """The newest head that was signed. One process at a time."""

    def __init__(self, file: int, head: TreeHead | None, turn: int, damaged: Path | None = None) -> None:
        self._file, self._head, self._turn, self._damaged = file, head, turn, damaged
        self._unsynced = False

    @classmethod
    def open(cls, folder: Path, *, recovering: bool = False) -> Self:
        """Open the guard in this folder, or make an empty one, for this process alone. Raises GuardError.

        `recovering`: a damaged one counts as lost, and stays as it is until `mend`.
        """
        with _told("The guard's folder cannot be used. Check that it exists and that the gateway may write there."):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(folder / FILE, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            data = _read(file)
            if recovering and _is_damaged(data):
                return cls(file, None, 0, folder / FILE)
            return cls(file, *_newest(data))
        except BlockingIOError as error:
            os.close(file)
            raise GuardError("Another process signs under this guard. Stop it, or give this one its own.") from error
        except BaseException:
            os.close(file)
            raise

    @property
    def head(self) -> TreeHead | None:
        """What was signed last; None where nothing ever was, as far as this guard knows."""
        return self._head

    def advance(self, head: TreeHead) -> None:
        """Remember that this head is signed now; call it before the signature leaves. Raises GuardError."""
        with _told("The guard cannot be written, so nothing is signed. Check the space and the rights of its disk."):
            data = _packed(self._turn + 1, head)
            if os.pwrite(self._file, data, (self._turn + 1) % 2 * APART) != len(data):
                raise GuardError("The guard was written in part only. Check the space of its disk.")
        # Died here: the head counts as signed though its signature never left. The same tree is signed again.
        first, self._turn, self._head, self._unsynced = self._head is None, self._turn + 1, head, True
        if first:
            self.sync()  # a guard that is there, and has nothing, looks like one that was lost

    def mend(self, head: TreeHead) -> None:
        """Remember this head at the end of a recovery; a damaged guard is kept beside. Raises GuardError."""
        if self._damaged is not None:
            with _told("The damaged guard cannot be put aside. Check the space and the rights of its folder."):
                shutil.copy(self._damaged, self._damaged.with_name(f"{FILE}.damaged"))
        self.advance(head)
        self._damaged = None

    def sync(self) -> None:
        """Make what was remembered last through a power failure. May be called from another thread."""
        if self._unsynced:
            self._unsynced = False
            try:
                with _told("The guard cannot be synced. Check its disk."):
                    os.fsync(self._file)
            except GuardError:
                self._unsynced = True
                raise

    def close(self) -> None:
        """Let another process have the guard. What cannot be synced now is lost at most with the machine's power."""
        with suppress(GuardError):
            self.sync()
        os.close(self._file)


def read_head(folder: Path) -> TreeHead | None:
    """What was signed last, without taking the guard; None where there is no guard. Raises GuardError."""
    try:
        return _newest((folder / FILE).read_bytes())[0]
    except FileNotFoundError:
        return None


def beside(folder: Path) -> dict[str, TreeHead]:
    """What the other nodes have signed last, by the names of their guards' folders, which lie beside this one's.

    Raises GuardError where one of them is damaged: nobody knows then what that node has signed.
    """
    others = sorted(each.parent for each in folder.parent.glob(f"*/{FILE}") if each.parent.name != folder.name)
    return {each.name: head for each in others if (head := read_head(each)) is not None}


def _packed(turn: int, head: TreeHead) -> bytes:
    record = _RECORD.pack(_MAGIC, turn % (1 << 32), head.size, head.root)
    return record + sha256(record).digest()[:_CHECK_BYTES]


def _newest(data: bytes) -> tuple[TreeHead | None, int]:
    """The newer of the whole records, and its turn. A file in which there is none, and which is not empty, is damaged.

    Neither is believed by its turn alone: the larger tree is the newer one.
    """
    if _is_damaged(data):
        raise GuardError(
            "The guard is damaged, so nobody knows what was signed last. Run `rj ledger recover --help` for what to do."
        )
    return max(_whole(data), key=lambda found: (found[0].size, found[1]), default=(None, 0))


def _is_damaged(data: bytes) -> bool:
    return any(data) and not _whole(data)


def _whole(data: bytes) -> list[tuple[TreeHead, int]]:
    return [found for at in (0, APART) if (found := _unpacked(data[at : at + _WHOLE]))]


def _unpacked(data: bytes) -> tuple[TreeHead, int] | None:
    if len(data) != _WHOLE or sha256(data[: _RECORD.size]).digest()[:_CHECK_BYTES] != data[_RECORD.size :]:
        return None
    magic, turn, size, root = _RECORD.unpack(data[: _RECORD.size])
    return (TreeHead(size, root), turn) if magic == _MAGIC and size <= SIZE_MAX else None


def _read(file: int) -> bytes:
    with _told("The guard cannot be read. Check its disk."):
        return os.pread(file, APART + _WHOLE, 0)


@contextmanager
def _told(message: str) -> Iterator[None]:
    """An error of the operating system becomes one that says what to do."""
    try:
        yield
    except BlockingIOError:
        raise
    except OSError as error:
        raise GuardError(message) from error

"""Two keys for each exchange, kept apart from the database and its backups, so that erasing a key erases everywhere.

The format is `gateway.keyreader`'s; slot 0, the header, also holds the key of marks: what stands in the database to be
found by is a mark, and says nothing alone. Keep the folder out of backups, on a file system that overwrites in place: a
snapshot or a copy-on-write disk would keep what was destroyed.

Several nodes of one gateway share the folder: each gives out slots of blocks that it has appended itself, and all of
them read every key from the file, whenever it is needed.
"""

import fcntl
import hmac
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final, Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.codec import b64url
from gateway.keyreader import (
    DESTROYED,
    FILE,
    KEY_BYTES,
    NONCE_BYTES,
    OFFSETS,
    SLOT_BYTES,
    KeyReader,
    KeyStoreError,
    Purpose,
)

BLOCK_SLOTS: Final = 1024
USED: Final = "used.lock"
"""Held by each process for as long as it uses the store."""

GROWING: Final = "growing.lock"
"""Held for a moment, by whoever makes the file or appends a block to it."""

_MAGIC: Final = b"rj-keystore-v1\n\0"
_COUNT_BYTES: Final = 8
_MARKS_AT: Final = 32
_MARK_BYTES: Final = 16
_MARKS_REMEMBERED: Final = 4096


class KeyStore(KeyReader):
    """The keys of all exchanges. Its methods may be called from any thread of the process.

    Raises KeyStoreError for a slot that the store does not have: then the database is newer than the store.
    """

    def __init__(self, held: ExitStack, file: int, folder: Path) -> None:
        super().__init__(file)
        self._held, self._folder = held, folder
        self._next = self._end = 0
        """The slots of the last block of its own that are not given out yet; a dead process's are never used."""
        self._known = 0
        """How many slots the header had when it was last looked at; it only grows."""
        self._condemned: set[tuple[int, Purpose]] = set()
        self._lock = Lock()
        with _growing(folder):
            self._marks = self._marks_key()
        self.mark = lru_cache(maxsize=_MARKS_REMEMBERED)(self._mark)

    @classmethod
    def open(cls, path: Path, *, shared: bool = False) -> Self:
        """Open or create the store in this folder, for this process alone, or `shared` with other nodes.

        Raises KeyStoreError.
        """
        with ExitStack() as held:
            held.enter_context(_used(path, shared=shared))
            file = _opened_file(path)
            held.callback(os.close, file)
            store = cls(held, file, path)
            store._held = held.pop_all()
        return store

    def close(self) -> None:
        """Let another process have the store."""
        self._file = -1  # the number may soon be another file's
        self._held.close()

    def covers(self, slot: int) -> bool:
        """Whether the store has this slot. Ask before the first `new`, with the newest slot in the database.

        If it has not, the database is newer than the store: slots would be given out twice, and erased keys come back.
        """
        return slot < self._count()

    def new(self) -> int:
        """A slot that was never given out before. Its keys are durable already."""
        with self._lock:
            if self._next == self._end:
                self._next, self._end = self._append_block()
            self._next += 1
            return self._next - 1

    def values_key(self, slot: int) -> bytes | None:
        """The key of the exchange's sealed values, or None once it is destroyed."""
        return self._key(slot, "values")

    def record_key(self, slot: int) -> bytes | None:
        """The key of the exchange's tokens and openings, or None once it is destroyed."""
        return self._key(slot, "record")

    def destroy_values(self, slots: Iterable[int]) -> None:
        """Destroy the keys of these exchanges' sealed values; durable on return. May be repeated."""
        self._destroy(slots, "values")

    def destroy_records(self, slots: Iterable[int]) -> None:
        """Destroy the keys of these exchanges' tokens and openings; durable on return. May be repeated."""
        self._destroy(slots, "record")

    def _mark(self, *words: str) -> str:
        """What stands in the database for these words, so that their row can be found: HMAC-SHA-256, cut to 16 bytes.

        Whoever has the database alone can see that two marks are of one thing, and not of which.
        """
        return b64url(hmac.digest(self._marks, "\0".join(words).encode(), "sha256")[:_MARK_BYTES])

    def wrap(self, slot: int, purpose: Purpose, plain: bytes, aad: bytes) -> bytes:
        """Encrypt for rest: nonce[12] ‖ AES-256-GCM ciphertext, bound to `aad`. KeyStoreError for a destroyed key."""
        key = self._key(slot, purpose)
        if key is None:
            raise KeyStoreError("The key of this exchange is destroyed: nothing more can be kept under it.")
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(key).encrypt(nonce, plain, aad)

    def _key(self, slot: int, purpose: Purpose) -> bytes | None:
        if slot >= self._known:
            self._known = self._count()
        if (slot, purpose) in self._condemned:
            return None
        return super()._key(slot if slot < self._known else 0, purpose)

    def _destroy(self, slots: Iterable[int], purpose: Purpose) -> None:
        doomed = [(slot, purpose) for slot in slots]
        for slot, _ in doomed:
            self._key(slot, purpose)  # raises for a slot that is not there
        with self._lock, _told("The key store cannot be written. Check its disk, then erase again."):
            # From here on this process opens nothing with these keys, whether or not the disk obeys.
            self._condemned.update(doomed)
            for slot, _ in doomed:
                _write(self._file, DESTROYED, slot * SLOT_BYTES + OFFSETS[purpose])
                # Died here: some keys are gone, some are not. The caller erases again, which harms nothing.
            os.fsync(self._file)
            self._condemned.difference_update(doomed)

    def _append_block(self) -> tuple[int, int]:
        """Make the next slots durable, before the first of them is given out: one sync serves 1,024 exchanges."""
        fresh = os.urandom(BLOCK_SLOTS * SLOT_BYTES)
        message = "The key store cannot be extended. Check the space and the rights of its disk."
        with _told(message), _growing(self._folder):
            begin = self._count()
            end = begin + BLOCK_SLOTS
            _write(self._file, fresh, begin * SLOT_BYTES)
            os.fsync(self._file)
            # Died here: the file is longer than its header says. Nobody uses the rest; the next block goes there.
            _write(self._file, _header(end, self._marks), 0)
            os.fsync(self._file)
            # Died here: the block counts, and none of it was given out. It is never used.
        return begin, end

    def _count(self) -> int:
        """How many slots there are by the header, its own among them. KeyStoreError where the file is shorter."""
        with _told("The key store cannot be read. Check its disk."):
            header = os.pread(self._file, SLOT_BYTES, 0)
            count = int.from_bytes(header[len(_MAGIC) : len(_MAGIC) + _COUNT_BYTES], "big")
            whole = 0 < count * SLOT_BYTES <= os.fstat(self._file).st_size
        if len(header) != SLOT_BYTES or not header.startswith(_MAGIC) or not whole:
            raise KeyStoreError("The key store is damaged or cut short. Put its mirror in its place.")
        return count

    def _marks_key(self) -> bytes:
        """The key of marks; a store of an earlier version gets one now."""
        count = self._count()
        marks = os.pread(self._file, KEY_BYTES, _MARKS_AT)
        if marks == DESTROYED:
            marks = os.urandom(KEY_BYTES)
            with _told("The key store cannot be written. Check the space and the rights of its disk."):
                _write(self._file, _header(count, marks), 0)
                os.fsync(self._file)
        return marks


@contextmanager
def _used(folder: Path, *, shared: bool) -> Iterator[None]:
    with _told(
        "The folder of the key store cannot be used. Check that it exists and that the gateway may write there."
    ):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / USED, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise KeyStoreError("Another process uses the key store. Stop it, or give this one its own.") from error
    try:
        yield
    finally:
        os.close(lock)


@contextmanager
def _growing(folder: Path) -> Iterator[None]:
    lock = os.open(folder / GROWING, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _opened_file(folder: Path) -> int:
    with _told("The file of the key store cannot be opened. Check that it belongs to the gateway's own user."):
        with _growing(folder):
            if FILE not in os.listdir(folder):
                _create(folder)
        file = os.open(folder / FILE, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        os.fchmod(file, 0o600)
        return file


def _create(folder: Path) -> None:
    draft = folder / f"{FILE}.new"
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        _write(file, _header(1, os.urandom(KEY_BYTES)), 0)
        os.fsync(file)
    finally:
        os.close(file)
    # Died here: only a draft is there, and the next start writes it again.
    os.rename(draft, folder / FILE)
    within = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(within)
    finally:
        os.close(within)


def _header(size: int, marks: bytes) -> bytes:
    return (_MAGIC + size.to_bytes(_COUNT_BYTES, "big")).ljust(_MARKS_AT, b"\0") + marks


def _write(file: int, data: bytes, at: int) -> None:
    written = 0
    while written < len(data):
        written += os.pwrite(file, data[written:], at + written)


@contextmanager
def _told(message: str) -> Iterator[None]:
    """An error of the operating system becomes one that says what to do."""
    try:
        yield
    except OSError as error:
        raise KeyStoreError(message) from error

"""Two keys for each exchange, kept apart from the database and its backups, so that erasing a key erases everywhere.

One file of 64-byte slots: slot 0 is the header, every other a key for sealed values ‖ a key for tokens and openings.
The header also holds the key of marks: what stands in the database to be found by is a mark, and says nothing alone.
A destroyed key is zeros. Keep the folder out of backups, on a file system that overwrites in place: a snapshot or a
copy-on-write disk would keep what was destroyed.
"""

import fcntl
import hmac
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final, Literal, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts.codec import b64url

FILE: Final = "slots.bin"
SLOT_BYTES: Final = 64
KEY_BYTES: Final = 32
BLOCK_SLOTS: Final = 1024

Purpose = Literal["values", "record"]

_MAGIC: Final = b"rj-keystore-v1\n\0"
_COUNT_BYTES: Final = 8
_MARKS_AT: Final = 32
_MARK_BYTES: Final = 16
_MARKS_REMEMBERED: Final = 4096
NONCE_BYTES: Final = 12
OFFSETS: Final[dict[Purpose, int]] = {"values": 0, "record": KEY_BYTES}
_DESTROYED: Final = bytes(KEY_BYTES)


class KeyStoreError(RuntimeError):
    """The key store cannot be used, or does not belong to this database; the message says what to do."""


class KeyStore:
    """The keys of all exchanges. One process at a time; its methods may be called from any of its threads.

    Raises KeyStoreError for a slot that the store does not have: then the database is newer than the store.
    """

    fresh_from: Final[int]
    """The first slot that this process may give out. A database that names it, or a later one, at the start is newer
    than the store: then the gateway must not start, or it would give out slots twice."""

    def __init__(self, held: ExitStack, file: int, slots: bytearray) -> None:
        self._held, self._file, self._slots = held, file, slots
        # A store of an earlier version has none yet; it is made durable with the block of this start.
        self._marks = _marks_key(slots) or os.urandom(KEY_BYTES)
        self.mark = lru_cache(maxsize=_MARKS_REMEMBERED)(self._mark)
        self.fresh_from = self._next = self._end = len(slots) // SLOT_BYTES
        self._lock = Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open or create the store in this folder, for this process alone. Raises KeyStoreError."""
        with ExitStack() as held:
            folder = _locked_folder(path)
            held.callback(os.close, folder)
            file = _opened_file(folder)
            held.callback(os.close, file)
            store = cls(held, file, _read(file))
            # A fresh block at each start: nobody remembers which slots of the last one a dead process gave out.
            store._append_block()
            store._held = held.pop_all()
        return store

    def close(self) -> None:
        """Let another process have the store."""
        self._file = -1  # the number may soon be another file's
        self._held.close()

    def new(self) -> int:
        """A slot that was never given out before. Its keys are durable already."""
        with self._lock:
            if self._next == self._end:
                self._append_block()
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

    def unwrap(self, slot: int, purpose: Purpose, wrapped: bytes, aad: bytes) -> bytes | None:
        """What was wrapped, or None if its key is destroyed. KeyStoreError if it does not open in this place."""
        key = self._key(slot, purpose)
        if key is None:
            return None
        try:
            return AESGCM(key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], aad)
        except (InvalidTag, ValueError) as error:
            raise KeyStoreError(
                "A stored value does not open. Restore the database that goes with this store."
            ) from error

    def _key(self, slot: int, purpose: Purpose) -> bytes | None:
        at = self._offset(slot, purpose)
        key = bytes(self._slots[at : at + KEY_BYTES])
        return None if key == _DESTROYED else key

    def _destroy(self, slots: Iterable[int], purpose: Purpose) -> None:
        offsets = [self._offset(slot, purpose) for slot in slots]
        with self._lock, _told("The key store cannot be written. Check its disk, then erase again."):
            for at in offsets:
                # From here on this process opens nothing with the key, whether or not the disk obeys.
                self._slots[at : at + KEY_BYTES] = _DESTROYED
                _write(self._file, _DESTROYED, at)
                # Died here: some keys are gone, some are not. The caller erases again, which harms nothing.
            os.fsync(self._file)

    def _offset(self, slot: int, purpose: Purpose) -> int:
        if not 0 < slot < self._end:
            raise KeyStoreError("The key store is older than the database. Use the key store that goes with it.")
        return slot * SLOT_BYTES + OFFSETS[purpose]

    def _append_block(self) -> None:
        """Make the next slots durable, before the first of them is given out: one sync serves 1,024 exchanges."""
        fresh = os.urandom(BLOCK_SLOTS * SLOT_BYTES)
        end = self._end + BLOCK_SLOTS
        with _told("The key store cannot be extended. Check the space and the rights of its disk."):
            _write(self._file, fresh, len(self._slots))
            os.fsync(self._file)
            # Died here: the file is longer than its header says. Nobody uses the rest; the next start writes over it.
            _write(self._file, _header(end, self._marks), 0)
            os.fsync(self._file)
            # Died here: the block counts, and none of it was given out. It is never used; the next start adds its own.
        self._slots += fresh
        self._end = end


def _locked_folder(path: Path) -> int:
    with _told(
        "The folder of the key store cannot be used. Check that it exists and that the gateway may write there."
    ):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(folder)
        raise KeyStoreError("Another process uses the key store. Stop it, or give this one its own.") from error
    return folder


def _opened_file(folder: int) -> int:
    with _told("The file of the key store cannot be opened. Check that it belongs to the gateway's own user."):
        if FILE not in os.listdir(folder):
            _create(folder)
        file = os.open(FILE, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
        os.fchmod(file, 0o600)
        return file


def _create(folder: int) -> None:
    draft = f"{FILE}.new"
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        _write(file, _header(1, os.urandom(KEY_BYTES)), 0)
        os.fsync(file)
    finally:
        os.close(file)
    # Died here: only a draft is there, and the next start writes it again.
    os.rename(draft, FILE, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)


def _read(file: int) -> bytearray:
    """The slots that the header counts. What a dead process appended beyond them is no slot."""
    with _told("The key store cannot be read. Check its disk."):
        found = bytearray(os.fstat(file).st_size)
        whole = os.preadv(file, [found], 0) == len(found)
        counted = int.from_bytes(found[len(_MAGIC) : len(_MAGIC) + _COUNT_BYTES], "big") * SLOT_BYTES
        if not whole or not found.startswith(_MAGIC) or not SLOT_BYTES <= counted <= len(found):
            raise KeyStoreError("The key store is damaged or cut short. Put its mirror in its place.")
    return found[:counted]


def _header(size: int, marks: bytes) -> bytes:
    return (_MAGIC + size.to_bytes(_COUNT_BYTES, "big")).ljust(_MARKS_AT, b"\0") + marks


def _marks_key(slots: bytes | bytearray) -> bytes | None:
    key = bytes(slots[_MARKS_AT : _MARKS_AT + KEY_BYTES])
    return None if key == _DESTROYED else key


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

"""Reading the key store: its format, and each key when it is needed, so that a destroyed one is so for every reader.

One file of 64-byte slots: slot 0 is the header, every other a key for sealed values ‖ a key for tokens and openings. A
destroyed key is zeros. Nothing is written, locked or remembered here; who owns the store is `gateway.keystore`.
"""

import os
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FILE: Final = "slots.bin"
SLOT_BYTES: Final = 64
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12

Purpose = Literal["values", "record"]

OFFSETS: Final[dict[Purpose, int]] = {"values": 0, "record": KEY_BYTES}
DESTROYED: Final = bytes(KEY_BYTES)


class KeyStoreError(RuntimeError):
    """The key store cannot be used, or does not belong to this database; the message says what to do."""


class KeyReader:
    """The keys in an open file."""

    def __init__(self, file: int) -> None:
        self._file = file

    @classmethod
    def at(cls, folder: Path) -> "KeyReader":
        """The keys in this folder. Raises KeyStoreError."""
        try:
            return KeyReader(os.open(folder / FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC))
        except OSError as error:
            raise KeyStoreError(
                "The key store cannot be read. Run this as the gateway's own user, and name its own folder."
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def unwrap(self, slot: int, purpose: Purpose, wrapped: bytes, aad: bytes) -> bytes | None:
        """What was wrapped, or None if its key is destroyed. KeyStoreError if it does not open in this place."""
        while (key := self._key(slot, purpose)) is not None:
            try:
                return AESGCM(key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], aad)
            except (InvalidTag, ValueError) as error:
                # Half of a key that is being destroyed at this moment opens nothing; after that it is another.
                if self._key(slot, purpose) == key:
                    raise KeyStoreError(
                        "A stored value does not open. Restore the database that goes with this store."
                    ) from error
        return None

    def _key(self, slot: int, purpose: Purpose) -> bytes | None:
        """A key, or None once it is destroyed. KeyStoreError for a slot that the store does not have."""
        key = self._read(slot, purpose) if slot > 0 else b""
        if len(key) != KEY_BYTES:
            raise KeyStoreError("The key store is older than the database. Use the key store that goes with it.")
        return None if key == DESTROYED else key

    def _read(self, slot: int, purpose: Purpose) -> bytes:
        try:
            return os.pread(self._file, KEY_BYTES, slot * SLOT_BYTES + OFFSETS[purpose])
        except OSError as error:
            raise KeyStoreError("The key store cannot be read. Check its disk.") from error

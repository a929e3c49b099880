"""Reading the key store beside the gateway that owns it: nothing is written, locked or remembered.

Each key is read when it is needed, so that a key that is destroyed meanwhile is destroyed for this reader too.
"""

import os
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.keystore import FILE, KEY_BYTES, NONCE_BYTES, OFFSETS, SLOT_BYTES, KeyStoreError, Purpose

_DESTROYED: Final = bytes(KEY_BYTES)


class KeyReader:
    """The keys in this folder. Raises KeyStoreError."""

    def __init__(self, folder: Path) -> None:
        try:
            self._file = os.open(folder / FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise KeyStoreError(
                "The key store cannot be read. Run this as the gateway's own user, and name its own folder."
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def unwrap(self, slot: int, purpose: Purpose, wrapped: bytes, aad: bytes) -> bytes | None:
        """What was wrapped, or None if its key is destroyed. KeyStoreError if it does not open in this place."""
        while (key := self._key(slot, purpose)) != _DESTROYED:
            try:
                return AESGCM(key).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], aad)
            except (InvalidTag, ValueError) as error:
                # Half of a key that is being destroyed at this moment opens nothing; after that it is another.
                if self._key(slot, purpose) == key:
                    raise KeyStoreError("A stored value does not open with the key that is there.") from error
        return None

    def _key(self, slot: int, purpose: Purpose) -> bytes:
        key = os.pread(self._file, KEY_BYTES, slot * SLOT_BYTES + OFFSETS[purpose])
        if slot <= 0 or len(key) != KEY_BYTES:
            raise KeyStoreError("The key store is older than the database. Use the key store that goes with it.")
        return key

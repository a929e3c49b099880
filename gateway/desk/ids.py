"""Ids and salts: the desk's one place of randomness beside sealing and the vault."""

import os
import time
from uuid import UUID


def now() -> int:
    """This instant in UTC seconds."""
    return int(time.time())


def new_id() -> str:
    """A UUID of version 7 (RFC 9562 section 5.7): 48 bits of milliseconds, the rest random."""
    head = time.time_ns() // 1_000_000 << 80
    tail = int.from_bytes(os.urandom(10), "big")
    versioned = (head | tail) & ~(0xF << 76) | 0x7 << 76
    return str(UUID(int=versioned & ~(0x3 << 62) | 0x2 << 62))


def salt(size: int) -> bytes:
    """Fresh random bytes."""
    return os.urandom(size)

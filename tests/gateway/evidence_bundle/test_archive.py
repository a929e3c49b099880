"""A ZIP that somebody hands over is looked at before it is opened."""

import struct
import tracemalloc
import zlib

import pytest

from gateway.evidence_bundle import archive
from gateway.evidence_bundle.material import NotProved

MIB = 1 << 20


def overlapping(count: int, size: int) -> bytes:
    """A ZIP in which each file holds all those after it: small to send, and `count` times as large to read."""
    body, entries = bytes(size), list[tuple[bytes, int, int, int]]()
    for number in reversed(range(count)):
        name, crc, length = f"{number:05}".encode(), zlib.crc32(body), len(body)
        local = struct.pack("<4s2B4HL2L2H", b"PK\3\4", 20, 0, 0, 0, 0, 33, crc, length, length, len(name), 0) + name
        entries.append((name, crc, length, len(local)))
        body = local + body
    at, directory = 0, b""
    for name, crc, length, local_bytes in reversed(entries):
        directory += struct.pack(
            "<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 33, crc, length, length, len(name), 0, 0, 0, 0, 0, at
        )
        directory += name
        at += local_bytes
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), len(body), 0)
    return body + directory + end


def test_files_that_overlap_are_not_read() -> None:
    """A file of 1 MiB that would fill a hundred is refused before the first of them is read."""
    raw = overlapping(100, MIB)
    tracemalloc.start()
    try:
        with pytest.raises(NotProved, match="overlap"):
            archive.unpack(raw)
        assert tracemalloc.get_traced_memory()[1] < 10 * MIB
    finally:
        tracemalloc.stop()


def test_what_was_packed_is_read() -> None:
    """Files of every size, an empty one too."""
    members = {"a": b"", "b/c": b"x" * MIB, "d": b"PK"}
    assert archive.unpack(archive.pack(members)) == members

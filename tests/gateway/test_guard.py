"""The guard's file: what was signed last outlives every way of dying, and is never believed when it is damaged."""

import os
from pathlib import Path

import pytest

from gateway.ledger.guard import APART, FILE, Guard, GuardError, TreeHead, read_head


def head(size: int) -> TreeHead:
    return TreeHead(size, bytes([size % 256]) * 32)


def signed(folder: Path, *sizes: int) -> None:
    guard = Guard.open(folder)
    for size in sizes:
        guard.advance(head(size))
    guard.close()


def test_what_was_signed_last_is_known_at_the_next_start(tmp_path: Path) -> None:
    """A guard opened again names the newest head."""
    signed(tmp_path, 1, 5, 9)
    again = Guard.open(tmp_path)
    assert again.head == head(9) == read_head(tmp_path)
    again.close()


def test_a_new_guard_knows_of_nothing(tmp_path: Path) -> None:
    """Nothing was signed, which is not the same as an empty tree that was signed."""
    assert read_head(tmp_path / "guard") is None
    guard = Guard.open(tmp_path / "guard")
    assert guard.head is None
    guard.close()


@pytest.mark.parametrize("cut", [0, 1, 30, 63])
def test_a_torn_record_leaves_the_one_before(tmp_path: Path, cut: int) -> None:
    """A power failure in the middle of a record costs that record alone."""
    signed(tmp_path, 1, 2, 3)
    raw = bytearray((tmp_path / FILE).read_bytes())
    at = APART if b"\3" * 32 in raw[APART:] else 0
    raw[at + cut] ^= 0xFF
    (tmp_path / FILE).write_bytes(raw)
    assert read_head(tmp_path) == head(2)


def test_a_damaged_guard_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    """If neither record is whole nobody knows what was signed: the guard says so and what to do."""
    signed(tmp_path, 1, 2)
    (tmp_path / FILE).write_bytes(os.urandom(APART + 64))
    with pytest.raises(GuardError, match="rj ledger recover"):
        Guard.open(tmp_path)


def test_a_sync_that_failed_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the disk fails nothing counts as synced."""
    guard = Guard.open(tmp_path)
    guard.advance(head(2))
    guard.advance(head(3))

    def failing(file: int) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", failing)
        for _ in range(2):
            with pytest.raises(GuardError, match="synced"):
                guard.sync()
    guard.sync()
    guard.close()


def test_the_first_head_is_synced_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guard that lost its only head with the machine's power would look like a lost guard."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    guard = Guard.open(tmp_path)
    guard.advance(head(1))
    assert len(synced) == 1
    guard.advance(head(2))
    assert len(synced) == 1
    guard.close()


def test_one_process_signs_under_a_guard(tmp_path: Path) -> None:
    """A second one is refused, and takes nothing from the first."""
    first = Guard.open(tmp_path)
    with pytest.raises(GuardError, match="Another process"):
        Guard.open(tmp_path)
    first.advance(head(4))
    first.close()
    assert read_head(tmp_path) == head(4)


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be remembered is not signed, and the last head stays."""
    guard = Guard.open(tmp_path)
    guard.advance(head(1))

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(os, "pwrite", full)
        with pytest.raises(GuardError, match="nothing is signed"):
            guard.advance(head(2))
    assert guard.head == head(1)
    guard.close()

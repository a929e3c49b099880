"""The key store: one fsync for many keys, no slot twice, and destroyed means gone."""

import os
import stat
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.keyreader import FILE, KEY_BYTES, SLOT_BYTES, KeyStoreError
from gateway.keystore import BLOCK_SLOTS, KeyStore

BLOCK_BYTES = BLOCK_SLOTS * SLOT_BYTES
Starter = Callable[[], KeyStore]


class Killed(BaseException):
    """The process dies here."""


def failing_at(step: int, error: type[BaseException], real: Callable[..., Any] = os.fsync) -> Callable[..., Any]:
    """`real`, but the call of this number, from 0, fails."""
    calls = count()

    def call(*arguments: Any, **options: Any) -> Any:
        if next(calls) == step:
            raise error
        return real(*arguments, **options)

    return call


def spied(monkeypatch: pytest.MonkeyPatch, name: str) -> list[Any]:
    """The calls of a function of `os` from now on."""
    calls: list[Any] = []
    real = getattr(os, name)

    def call(*arguments: Any, **options: Any) -> Any:
        calls.append(arguments)
        return real(*arguments, **options)

    monkeypatch.setattr(os, name, call)
    return calls


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Starter]:
    """Start the store, again and again: each start ends the process before, as a kill would."""
    running: list[KeyStore] = []

    def starter() -> KeyStore:
        stop()
        running.append(KeyStore.open(tmp_path / "keystore"))
        return running[-1]

    def stop() -> None:
        while running:
            running.pop().close()

    yield starter
    stop()


@pytest.fixture
def running(start: Starter) -> KeyStore:
    return start()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "keystore" / FILE


def key_pair(store: KeyStore, slot: int) -> tuple[bytes, bytes]:
    values, record = store.values_key(slot), store.record_key(slot)
    assert values
    assert record
    return values, record


def test_every_slot_has_two_keys_of_its_own(start: Starter) -> None:
    """No two keys are equal, over more than one block."""
    store = start()
    slots = [store.new() for _ in range(BLOCK_SLOTS + 10)]
    keys = {key for slot in slots for key in key_pair(store, slot)}
    assert len(set(slots)) == len(slots)
    assert len(keys) == 2 * len(slots)
    assert {len(key) for key in keys} == {KEY_BYTES}


def test_keys_outlive_the_process(start: Starter) -> None:
    """What was given out is there at the next start."""
    store = start()
    slot = store.new()
    keys = key_pair(store, slot)
    assert key_pair(start(), slot) == keys


def test_no_slot_is_given_out_twice(start: Starter) -> None:
    """A start cannot know what a dead process gave out, so it begins a block of its own."""
    seen: set[int] = set()
    for amount in (3, 0, BLOCK_SLOTS, 1):
        store = start()
        assert all(store.covers(slot) for slot in seen)
        fresh = {store.new() for _ in range(amount)}
        assert not seen & fresh
        seen |= fresh


def test_one_sync_serves_many_exchanges(start: Starter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slots within a block cost no sync: a message must not wait for the disk twice."""
    store = start()
    first = store.new()
    monkeypatch.setattr(os, "fsync", lambda _: pytest.fail("a sync for one exchange"))
    assert len({first, *(store.new() for _ in range(BLOCK_SLOTS - 1))}) == BLOCK_SLOTS


def test_a_destroyed_key_is_nowhere(start: Starter, file: Path) -> None:
    """The other key of the slot and the neighbours stay; the destroyed one is in no byte of the file."""
    store = start()
    first, gone, last = store.new(), store.new(), store.new()
    kept, (values, record) = (key_pair(store, first), key_pair(store, last)), key_pair(store, gone)
    store.destroy_values([gone])
    assert store.values_key(gone) is None
    assert store.record_key(gone) == record
    assert values not in file.read_bytes()
    assert record in file.read_bytes()
    store.destroy_records([gone])
    assert record not in file.read_bytes()
    again = start()
    assert (again.values_key(gone), again.record_key(gone)) == (None, None)
    assert (key_pair(again, first), key_pair(again, last)) == kept


def test_destroying_is_one_sync_and_may_be_repeated(start: Starter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many exchanges that end at once are erased under one sync; erasing again changes nothing."""
    store = start()
    syncs: list[int] = []
    slots = [store.new() for _ in range(50)]
    monkeypatch.setattr(os, "fsync", syncs.append)
    store.destroy_values(iter(slots))
    assert len(syncs) == 1
    store.destroy_values(slots)
    assert [store.values_key(slot) for slot in slots] == [None] * 50


def test_wrapped_values_open_in_their_place_only(start: Starter) -> None:
    """Another slot, purpose or context, or a changed byte, does not open."""
    store = start()
    slot, other = store.new(), store.new()
    wrapped = store.wrap(slot, "values", b"sealed", b"exchange 1")
    assert store.unwrap(slot, "values", wrapped, b"exchange 1") == b"sealed"
    assert b"sealed" not in wrapped
    tries: list[Callable[[], bytes | None]] = [
        lambda: store.unwrap(other, "values", wrapped, b"exchange 1"),
        lambda: store.unwrap(slot, "record", wrapped, b"exchange 1"),
        lambda: store.unwrap(slot, "values", wrapped, b"exchange 2"),
        lambda: store.unwrap(slot, "values", wrapped[:-1] + bytes([wrapped[-1] ^ 1]), b"exchange 1"),
        lambda: store.unwrap(slot, "values", wrapped[:20], b"exchange 1"),
        lambda: store.unwrap(slot, "values", b"", b"exchange 1"),
    ]
    for attempt in tries:
        with pytest.raises(KeyStoreError, match="does not open"):
            attempt()


def test_the_same_value_is_never_wrapped_alike(start: Starter) -> None:
    """Each wrapping has a nonce of its own."""
    store = start()
    slot = store.new()
    assert len({store.wrap(slot, "record", b"same", b"") for _ in range(100)}) == 100


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # one store serves all examples
@given(plain=st.binary(max_size=200), aad=st.binary(max_size=50))
def test_any_value_is_wrapped_and_unwrapped(running: KeyStore, plain: bytes, aad: bytes) -> None:
    """Empty or not, what goes in comes out."""
    slot = running.new()
    assert running.unwrap(slot, "record", running.wrap(slot, "record", plain, aad), aad) == plain


def test_nothing_opens_after_its_key_is_destroyed(start: Starter) -> None:
    """Erased values read as None, before and after a restart, and nothing new is kept under the key."""
    store = start()
    slot = store.new()
    values, record = store.wrap(slot, "values", b"v", b""), store.wrap(slot, "record", b"r", b"")
    store.destroy_values([slot])
    for restarted in (False, True):
        each = start() if restarted else store
        assert each.unwrap(slot, "values", values, b"") is None
        assert each.unwrap(slot, "record", record, b"") == b"r"
        with pytest.raises(KeyStoreError, match="destroyed"):
            each.wrap(slot, "values", b"v", b"")


def test_a_slot_that_the_store_does_not_have_is_an_error_not_an_erasure(start: Starter) -> None:
    """A database that is newer than the store must be noticed, not read as erased; the header is no slot."""
    store = start()
    first = store.new()
    for slot in (-1, 0, first + BLOCK_SLOTS):
        with pytest.raises(KeyStoreError, match="older than the database"):
            store.values_key(slot)
        with pytest.raises(KeyStoreError, match="older than the database"):
            store.destroy_records([slot])
    assert store.values_key(first + BLOCK_SLOTS - 1)


@pytest.mark.parametrize("step", range(2))
@pytest.mark.parametrize("error", [OSError, Killed])
def test_dying_while_a_block_is_added_loses_nothing(
    start: Starter, monkeypatch: pytest.MonkeyPatch, step: int, error: type[BaseException]
) -> None:
    """A failed or fatal sync of the block, or of the header, leaves all keys, and no slot is given out twice."""
    store = start()
    slots = {slot: key_pair(store, slot) for slot in (store.new() for _ in range(BLOCK_SLOTS))}
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", failing_at(step, error))
        with pytest.raises(KeyStoreError if error is OSError else Killed):
            store.new()
    again = store if error is OSError else start()
    fresh = again.new()
    assert fresh not in slots
    assert key_pair(again, fresh)
    last = start()
    assert {slot: key_pair(last, slot) for slot in slots} == slots


@pytest.mark.parametrize("step", range(4))
def test_dying_at_the_first_start_is_mended_by_the_next(
    start: Starter, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Draft, folder, block, header: wherever the first start dies, the second one works."""
    with monkeypatch.context() as broken:
        broken.setattr(os, "fsync", failing_at(step, Killed))
        with pytest.raises(Killed):
            start().new()
    store = start()
    assert key_pair(store, store.new())


@pytest.mark.parametrize("written", [1, SLOT_BYTES, BLOCK_BYTES - 1, BLOCK_BYTES])
def test_a_half_written_block_is_written_over(start: Starter, file: Path, written: int) -> None:
    """After a power loss the file may end anywhere in a block that nobody uses yet."""
    slot = start().new()
    keys, size = key_pair(start(), slot), file.stat().st_size
    with file.open("ab") as torn:
        torn.write(b"\xaa" * written)
    store = start()
    assert key_pair(store, slot) == keys
    assert store.new() * SLOT_BYTES == size
    assert b"\xaa" * SLOT_BYTES not in file.read_bytes()


def test_dying_while_keys_are_destroyed_is_mended_by_destroying_again(
    start: Starter, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This process opens nothing more with the key at once; the disk follows when the erasure is repeated."""
    store = start()
    slots = [store.new(), store.new()]
    pairs = [key_pair(store, slot) for slot in slots]
    with monkeypatch.context() as broken:
        broken.setattr(os, "pwrite", failing_at(1, OSError, os.pwrite))
        with pytest.raises(KeyStoreError, match="erase again"):
            store.destroy_values(slots)
    assert [store.values_key(slot) for slot in slots] == [None, None]
    assert pairs[1][0] in file.read_bytes()
    store.destroy_values(slots)
    assert not any(values in file.read_bytes() for values, _ in pairs)


def test_short_writes_are_carried_on(start: Starter, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that takes a few bytes at a time gets them all."""
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, data, at: pwrite(file, data[:1000], at))
    store = start()
    slot = store.new() + BLOCK_SLOTS - 1
    assert key_pair(store, slot) == key_pair(start(), slot)


@pytest.mark.parametrize("left", [0, 1, SLOT_BYTES - 1, SLOT_BYTES, SLOT_BYTES + BLOCK_BYTES - 1])
def test_a_store_that_was_cut_short_is_refused(start: Starter, file: Path, left: int) -> None:
    """Keys that were lost must not look erased."""
    start().new()
    os.truncate(file, left)
    with pytest.raises(KeyStoreError, match="damaged or cut short"):
        start()


@pytest.mark.parametrize("header", [b"rj-keystore-v2\n\0" + (1).to_bytes(8, "big"), b"rj-keystore-v1\n\0" + bytes(8)])
def test_a_file_of_another_kind_is_refused(start: Starter, file: Path, header: bytes) -> None:
    """A wrong header is never overwritten."""
    start()
    whole = header + file.read_bytes()[len(header) :]
    file.write_bytes(whole)
    with pytest.raises(KeyStoreError, match="damaged"):
        start()
    assert file.read_bytes() == whole


def test_a_read_that_stops_early_is_not_taken_for_erasure(start: Starter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that could not be read are no destroyed keys."""
    start()
    monkeypatch.setattr(os, "pread", lambda *_: bytes(10))
    with pytest.raises(KeyStoreError, match="damaged"):
        start()


def test_two_processes_cannot_share_a_store(tmp_path: Path) -> None:
    """The second is told why; when the first has stopped, it may have the store."""
    first = KeyStore.open(tmp_path)
    with pytest.raises(KeyStoreError, match="Another process"):
        KeyStore.open(tmp_path)
    first.close()
    KeyStore.open(tmp_path).close()


def test_nodes_share_a_store_and_see_what_each_other_does(tmp_path: Path) -> None:
    """No slot twice; a key that one gave out opens for the other, and is gone for both once either destroys it."""
    one, other = KeyStore.open(tmp_path, shared=True), KeyStore.open(tmp_path, shared=True)
    slots = [store.new() for _ in range(BLOCK_SLOTS + 5) for store in (one, other)]
    assert len(set(slots)) == len(slots)
    wrapped = one.wrap(slots[0], "values", b"v", b"")
    assert other.unwrap(slots[0], "values", wrapped, b"") == b"v"
    assert one.mark("inbox", "police-13") == other.mark("inbox", "police-13")
    other.destroy_values([slots[0]])
    assert one.unwrap(slots[0], "values", wrapped, b"") is None
    with pytest.raises(KeyStoreError, match="destroyed"):
        one.wrap(slots[0], "values", b"v", b"")
    with pytest.raises(KeyStoreError, match="Another process"):
        KeyStore.open(tmp_path)
    one.close()
    other.close()
    KeyStore.open(tmp_path).close()


def test_a_store_that_is_older_than_the_database_does_not_cover_it(start: Starter) -> None:
    """Whatever was given out is covered after a restart; what an old copy of the file lacks is not."""
    slot = start().new()
    store = start()
    assert store.covers(slot)
    assert not store.covers(slot + BLOCK_SLOTS)


def test_a_failed_start_leaves_the_store_to_others(start: Starter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the lock nor an open file outlives a start that failed."""
    for step in ("fsync", "urandom"):
        with monkeypatch.context() as broken:
            broken.setattr(os, step, failing_at(0, Killed))
            with pytest.raises(Killed):
                start()
    assert start().new()


def test_stopping_leaves_no_file_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A start and a stop, and a start that finds the store taken, give every file back."""
    opened, closed = spied(monkeypatch, "open"), spied(monkeypatch, "close")
    store = KeyStore.open(tmp_path)
    with pytest.raises(KeyStoreError):
        KeyStore.open(tmp_path)
    store.close()
    assert len(opened) == len(closed) > 0


def test_a_closed_store_writes_nothing(start: Starter) -> None:
    """Its file number may be another file's by then."""
    store = start()
    slot = store.new()
    store.close()
    with pytest.raises(KeyStoreError, match="Check its disk"):
        store.destroy_values([slot])


def test_only_the_gateways_own_user_may_read_the_file(start: Starter, file: Path) -> None:
    """The mode is set at creation, and set again if somebody has widened it."""
    start()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    file.chmod(0o644)
    start()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_used_is_named_as_the_cause(tmp_path: Path) -> None:
    """A file where the folder should be, and a link where the file should be."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(KeyStoreError, match="folder of the key store"):
        KeyStore.open(tmp_path / "taken")
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / FILE).symlink_to(tmp_path / "taken")
    with pytest.raises(KeyStoreError, match="file of the key store"):
        KeyStore.open(tmp_path / "linked")


def test_a_folder_without_the_right_to_write_is_refused(start: Starter, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's refusal becomes words that say what to check."""
    with monkeypatch.context() as broken:
        broken.setattr(os, "rename", failing_at(0, PermissionError))
        with pytest.raises(KeyStoreError, match="gateway's own user"):
            start()
    assert start().new()

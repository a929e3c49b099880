"""What every store promises (`gateway/store/port.py`), one suite for all engines."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from contracts.merkle import leaf_hash, root
from contracts.messages.log_search import LogSearch
from gateway.decide.exchange import Delivery
from gateway.errors import StoreUnavailable
from gateway.keystore import KeyStore
from gateway.ledger.tree import Run
from gateway.store.port import (
    DocumentVersion,
    Erased,
    Known,
    LogState,
    SealedValue,
    Store,
    StoredMessage,
    Wanted,
)
from gateway.store.sqlite import SqliteStore
from tests.agencies import secret
from tests.ports.batches import FORCE, OTHER, PRISON, Batch, case, every, exchange, look, sealed, uid, write
from tests.ports.engines import Engine

ONE = Wanted(exchanges=(uid(1),), lines=(uid(1),))
"""What must be known to erase the record of exchange 1."""


# Reading what was written.


async def test_a_new_store_holds_an_empty_log_and_nothing_else(store: Store) -> None:
    """Every question has an answer before the first batch."""
    assert await store.log() == LogState()
    assert await store.message(PRISON, uid(1)) is None
    assert await store.exchange(uid(1)) is None
    assert list(await store.inbox(FORCE, -1, 10)) == []
    assert (await store.search(LogSearch(why="inspection"))).lines == ()
    assert list(await store.due(10**9, 10)) == []
    assert await store.next_due() is None
    assert await store.leaf(0) is None
    assert list(await store.leaves(0, 10)) == []
    assert dict(await store.nodes([Run(0, 0, 4), Run(4, 0, 1)])) == {}


async def test_what_a_batch_wrote_can_be_read(store: Store) -> None:
    """Message, exchange, line, delivery and log state, each as it was given."""
    written = await write(store, case(1), at=77)
    assert await store.log() == written.log
    found = await store.message(PRISON, uid(1))
    assert found is not None
    stored, record = found
    assert stored == StoredMessage(digest="digest 1", index=0, size=1)
    assert record == replace(written.lines[0].record, delivered=(Delivery(to=FORCE, at=7),))
    assert await store.exchange(uid(1)) == exchange(1)
    assert await store.leaf(0) == (written.lines[0].leaf, record, None)
    (row,) = await store.inbox(FORCE, -1, 10)
    assert (row.index, row.exchange, row.delivery, row.record) == (0, uid(1), Delivery(to=FORCE, at=7), record)


async def test_a_batch_knows_what_it_wanted_and_nothing_else(store: Store) -> None:
    """Messages by sender and id, exchanges, sealed values by exchange and message."""
    for number in (1, 2):
        await write(store, case(number))
    known = await look(store, every(store, 1))
    assert known.log == await store.log()
    assert dict(known.messages) == {(PRISON, uid(1)): StoredMessage(digest="digest 1", index=0, size=1)}
    assert dict(known.exchanges) == {uid(1): exchange(1)}
    assert set(known.values) == {(uid(1), uid(1))}
    values = known.values[uid(1), uid(1)]
    assert (values.token, dict(values.values)) == ("token 1", {"subject": ("K" * 22, b"subject 1")})
    assert (await look(store, Wanted())).messages == {}


async def test_a_message_belongs_to_its_sender(store: Store) -> None:
    """Two agencies may use one id; each has its own message."""
    await write(store, case(1))
    assert await store.message(FORCE, uid(1)) is None
    known = await look(store, Wanted(messages=((FORCE, uid(1)),)))
    assert (FORCE, uid(1)) not in known.messages

    def also(batch: Batch) -> None:
        index = batch.line(None)
        batch.add(messages=[(FORCE, uid(1), StoredMessage(digest="another", index=index, size=index + 1))])

    await write(store, also)
    mine, theirs = await store.message(PRISON, uid(1)), await store.message(FORCE, uid(1))
    assert mine is not None
    assert theirs is not None
    assert (mine[0].digest, theirs[0].digest) == ("digest 1", "another")


async def test_sealed_values_are_those_of_the_exchange_that_was_named(store: Store) -> None:
    """The message's id alone does not open another exchange's values."""
    await write(store, case(1))
    await write(store, case(2))
    known = await look(store, Wanted(exchanges=(uid(1), uid(2)), values=((uid(2), uid(1)),)))
    assert dict(known.values) == {}


async def test_an_exchange_is_replaced_by_its_new_state(store: Store) -> None:
    """And there is one of it."""
    await write(store, case(1))
    await write(store, lambda batch: batch.add(exchanges=[exchange(1, stage="shared", office="main")]), ONE)
    assert await store.exchange(uid(1)) == exchange(1, stage="shared", office="main")


async def test_cases_are_read_in_the_order_of_their_ids_each_with_its_lines(store: Store) -> None:
    """From an id on, so many; without what is erased."""
    for number in (3, 1, 2):
        await write(store, case(number))
    await write(store, lambda batch: batch.line(uid(1), shared={"event": "recall"}) and None, ONE)
    found = await store.cases("", 2)
    assert [(each.exchange.id, [index for index, _ in each.lines]) for each in found] == [
        (uid(1), [1, 3]),
        (uid(2), [2]),
    ]
    assert found[0].lines[0][1].token == "token 1"
    assert [each.exchange for each in await store.cases(uid(2), 2)] == [exchange(3)]
    await write(store, lambda batch: batch.erase(1) and None, ONE)
    assert [each.exchange.id for each in await store.cases("", 9)] == [uid(2), uid(3)]


# Alone, all or nothing, durable.


async def test_settle_is_called_once_for_a_batch(store: Store) -> None:
    """It is not for the store to try again."""
    calls: list[Known] = []
    await write(store, lambda batch: calls.append(batch.known))
    assert len(calls) == 1


async def test_a_settle_that_fails_writes_nothing_and_its_error_comes_out_as_it_is(store: Store) -> None:
    """The writer tells a bad message from an engine that cannot answer by the error."""
    await write(store, case(1))
    before = await store.log()

    def fail(batch: Batch) -> None:
        case(2)(batch)
        raise KeyError("a bad message")

    with pytest.raises(KeyError):
        await write(store, fail)
    assert await store.log() == before
    assert await store.exchange(uid(2)) is None
    await write(store, case(2))


async def test_a_batch_that_contradicts_what_is_stored_writes_nothing_and_is_not_the_engines_fault(
    store: Store,
) -> None:
    """A leaf index, a message or a delivery that is there already: the error is not StoreUnavailable."""
    await write(store, case(1))
    before = await store.log()

    def again(batch: Batch) -> None:
        case(2)(batch)
        batch.add(messages=[(PRISON, uid(1), StoredMessage(digest="another", index=1, size=2))])

    with pytest.raises(Exception) as raised:  # noqa: PT011 - each engine has its own
        await write(store, again)
    assert not isinstance(raised.value, StoreUnavailable)
    assert await store.log() == before
    assert (await store.exchange(uid(2)), await store.leaf(1)) == (None, None)
    await write(store, case(2))
    assert (await store.log()).edge.size == 2


async def test_batches_run_one_after_another(store: Store) -> None:
    """However many come at once: each sees what the one before has written, and no index is given twice."""

    def add(batch: Batch) -> None:
        batch.line(None)

    await asyncio.gather(*(write(store, add) for _ in range(30)))
    log = await store.log()
    assert log.edge.size == 30
    assert log.edge.root() == root([leaf_hash(body) for body in await store.leaves(0, 100)])


async def test_a_reader_sees_whole_batches(store: Store) -> None:
    """Never a log state without its leaves."""

    async def watch() -> None:
        for _ in range(40):
            size = (await store.log()).edge.size
            assert len(await store.leaves(0, 1000)) >= size

    def add(batch: Batch) -> None:
        for _ in range(5):
            batch.line(None)

    await asyncio.gather(watch(), *(write(store, add) for _ in range(15)))


async def test_what_was_written_is_there_after_closing_and_opening(engine: Engine) -> None:
    """And can be read: the keys are still those."""
    async with engine.open() as store:
        written = await write(store, case(1), agreement=DocumentVersion(version=3, sha256="D" * 43))
    async with engine.open() as store:
        assert await store.log() == written.log
        kept = await store.leaf(0)
        assert kept is not None
        assert kept.record == replace(written.lines[0].record, delivered=(Delivery(to=FORCE, at=7),))
        await write(store, case(2))
        assert (await look(store, every(store, 1))).values[uid(1), uid(1)].values


async def test_a_batch_is_durable_when_transact_returns(engine: Engine, tmp_path: Path) -> None:
    """What lies there at that moment, as after a sudden death, holds it."""
    copies = []
    async with engine.open() as store:
        for number in range(3):
            await write(store, case(number))
            copies.append(engine.copy(tmp_path / f"copy-{number}"))
    for number, made in enumerate(copies):
        async with made.open() as copy:
            assert (await copy.log()).edge.size == number + 1
            assert await copy.message(PRISON, uid(number)) is not None


async def test_closing_finishes_what_is_under_way(engine: Engine) -> None:
    """A batch that was begun is written."""
    async with engine.open() as store:
        under_way = asyncio.create_task(write(store, case(1)))
        await asyncio.sleep(0)
    await under_way
    async with engine.open() as store:
        assert await store.exchange(uid(1)) == exchange(1)


# Inboxes.


async def test_an_inbox_is_read_in_order_from_a_cursor_on(store: Store) -> None:
    """By leaf index, above `after`, at most `limit`; nothing is consumed."""
    for number in range(5):
        await write(store, case(number))

    async def indices(after: int, limit: int) -> list[int]:
        return [row.index for row in await store.inbox(FORCE, after, limit)]

    assert await indices(-1, 10) == [0, 1, 2, 3, 4]
    assert await indices(1, 2) == [2, 3]
    assert await indices(-1, 10) == [0, 1, 2, 3, 4]
    assert await indices(4, 10) == []
    assert list(await store.inbox(OTHER, -1, 10)) == []


async def test_a_delivery_whose_record_is_erased_is_no_delivery_any_more(store: Store) -> None:
    """Erasing the record takes it out of the inbox."""
    await write(store, case(1))
    await write(store, case(2))
    await write(store, lambda batch: batch.erase(1), ONE)
    assert [row.exchange for row in await store.inbox(FORCE, -1, 10) if row.record] == [uid(2)]


# Due dates.


async def test_what_is_due_comes_with_the_longest_overdue_first(store: Store) -> None:
    """At `now` exactly it is due; `next_due` names the first of all."""
    for number, answer_by in ((1, 30), (2, 10), (3, 20)):
        await write(store, case(number, answer_by=answer_by))
    assert list(await store.due(9, 10)) == []
    assert list(await store.due(20, 10)) == [uid(2), uid(3)]
    assert list(await store.due(99, 2)) == [uid(2), uid(3)]
    assert await store.next_due() == 10


async def test_an_exchange_with_nothing_due_is_never_due(store: Store) -> None:
    """And one whose due date is over leaves the list with its new state."""
    await write(store, case(1, answer_by=10))
    await write(store, lambda batch: batch.add(exchanges=[exchange(1, stage="closed")]), Wanted(exchanges=(uid(1),)))
    assert list(await store.due(10**9, 10)) == []
    assert await store.next_due() is None


# Erasure.


async def test_erased_values_are_gone_and_the_record_stays(store: Store) -> None:
    """A reviewer's reasons belong to the record; a victim's details do not."""

    def fill(batch: Batch) -> None:
        case(1)(batch)
        batch.add(sealed=[sealed(1, "contact_channel", 0), sealed(1, "reasons", 0)])

    await write(store, fill)
    await write(store, lambda batch: batch.add(erased_values=[uid(1)]), Wanted(exchanges=(uid(1),)))
    known = await look(store, every(store, 1))
    assert set(known.values[uid(1), uid(1)].values) == {"reasons"}
    assert await store.message(PRISON, uid(1)) is not None
    assert await store.exchange(uid(1)) == exchange(1)


async def test_values_that_others_have_replaced_are_dropped(store: Store) -> None:
    """Those of the message that is named, and of no other message of the exchange."""

    def fill(batch: Batch) -> None:
        case(1)(batch)
        index = batch.line(uid(1), token="token 2")
        newer = SealedValue(
            exchange=uid(1), jti=uid(2), field="subject", kid="K" * 22, index=index, value=b"subject 2"
        )  # fmt: skip
        batch.add(sealed=[newer])

    await write(store, fill)
    wanted = Wanted(exchanges=(uid(1),), values=((uid(1), uid(1)), (uid(1), uid(2))))
    await write(store, lambda batch: batch.add(dropped=[(uid(1), uid(1))]), wanted)
    known = await look(store, wanted)
    assert set(known.values) == {(uid(1), uid(2))}


async def test_an_erased_record_leaves_the_leaf_and_nothing_else(store: Store) -> None:
    """The proofs still hold; message, state, opening, sealed values and deliveries are gone; others' stay."""
    written = [await write(store, case(number)) for number in (1, 2)]
    await write(store, lambda batch: batch.erase(1), ONE)
    assert await store.leaf(0) == (written[0].lines[0].leaf, None, 2)
    assert await store.message(PRISON, uid(1)) is None
    assert await store.exchange(uid(1)) is None
    known = await look(store, every(store, 1))
    assert (known.messages, known.exchanges, known.values) == ({}, {}, {})
    assert await store.next_due() == 1000
    assert await store.exchange(uid(2)) == exchange(2)
    assert (await look(store, every(store, 2))).values


async def test_what_is_erased_stays_erased_and_is_in_no_file(engine: Engine, tmp_path: Path) -> None:
    """Not even for a copy of the database from before, once it meets the keys from after."""
    async with engine.open() as store:
        await write(store, case(1))
    before = engine.copy(tmp_path / "before")
    async with engine.open() as store:
        await write(store, lambda batch: batch.erase(1), ONE)
    async with engine.open() as store:
        assert await store.exchange(uid(1)) is None
    before.take_keys_of(engine)
    async with before.open() as restored:
        found = await restored.message(PRISON, uid(1))
        assert found is not None
        assert found[1] is None
        assert (await look(restored, every(restored, 1))).values == {}


async def test_what_is_kept_is_encrypted_at_rest(engine: Engine) -> None:
    """Neither tokens nor sealed values nor openings stand in the files as they are."""
    async with engine.open() as store:
        await write(store, case(1))
        files = engine.files()
        assert any(b"rj-" in file or b"event" in file for file in files)
    for needle in (b"token 1", b"subject 1", secret("salt", "s", "0")):
        assert not [file for file in files if needle in file]


async def test_an_erased_line_names_the_line_that_erased_it(store: Store) -> None:
    """And the others name none."""
    for number in (1, 2):
        await write(store, case(number))
    await write(store, lambda batch: batch.erase(1), ONE)
    erased_by = {index: line.erased_by for index in range(3) if (line := await store.leaf(index))}
    assert erased_by == {0: 2, 1: None, 2: None}


async def test_lines_of_no_exchange_are_erased_by_themselves(engine: Engine) -> None:
    """Each has a key of its own; the due ones come first, and those that are gone are not known any more."""

    def fill(batch: Batch) -> None:
        for end in (30, 10, None):
            index = batch.line(None, token=f"alone {end}")
            batch.lines[-1] = replace(batch.lines[-1], erase_at=end)
            batch.add(messages=[(PRISON, uid(index), StoredMessage(digest="d", index=index, size=3))])

    def erase(batch: Batch) -> None:
        assert batch.known.alone == {0, 1}
        batch.add(erased_records=[Erased(lines=(1,), by=batch.line(None))])

    async with engine.open() as store:
        await write(store, fill)
        assert await store.next_due() == 10
        assert list(await store.lines_due(30, 9)) == [1, 0]
        assert list(await store.lines_due(29, 9)) == [1]
        before = engine.copy(engine.folder.parent / "before")
        await write(store, erase, Wanted(alone=(0, 1, 2, 77)))
        assert await store.next_due() == 30
        assert [await store.message(PRISON, uid(index)) is None for index in range(3)] == [False, True, False]
        assert (await look(store, Wanted(alone=(0, 1)))).alone == {0}
    before.take_keys_of(engine)
    async with before.open() as restored:
        opened = [line.record is not None for index in range(3) if (line := await restored.leaf(index))]
        assert opened == [True, False, True]


async def test_the_files_tell_nobody_who_spoke_to_whom(engine: Engine) -> None:
    """Agencies, recipients' keys, names of fields, states, what happened: all encrypted, or marks of the key store."""

    def fill(batch: Batch) -> None:
        case(1)(batch)
        batch.line(
            uid(1), shared={"event": "contact-answer", "iss": FORCE}, code="R19", clauses=("4.1",), why="rude-words"
        )
        batch.add(sealed=[sealed(1, "contact_channel", 0)])

    async with engine.open() as store:
        await write(store, fill)
        files = engine.files()
        assert any(b"rj-" in file or b"event" in file for file in files)
    for needle in (
        PRISON,
        FORCE,
        "K" * 22,
        "contact_channel",
        "subject",
        "contact-answer",
        "conference",
        "rude-words",
    ):
        assert not [file for file in files if needle.encode() in file], needle


# The tree.


async def test_nodes_and_leaves_are_read_in_runs(store: Store) -> None:
    """Level 0 are leaf hashes; what is not there is left out."""

    def add(batch: Batch) -> None:
        for _ in range(20):
            batch.line(None)

    written = await write(store, add)
    bodies = [line.leaf for line in written.lines]
    assert list(await store.leaves(0, 100)) == bodies
    assert list(await store.leaves(5, 3)) == bodies[5:8]
    nodes = await store.nodes([Run(0, 18, 5), Run(4, 0, 3)])
    expected: dict[tuple[int, int], bytes] = {(0, n): leaf_hash(bodies[n]) for n in (18, 19)}
    assert dict(nodes) == {**expected, (4, 0): root([leaf_hash(body) for body in bodies[:16]])}


# An engine that cannot answer.


async def test_an_engine_that_cannot_write_says_so_and_goes_on_when_it_can(tmp_path: Path) -> None:
    """SQLite, full: StoreUnavailable, nothing written; with room again the same batch is written."""
    store = SqliteStore(tmp_path / "gateway.db", KeyStore.open(tmp_path / "keystore"))
    try:
        await write(store, case(1))
        pages = store._writer.pragma("page_count")
        store._writer.pragma("max_page_count", pages)

        def many(batch: Batch) -> None:
            for number in range(2, 60):
                case(number)(batch)

        with pytest.raises(StoreUnavailable):
            await write(store, many)
        assert (await store.log()).edge.size == 1
        store._writer.pragma("max_page_count", 1_000_000)
        await write(store, many)
        assert (await store.log()).edge.size == 59
    finally:
        await store.close()


async def test_an_engine_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    """SQLite, its reading connection gone: every question is StoreUnavailable, and none is a guess."""
    store = SqliteStore(tmp_path / "gateway.db", KeyStore.open(tmp_path / "keystore"))
    try:
        await write(store, case(1))
        store._reader.close()
        questions: Sequence[Any] = (
            store.log(), store.message(PRISON, uid(1)), store.exchange(uid(1)), store.inbox(FORCE, -1, 1),
            store.due(1, 1), store.next_due(), store.leaf(0), store.leaves(0, 1), store.nodes([Run(0, 0, 1)]),
            store.search(LogSearch(why="inspection")),
        )  # fmt: skip
        for question in questions:
            with pytest.raises(StoreUnavailable):
                await question
    finally:
        await store.close()

"""A database of the first version, in which much stood in clear, becomes one of this version, and forgets that."""

from contextlib import closing
from pathlib import Path

import apsw
import msgspec
import pytest

from contracts.codec import encode
from contracts.event import Exact, Opening, Shared, event_leaf
from contracts.merkle import leaf_hash
from contracts.messages.log_search import LogSearch
from contracts.reply import DecisionClaims
from gateway.decide.exchange import Delivery
from gateway.errors import StoreRefused
from gateway.keystore import KeyStore
from gateway.ledger.tree import grow
from gateway.store import sql
from gateway.store.migrating import migrate_sqlite
from gateway.store.migrations.nothing_in_clear import RECORD_SECONDS
from gateway.store.port import LogState, Record, StoredMessage
from gateway.store.reading import MARK
from gateway.store.sqlite import SqliteStore
from tests.ports.batches import FORCE, PRISON, every, exchange, look, uid

SCHEMA_1 = """
create table log_state (id integer primary key check (id = 1), state blob not null, newest_slot bigint not null);
create table tree (size bigint primary key, root blob not null);
create table node (level integer not null, n bigint not null, hash blob not null, primary key (level, n));
create table leaf (
    i bigint primary key, body blob not null, slot bigint, record blob, exchange text,
    event text, at bigint, iss text, person text, purpose text, code text, clauses text
);
create index leaf_exchange on leaf (exchange) where exchange is not null;
create table message (
    jti text not null, iss text not null, digest text not null, i bigint not null, size bigint not null,
    primary key (jti, iss)
);
create table exchange (id text primary key, slot bigint not null, due bigint, state blob not null);
create index exchange_due on exchange (due) where due is not null;
create table sealed (
    exchange text not null, jti text not null, field text not null, kid text not null, i bigint not null,
    value blob not null, primary key (exchange, jti, field)
);
create table delivery (
    agency text not null, i bigint not null, exchange text not null, delivery blob not null, primary key (agency, i)
);
create table doomed (slot bigint not null, half text not null, primary key (slot, half));
"""
pack = msgspec.msgpack.encode
SHARED = Shared(event="contact-request", at=86_400, exchange=uid(1), iss=PRISON)
EXACT = Exact(code="R19", clauses=("4.1",))


def record() -> Record:
    decision = DecisionClaims(
        iss="gateway.test/rj", to=PRISON, jti=uid(1), exchange=uid(1), at=86_400, decision="accepted",
        agreement="A" * 43, leaf=0,
    )  # fmt: skip
    parts = (Opening(salt=b"s" * 32, part=encode(SHARED)), Opening(salt=b"e" * 32, part=encode(EXACT)))
    return Record(shared=parts[0], exact=parts[1], token="token 1", decision=decision)


def first_version(folder: Path) -> LogState:
    """Two lines: a request with its exchange, sealed value and delivery; and a message about nothing."""
    folder.mkdir()
    keys = KeyStore.open(folder / "keystore")
    slot, other = keys.new(), keys.new()
    leaf = event_leaf(record().shared, record().exact)
    log = LogState(edge=grow(LogState().edge, [leaf_hash(leaf)] * 2).edge, at=86_400)
    database = apsw.Connection(str(folder / "gateway.db"))
    database.pragma("journal_mode", "wal")
    database.execute(SCHEMA_1)
    database.execute(f"pragma application_id = {MARK.application}; pragma user_version = 1")
    columns = (SHARED.event, SHARED.at, PRISON, None, None, "R19", " 4.1 ")
    for index, key, about in ((0, slot, uid(1)), (1, other, None)):
        wrapped = keys.wrap(key, "record", pack(record()), b"rj-record-v1\0%d" % index)
        row = (index, leaf, key, wrapped, about, *columns)
        database.execute(f"insert into leaf values ({', '.join('?' * len(row))})", row)
        database.execute("insert into message values (?, ?, 'digest', ?, 2)", (uid(index + 1), PRISON, index))
    database.execute("insert into exchange values (?, ?, 1000, ?)", (uid(1), slot, pack(exchange(1))))
    place = f"rj-value-v1\0{uid(1)}\0{uid(1)}\0subject".encode()
    value = keys.wrap(slot, "values", b"sealed subject", place)
    database.execute("insert into sealed values (?, ?, 'subject', ?, 0, ?)", (uid(1), uid(1), "K" * 22, value))
    delivery = pack(Delivery(to=FORCE, at=86_400))
    database.execute("insert into delivery values (?, 0, ?, ?)", (FORCE, uid(1), delivery))
    database.execute("insert into log_state values (1, ?, ?)", (pack(log), other))
    database.close()
    keys.close()
    return log


def opened(folder: Path) -> SqliteStore:
    migrated(folder)
    return SqliteStore(folder / "gateway.db", KeyStore.open(folder / "keystore"))


def migrated(folder: Path) -> list[int]:
    """The numbers of the steps that were taken."""
    with closing(KeyStore.open(folder / "keystore")) as keys:
        return [step.number for step in migrate_sqlite(folder / "gateway.db", keys)]


async def test_everything_is_there_after_it(tmp_path: Path) -> None:
    """Lines, messages, exchange, values, inbox and search; and lines of no exchange have an end now."""
    log = first_version(tmp_path / "store")
    store = opened(tmp_path / "store")
    try:
        assert await store.log() == log
        delivered = (Delivery(to=FORCE, at=86_400),)
        kept = [await store.leaf(index) for index in (0, 1)]
        assert [line and line.record for line in kept] == [
            msgspec.structs.replace(record(), delivered=delivered), record(),
        ]  # fmt: skip
        assert await store.exchange(uid(1)) == exchange(1)
        found = await store.message(PRISON, uid(1))
        assert found is not None
        assert found[0] == StoredMessage(digest="digest", index=0, size=2)
        (row,) = await store.inbox(FORCE, -1, 9)
        assert (row.index, row.exchange, row.delivery) == (0, uid(1), delivered[0])
        searched = await store.search(LogSearch(why="inspection", code="R19", clause="4.1"))
        assert [line.index for line in searched.lines] == [0, 1]
        assert await store.next_due() == 1000
        assert list(await store.lines_due(86_400 + RECORD_SECONDS, 9)) == [1]
        known = await look(store, every(store, 1))
        assert dict(known.values[uid(1), uid(1)].values) == {"subject": ("K" * 22, b"sealed subject")}
    finally:
        await store.close()


async def test_nothing_of_it_is_left_in_clear(tmp_path: Path) -> None:
    """Neither in free pages nor in the WAL, at once."""
    first_version(tmp_path / "store")
    files = [path.read_bytes() for path in (tmp_path / "store").glob("gateway.db*")]
    assert any(b"R19" in each for each in files), "the control"
    store = opened(tmp_path / "store")
    files = [path.read_bytes() for path in (tmp_path / "store").glob("gateway.db*")]
    for needle in (PRISON, FORCE, "R19", "contact-request", "K" * 22, "conference"):
        assert not [each for each in files if needle.encode() in each], needle
    await store.close()
    again = opened(tmp_path / "store")
    assert await again.exchange(uid(1)) == exchange(1)
    await again.close()


async def test_it_is_all_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken off at the last row, the database is as it was, and the next run does it whole."""
    first_version(tmp_path / "store")

    def fail(*_: object) -> tuple[object, ...]:
        raise apsw.FullError("no space")

    with monkeypatch.context() as broken:
        broken.setattr(sql, "sealed_row", fail)
        with pytest.raises(StoreRefused):
            migrated(tmp_path / "store")
    database = apsw.Connection(str(tmp_path / "store" / "gateway.db"))
    assert database.pragma("user_version") == 1
    assert database.execute("select iss from leaf").fetchall() == [(PRISON,), (PRISON,)]
    database.close()
    store = opened(tmp_path / "store")
    assert await store.exchange(uid(1)) == exchange(1)
    await store.close()

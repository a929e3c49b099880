"""The SQL, one text for every engine, and how records become rows and rows become records.

Nothing of a case stands in a row as it is. What a line stands for, to whom it went, the state of an exchange, each
sealed value and whom it is for are encrypted under the exchange's own keys; agencies, messages and fields are marks of
the key store. In clear are the log itself, ids, the days of lines, and when something is due.

`$n` is numbered in order of first use, bytes are bound to binary columns only, and `{in_1}` stands for the one fragment
in which engines differ: membership in a set that is given as one parameter.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, Protocol

import msgspec
from msgspec.structs import astuple, replace

from contracts.event import parse_shared
from contracts.vocabulary import SEALED_SIZES
from gateway.decide.due import next_due
from gateway.decide.exchange import Delivery, Exchange
from gateway.keyreader import Purpose
from gateway.keystore import KeyStore
from gateway.store.port import (
    DocumentLeaf,
    Erased,
    ExchangeLine,
    InboxRow,
    KnownValues,
    Line,
    LogState,
    Record,
    SealedValue,
    StoredLine,
    StoredMessage,
    Writes,
)

SCHEMA_VERSION: Final = 4
DAY_SECONDS: Final = 86_400
REASONS: Final = "reasons"

DOCUMENT_TABLE: Final = """
create table document (
    kind text not null, version integer not null, sha256 text not null, i bigint not null, signed blob not null,
    primary key (kind, version)
);
"""

SCHEMA: Final = f"""
create table log_state (id integer primary key check (id = 1), state blob not null, newest_slot bigint not null);
create table tree (size bigint primary key, root blob not null);
create table node (level integer not null, n bigint not null, hash blob not null, primary key (level, n));
create table leaf (
    i bigint primary key, body blob not null, slot bigint, record blob, exchange text, day integer, erased_by bigint
);
create index leaf_exchange on leaf (exchange) where exchange is not null;
create index leaf_kept on leaf (i) where slot is not null;
create index leaf_day on leaf (day, i) where day is not null;
create table alone (i bigint primary key, due bigint not null);
create index alone_due on alone (due);
create table message (name text primary key, digest text not null, i bigint not null, size bigint not null);
create index message_i on message (i);
create table exchange (id text primary key, slot bigint not null, due bigint, state blob not null);
create index exchange_due on exchange (due) where due is not null;
create table sealed (
    exchange text not null, jti text not null, field text not null, i bigint not null, value blob not null,
    primary key (exchange, jti, field)
);
create table delivery (agency text not null, i bigint not null, primary key (agency, i));
create index delivery_i on delivery (i);
create table doomed (slot bigint not null, half text not null, primary key (slot, half));
{DOCUMENT_TABLE}
create table migration (number integer primary key, name text not null, sha256 text not null);
"""

TAKEN: Final = "select number, sha256 from migration"
TAKE: Final = "insert into migration values ($1, $2, $3)"
LOG: Final = "select state from log_state where id = 1"
NEWEST_SLOT: Final = "select newest_slot from log_state where id = 1"
MESSAGES: Final = "select name, digest, i, size from message where name {in_1}"
EXCHANGES: Final = "select id, slot, state from exchange where id {in_1}"
LINES: Final = "select exchange, i from leaf where exchange {in_1} order by i"
ALONE: Final = "select l.i, l.slot from alone a join leaf l on l.i = a.i where a.i {in_1} and l.slot is not null"
VALUES: Final = (
    "select s.exchange, s.jti, s.field, s.value, l.slot, l.record, l.i "
    "from sealed s join leaf l on l.i = s.i where s.exchange {in_1}"
)
MESSAGE: Final = (
    "select m.digest, m.i, m.size, l.slot, l.record from message m join leaf l on l.i = m.i where m.name = $1"
)
EXCHANGE: Final = "select slot, state from exchange where id = $1"
INBOX: Final = (
    "select d.i, l.exchange, l.body, l.slot, l.record from delivery d join leaf l on l.i = d.i "
    "where d.agency = $1 and d.i > $2 order by d.i limit $3"
)
EXCHANGE_LINES: Final = "select i, body, slot, record from leaf where exchange = $1 and i > $2 order by i"
DOCUMENTS: Final = "select kind, version, sha256, i from document order by i"
DOCUMENT: Final = "select signed from document where kind = $1 and version = $2"
KEEP_DOCUMENT: Final = (
    "insert into document select $1, $2, $3, i, $4 from leaf where body = $5 order by i limit 1 on conflict do nothing"
)
DUE: Final = "select id from exchange where due <= $1 order by due limit $2"
LINES_DUE: Final = "select i from alone where due <= $1 order by due limit $2"
NEXT_DUE: Final = (
    "select min(due) from (select min(due) as due from exchange where due is not null "
    "union all select min(due) from alone) as every"
)
LEAF: Final = "select body, slot, record, i, erased_by from leaf where i = $1"
LEAVES: Final = "select i, body from leaf where i >= $1 and i < $2 order by i"
NODES: Final = "select n, hash from node where level = $1 and n >= $2 and n < $3"
DOOMED: Final = "select slot, half from doomed"
SPARED: Final = "delete from doomed where slot = $1 and half = $2"

WRITE_LOG: Final = (
    "insert into log_state values (1, $1, $2) on conflict (id) do update set state = excluded.state, newest_slot = "
    "case when excluded.newest_slot > log_state.newest_slot then excluded.newest_slot else log_state.newest_slot end"
)
WRITE_TREE: Final = "insert into tree values ($1, $2)"
WRITE_NODE: Final = "insert into node values ($1, $2, $3)"
WRITE_LEAF: Final = "insert into leaf values ($1, $2, $3, $4, $5, $6, null)"
WRITE_ALONE: Final = "insert into alone values ($1, $2)"
WRITE_MESSAGE: Final = "insert into message values ($1, $2, $3, $4)"
WRITE_EXCHANGE: Final = (
    "insert into exchange values ($1, $2, $3, $4) "
    "on conflict (id) do update set due = excluded.due, state = excluded.state"
)
WRITE_SEALED: Final = "insert into sealed values ($1, $2, $3, $4, $5)"
WRITE_DELIVERY: Final = "insert into delivery values ($1, $2)"
WRITE_DOCUMENT: Final = "insert into document values ($1, $2, $3, $4, $5) on conflict do nothing"
WRITE_DOOMED: Final = "insert into doomed values ($1, $2) on conflict do nothing"

DROP_VALUES: Final = "delete from sealed where exchange = $1 and jti = $2"
ERASE_VALUES: Final = "delete from sealed where exchange = $1 and field <> $2"
ERASE_LINE: Final = (
    "delete from delivery where i = $1",
    "delete from message where i = $1",
    "delete from alone where i = $1",
)
EMPTY_LINE: Final = (
    "update leaf set slot = null, record = null, exchange = null, day = null, erased_by = $1 where i = $2"
)
ERASE_EXCHANGE: Final = ("delete from sealed where exchange = $1", "delete from exchange where id = $1")

_log = msgspec.msgpack.Decoder(LogState)
_exchange = msgspec.msgpack.Decoder(Exchange)
_value = msgspec.msgpack.Decoder(tuple[str, bytes])
_record = msgspec.msgpack.Decoder(Record)
_pack = msgspec.msgpack.Encoder().encode

Row = Sequence[Any]


KEYS_OLDER: Final = (
    "The key store is missing, or older than the database. Put the key store that goes with the database in its place: "
    "without it nothing that is on record can be read."
)


class Keys(Protocol):
    """What opens a stored value: the key store, or a reader of it."""

    def unwrap(self, slot: int, purpose: Purpose, wrapped: bytes, aad: bytes) -> bytes | None:
        """What was wrapped, or None if its key is destroyed."""


class Slots(NamedTuple):
    """The keys of what a batch may erase: by exchange, and by line where that belongs to none."""

    exchanges: dict[str, int]
    lines: dict[int, int]


class Rows(NamedTuple):
    """What a batch writes, as rows for each statement, in the order in which the statements run."""

    statements: list[tuple[str, list[tuple[Any, ...]]]]
    doomed: list[tuple[int, str]]


def grouped(rows: Iterable[Row]) -> dict[str, tuple[int, ...]]:
    """Lines by their exchange."""
    lines: dict[str, tuple[int, ...]] = {}
    for exchange_id, index in rows:
        lines[exchange_id] = (*lines.get(exchange_id, ()), index)
    return lines


def destroy(keys: KeyStore, doomed: Sequence[tuple[int, str]]) -> None:
    """Destroy keys, by slot and half. May be repeated. Raises KeyStoreError."""
    keys.destroy_values([slot for slot, half in doomed if half == "values"])
    keys.destroy_records([slot for slot, half in doomed if half == "record"])


def packed_log(state: LogState) -> bytes:
    """The log's state as it is kept."""
    return _pack(state)


def log_state(row: Row | None) -> LogState:
    """The log's state; an empty log before the first batch."""
    return _log.decode(row[0]) if row else LogState()


def exchange(keys: Keys, exchange_id: str, slot: int, wrapped: bytes) -> Exchange | None:
    """An exchange from its row; None where its key is destroyed."""
    plain = keys.unwrap(slot, "record", wrapped, _exchange_place(exchange_id))
    return None if plain is None else _exchange.decode(plain)


def stored_message(digest: str, index: int, size: int) -> StoredMessage:
    """A message from its row."""
    return StoredMessage(digest=digest, index=index, size=size)


def message_name(keys: KeyStore, iss: str, jti: str) -> str:
    """The name of a message's row: who sent it stands nowhere in clear."""
    return keys.mark("message", iss, jti)


def agency_name(keys: KeyStore, agency: str) -> str:
    """The name of an agency's rows in the inbox."""
    return keys.mark("inbox", agency)


def field_name(keys: KeyStore, field: str) -> str:
    """The name of a field's sealed values."""
    return keys.mark("field", field)


def record(keys: Keys, slot: int | None, index: int, wrapped: bytes | None) -> Record | None:
    """What a line stands for; None once it is erased, by its row or by its key."""
    if slot is None or wrapped is None:
        return None
    plain = keys.unwrap(slot, "record", wrapped, record_place(index))
    return None if plain is None else _record.decode(plain)


def stored_line(keys: Keys, row: Row) -> StoredLine:
    """A line from its row."""
    leaf, slot, wrapped, index, erased_by = row
    return StoredLine(leaf, record(keys, slot, index, wrapped), erased_by)


def inbox_row(keys: Keys, agency: str, row: Row) -> InboxRow:
    """An inbox row with what its line stands for."""
    index, exchange_id, leaf, slot, wrapped = row
    known = record(keys, slot, index, wrapped)
    delivery = next((each for each in known.delivered if each.to == agency), None) if known else None
    return InboxRow(index=index, exchange=exchange_id, leaf=leaf, delivery=delivery, record=known)


def exchange_lines(keys: Keys, agency: str, rows: Iterable[Row], *, whole: bool) -> Iterator[ExchangeLine]:
    """Lines of an exchange: all of them, or those that the agency said or that were delivered to it."""
    for index, leaf, slot, wrapped in rows:
        known = record(keys, slot, index, wrapped)
        iss = parse_shared(known.shared.part).iss if known else None
        delivery = next((each for each in known.delivered if each.to == agency), None) if known else None
        if whole or iss == agency or delivery is not None:
            yield ExchangeLine(index=index, leaf=leaf, iss=iss, record=known, delivery=delivery)


def packed(signed: bytes) -> bytes:
    """A signed document as it is kept: a directory is long, and each version repeats most of the one before."""
    return zlib.compress(signed, 9)


def unpacked(kept: bytes) -> bytes:
    """A signed document as it was."""
    return zlib.decompress(kept)


def document_leaf(row: Row) -> DocumentLeaf:
    """Which document was announced, and where."""
    kind, version, sha256, index = row
    return DocumentLeaf(kind=kind, version=version, sha256=sha256, index=index)


def known_values(
    keys: KeyStore, rows: Iterable[Row], slots: dict[str, int], wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], KnownValues]:
    """The sealed values that were wanted and whose keys are still there, by (exchange, jti)."""
    found: dict[tuple[str, str], KnownValues] = {}
    names = {field_name(keys, field): field for field in SEALED_SIZES}
    for exchange_id, jti, name, wrapped, leaf_slot, leaf_record, index in rows:
        if (exchange_id, jti) not in wanted or exchange_id not in slots:
            continue
        line = record(keys, leaf_slot, index, leaf_record)
        if line is None or line.decision is None or line.token is None:
            continue
        field = names[name]
        value = keys.unwrap(slots[exchange_id], half(field), wrapped, value_place(exchange_id, jti, field))
        if value is not None:
            entry = found.setdefault((exchange_id, jti), KnownValues(token=line.token, at=line.decision.at, values={}))
            found[(exchange_id, jti)] = replace(entry, values={**entry.values, field: _value.decode(value)})
    return found


def rows(writes: Writes, keys: KeyStore, known: Slots) -> Rows:
    """A batch's records as rows. `known` are the keys that are there already; new exchanges and lines take new ones."""
    slots = known.exchanges | {each.id: keys.new() for each in writes.exchanges if each.id not in known.exchanges}
    leaves = _leaf_rows(writes, keys, slots)
    newest = max([*slots.values(), *(leaf[2] or 0 for leaf in leaves)], default=0)
    messages = [(message_name(keys, iss, jti), m.digest, m.index, m.size) for iss, jti, m in writes.messages]
    statements: list[tuple[str, list[tuple[Any, ...]]]] = [
        (WRITE_LEAF, leaves),
        (WRITE_ALONE, [(line.index, line.erase_at) for line in writes.lines if line.erase_at is not None]),
        (WRITE_NODE, [tuple(node) for node in writes.nodes]),
        (WRITE_MESSAGE, messages),
        (WRITE_EXCHANGE, [exchange_row(each, keys, slots[each.id]) for each in writes.exchanges]),
        (WRITE_SEALED, [sealed_row(value, keys, slots) for value in writes.sealed]),
        (WRITE_DELIVERY, [(agency_name(keys, each.agency), each.index) for each in writes.delivered]),
        (WRITE_DOCUMENT, [(*astuple(each.leaf), packed(each.signed)) for each in writes.documents]),
        (DROP_VALUES, [*writes.dropped]),
        (ERASE_VALUES, [(each, field_name(keys, REASONS)) for each in writes.erased_values]),
        *_erasing(writes.erased_records),
        (WRITE_LOG, [(packed_log(writes.log), newest)]),
    ]
    if writes.lines:
        statements.append((WRITE_TREE, [(writes.log.edge.size, writes.root)]))
    doomed = _doomed(writes, Slots(slots, known.lines))
    statements.append((WRITE_DOOMED, [*doomed]))
    return Rows(statements=[(text, given) for text, given in statements if given], doomed=doomed)


def _erasing(erased: Sequence[Erased]) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """The rows of each line, then the lines' own, which keep the leaf and who erased it; then those of the exchange."""
    yield from ((statement, [(index,) for each in erased for index in each.lines]) for statement in ERASE_LINE)
    yield EMPTY_LINE, [(each.by, index) for each in erased for index in each.lines]
    yield from ((statement, [(each.exchange,) for each in erased if each.exchange]) for statement in ERASE_EXCHANGE)


def _doomed(writes: Writes, slots: Slots) -> list[tuple[int, str]]:
    """The keys that are to be destroyed once the batch is durable."""
    doomed = [(slots.exchanges[each], "values") for each in writes.erased_values]
    for erased in writes.erased_records:
        lines = [slots.lines[index] for index in erased.lines] if erased.exchange is None else []
        gone = [slots.exchanges[erased.exchange]] if erased.exchange is not None else lines
        doomed += [(slot, each) for slot in gone for each in ("values", "record")]
    return doomed


def _leaf_rows(writes: Writes, keys: KeyStore, slots: dict[str, int]) -> list[tuple[Any, ...]]:
    delivered: dict[int, tuple[Delivery, ...]] = {}
    for each in writes.delivered:
        delivered[each.index] = (*delivered.get(each.index, ()), each.delivery)
    return [_leaf_row(line, delivered.get(line.index, ()), keys, slots) for line in writes.lines]


def _leaf_row(line: Line, delivered: tuple[Delivery, ...], keys: KeyStore, slots: dict[str, int]) -> tuple[Any, ...]:
    if line.record is None or line.shared is None:
        return (line.index, line.leaf, None, None, None, None)
    slot = slots[line.exchange] if line.exchange else keys.new()
    kept = replace(line.record, delivered=delivered) if delivered else line.record
    wrapped = keys.wrap(slot, "record", _pack(kept), record_place(line.index))
    return (line.index, line.leaf, slot, wrapped, line.exchange, line.shared.at // DAY_SECONDS)


def exchange_row(each: Exchange, keys: KeyStore, slot: int) -> tuple[Any, ...]:
    """An exchange as its row."""
    return (each.id, slot, next_due(each), keys.wrap(slot, "record", _pack(each), _exchange_place(each.id)))


def sealed_row(value: SealedValue, keys: KeyStore, slots: dict[str, int]) -> tuple[Any, ...]:
    """A sealed value as its row; whom it is for is encrypted with it."""
    place = value_place(value.exchange, value.jti, value.field)
    wrapped = keys.wrap(slots[value.exchange], half(value.field), _pack((value.kid, value.value)), place)
    return (value.exchange, value.jti, field_name(keys, value.field), value.index, wrapped)


def half(field: str) -> Purpose:
    """A reviewer's reasons stay for inspectors as long as the record; a victim's details do not."""
    return "record" if field == REASONS else "values"


def record_place(index: int) -> bytes:
    """Where a record belongs: it opens at no other line."""
    return b"rj-record-v1\0%d" % index


def _exchange_place(exchange_id: str) -> bytes:
    return f"rj-exchange-v1\0{exchange_id}".encode()


def value_place(exchange_id: str, jti: str, field: str) -> bytes:
    """Where a sealed value belongs: it opens in no other place."""
    return f"rj-value-v1\0{exchange_id}\0{jti}\0{field}".encode()

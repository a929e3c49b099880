"""The SQL, one text for every engine, and how records become rows and rows become records.

`$n` is numbered in order of first use, bytes are bound to binary columns only, and `{in_1}` stands for the one fragment
in which engines differ: membership in a set that is given as one parameter.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from msgspec.structs import astuple, replace

from contracts.messages.log_search import LogSearch
from gateway.decide.due import next_due
from gateway.decide.exchange import Delivery, Exchange
from gateway.keystore import KeyStore, Purpose
from gateway.store.port import (
    Delivered,
    DocumentLeaf,
    ExchangeLine,
    FoundLine,
    InboxRow,
    KnownValues,
    Line,
    LogState,
    Record,
    SealedValue,
    StoredMessage,
    Writes,
)

SCHEMA_VERSION: Final = 2

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
    i bigint primary key, body blob not null, slot bigint, record blob, exchange text,
    event text, at bigint, iss text, person text, purpose text, code text, clauses text, erased_by bigint
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
{DOCUMENT_TABLE}"""

UPGRADES: Final = {1: f"alter table leaf add column erased_by bigint; {DOCUMENT_TABLE}"}
"""What makes a database of each version one of the next."""

LOG: Final = "select state from log_state where id = 1"
NEWEST_SLOT: Final = "select newest_slot from log_state where id = 1"
MESSAGES: Final = "select jti, iss, digest, i, size from message where jti {in_1}"
EXCHANGES: Final = "select id, slot, state from exchange where id {in_1}"
VALUES: Final = (
    "select s.exchange, s.jti, s.field, s.kid, s.value, l.slot, l.record, l.i "
    "from sealed s join leaf l on l.i = s.i where s.jti {in_1}"
)
MESSAGE: Final = (
    "select m.digest, m.i, m.size, l.slot, l.record from message m join leaf l on l.i = m.i "
    "where m.jti = $1 and m.iss = $2"
)
EXCHANGE: Final = "select state from exchange where id = $1"
INBOX: Final = (
    "select d.i, d.exchange, l.body, d.delivery, l.slot, l.record from delivery d join leaf l on l.i = d.i "
    "where d.agency = $1 and d.i > $2 order by d.i limit $3"
)
_LINES: Final = (
    "select l.i, l.body, l.iss, l.slot, l.record, d.delivery from leaf l "
    "left join delivery d on d.i = l.i and d.agency = $1 where l.exchange = $2 and l.i > $3 {theirs}"
    "order by l.i limit $4"
)
WHOLE_EXCHANGE: Final = _LINES.format(theirs="")
OWN_PART: Final = _LINES.format(theirs="and (l.iss = $1 or d.i is not null) ")
DOCUMENTS: Final = "select kind, version, sha256, i from document order by i"
DOCUMENT: Final = "select signed from document where kind = $1 and version = $2"
KEEP_DOCUMENT: Final = (
    "insert into document select $1, $2, $3, i, $4 from leaf where body = $5 order by i limit 1 on conflict do nothing"
)
DUE: Final = "select id from exchange where due <= $1 order by due limit $2"
NEXT_DUE: Final = "select min(due) from exchange where due is not null"
LEAF: Final = "select body, slot, record from leaf where i = $1"
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
WRITE_LEAF: Final = "insert into leaf values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, null)"
WRITE_MESSAGE: Final = "insert into message values ($1, $2, $3, $4, $5)"
WRITE_EXCHANGE: Final = (
    "insert into exchange values ($1, $2, $3, $4) "
    "on conflict (id) do update set due = excluded.due, state = excluded.state"
)
WRITE_SEALED: Final = "insert into sealed values ($1, $2, $3, $4, $5, $6)"
WRITE_DELIVERY: Final = "insert into delivery values ($1, $2, $3, $4)"
WRITE_DOCUMENT: Final = "insert into document values ($1, $2, $3, $4, $5) on conflict do nothing"
WRITE_DOOMED: Final = "insert into doomed values ($1, $2) on conflict do nothing"

DROP_VALUES: Final = "delete from sealed where exchange = $1 and jti = $2"
ERASE_VALUES: Final = "delete from sealed where exchange = $1 and field <> 'reasons'"
ERASE_RECORD: Final = (
    "delete from sealed where exchange = $1",
    "delete from delivery where exchange = $1",
    "delete from message where i in (select i from leaf where exchange = $1)",
    "update leaf set slot = null, record = null, exchange = null, event = null, at = null, iss = null, person = null, "
    "purpose = null, code = null, clauses = null where exchange = $1",
    "delete from exchange where id = $1",
)

_log = msgspec.msgpack.Decoder(LogState)
_exchange = msgspec.msgpack.Decoder(Exchange)
_delivery = msgspec.msgpack.Decoder(Delivery)
_record = msgspec.msgpack.Decoder(Record)
_pack = msgspec.msgpack.Encoder().encode

Row = Sequence[Any]


class Rows(NamedTuple):
    """What a batch writes, as rows for each statement, in the order in which the statements run."""

    statements: list[tuple[str, list[tuple[Any, ...]]]]
    doomed: list[tuple[int, str]]


def log_state(row: Row | None) -> LogState:
    """The log's state; an empty log before the first batch."""
    return _log.decode(row[0]) if row else LogState()


def exchange(state: bytes) -> Exchange:
    """An exchange from its row."""
    return _exchange.decode(state)


def stored_message(digest: str, index: int, size: int) -> StoredMessage:
    """A message from its row."""
    return StoredMessage(digest=digest, index=index, size=size)


def record(keys: KeyStore, slot: int | None, index: int, wrapped: bytes | None) -> Record | None:
    """What a line stands for; None once it is erased, by its row or by its key."""
    if slot is None or wrapped is None:
        return None
    plain = keys.unwrap(slot, "record", wrapped, _place(index))
    return None if plain is None else _record.decode(plain)


def inbox_row(keys: KeyStore, row: Row) -> InboxRow:
    """An inbox row with what its line stands for."""
    index, exchange_id, leaf, delivery, slot, wrapped = row
    known = record(keys, slot, index, wrapped)
    return InboxRow(index=index, exchange=exchange_id, leaf=leaf, delivery=_delivery.decode(delivery), record=known)


def found_line(keys: KeyStore, row: Row) -> FoundLine:
    """A line that a search found, with what it stands for."""
    index, leaf, slot, wrapped = row
    return FoundLine(index=index, leaf=leaf, record=record(keys, slot, index, wrapped))


def exchange_line(keys: KeyStore, row: Row) -> ExchangeLine:
    """A line of an exchange, with what it stands for."""
    index, leaf, iss, slot, wrapped, delivery = row
    return ExchangeLine(
        index=index,
        leaf=leaf,
        iss=iss,
        record=record(keys, slot, index, wrapped),
        delivery=_delivery.decode(delivery) if delivery is not None else None,
    )


def document_leaf(row: Row) -> DocumentLeaf:
    """Which document was announced, and where."""
    kind, version, sha256, index = row
    return DocumentLeaf(kind=kind, version=version, sha256=sha256, index=index)


def known_values(
    keys: KeyStore, rows: Iterable[Row], slots: dict[str, int], wanted: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], KnownValues]:
    """The sealed values that were wanted and whose keys are still there, by (exchange, jti)."""
    found: dict[tuple[str, str], KnownValues] = {}
    for exchange_id, jti, field, kid, wrapped, leaf_slot, leaf_record, index in rows:
        line = record(keys, leaf_slot, index, leaf_record)
        if (
            (exchange_id, jti) not in wanted
            or exchange_id not in slots
            or line is None
            or line.decision is None
            or line.token is None
        ):
            continue
        value = keys.unwrap(slots[exchange_id], _half(field), wrapped, _value_place(exchange_id, jti, field))
        if value is not None:
            entry = found.setdefault((exchange_id, jti), KnownValues(token=line.token, at=line.decision.at, values={}))
            found[(exchange_id, jti)] = replace(entry, values={**entry.values, field: (kid, value)})
    return found


def rows(writes: Writes, keys: KeyStore, slots: dict[str, int]) -> Rows:
    """A batch's records as rows. `slots` are the keys of the exchanges already known; new ones take new keys."""
    slots = slots | {each.id: keys.new() for each in writes.exchanges if each.id not in slots}
    leaves = [_leaf_row(line, keys, slots) for line in writes.lines]
    newest = max([*slots.values(), *(leaf[2] or 0 for leaf in leaves)], default=0)
    statements: list[tuple[str, list[tuple[Any, ...]]]] = [
        (WRITE_LEAF, leaves),
        (WRITE_NODE, [tuple(node) for node in writes.nodes]),
        (WRITE_MESSAGE, [(jti, iss, m.digest, m.index, m.size) for iss, jti, m in writes.messages]),
        (WRITE_EXCHANGE, [(each.id, slots[each.id], next_due(each), _pack(each)) for each in writes.exchanges]),
        (WRITE_SEALED, [_sealed_row(value, keys, slots) for value in writes.sealed]),
        (WRITE_DELIVERY, [_delivery_row(delivered) for delivered in writes.delivered]),
        (WRITE_DOCUMENT, [(*astuple(each.leaf), each.signed) for each in writes.documents]),
        (DROP_VALUES, [*writes.dropped]),
        (ERASE_VALUES, [(each,) for each in writes.erased_values]),
        *((statement, [(each,) for each in writes.erased_records]) for statement in ERASE_RECORD),
        (WRITE_LOG, [(_pack(writes.log), newest)]),
    ]
    if writes.lines:
        statements.append((WRITE_TREE, [(writes.log.edge.size, writes.root)]))
    doomed = [(slots[each], "values") for each in (*writes.erased_values, *writes.erased_records)]
    doomed += [(slots[each], "record") for each in writes.erased_records]
    statements.append((WRITE_DOOMED, [*doomed]))
    return Rows(statements=[(text, given) for text, given in statements if given], doomed=doomed)


def search(wanted: LogSearch) -> tuple[str, list[Any]]:
    """The search as SQL with its parameters. Only members that are given narrow it."""
    columns = {
        "iss =": wanted.agency,
        "person =": wanted.person,
        "exchange =": wanted.about,
        "event =": wanted.event,
        "purpose =": wanted.purpose,
        "code =": wanted.code,
        "at >=": wanted.since,
        "at <": wanted.until,
        "clauses like": f"% {wanted.clause} %" if wanted.clause else None,
    }
    given: list[Any] = [wanted.after]
    where = ["i > $1", "event is not null"]
    for column, value in columns.items():
        if value is not None:
            given.append(value)
            where.append(f"{column} ${len(given)}")
    given.append(wanted.limit)
    text = f"select i, body, slot, record from leaf where {' and '.join(where)} order by i limit ${len(given)}"  # noqa: S608 - fixed words only
    return text, given


def _leaf_row(line: Line, keys: KeyStore, slots: dict[str, int]) -> tuple[Any, ...]:
    if line.record is None or line.shared is None or line.exact is None:
        return (line.index, line.leaf, *(None,) * 10)
    slot = slots[line.exchange] if line.exchange else keys.new()
    shared, exact = line.shared, line.exact
    return (
        line.index,
        line.leaf,
        slot,
        keys.wrap(slot, "record", _pack(line.record), _place(line.index)),
        line.exchange,
        shared.event,
        shared.at,
        shared.iss,
        exact.actor.id if exact.actor else None,
        exact.purpose,
        exact.code,
        f" {' '.join(exact.clauses)} ",
    )


def _sealed_row(value: SealedValue, keys: KeyStore, slots: dict[str, int]) -> tuple[Any, ...]:
    place = _value_place(value.exchange, value.jti, value.field)
    wrapped = keys.wrap(slots[value.exchange], _half(value.field), value.value, place)
    return (value.exchange, value.jti, value.field, value.kid, value.index, wrapped)


def _delivery_row(delivered: Delivered) -> tuple[Any, ...]:
    return (delivered.agency, delivered.index, delivered.exchange, _pack(delivered.delivery))


def _half(field: str) -> Purpose:
    """A reviewer's reasons stay for inspectors as long as the record; a victim's details do not."""
    return "record" if field == "reasons" else "values"


def _place(index: int) -> bytes:
    return b"rj-record-v1\0%d" % index


def _value_place(exchange_id: str, jti: str, field: str) -> bytes:
    return f"rj-value-v1\0{exchange_id}\0{jti}\0{field}".encode()

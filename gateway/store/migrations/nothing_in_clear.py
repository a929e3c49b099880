"""What `0002-nothing-in-clear.sql` cannot do: rows are read as they were, and written encrypted, or as marks."""

from typing import Any, Final

import apsw
import msgspec
from msgspec.structs import replace

from gateway.decide.exchange import Delivery, Exchange
from gateway.keystore import KeyStore
from gateway.store import sql
from gateway.store.port import SealedValue

CHANGED: Final = ("leaf", "message", "exchange", "sealed", "delivery")
RECORD_SECONDS: Final = 2190 * sql.DAY_SECONDS
"""How long lines of no exchange are kept that were written before they had an end: six years (the sample's 11.8)."""

_delivery = msgspec.msgpack.Decoder(Delivery)
_exchange = msgspec.msgpack.Decoder(Exchange)
_pack = msgspec.msgpack.Encoder().encode


def upgrade(connection: apsw.Connection, keys: KeyStore) -> None:
    """Write every row anew, inside the caller's transaction."""
    _leaves(connection, keys)
    for jti, iss, *rest in connection.execute("select jti, iss, digest, i, size from old_message"):
        connection.execute(sql.WRITE_MESSAGE, (sql.message_name(keys, iss, jti), *rest))
    for slot, packed in connection.execute("select slot, state from old_exchange"):
        connection.execute(sql.WRITE_EXCHANGE, sql.exchange_row(_exchange.decode(packed), keys, slot))
    _sealed(connection, keys)
    for name in CHANGED:
        connection.execute(f"drop table old_{name}")


def _leaves(connection: apsw.Connection, keys: KeyStore) -> None:
    delivered: dict[int, tuple[Delivery, ...]] = {}
    for agency, index, packed in connection.execute("select agency, i, delivery from old_delivery"):
        delivered[index] = (*delivered.get(index, ()), _delivery.decode(packed))
        connection.execute(sql.WRITE_DELIVERY, (sql.agency_name(keys, agency), index))
    leaves = "select i, body, slot, record, exchange, event, at from old_leaf order by i"
    for index, body, slot, wrapped, exchange, event, at in connection.execute(leaves):
        known = sql.record(keys, slot, index, wrapped) if index in delivered else None
        kept = wrapped
        if known is not None:
            plain = _pack(replace(known, delivered=delivered[index]))
            kept = keys.wrap(slot, "record", plain, sql.record_place(index))
        day = None if at is None else at // sql.DAY_SECONDS
        connection.execute(sql.WRITE_LEAF, (index, body, slot, kept, exchange, day))
        if slot is not None and exchange is None and event != "record-erased":
            connection.execute(sql.WRITE_ALONE, (index, at + RECORD_SECONDS))


def _sealed(connection: apsw.Connection, keys: KeyStore) -> None:
    slots: dict[str, Any] = {row[0]: row[1] for row in connection.execute("select id, slot from old_exchange")}
    values = "select exchange, jti, field, kid, i, value from old_sealed"
    for exchange, jti, field, kid, index, wrapped in connection.execute(values):
        plain = keys.unwrap(slots[exchange], sql.half(field), wrapped, sql.value_place(exchange, jti, field))
        if plain is not None:
            value = SealedValue(exchange=exchange, jti=jti, field=field, kid=kid, index=index, value=plain)
            connection.execute(sql.WRITE_SEALED, sql.sealed_row(value, keys, slots))

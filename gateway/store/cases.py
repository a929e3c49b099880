"""How a page of cases is read: exchanges in the order of their ids, each with what its lines stand for."""

from collections.abc import Iterable
from typing import Final

from gateway.store.port import Record, StoredCase
from gateway.store.sql import Keys, Row, exchange, record

CASES: Final = "select id, slot, state from exchange where id > $1 order by id limit $2"
LINES_OF_CASES: Final = "select exchange, i, slot, record from leaf where exchange {in_1} order by i"


def cases(keys: Keys, exchanges: Iterable[Row], lines: Iterable[Row]) -> list[StoredCase]:
    """Exchanges with their lines; without those whose key is destroyed."""
    of: dict[str, list[tuple[int, Record]]] = {}
    for exchange_id, index, slot, wrapped in lines:
        known = record(keys, slot, index, wrapped)
        if known is not None:
            of.setdefault(exchange_id, []).append((index, known))
    opened = [exchange(keys, *row) for row in exchanges]
    return [StoredCase(exchange=each, lines=tuple(of.get(each.id, ()))) for each in opened if each is not None]

"""A store's rows carried elsewhere: to a database of either engine, or into a backup, while gateways go on.

All tables in a fixed order, from one snapshot, in portions, and on the way the tree is grown again from its leaves:
what arrives is the log that the gateway signs, or it is refused. Keys are never carried: the key store stays apart.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, closing
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import apsw
from msgspec import Struct

from contracts.merkle import leaf_hash
from gateway.config import GatewaySection
from gateway.database import told
from gateway.errors import StoreRefused
from gateway.ledger.tree import Edge, grow
from gateway.store import postgres, sql
from gateway.store.port import LogState
from gateway.store.postgres_link import connect
from gateway.store.postgres_link import told as answered
from gateway.store.reading import opened
from gateway.store.sqlite import connected, make_tables

if TYPE_CHECKING:
    pass

TABLES: Final = {
    "log_state": ("id", "state", "newest_slot"),
    "tree": ("size", "root"),
    "leaf": ("i", "body", "slot", "record", "exchange", "day", "erased_by"),
    "node": ("level", "n", "hash"),
    "alone": ("i", "due"),
    "message": ("name", "digest", "i", "size"),
    "exchange": ("id", "slot", "due", "state"),
    "sealed": ("exchange", "jti", "field", "i", "value"),
    "delivery": ("agency", "i"),
    "doomed": ("slot", "half"),
    "document": ("kind", "version", "sha256", "i", "signed"),
}
"""Each table with its columns. The log's state comes first: it says how many lines are to come."""

PORTION: Final = 1000

Rows = list[tuple[Any, ...]]
Portion = tuple[str, Rows]
Tell = Callable[[int, int], None]


class Carried(Struct, frozen=True, kw_only=True):
    """What has arrived: lines, the root of their tree, and the rows of each table."""

    size: int
    root: bytes
    rows: dict[str, int]


async def read(section: GatewaySection) -> AsyncGenerator[Portion, None]:
    """Every row, from one snapshot. Gateways may be running. Raises StoreRefused, StoreUnavailable."""
    rows = _read_sqlite(section.database) if section.store is None else _read_postgres(section.store)
    async with aclosing(rows):
        async for portion in rows:
            yield portion


async def checked(portions: AsyncIterator[Portion], tell: Tell, done: list[Carried]) -> AsyncIterator[Portion]:
    """The same portions, looked at on the way. `done` gets what they were; `tell` hears of lines, done and in all.

    Raises StoreRefused if they are no whole log.
    """
    checking = _Checking()
    async for table, rows in portions:
        checking.take(table, rows)
        tell(checking.grown.size, checking.log.edge.size)
        yield table, rows
    done.append(checking.end())


async def write(section: GatewaySection, portions: AsyncIterator[Portion]) -> None:
    """Every row into a database that has only empty tables: all of them, or none. Raises StoreRefused."""
    if section.store is None:
        await _write_sqlite(section.database, portions)
    else:
        await _write_postgres(section.store, portions)


class _Checking:
    """The tree grown again from the leaves as they pass; the stored nodes compared by a sum of their digests."""

    def __init__(self) -> None:
        self.log, self.grown = LogState(), Edge()
        self._rows: Counter[str] = Counter()
        self._nodes = 0

    def take(self, table: str, rows: Rows) -> None:
        if table not in TABLES or any(len(row) != len(TABLES[table]) for row in rows):
            raise StoreRefused("The rows are not those of a gateway's database.")
        self._rows[table] += len(rows)
        if table == "log_state":
            self.log = sql.log_state((rows[0][1],))
        elif table == "leaf":
            if [row[0] for row in rows] != [*range(self.grown.size, self.grown.size + len(rows))]:
                raise StoreRefused("Lines of the log are missing.")
            growth = grow(self.grown, [leaf_hash(row[1]) for row in rows])
            self.grown = growth.edge
            self._nodes += sum(_digest(*node) for node in growth.nodes)
        elif table == "node":
            self._nodes -= sum(_digest(*row) for row in rows)

    def end(self) -> Carried:
        if self.grown != self.log.edge:
            raise StoreRefused("The lines are not the log that the gateway signs.")
        if self._nodes:
            raise StoreRefused("The stored nodes are not those of the log.")
        return Carried(size=self.grown.size, root=self.grown.root(), rows=dict(self._rows))


def _digest(level: int, n: int, found: bytes) -> int:
    return int.from_bytes(sha256(b"%d %d " % (level, n) + found).digest(), "big")


def _select(table: str) -> str:
    columns = TABLES[table]
    order = ", ".join(columns[:3] if table == "sealed" else columns[:2])
    return f"select {', '.join(columns)} from {table} order by {order}"  # noqa: S608 - our own names


async def _read_sqlite(path: Path) -> AsyncGenerator[Portion, None]:
    with closing(opened(path)) as connection:
        portions = _portions(connection)
        while (portion := await asyncio.to_thread(next, portions, None)) is not None:
            yield portion


def _portions(connection: apsw.Connection) -> Iterator[Portion]:
    connection.execute("begin")  # one snapshot, from the first row to the last
    for table in TABLES:
        cursor = connection.execute(_select(table))
        while rows := [row for _, row in zip(range(PORTION), cursor, strict=False)]:
            yield table, rows


async def _read_postgres(url: str) -> AsyncGenerator[Portion, None]:
    with answered():
        connection = await connect(url)
        try:
            await connection.execute("set statement_timeout = 0; set idle_in_transaction_session_timeout = 0")
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                for table in TABLES:
                    cursor = await connection.cursor(_select(table))
                    while rows := await cursor.fetch(PORTION, timeout=600):
                        yield table, [tuple(row) for row in rows]
        finally:
            connection.terminate()


async def _write_sqlite(path: Path, portions: AsyncIterator[Portion]) -> None:
    with told(path, "gateway"), closing(connected(path)) as connection:
        make_tables(connection, path)
        connection.execute("begin exclusive")
        _empty(connection.execute("select 1 from leaf limit 1").fetchone())
        connection.execute("delete from log_state")
        async for table, rows in portions:
            values = ", ".join("?" * len(TABLES[table]))
            await asyncio.to_thread(connection.executemany, f"insert into {table} values ({values})", rows)  # noqa: S608
        await asyncio.to_thread(connection.execute, "commit")
        # Died before this line: the database is as empty as it was.


async def _write_postgres(url: str, portions: AsyncIterator[Portion]) -> None:
    with answered():
        connection = await connect(url)
        try:
            await postgres.make_tables(connection)
            await connection.execute("set statement_timeout = 0; set idle_in_transaction_session_timeout = 0")
            async with connection.transaction():
                _empty(await connection.fetchrow("select 1 from leaf limit 1"))
                await connection.execute("delete from log_state")
                async for table, rows in portions:
                    await connection.copy_records_to_table(table, records=rows, columns=TABLES[table], timeout=600)
        finally:
            connection.terminate()


def _empty(lines: Any) -> None:
    if lines:
        raise StoreRefused("The database has a log already. Name an empty one: nothing is written over.")

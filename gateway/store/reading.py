"""The public log read out of the SQLite database: no key store is needed, and the gateway may be running on it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw

from contracts.merkle import leaf_hash
from gateway.errors import StoreRefused, StoreUnavailable
from gateway.ledger.tree import Run
from gateway.store import sql
from gateway.store.port import LogState

T = TypeVar("T")

APPLICATION_ID: Final = 0x524A4757
"""`RJGW`: marks the file as this program's (SQLite's application_id)."""

PATIENCE: Final = 5_000
"""Milliseconds for which a reader waits where a writer is in the way."""


class TreeRows:
    """The rows of the tree by one connection, for the thread that uses it."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def log(self) -> LogState:
        """See `TreeStore.log`."""
        return sql.log_state(self._connection.execute(sql.LOG).fetchone())

    def nodes(self, runs: Sequence[Run]) -> dict[tuple[int, int], bytes]:
        """See `TreeStore.nodes`."""
        found: dict[tuple[int, int], bytes] = {}
        for level, first, length in runs:
            if level == 0:
                found |= {(0, i): leaf_hash(body) for i, body in self._all(sql.LEAVES, first, first + length)}
            else:
                found |= {(level, n): hash_ for n, hash_ in self._all(sql.NODES, level, first, first + length)}
        return found

    def leaves(self, first: int, count: int) -> list[bytes]:
        """See `TreeStore.leaves`."""
        return [row[1] for row in self._all(sql.LEAVES, first, first + count)]

    def _all(self, text: str, *given: Any) -> list[Any]:
        return self._connection.execute(text, given).fetchall()


class SqliteTree:
    """See `TreeStore`. Reads only; each question is a transaction of its own, so that no erasure has to wait long."""

    def __init__(self, path: Path) -> None:
        """Open the database. Raises StoreRefused."""
        try:
            self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
            self._connection.set_busy_timeout(PATIENCE)
            refuse_others(self._connection, path)
        except apsw.NotADBError as error:
            raise StoreRefused(f"{path}: this file is no database. Name the folder of a gateway.") from error
        except apsw.Error as error:
            raise StoreRefused(
                f"{path}: the database cannot be read. Check that the gateway has run here, and run this as its user."
            ) from error
        self._rows = TreeRows(self._connection)
        self._reading = ThreadPoolExecutor(1, "tree-reader")

    async def log(self) -> LogState:
        """See `TreeStore.log`."""
        return await self._read(self._rows.log)

    async def nodes(self, runs: Sequence[Run]) -> Mapping[tuple[int, int], bytes]:
        """See `TreeStore.nodes`."""
        return await self._read(partial(self._rows.nodes, runs))

    async def leaves(self, first: int, count: int) -> Sequence[bytes]:
        """See `TreeStore.leaves`."""
        return await self._read(partial(self._rows.leaves, first, count))

    async def close(self) -> None:
        """Let go of the file."""
        await self._read(self._connection.close)
        self._reading.shutdown()

    async def _read(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._reading, work)
        except apsw.Error as error:
            raise StoreUnavailable("The database cannot be read now. Try again.") from error


def refuse_others(connection: apsw.Connection, path: Path) -> None:
    """Before anything is written: another program's database stays as it is, and so does one of a later version."""
    owner, version = connection.pragma("application_id"), connection.pragma("user_version")
    empty = connection.execute("select count(*) from sqlite_schema").fetchone() == (0,)
    if owner != APPLICATION_ID and not (owner == version == 0 and empty):
        raise StoreRefused(f"{path}: the database belongs to another program. Name another folder.")
    if not isinstance(version, int) or version > sql.SCHEMA_VERSION:
        raise StoreRefused(
            f"{path}: the database is of a newer version than this program. Install the version that wrote it, or a "
            "later one."
        )

"""The public log read out of the SQLite database: no key store is needed, and the gateway may be running on it."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw

from contracts.merkle import leaf_hash
from gateway.database import Mark, refuse_others
from gateway.errors import StoreRefused, StoreUnavailable
from gateway.ledger.tree import Run
from gateway.store import sql
from gateway.store.migrations import OLDER
from gateway.store.port import LogState

T = TypeVar("T")

MARK: Final = Mark(application=0x524A4757, version=sql.SCHEMA_VERSION)
"""`RJGW`: marks the file as a gateway's."""

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
        self._connection = opened(path)
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


def opened(path: Path) -> apsw.Connection:
    """The database, for reading alone. Raises StoreRefused."""
    with _told(path):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.set_busy_timeout(PATIENCE)
        refuse_others(connection, path, MARK)
        if connection.pragma("user_version") not in (0, MARK.version):
            raise StoreRefused(f"{path}: {OLDER}")
        return connection


def log_in(path: Path) -> LogState:
    """The log's state as last committed. Raises StoreRefused."""
    with closing(opened(path)) as connection, _told(path):
        return TreeRows(connection).log()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except apsw.NotADBError as error:
        raise StoreRefused(f"{path}: this file is no database. Name the folder of a gateway.") from error
    except apsw.Error as error:
        raise StoreRefused(
            f"{path}: the database cannot be read. Check that the gateway has run here, and run this as its user."
        ) from error

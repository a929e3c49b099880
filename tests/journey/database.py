"""A look into a gateway's database beside it, on either engine, for checks that ask no gateway."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any, Protocol

import apsw
import asyncpg

from tests.journey.simulated import World


class Rows(Protocol):
    """What a statement gives."""

    def fetchall(self) -> list[Any]: ...

    def fetchone(self) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...


class Database(Protocol):
    """A connection that only reads."""

    def execute(self, text: str, given: tuple[Any, ...] = ()) -> Rows: ...


@contextmanager
def looking(world: World) -> Iterator[Database]:
    """One snapshot of the database of this world's gateway, which may be running."""
    if world.store is not None:
        with _postgres(world.store) as opened:
            yield opened
        return
    connection = apsw.Connection(str(world.folder / "data" / "gateway.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        connection.execute("begin")
        yield connection
    finally:
        connection.close()


class _Found(list[Any]):
    def fetchall(self) -> list[Any]:
        return self

    def fetchone(self) -> Any:
        return self[0] if self else None


class _Postgres:
    """asyncpg from a test that has its own loop: the connection lives on another one, in a thread."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._connection = self._do(asyncpg.connect(url))
        self._do(self._connection.execute("begin isolation level repeatable read read only"))

    def execute(self, text: str, given: tuple[Any, ...] = ()) -> _Found:
        return _Found(map(tuple, self._do(self._connection.fetch(text.replace("?", "$1"), *given))))

    def close(self) -> None:
        self._do(self._connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


@contextmanager
def _postgres(url: str) -> Iterator[_Postgres]:
    opened = _Postgres(url)
    try:
        yield opened
    finally:
        opened.close()

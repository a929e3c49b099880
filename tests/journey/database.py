"""A gateway's database beside it, on either engine: looked into, changed behind its back, copied and put back."""

import asyncio
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from threading import Thread
from typing import Any, Protocol

import apsw
import asyncpg

from tests.journey.simulated import World
from tests.postgres import binaries, shared


class Rows(Protocol):
    """What a statement gives."""

    def fetchall(self) -> list[Any]: ...

    def fetchone(self) -> Any: ...

    def __iter__(self) -> Iterator[Any]: ...


class Database(Protocol):
    """A connection."""

    def execute(self, text: str, given: tuple[Any, ...] = ()) -> Rows: ...


@contextmanager
def looking(world: World) -> Iterator[Database]:
    """One snapshot of the database of this world's gateway, which may be running."""
    with _opened(world, writes=False) as connection:
        connection.execute("begin isolation level repeatable read read only" if world.store else "begin")
        yield connection


def rows(world: World, text: str, *given: Any) -> list[Any]:
    """What a query gives, each row as a tuple."""
    with looking(world) as database:
        return database.execute(text, given).fetchall()


def change(world: World, text: str, *given: Any) -> None:
    """Change at least one row, behind the gateway's back."""
    with _opened(world, writes=True) as database:
        assert database.execute(f"{text} returning 1", given).fetchall(), "nothing has changed"


def back_up(world: World, name: str) -> None:
    """A copy of the database alone, as backups are: neither keys nor guard. The gateway may be running."""
    if world.store:
        (world.folder / name).write_bytes(subprocess.check_output([binaries() / "pg_dump", world.store]))
        return
    with _opened(world, writes=False) as source, closing(apsw.Connection(str(world.folder / name))) as copy:
        assert isinstance(source, apsw.Connection)
        with copy.backup("main", source, "main") as backup:
            backup.step(-1)


def restore(world: World, name: str) -> None:
    """Put the copy in the place of the database."""
    if world.store:
        world.database = shared().database()
        world.write_settings()
        command = [binaries() / "psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", world.folder / name, world.database]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return
    for old in (world.folder / "data").glob("gateway.db*"):
        old.unlink()
    shutil.copy(world.folder / name, world.folder / "data/gateway.db")


@contextmanager
def _opened(world: World, *, writes: bool) -> Iterator[Database]:
    if world.store:
        with closing(_Postgres(world.store)) as opened:
            yield opened
        return
    flags = apsw.SQLITE_OPEN_READWRITE if writes else apsw.SQLITE_OPEN_READONLY
    with closing(apsw.Connection(str(world.folder / "data" / "gateway.db"), flags=flags)) as connection:
        yield connection


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

    def execute(self, text: str, given: tuple[Any, ...] = ()) -> _Found:
        numbers = count(1)
        text = re.sub(r"\?", lambda _: f"${next(numbers)}", text)
        return _Found(map(tuple, self._do(self._connection.fetch(text, *given))))

    def close(self) -> None:
        self._do(self._connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

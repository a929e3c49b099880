"""The engines of the store, each in a place of the test's own: to be opened again and again, copied, looked into."""

import shutil
import subprocess
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from gateway.keystore import KeyStore
from gateway.store.port import Store
from gateway.store.postgres import PostgresStore
from gateway.store.sqlite import SqliteStore
from tests.postgres import Postgres, binaries


class Engine(ABC):
    """A place for one store. Its key store is a folder in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    @property
    def keys(self) -> Path:
        return self.folder / "keystore"

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Store]:
        store = await self.opened()
        try:
            yield store
        finally:
            await store.close()

    def take_keys_of(self, other: "Engine") -> None:
        """As a backup is restored beside the key store as it is now."""
        shutil.rmtree(self.keys)
        shutil.copytree(other.keys, self.keys)

    @abstractmethod
    async def opened(self) -> Store:
        """The store, to be closed by whoever asks."""

    @abstractmethod
    def copy(self, folder: Path) -> "Engine":
        """Everything as it is there at this moment, keys and all, in another place; the store may be open."""

    @abstractmethod
    def files(self) -> list[bytes]:
        """Every file in which the engine keeps anything, but for the key store's."""


class Sqlite(Engine):
    async def opened(self) -> Store:
        keys = KeyStore.open(self.keys)
        try:
            return SqliteStore(self.folder / "gateway.db", keys)
        except BaseException:
            keys.close()
            raise

    def copy(self, folder: Path) -> "Engine":
        shutil.copytree(self.folder, folder)
        return Sqlite(folder)

    def files(self) -> list[bytes]:
        return [path.read_bytes() for path in self.folder.glob("gateway.db*")]


class PostgreSql(Engine):
    def __init__(self, folder: Path, server: Postgres) -> None:
        super().__init__(folder)
        self.server, self.url = server, server.database()

    async def opened(self) -> Store:
        return await PostgresStore.open(self.url, KeyStore.open(self.keys, shared=True))

    def copy(self, folder: Path) -> "Engine":
        made = PostgreSql(folder, self.server)
        dump = subprocess.run([binaries() / "pg_dump", self.url], check=True, capture_output=True)
        subprocess.run([binaries() / "psql", "-q", made.url], check=True, capture_output=True, input=dump.stdout)
        shutil.copytree(self.keys, made.keys)
        return made

    def files(self) -> list[bytes]:
        return self.server.files(self.url)


NAMES = ("sqlite", "postgres")

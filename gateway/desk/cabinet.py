"""An agency's own records in one SQLite file: nothing in it is readable without the vault.

Bodies are AES-256-GCM under a key derived from the vault's store key, bound to their place, so that no record can be
put in another's. Names and search words are HMACs under another. What remains visible is how many records of each kind
there are, their sizes and their order.
"""

import asyncio
import copy
import hmac
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from hashlib import sha256
from pathlib import Path
from typing import Final, TypeVar, cast

import apsw
import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from gateway.desk.errors import Damaged, NotKept

T = TypeVar("T")
S = TypeVar("S", bound=Struct)

NONCE_SIZE: Final = 12
ALL: Final = 1_000_000
SCHEMA_VERSION: Final = 1
_SCHEMA: Final = f"""
CREATE TABLE record (
    n INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, name BLOB NOT NULL, body BLOB NOT NULL, UNIQUE (kind, name)
) STRICT;
CREATE INDEX by_kind ON record (kind, n);
CREATE TABLE word (
    word BLOB NOT NULL, n INTEGER NOT NULL REFERENCES record ON DELETE CASCADE, PRIMARY KEY (word, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX by_record ON word (n);
PRAGMA user_version = {SCHEMA_VERSION};
"""


class CabinetRefused(ValueError):
    """The file is not one that this program and this vault can use."""


class Mine(Struct):
    """The first record of every file: only the vault that made it finds it again."""


class Changed(Struct, frozen=True):
    """A record that was put, with its new value, or removed. Without a name: some of this kind were removed."""

    kind: str
    name: str | None
    value: Struct | None


Watcher = Callable[[Sequence[Changed]], None]
"""Told of each change once it is on disk, in the order of the changes, on whatever thread made it: it must be quick,
and must not turn back to the cabinet.
"""


class Drawer:
    """The records inside one transaction. Used only on the cabinet's thread, within `Cabinet.change`."""

    def __init__(self, db: apsw.Connection, store_key: bytes) -> None:
        self._db = db
        self.changed: list[Changed] = []
        self._box = AESGCM(_derived(store_key, b"rj-desk bodies v1"))
        self._word_key = _derived(store_key, b"rj-desk words v1")

    def mark(self, text: str) -> bytes:
        """A text as it may stand in the file."""
        return hmac.digest(self._word_key, text.encode(), sha256)

    def put(self, kind: str, name: str, value: Struct, words: Iterable[str] = ()) -> None:
        """Keep a record under its name, in the place of an earlier one, found by these words from now on."""
        ((number, _, _),) = self._rows(
            "INSERT INTO record (kind, name, body) VALUES (?, ?, ?) "
            "ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body RETURNING n, name, body",
            (kind, self.mark(name), self._sealed(kind, name, msgspec.json.encode(value))),
        )
        self._db.execute("DELETE FROM word WHERE n = ?", (number,))
        marks = {self.mark(f"{kind}|{word}") for word in words}
        self._db.executemany("INSERT INTO word (word, n) VALUES (?, ?)", [(mark, number) for mark in marks])
        self.changed.append(Changed(kind, name, value))

    def get(self, kind: str, name: str, shape: type[S]) -> S | None:
        """The record of this name, or None."""
        rows = self._rows("SELECT n, name, body FROM record WHERE kind = ? AND name = ?", (kind, self.mark(name)))
        return next((value for _, value in self._read(kind, rows, shape)), None)

    def remove(self, kind: str, name: str) -> bool:
        """Whether there was a record of this name; there is none after."""
        sql = "DELETE FROM record WHERE kind = ? AND name = ? RETURNING n, name, body"
        self.changed.append(Changed(kind, name, None))
        return bool(self._rows(sql, (kind, self.mark(name))))

    def remove_all(self, kind: str, word: str) -> None:
        """There is no record of this word after."""
        sql = "DELETE FROM record WHERE n IN (SELECT n FROM word WHERE word = ?)"
        self._db.execute(sql, (self.mark(f"{kind}|{word}"),))
        self.changed.append(Changed(kind, None, None))

    def count(self, kind: str) -> int:
        """How many records of a kind there are."""
        ((number,),) = self._db.execute("SELECT count(*) FROM record WHERE kind = ?", (kind,)).fetchall()
        return cast(int, number)

    def last(self, kind: str) -> int:
        """The number of the newest record of a kind; 0 where there is none."""
        ((number,),) = self._db.execute("SELECT max(n) FROM record WHERE kind = ?", (kind,)).fetchall()
        return cast(int, number or 0)

    def find(self, kind: str, word: str, shape: type[S], after: int = 0, limit: int = ALL) -> list[tuple[int, S]]:
        """The records of a word with their numbers, in the order in which they first came."""
        rows = self._rows(
            "SELECT n, name, body FROM word JOIN record USING (n) WHERE word = ? AND n > ? ORDER BY n LIMIT ?",
            (self.mark(f"{kind}|{word}"), after, limit),
        )
        return self._read(kind, rows, shape)

    def each(self, kind: str, shape: type[S], after: int = 0, limit: int = ALL) -> list[tuple[int, S]]:
        """The records of a kind with their numbers, in the order in which they first came."""
        rows = self._rows(
            "SELECT n, name, body FROM record WHERE kind = ? AND n > ? ORDER BY n LIMIT ?", (kind, after, limit)
        )
        return self._read(kind, rows, shape)

    def walk(self, kind: str, shape: type[S]) -> Iterator[S]:
        """Every record of a kind, one after the other: where there are many, and none is held on to."""
        decoder = msgspec.json.Decoder(shape)
        for _, mark, body in self._rows("SELECT n, name, body FROM record WHERE kind = ? ORDER BY n", (kind,)):
            yield decoder.decode(self._unsealed(kind, mark, body))

    def _rows(self, sql: str, values: tuple[str | bytes | int, ...]) -> list[tuple[int, bytes, bytes]]:
        return cast(list[tuple[int, bytes, bytes]], self._db.execute(sql, values).fetchall())

    def _read(self, kind: str, rows: list[tuple[int, bytes, bytes]], shape: type[S]) -> list[tuple[int, S]]:
        return [(n, msgspec.json.decode(self._unsealed(kind, mark, body), type=shape)) for n, mark, body in rows]

    def _sealed(self, kind: str, name: str, plain: bytes) -> bytes:
        nonce = os.urandom(NONCE_SIZE)
        return nonce + self._box.encrypt(nonce, plain, kind.encode() + b"\0" + self.mark(name))

    def _unsealed(self, kind: str, mark: bytes, body: bytes) -> bytes:
        try:
            return self._box.decrypt(body[:NONCE_SIZE], body[NONCE_SIZE:], kind.encode() + b"\0" + mark)
        except InvalidTag:
            raise Damaged("A record was changed or moved. Restore cases.db from a backup.") from None

    def claim(self) -> bool:
        """Whether the file is this vault's: an empty one becomes so."""
        if self._rows("SELECT n, name, body FROM record LIMIT 1", ()):
            return self.get("vault", "mine", Mine) is not None
        self.put("vault", "mine", Mine())
        return True


class Cabinet:
    """The file, and the one way to it: a change is a function of the drawer, all of it or nothing, one at a time."""

    def __init__(self, path: Path, store_key: bytes, threads: Executor) -> None:
        try:
            self._db = _opened(path)
        except apsw.Error as error:
            raise CabinetRefused("cases.db is not a database that can be used. Restore it from a backup.") from error
        self._drawer = Drawer(self._db, store_key)
        self._threads, self._one_at_a_time = threads, threading.Lock()
        self._watchers: list[Watcher] = []
        self._also: Callable[[Drawer, object], None] | None = None
        if not self._change(Drawer.claim):
            raise CabinetRefused("cases.db belongs to another vault. Put the two that belong together in one folder.")

    def noting(self, also: Callable[[Drawer, object], None]) -> "Cabinet":
        """The same cabinet, where `also` comes after each change that writes, in its transaction, with its result."""
        noted = copy.copy(self)
        noted._also = also
        return noted

    async def change(self, work: Callable[[Drawer], T]) -> T:
        """What `work` returns, once its changes are on disk. If it raises, nothing has changed.

        The caller's being cancelled does not stop it: then the change is made, and nobody is told.
        """
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._change, work)

    async def get(self, kind: str, name: str, shape: type[S]) -> S | None:
        """The record of this name, or None."""
        return await self.change(lambda drawer: drawer.get(kind, name, shape))

    def watch(self, watcher: Watcher) -> None:
        """Tell of every change from now on."""
        with self._one_at_a_time:
            self._watchers.append(watcher)

    async def scrub(self) -> None:
        """Empty the log of changes too: until then it holds what has been erased."""
        await asyncio.get_running_loop().run_in_executor(self._threads, self._scrub)

    def close(self) -> None:
        """Finish what is under way and close the file."""
        with self._one_at_a_time:
            self._db.close()

    def _change(self, work: Callable[[Drawer], T]) -> T:
        with self._one_at_a_time:
            self._drawer.changed = []
            # At once, not at the first write: another program that writes is then waited for (`rj desk-keys`).
            try:
                self._db.execute("BEGIN IMMEDIATE")
                before = self._db.total_changes()
                done = work(self._drawer)
                if self._also is not None and self._db.total_changes() != before:
                    self._also(self._drawer, done)
                self._db.execute("COMMIT")
            except apsw.Error as error:
                self._undo()
                raise NotKept("The desk could not write to its disk. Free some space and try again.") from error
            except BaseException:
                self._undo()
                raise
            changed, self._drawer.changed = self._drawer.changed, []
            if changed:
                for watcher in self._watchers:
                    watcher(changed)
            return done

    def _scrub(self) -> None:
        with self._one_at_a_time:
            self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def _undo(self) -> None:
        if self._db.in_transaction:  # some errors have ended it already
            self._db.execute("ROLLBACK")


def _opened(path: Path) -> apsw.Connection:
    path.touch(mode=0o600)
    db = apsw.Connection(str(path))
    db.set_busy_timeout(5000)
    db.pragma("journal_mode", "wal")
    db.pragma("synchronous", "full")
    db.pragma("secure_delete", True)
    db.pragma("foreign_keys", True)
    version = db.pragma("user_version")
    if version == 0:
        with db:
            db.execute(_SCHEMA)
    elif version != SCHEMA_VERSION:
        raise CabinetRefused("cases.db was written by another version of this program. Start that version.")
    return db


def _derived(store_key: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(store_key)

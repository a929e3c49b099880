"""The store on SQLite by apsw: WAL, `synchronous=FULL`, one writer thread, a reader beside it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

import apsw
import structlog

from contracts.messages.log_search import LogSearch
from gateway.database import refuse_others, told
from gateway.decide.exchange import Exchange
from gateway.errors import StoreRefused, StoreUnavailable
from gateway.keyreader import KeyStoreError
from gateway.keystore import KeyStore
from gateway.ledger.tree import Run
from gateway.message import Announced
from gateway.store import cases, finding, migrations, sql
from gateway.store.port import (
    DocumentLeaf,
    ExchangeLine,
    FoundLine,
    InboxRow,
    Known,
    LogState,
    Record,
    Ring,
    Searched,
    StoredCase,
    StoredLine,
    StoredMessage,
    Wanted,
    Writes,
)
from gateway.store.reading import MARK, TreeRows
from keys.documents import DocumentKind

T = TypeVar("T")

PRAGMAS: Final = (
    "pragma journal_mode=wal; pragma synchronous=full; pragma secure_delete=on; pragma busy_timeout=5000;"
    "pragma wal_autocheckpoint=4000;"  # a page that is written again and again is copied to the database less often
)
IN_1: Final = "in (select value from json_each($1))"
MESSAGES: Final = sql.MESSAGES.format(in_1=IN_1)
EXCHANGES: Final = sql.EXCHANGES.format(in_1=IN_1)
VALUES: Final = sql.VALUES.format(in_1=IN_1)
LINES: Final = sql.LINES.format(in_1=IN_1)
LINES_OF_CASES: Final = cases.LINES_OF_CASES.format(in_1=IN_1)
ALONE: Final = sql.ALONE.format(in_1=IN_1)

_log = structlog.get_logger()


class SqliteStore:
    """See `Store`. One file, beside it the keystore; each thread has its own connection."""

    def __init__(self, path: Path, keys: KeyStore) -> None:
        """Open the database, or make it. Raises StoreRefused."""
        self._keys = keys
        try:
            with told(path, "gateway"):
                self._writer, self._reader = connected(path), connected(path)
                make_tables(self._writer, path)
                _check_keys(self._writer, keys)
                self._finish_erasures()
        except KeyStoreError as error:
            raise StoreRefused(str(error)) from error
        self._tree = TreeRows(self._reader)
        self._writing = ThreadPoolExecutor(1, "store-writer")
        self._reading = ThreadPoolExecutor(1, "store-reader")

    async def transact(self, wanted: Callable[[], Wanted], settle: Callable[[Known], Writes]) -> Writes:
        """See `Store.transact`."""
        try:
            return await _in(self._writing, partial(self._transact, wanted(), settle))
        except apsw.ConstraintError:
            raise  # the engine is well: it is this batch that contradicts what is stored
        except apsw.Error as error:
            raise StoreUnavailable("The database cannot answer now.") from error

    shared = False

    @property
    def leads(self) -> bool:
        """See `Store.leads`. There is no other node."""
        return True

    def on_move(self, confirm: Callable[[], Awaitable[None]]) -> None:
        """See `Store.on_move`. A file does not move."""

    async def listen(self, ring: Ring, news: Callable[[], None]) -> None:
        """See `Store.listen`. There is no other node."""
        await asyncio.Event().wait()

    async def published(self) -> str | None:
        """See `Store.published`. There is nobody to tell."""
        return None

    async def publish(self, note: str) -> None:
        """See `Store.publish`. There is nobody to tell."""

    async def log(self) -> LogState:
        """See `Store.log`."""
        return await self._read(self._tree.log)

    async def message(self, iss: str, jti: str) -> tuple[StoredMessage, Record | None] | None:
        """See `Store.message`."""
        return await self._read(partial(self._message, iss, jti))

    async def exchange(self, exchange: str) -> Exchange | None:
        """See `Store.exchange`."""
        return await self._read(partial(self._exchange, exchange))

    async def inbox(self, agency: str, after: int, limit: int) -> Sequence[InboxRow]:
        """See `Store.inbox`."""
        return await self._read(partial(self._inbox, agency, after, limit))

    async def search(self, search: LogSearch) -> Searched:
        """See `Store.search`."""
        return await finding.searched(
            search,
            lambda day: self._read(partial(self._one, finding.BEGINS, day)),
            lambda wanted, stretch: self._read(partial(self._portion, wanted, stretch)),
        )

    async def lines_of(
        self, exchange: str, agency: str, *, whole: bool, after: int, limit: int
    ) -> Sequence[ExchangeLine]:
        """See `Store.lines_of`."""
        return await self._read(partial(self._lines_of, exchange, agency, after, limit, whole=whole))

    async def cases(self, after: str, limit: int) -> Sequence[StoredCase]:
        """See `Store.cases`."""
        return await self._read(partial(self._cases, after, limit))

    async def documents(self) -> Sequence[DocumentLeaf]:
        """See `Store.documents`."""
        return await self._read(lambda: [sql.document_leaf(row) for row in self._all(sql.DOCUMENTS)])

    async def document(self, kind: DocumentKind, version: int) -> bytes | None:
        """See `Store.document`."""
        row = await self._read(lambda: self._one(sql.DOCUMENT, kind, version))
        return sql.unpacked(row[0]) if row else None

    async def keep_document(self, document: Announced, leaf: bytes) -> None:
        """See `Store.keep_document`."""
        given = (document.kind, document.version, document.sha256, sql.packed(document.signed), leaf)
        try:
            await _in(self._writing, lambda: self._writer.execute(sql.KEEP_DOCUMENT, given).fetchall())
        except apsw.Error as error:
            raise StoreUnavailable("The database cannot be written now.") from error

    async def due(self, now: int, limit: int) -> Sequence[str]:
        """See `Store.due`."""
        return [row[0] for row in await self._read(lambda: self._all(sql.DUE, now, limit))]

    async def lines_due(self, now: int, limit: int) -> Sequence[int]:
        """See `Store.lines_due`."""
        return [row[0] for row in await self._read(lambda: self._all(sql.LINES_DUE, now, limit))]

    async def next_due(self) -> int | None:
        """See `Store.next_due`."""
        row = await self._read(lambda: self._one(sql.NEXT_DUE))
        return row[0] if row else None

    async def nodes(self, runs: Sequence[Run]) -> Mapping[tuple[int, int], bytes]:
        """See `Store.nodes`."""
        return await self._read(partial(self._tree.nodes, runs))

    async def leaf(self, index: int) -> StoredLine | None:
        """See `Store.leaf`."""
        return await self._read(partial(self._leaf, index))

    async def leaves(self, first: int, count: int) -> Sequence[bytes]:
        """See `Store.leaves`."""
        return await self._read(partial(self._tree.leaves, first, count))

    async def close(self) -> None:
        """See `Store.close`. What is under way is finished first: a commit is never cut short."""
        for executor, connection in ((self._writing, self._writer), (self._reading, self._reader)):
            with suppress(apsw.Error):  # what was committed is durable: a disk that fails now takes nothing of it
                await _in(executor, connection.close)
            executor.shutdown()
        self._keys.close()

    async def _read(self, work: Callable[[], T]) -> T:
        try:
            return await _in(self._reading, work)
        except (apsw.Error, KeyStoreError) as error:
            raise StoreUnavailable("The database cannot answer now.") from error

    def _transact(self, wanted: Wanted, settle: Callable[[Known], Writes]) -> Writes:
        """In the writer's thread. If the process dies before `commit` returns, nothing of the batch has happened or
        all of it has; no reply has left yet, and the sender's retry finds out by the message's id.
        """
        self._writer.execute("begin immediate")
        try:
            known, slots = self._load(wanted)
            writes = settle(known)
            rows = sql.rows(writes, self._keys, slots)
            for text, given in rows.statements:
                self._writer.executemany(text, given)
            self._writer.execute("commit")
        except BaseException:
            if self._writer.in_transaction:
                self._writer.execute("rollback")
            raise
        if rows.doomed:
            self._destroy_doomed()
        return writes

    def _destroy_doomed(self) -> None:
        """Dying here leaves keys whose values are gone; `doomed` names them, and the next start destroys them.

        So does a disk that fails now: what was committed stays committed, and the next erasure destroys them as well.
        """
        try:
            self._finish_erasures()
        except (apsw.Error, KeyStoreError) as error:
            _log.error("keys.not_destroyed", error=type(error).__name__)

    def _load(self, wanted: Wanted) -> tuple[Known, sql.Slots]:
        names = {sql.message_name(self._keys, iss, jti): (iss, jti) for iss, jti in wanted.messages}
        messages = self._set(MESSAGES, [*names])
        exchanges = self._set(EXCHANGES, wanted.exchanges)
        slots = {row[0]: row[1] for row in exchanges}
        opened = [sql.exchange(self._keys, *row) for row in exchanges]
        values = self._set(VALUES, [exchange for exchange, _ in wanted.values])
        alone: dict[int, int] = dict(self._set(ALONE, wanted.alone))
        known = Known(
            log=sql.log_state(self._writer.execute(sql.LOG).fetchone()),
            messages={names[name]: sql.stored_message(*rest) for name, *rest in messages},
            exchanges={each.id: each for each in opened if each is not None},
            values=sql.known_values(self._keys, values, slots, wanted.values),
            lines=sql.grouped(self._set(LINES, wanted.lines)),
            alone=frozenset(alone),
        )
        return known, sql.Slots(slots, alone)

    def _set(self, text: str, members: Sequence[str] | Sequence[int]) -> list[Any]:
        return self._writer.execute(text, (json.dumps(members),)).fetchall() if members else []

    def _finish_erasures(self) -> None:
        """Destroy the keys of what was erased, then forget that they were to be destroyed."""
        doomed: list[Any] = self._writer.execute(sql.DOOMED).fetchall()
        if doomed:
            sql.destroy(self._keys, doomed)
            with self._writer:
                self._writer.executemany(sql.SPARED, doomed)
            # What was erased is still in the WAL until that is cut off; a reader in between leaves it to the next time.
            self._writer.execute("pragma wal_checkpoint(truncate)").fetchall()

    def _message(self, iss: str, jti: str) -> tuple[StoredMessage, Record | None] | None:
        row = self._one(sql.MESSAGE, sql.message_name(self._keys, iss, jti))
        if row is None:
            return None
        digest, index, size, slot, wrapped = row
        return sql.stored_message(digest, index, size), sql.record(self._keys, slot, index, wrapped)

    def _leaf(self, index: int) -> StoredLine | None:
        row = self._one(sql.LEAF, index)
        return sql.stored_line(self._keys, row) if row else None

    def _exchange(self, exchange: str) -> Exchange | None:
        row = self._one(sql.EXCHANGE, exchange)
        return sql.exchange(self._keys, exchange, *row) if row else None

    def _inbox(self, agency: str, after: int, limit: int) -> list[InboxRow]:
        rows = self._all(sql.INBOX, sql.agency_name(self._keys, agency), after, limit)
        return [sql.inbox_row(self._keys, agency, row) for row in rows]

    def _lines_of(self, exchange: str, agency: str, after: int, limit: int, *, whole: bool) -> list[ExchangeLine]:
        rows = self._all(sql.EXCHANGE_LINES, exchange, after)
        return list(islice(sql.exchange_lines(self._keys, agency, rows, whole=whole), limit))

    def _cases(self, after: str, limit: int) -> list[StoredCase]:
        exchanges = self._all(cases.CASES, after, limit)
        lines = self._all(LINES_OF_CASES, json.dumps([row[0] for row in exchanges]))
        return cases.cases(self._keys, exchanges, lines)

    def _portion(self, search: LogSearch, stretch: finding.Stretch) -> tuple[list[FoundLine], int | None]:
        text, given = finding.portion(search, stretch)
        rows = self._all(text, *given)
        return finding.fitting(self._keys, search, rows), rows[-1][0] if len(rows) == finding.PORTION else None

    def _one(self, text: str, *given: Any) -> Any:
        return self._reader.execute(text, given).fetchone()

    def _all(self, text: str, *given: Any) -> list[Any]:
        return self._reader.execute(text, given).fetchall()


async def _in(executor: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(executor, work)


def connected(path: Path) -> apsw.Connection:
    """The file, or a new one, for reading and writing. Raises StoreRefused, or what apsw raises."""
    connection = apsw.Connection(str(path))
    refuse_others(connection, path, MARK)
    path.chmod(0o600)
    connection.execute(PRAGMAS).fetchall()  # a statement that gives a row stops there until the row is fetched
    return connection


def make_tables(connection: apsw.Connection, path: Path) -> None:
    """Make the tables of an empty file, all of them or none; others are ours and of today, or left alone."""
    version = connection.pragma("user_version")
    if version == 0:
        with connection:
            connection.execute(sql.SCHEMA)
            connection.executemany(sql.TAKE, [step.row for step in migrations.steps("sqlite")])
            connection.execute(f"pragma application_id = {MARK.application}; pragma user_version = {MARK.version}")
    elif version != MARK.version:
        raise StoreRefused(f"{path}: {migrations.OLDER}")
    migrations.check("sqlite", connection.execute(sql.TAKEN))


def _check_keys(connection: apsw.Connection, keys: KeyStore) -> None:
    """A key store that is older than the database would give out slots twice, and bring erased keys back."""
    row = connection.execute(sql.NEWEST_SLOT).fetchone()
    if row is not None and not keys.covers(row[0]):
        raise StoreRefused(sql.KEYS_OLDER)

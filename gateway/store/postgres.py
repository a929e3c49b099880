"""The store on PostgreSQL by asyncpg: any number of nodes on one database, one after the other at the log's one row.

A node's batch locks that row first, reads what it needs, and writes, all in one transaction (READ COMMITTED). There is
no leader, and no table of what is pending: whoever has the lock is next.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Self

import asyncpg
import structlog

from contracts.merkle import leaf_hash
from contracts.messages.log_search import LogSearch
from gateway.decide.exchange import Exchange
from gateway.errors import StoreRefused, StoreUnavailable
from gateway.keystore import KeyStore
from gateway.ledger.tree import Run
from gateway.message import Announced
from gateway.store import cases, finding, migrations, sql
from gateway.store import postgres_sql as texts
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
from gateway.store.postgres_link import (
    COMMAND_SECONDS,
    CONNECT_SECONDS,
    Ears,
    Link,
    commit,
    connect,
    everywhere,
    place,
    told,
)
from gateway.store.recent import BEHIND_MAX, Recent
from keys.documents import DocumentKind

if TYPE_CHECKING:
    Pool = asyncpg.Pool[asyncpg.Record]
    from gateway.store.postgres_link import Connection

READERS: Final = 4
"""Connections that read."""

PUBLISHED: Final = "rj-published"

_log = structlog.get_logger()


class PostgresTree:
    """See `TreeStore`. Reads only; needs no key store, and gateways may be running on the database."""

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool

    async def log(self) -> LogState:
        """See `TreeStore.log`."""
        return sql.log_state(await self._one(sql.LOG))

    async def nodes(self, runs: Sequence[Run]) -> Mapping[tuple[int, int], bytes]:
        """See `TreeStore.nodes`."""
        if not runs:
            return {}
        levels, firsts = [run.level for run in runs], [run.first for run in runs]
        rows = await self._all(texts.NODES, levels, firsts, [run.first + run.length for run in runs])
        return {(level, n): leaf_hash(found) if level == 0 else found for level, n, found in rows}

    async def leaves(self, first: int, count: int) -> Sequence[bytes]:
        """See `TreeStore.leaves`."""
        return [row[1] for row in await self._all(sql.LEAVES, first, first + count)]

    async def close(self) -> None:
        """Let go of the connections."""
        try:
            async with asyncio.timeout(5):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()

    async def _one(self, text: str, *given: Any) -> Any:
        with told():
            return await self._pool.fetchrow(text, *given)

    async def _all(self, text: str, *given: Any) -> list[Any]:
        with told():
            return await self._pool.fetch(text, *given)


class PostgresStore(PostgresTree):
    """See `Store`. The key store is a folder that all nodes share."""

    def __init__(self, url: str, pool: "Pool", keys: KeyStore) -> None:
        super().__init__(pool)
        self._keys, self._link, self._ears = keys, Link(url), Ears(url)
        self._writing, self._asking = asyncio.Lock(), asyncio.Lock()
        self._sure = 0
        """How many lines are known to be at the standby too, if there is one."""
        self._recent = Recent()
        self._ring: Ring = lambda agencies: None

    @classmethod
    async def open(cls, url: str, keys: KeyStore) -> Self:
        """Open the database, or make its tables. Raises StoreRefused, StoreUnavailable."""
        store = cls(url, await pool(url), keys)
        try:
            await store._begin(await store._link.first())
        except BaseException:
            await store.close()
            raise
        return store

    shared = True

    @property
    def leads(self) -> bool:
        """See `Store.leads`."""
        return self._ears.leading

    def on_move(self, confirm: Callable[[], Awaitable[None]]) -> None:
        """See `Store.on_move`."""
        self._link.moved = confirm

    async def transact(self, wanted: Callable[[], Wanted], settle: Callable[[Known], Writes]) -> Writes:
        """See `Store.transact`."""
        async with self._writing:
            connection = await self._link.ready()
            try:
                with told():
                    await connection.execute(texts.BEGIN)
                    known, slots = await self._load(connection, wanted())
                writes = settle(known)
                rows = sql.rows(writes, self._keys, slots)
                bells = sorted({_bell(sql.agency_name(self._keys, each.agency)) for each in writes.delivered})
                with told():
                    await _write(connection, rows, bells)
                # The process or the server dies here: the batch is there or it is not; its messages' ids will tell.
                await commit(connection)
                self._sure = max(self._sure, writes.log.edge.size)
            except (StoreUnavailable, asyncio.CancelledError):
                self._link.drop()  # nobody knows how far it came; the server rolls back what was not committed
                raise
            except BaseException:
                await self._link.roll_back()
                raise
            self._recent.append(writes)
            if rows.doomed:
                await self._destroy_doomed(connection)
        return writes

    async def log(self) -> LogState:
        """See `Store.log`."""
        state = await super().log()
        await self._make_sure(state.edge.size)
        return state

    async def listen(self, ring: Ring, news: Callable[[], None]) -> None:
        """See `Store.listen`."""
        self._ring = ring
        self._ears.hear(PUBLISHED, news)
        await self._ears.listen()

    async def published(self) -> str | None:
        """See `Store.published`."""
        row = await self._one(texts.PUBLISHED)
        return row[0] if row else None

    async def publish(self, note: str) -> None:
        """See `Store.publish`."""
        await self._all(texts.PUBLISH, note)
        await self._all(texts.NOTIFY, PUBLISHED)

    async def nodes(self, runs: Sequence[Run]) -> Mapping[tuple[int, int], bytes]:
        """See `Store.nodes`."""
        found = self._recent.found(runs)
        if found is None:
            found = {**await super().nodes(runs)}
            self._recent.keep(found)
        return found

    async def message(self, iss: str, jti: str) -> tuple[StoredMessage, Record | None] | None:
        """See `Store.message`."""
        row = await self._one(sql.MESSAGE, sql.message_name(self._keys, iss, jti))
        if row is None:
            return None
        digest, index, size, slot, wrapped = row
        with told():
            return sql.stored_message(digest, index, size), sql.record(self._keys, slot, index, wrapped)

    async def exchange(self, exchange: str) -> Exchange | None:
        """See `Store.exchange`."""
        row = await self._one(sql.EXCHANGE, exchange)
        with told():
            return sql.exchange(self._keys, exchange, *row) if row else None

    async def inbox(self, agency: str, after: int, limit: int) -> Sequence[InboxRow]:
        """See `Store.inbox`."""
        name = sql.agency_name(self._keys, agency)
        self._ears.hear(_bell(name), lambda: self._ring([agency]))
        rows = await self._all(sql.INBOX, name, after, limit)
        with told():
            items = [sql.inbox_row(self._keys, agency, row) for row in rows]
        if items:
            await self._make_sure(items[-1].index + 1)
        return items

    async def search(self, search: LogSearch) -> Searched:
        """See `Store.search`."""
        return await finding.searched(search, partial(self._one, finding.BEGINS), self._portion)

    async def lines_of(
        self, exchange: str, agency: str, *, whole: bool, after: int, limit: int
    ) -> Sequence[ExchangeLine]:
        """See `Store.lines_of`."""
        rows = await self._all(sql.EXCHANGE_LINES, exchange, after)
        with told():
            return list(islice(sql.exchange_lines(self._keys, agency, rows, whole=whole), limit))

    async def cases(self, after: str, limit: int) -> Sequence[StoredCase]:
        """See `Store.cases`."""
        exchanges = await self._all(cases.CASES, after, limit)
        lines = await self._all(texts.LINES_OF_CASES, [row[0] for row in exchanges])
        with told():
            return cases.cases(self._keys, exchanges, lines)

    async def documents(self) -> Sequence[DocumentLeaf]:
        """See `Store.documents`."""
        return [sql.document_leaf(row) for row in await self._all(sql.DOCUMENTS)]

    async def document(self, kind: DocumentKind, version: int) -> bytes | None:
        """See `Store.document`."""
        row = await self._one(sql.DOCUMENT, kind, version)
        return sql.unpacked(row[0]) if row else None

    async def keep_document(self, document: Announced, leaf: bytes) -> None:
        """See `Store.keep_document`."""
        given = (document.kind, document.version, document.sha256, sql.packed(document.signed), leaf)
        await self._all(sql.KEEP_DOCUMENT, *given)

    async def due(self, now: int, limit: int) -> Sequence[str]:
        """See `Store.due`."""
        return [row[0] for row in await self._all(sql.DUE, now, limit)]

    async def lines_due(self, now: int, limit: int) -> Sequence[int]:
        """See `Store.lines_due`."""
        return [row[0] for row in await self._all(sql.LINES_DUE, now, limit)]

    async def next_due(self) -> int | None:
        """See `Store.next_due`."""
        row = await self._one(sql.NEXT_DUE)
        return row[0] if row else None

    async def leaf(self, index: int) -> StoredLine | None:
        """See `Store.leaf`."""
        row = await self._one(sql.LEAF, index)
        with told():
            return sql.stored_line(self._keys, row) if row else None

    async def close(self) -> None:
        """See `Store.close`."""
        async with self._writing:
            await self._link.close()
        await super().close()
        self._keys.close()

    async def _begin(self, connection: "Connection") -> None:
        """Make the tables of an empty database, and finish what a dead node began."""
        with told():
            await make_tables(connection)
            row = await connection.fetchrow(sql.NEWEST_SLOT)
            if row is None or not self._keys.covers(row[0]):
                raise StoreRefused(sql.KEYS_OLDER)
            await self._finish_erasures(connection)

    async def _make_sure(self, size: int) -> None:
        """Others' lines count once the standby has them, if there is one: nothing is signed or shown that a failover
        could lose. What this node commits is sure: every batch writes the log's row, and waits for all before it.
        """
        if size > self._sure:
            async with self._asking:
                if size > self._sure:
                    with told():
                        async with self._pool.acquire() as connection:
                            await everywhere(connection)
                    self._sure = max(self._sure, size)

    async def _load(self, connection: "Connection", wanted: Wanted) -> tuple[Known, sql.Slots]:
        names = {sql.message_name(self._keys, iss, jti): (iss, jti) for iss, jti in wanted.messages}
        given = ([*names], [*wanted.exchanges], self._recent.size, BEHIND_MAX)
        packed, *found = await connection.fetch(texts.NEEDED, *given)
        log = sql.log_state((packed[4],))
        self._recent.follow([row[4] for row in found if row[0] is None], log.edge)
        messages = {names[row[0]]: sql.stored_message(*row[1:4]) for row in found if row[4] is None}
        exchanges = [row for row in found if row[0] is not None and row[4] is not None]
        slots: dict[str, int] = {row[0]: row[2] for row in exchanges}
        opened = [sql.exchange(self._keys, row[0], row[2], row[4]) for row in exchanges]
        values = await _set(connection, texts.VALUES, [exchange for exchange, _ in wanted.values])
        alone: dict[int, int] = {row[0]: row[1] for row in await _set(connection, texts.ALONE, wanted.alone)}
        known = Known(
            log=log,
            messages=messages,
            exchanges={each.id: each for each in opened if each is not None},
            values=sql.known_values(self._keys, values, slots, wanted.values),
            lines=sql.grouped(await _set(connection, texts.LINES, wanted.lines)),
            alone=frozenset(alone),
        )
        return known, sql.Slots(slots, alone)

    async def _destroy_doomed(self, connection: "Connection") -> None:
        """Dying here leaves keys whose values are gone; `doomed` names them, and any node's next erasure or start
        destroys them. So does whatever fails now: what was committed stays committed.
        """
        try:
            with told():
                await self._finish_erasures(connection)
        except StoreUnavailable as error:
            self._link.drop()
            _log.error("keys.not_destroyed", error=type(error.__cause__).__name__)

    async def _finish_erasures(self, connection: "Connection") -> None:
        """Destroy the keys of what was erased, then forget that they were to be destroyed."""
        doomed = [(slot, half) for slot, half in await connection.fetch(sql.DOOMED)]
        if doomed:
            await asyncio.to_thread(sql.destroy, self._keys, doomed)
            await connection.executemany(sql.SPARED, doomed)

    async def _portion(self, search: LogSearch, stretch: finding.Stretch) -> tuple[list[FoundLine], int | None]:
        text, given = finding.portion(search, stretch)
        rows = await self._all(text, *given)
        with told():
            fitting = await asyncio.to_thread(finding.fitting, self._keys, search, rows)
        return fitting, rows[-1][0] if len(rows) == finding.PORTION else None


async def pool(url: str) -> "Pool":
    """Connections that read. Raises StoreRefused, StoreUnavailable."""
    with told():
        return await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=READERS,
            timeout=CONNECT_SECONDS,
            command_timeout=COMMAND_SECONDS,
            server_settings=texts.SETTINGS,
            reset=_nothing_to_reset,
        )


async def _nothing_to_reset(connection: "Connection") -> None:
    """A read leaves nothing behind in its connection; asking the server to forget it would be one more way to it."""


async def _set(connection: "Connection", text: str, members: Sequence[Any]) -> list[Any]:
    return await connection.fetch(text, [*members]) if members else []


def _bell(name: str) -> str:
    """The channel of an agency's inbox, for the nodes at which it waits."""
    return f"rj-{name}"


async def _write(connection: "Connection", rows: sql.Rows, bells: list[str]) -> None:
    """What is added, in one statement; then what is changed and taken away, which is rare."""
    added = [each for each in rows.statements if each[0] in texts.COLUMNS]
    text, given = texts.together(added, bells)
    await connection.execute(text, *given)
    for each, members in rows.statements:
        if each not in texts.COLUMNS:
            await connection.executemany(each, members)


async def make_tables(connection: "Connection") -> None:
    """Make the tables of an empty database, all of them or none; others are ours and of today, or left alone."""
    async with connection.transaction():
        await connection.execute(texts.ONE_AT_A_TIME)
        if await connection.fetchval("select to_regclass('log_state')") is None:
            await connection.execute(texts.SCHEMA)
            await connection.execute(sql.WRITE_LOG, sql.packed_log(LogState()), 0)
            await connection.executemany(sql.TAKE, [step.row for step in migrations.steps("postgres")])
    await _check_tables(connection)


async def look(url: str) -> tuple[str, LogState | None]:
    """The server's version and the log's state, None while the database is empty, without a change to anything.

    Raises StoreRefused where a gateway would refuse it, StoreUnavailable.
    """
    with told():
        connection = await connect(url)
        try:
            await place(connection)
            version = await connection.fetchval("show server_version")
            if await connection.fetchval("select to_regclass('log_state')") is None:
                return version, None
            await _check_tables(connection)
            return version, sql.log_state((await connection.fetchval(sql.LOG),))
        finally:
            connection.terminate()


async def _check_tables(connection: "Connection") -> None:
    """They are ours and of today. Raises StoreRefused."""
    if await connection.fetchval("select to_regclass('migration')") is None:
        raise StoreRefused("The database belongs to another program. Name an empty one.")
    migrations.check("postgres", [(row[0], row[1]) for row in await connection.fetch(sql.TAKEN)])

"""One node's connections to PostgreSQL: to which server, whether it is safe to write there, and what if it goes.

A server is safe where no commit that was acknowledged can be lost by failing over to a standby: each standby that
follows is waited for, or there is none. Otherwise two histories could come of one log.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, NamedTuple

import asyncpg
import structlog

from gateway.errors import CannotStart, GatewayError, StoreRefused, StoreUnavailable
from gateway.keyreader import KeyStoreError
from gateway.store.postgres_sql import SETTINGS, SOMETHING

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = asyncpg.Connection[asyncpg.Record]
    AnyConnection = Connection | PoolConnectionProxy[asyncpg.Record]

CONNECT_SECONDS: Final = 5
COMMAND_SECONDS: Final = 30
LOOK_EVERY: Final = 1.0
SHORTEST, LONGEST = 0.1, 5.0
"""Seconds between two tries to connect; each is twice the one before."""

SURE_SECONDS: Final = 10
"""How long a commit may wait for the standby before nobody knows what became of it."""

CHANNELS_MAX: Final = 10_000
LEAD: Final = "select pg_try_advisory_lock(hashtext('rj'), 1)"

PLACE: Final = (
    "select system_identifier::text, substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) "
    "from pg_control_system()"
)
STANDBYS: Final = (
    "select count(*) from pg_stat_replication where application_name not in ('pg_basebackup', 'pg_receivewal')"
)

TROUBLES: Final = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection that broke while it was being made ready
    OSError,
    TimeoutError,
)

_log = structlog.get_logger()


class IsStandby(StoreRefused):
    """Another server takes the writes."""

    def __init__(self) -> None:
        super().__init__("The database is a standby. Name the primary, or add `target_session_attrs=read-write`.")


class StandbyNotWaitedFor(StoreRefused):
    """A failover could lose what was acknowledged."""

    def __init__(self) -> None:
        super().__init__(
            "A standby follows the database, and commits do not wait for it: failing over to it would lose messages "
            "that were acknowledged, and fork the log. Set `synchronous_standby_names`, or take the standby away."
        )


class StandbySilent(StoreRefused):
    """Nothing can be committed for sure."""

    def __init__(self) -> None:
        super().__init__(
            "The database waits for its standby, which does not answer: nothing can be taken until it does. Bring it "
            "back; if it is lost, take it out of `synchronous_standby_names`."
        )


class NotSure(StoreUnavailable):
    """Something is committed at the server, and nobody knows whether the standby has it."""


class Place(NamedTuple):
    """A server's own history: its identifier, and the timeline, which changes when a standby takes over."""

    system: str
    timeline: str


@contextmanager
def told() -> Iterator[None]:
    """What keeps the engine from answering becomes StoreUnavailable."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError:
        raise  # the engine is well: it is this batch that contradicts what is stored
    except (*TROUBLES, KeyStoreError) as error:
        raise StoreUnavailable("The database cannot answer now.") from error


async def connect(url: str) -> "Connection":
    """A connection with our settings. Raises StoreRefused for an address that is none, else what asyncpg raises."""
    try:
        return await asyncpg.connect(
            url, timeout=CONNECT_SECONDS, command_timeout=COMMAND_SECONDS, server_settings=SETTINGS
        )
    except (asyncpg.ClientConfigurationError, ValueError) as error:
        raise StoreRefused(
            "[gateway] store: this is no address of a database. Write postgresql://user@host/database."
        ) from error


async def place(connection: "Connection") -> Place:
    """Where the connection leads. Raises StoreRefused where a failover could lose what was acknowledged."""
    if await connection.fetchval("select pg_is_in_recovery()"):
        raise IsStandby
    waits_for = await connection.fetchval("show synchronous_standby_names")
    if not waits_for and await connection.fetchval(STANDBYS):
        raise StandbyNotWaitedFor
    row = await connection.fetchrow(PLACE)
    assert row is not None
    return Place(row[0], row[1])


async def commit(connection: "AnyConnection") -> None:
    """Commit for sure, here and at the standby. Raises StoreUnavailable where nobody knows; then drop the connection.

    A wait for the standby that is broken off leaves the batch committed here alone, and others would see it. So it is
    never broken off by us: not by a timeout, which asyncpg would make of it, nor when we are cancelled. Where somebody
    else has done so, the server says no more than a warning.
    """
    warnings: list[asyncpg.PostgresLogMessage] = []

    def warned(_: object, message: asyncpg.PostgresLogMessage) -> None:
        warnings.append(message)

    connection.add_log_listener(warned)
    committing = asyncio.ensure_future(connection.execute("commit", timeout=2 * SURE_SECONDS))
    committing.add_done_callback(lambda done: done.cancelled() or done.exception())
    done, _ = await asyncio.wait({committing}, timeout=SURE_SECONDS)
    if not done:
        raise NotSure("The database waits for its standby.")
    with told():
        committing.result()
    if warnings:
        raise NotSure("The standby may not have what was committed.")
    connection.remove_log_listener(warned)


async def everywhere(connection: "AnyConnection") -> None:
    """Return once all that was committed before is wherever commits have to be. Raises StoreUnavailable."""
    try:
        with told():
            await connection.execute(f"begin; {SOMETHING}")
        await commit(connection)
    except BaseException:
        connection.terminate()
        raise


class Link:
    """The connection that writes: made anew when it is lost, not more often than back-off allows.

    `moved` is awaited before anything is written at another place than before; what it raises keeps the link closed.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: Connection | None = None
        self._place: Place | None = None
        self._pause, self._not_before = SHORTEST, 0.0
        self.moved: Callable[[], Awaitable[None]] | None = None

    async def ready(self) -> "Connection":
        """The connection. Raises StoreUnavailable where there is none now."""
        if self._connection is not None and not self._connection.is_closed():
            return self._connection
        loop = asyncio.get_running_loop()
        if loop.time() < self._not_before:
            raise StoreUnavailable("The database cannot be reached now.")
        try:
            with told():
                self._connection = await self.first()
        except CannotStart as error:
            _log.error("store.unsafe", error=type(error).__name__)
            raise StoreUnavailable("The database must not be used as it is.") from error
        finally:
            self._not_before = loop.time() + self._pause
            self._pause = min(self._pause * 2, LONGEST)
        self._pause, self._not_before = SHORTEST, 0.0
        return self._connection

    async def first(self) -> "Connection":
        """A connection that may be written to. Raises StoreRefused, or what asyncpg raises."""
        connection = await connect(self._url)
        try:
            found = await place(connection)
            try:
                await everywhere(connection)
            except NotSure as error:
                raise StandbySilent from error
            if self._place not in (None, found) and self.moved is not None:
                _log.warning("store.moved", timeline=int(found.timeline, 16))
                await self.moved()
        except BaseException:
            connection.terminate()
            raise
        self._place, self._connection = found, connection
        return connection

    async def roll_back(self) -> None:
        """The engine is well, and the batch is not to be."""
        try:
            if self._connection is not None:
                with told():
                    await self._connection.execute("rollback")
        except StoreUnavailable:
            self.drop()

    def drop(self) -> None:
        """Never use this connection again: nobody knows what it has done."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def close(self) -> None:
        if self._connection is not None:
            with suppress(Exception):
                await self._connection.close(timeout=CONNECT_SECONDS)


class Ears:
    """The connection that listens, on a channel for each thing that somebody here waits for.

    By it one node at a time leads, for as long as its connection lasts.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._wanted: OrderedDict[str, Callable[[], None]] = OrderedDict()
        self._more = asyncio.Event()
        self.leading = False

    def hear(self, channel: str, heard: Callable[[], None]) -> None:
        """Call `heard` when the channel is rung, and when that may have been missed. Asked again, it is kept longer."""
        if channel not in self._wanted:
            self._wanted[channel] = heard
            self._more.set()
        self._wanted.move_to_end(channel)

    async def listen(self) -> None:
        """Listen until cancelled; while nothing can be heard, whoever waits looks for themselves once a second."""
        while True:
            try:
                await self._listen()
            except (*TROUBLES, GatewayError) as error:
                _log.warning("store.not_listening", error=type(error).__name__)
            for heard in [*self._wanted.values()]:
                heard()
            await asyncio.sleep(LOOK_EVERY)

    async def _listen(self) -> None:
        connection = await connect(self._url)
        channels: set[str] = set()
        try:
            while True:
                self._more.clear()
                await self._tune(connection, channels)
                self.leading = self.leading or bool(await connection.fetchval(LEAD))
                await connection.execute("select 1")  # a connection that died without a word is found by asking
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY):
                        await self._more.wait()
        finally:
            self.leading = False
            connection.terminate()

    async def _tune(self, connection: "Connection", channels: set[str]) -> None:
        """Listen to what is wanted by now, and no longer to what was wanted longest ago."""
        while len(self._wanted) > CHANNELS_MAX:
            self._wanted.popitem(last=False)
        for channel in channels - self._wanted.keys():
            await connection.execute(f'unlisten "{channel}"')
            channels.remove(channel)
        for channel, heard in [*self._wanted.items()]:
            if channel not in channels:
                await connection.add_listener(channel, lambda *_, heard=heard: heard())
                channels.add(channel)
                heard()

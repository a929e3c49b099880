"""Bringing a database up to date, while no gateway runs on it: each step in a transaction of its own, or not at all."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import apsw

from gateway.config import GatewaySection
from gateway.database import told
from gateway.errors import StoreRefused
from gateway.keystore import KeyStore
from gateway.store import migrations, postgres_sql, sql
from gateway.store.migrations import Step
from gateway.store.postgres_link import connect
from gateway.store.postgres_link import told as answered
from gateway.store.sqlite import connected

if TYPE_CHECKING:
    from gateway.store.postgres_link import Connection

Tell = Callable[[Step], None]


async def migrate(section: GatewaySection, keys: KeyStore, tell: Tell = lambda step: None) -> list[Step]:
    """Take every step that is pending; which these were. Raises StoreRefused, StoreUnavailable.

    `keys` is held by this process alone, so that no gateway runs. `tell` hears of each step before it is taken.
    """
    if section.store is None:
        return migrate_sqlite(section.database, keys, tell)
    with answered():
        connection = await connect(section.store)
        try:
            return await _migrate_postgres(connection, tell)
        finally:
            await connection.close()


def migrate_sqlite(path: Path, keys: KeyStore, tell: Tell = lambda step: None) -> list[Step]:
    """See `migrate`."""
    with told(path, "gateway"), closing(connected(path)) as connection:
        version = connection.pragma("user_version")
        if not version:
            return []
        taken = migrations.pending("sqlite", version)
        for step in taken:
            tell(step)
            _take(connection, step, keys)
        if any(
            step.rewrite for step in taken
        ):  # what stood in clear is in free pages and in the WAL until both are gone
            connection.execute("vacuum; pragma wal_checkpoint(truncate)").fetchall()
        return taken


def _take(connection: apsw.Connection, step: Step, keys: KeyStore) -> None:
    with connection:
        connection.execute(step.text)
        if step.rewrite is not None:
            step.rewrite(connection, keys)
        connection.execute(f"pragma user_version = {step.number}")
        if step.number == sql.SCHEMA_VERSION or _keeps_steps(connection):
            earlier = [each.row for each in migrations.steps("sqlite") if each.number <= step.number]
            connection.executemany("insert or ignore into migration values (?, ?, ?)", earlier)
    # Died here: the step is taken and the file says so. The next run goes on with the one after it.


def _keeps_steps(connection: apsw.Connection) -> bool:
    return connection.execute("select 1 from sqlite_schema where name = 'migration'").fetchone() is not None


async def _migrate_postgres(connection: "Connection", tell: Tell) -> list[Step]:
    if await connection.fetchval("select to_regclass('log_state')") is None:
        return []
    if await connection.fetchval("select to_regclass('migration')") is None:
        raise StoreRefused("The database is of no version of this program. Name the one that the gateway has made.")
    version = await connection.fetchval("select max(number) from migration")
    taken = migrations.pending("postgres", version or 0)
    for step in taken:
        tell(step)
        async with connection.transaction():
            await connection.execute(postgres_sql.as_postgres(step.text))
            await connection.execute("insert into migration values ($1, $2, $3)", *step.row)
    return taken

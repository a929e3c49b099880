"""A database says which steps it has taken: an older one is brought up to date, any other is left as it is."""

from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import asyncpg
import pytest

from gateway.config import GatewaySection
from gateway.errors import StoreRefused
from gateway.keystore import KeyStore
from gateway.store import migrations, sql
from gateway.store.migrating import migrate, migrate_sqlite
from gateway.store.migrations import Step
from gateway.store.reading import MARK
from tests.ports.batches import case, exchange, uid, write
from tests.ports.engines import Engine, PostgreSql, Sqlite
from tests.ports.test_upgrade import first_version
from tests.sections import section_in

SECOND = sql.SCHEMA[: sql.SCHEMA.index("create table migration")]


def tables(path: Path) -> list[tuple[str, str]]:
    """Every table and index, however it is written."""
    with closing(apsw.Connection(str(path))) as database:
        rows: Any = database.execute("select name, sql from sqlite_schema where sql is not null").fetchall()
    return sorted(
        (name, " ".join(text.replace('"', "").split()).replace("( ", "(").replace(" )", ")")) for name, text in rows
    )


def section(engine: Engine) -> GatewaySection:
    """The settings of a gateway on this engine."""
    return section_in(engine.folder, engine.url if isinstance(engine, PostgreSql) else None)


async def test_every_way_to_todays_tables_ends_alike(tmp_path: Path) -> None:
    """Made today, or brought here from the first version, or from the second."""
    first_version(tmp_path / "first")
    (tmp_path / "second").mkdir()
    with closing(apsw.Connection(str(tmp_path / "second" / "gateway.db"))) as database:
        database.execute(SECOND)
        database.execute(f"pragma application_id = {MARK.application}; pragma user_version = 2")
    today = Sqlite(tmp_path / "today")
    async with today.open():
        pass
    taken = {}
    for name in ("first", "second", "today"):
        with closing(KeyStore.open(tmp_path / name / "keystore")) as keys:
            taken[name] = [step.number for step in migrate_sqlite(tmp_path / name / "gateway.db", keys)]
    assert taken == {"first": [2, 3], "second": [3], "today": []}
    expected = tables(tmp_path / "today" / "gateway.db")
    assert tables(tmp_path / "first" / "gateway.db") == expected
    assert tables(tmp_path / "second" / "gateway.db") == expected


async def test_an_older_database_is_refused_until_it_is_migrated(tmp_path: Path) -> None:
    """A gateway changes no tables by itself: it says what to run. Then all that was there is there."""
    engine = Sqlite(tmp_path / "store")
    async with engine.open() as store:
        await write(store, case(1))
    with closing(apsw.Connection(str(engine.folder / "gateway.db"))) as database:
        database.execute("drop table migration; pragma user_version = 2")
    with pytest.raises(StoreRefused, match="rj migrate"):
        await engine.opened()
    with closing(KeyStore.open(engine.keys)) as keys:
        assert [step.name for step in await migrate(section(engine), keys)] == ["migrations"]
    async with engine.open() as store:
        assert await store.exchange(uid(1)) == exchange(1)


async def says(engine: Engine, text: str) -> None:
    """Have the database say something else of the steps that it has taken."""
    if isinstance(engine, PostgreSql):
        connection = await asyncpg.connect(engine.url)
        await connection.execute(text)
        await connection.close()
    else:
        with closing(apsw.Connection(str(engine.folder / "gateway.db"))) as database:
            database.execute(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("update migration set sha256 = 'another'", "not those of this program"),
        ("insert into migration values (1, 'unknown', 'another')", "not those of this program"),
        (f"insert into migration values ({sql.SCHEMA_VERSION + 1}, 'later', 'another')", "newer version"),
        ("delete from migration where number = 3", "rj migrate"),
    ],
)
async def test_a_database_that_has_taken_other_steps_is_left_alone(engine: Engine, text: str, said: str) -> None:
    """Another text under the same number, a step that nobody knows, one that comes later, one that is missing."""
    async with engine.open() as store:
        await write(store, case(1))
    await says(engine, text)
    with pytest.raises(StoreRefused, match=said):
        await engine.opened()


async def test_a_new_step_is_taken_once_and_whole(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that fails leaves the database as it was."""
    async with engine.open() as store:
        await write(store, case(1))

    class Next(Step, frozen=True, kw_only=True):
        sql: str

        @property
        def text(self) -> str:
            return self.sql

    for text, taken in (("create table t (b blob); nonsense", []), ("create table t (b blob)", ["more"])):
        with monkeypatch.context() as later:
            later.setattr(migrations, "STEPS", (*migrations.STEPS, Next(number=4, name="more", sql=text)))
            later.setattr(sql, "SCHEMA_VERSION", 4)
            later.setattr("gateway.store.sqlite.MARK", MARK._replace(version=4))
            with pytest.raises(StoreRefused, match="rj migrate"):
                await engine.opened()
            with closing(KeyStore.open(engine.keys)) as keys:
                if not taken:
                    with pytest.raises(Exception):  # noqa: B017, PT011 - each engine has its own
                        await migrate(section(engine), keys)
                    continue
                assert [step.name for step in await migrate(section(engine), keys)] == taken
                assert await migrate(section(engine), keys) == []
            async with engine.open() as store:
                assert await store.exchange(uid(1)) == exchange(1)


def test_the_digest_of_a_step_that_was_released_never_changes() -> None:
    """A database out there has taken it as it was: write another step instead."""
    assert {step.name: step.digest for step in migrations.STEPS} == {
        "nothing-in-clear": "HABngOeBaJJQXCcgqO8rzJCP1IXhQnPscSXHpSPqwW8",
        "migrations": "23cdXfP_zJTetPaSpf5_OpU95s9DqJ0feChuT6sn81Y",
    }

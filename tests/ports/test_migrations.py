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

KEPT_LINES = ("leaf_kept", "leaf_day")
"""What the fourth version has more than the third."""

THIRD = "".join(line for line in sql.SCHEMA.splitlines(True) if not any(name in line for name in KEPT_LINES))
SECOND = THIRD[: THIRD.index("create table migration")]
TO_THIRD = f"{''.join(f'drop index {name}; ' for name in KEPT_LINES)}delete from migration where number = 4"
"""Makes today's database one of the third version."""


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
    """Made today, or brought here from any version before."""
    first_version(tmp_path / "first")
    for version, name, text in ((2, "second", SECOND), (3, "third", THIRD)):
        (tmp_path / name).mkdir()
        with closing(apsw.Connection(str(tmp_path / name / "gateway.db"))) as database:
            database.execute(text)
            database.execute(f"pragma application_id = {MARK.application}; pragma user_version = {version}")
            if version == 3:
                database.executemany("insert into migration values (?, ?, ?)", [s.row for s in migrations.STEPS[:2]])
    today = Sqlite(tmp_path / "today")
    async with today.open():
        pass
    taken = {}
    for name in ("first", "second", "third", "today"):
        with closing(KeyStore.open(tmp_path / name / "keystore")) as keys:
            taken[name] = [step.number for step in migrate_sqlite(tmp_path / name / "gateway.db", keys)]
    assert taken == {"first": [2, 3, 4], "second": [3, 4], "third": [4], "today": []}
    expected = tables(tmp_path / "today" / "gateway.db")
    for name in ("first", "second", "third"):
        assert tables(tmp_path / name / "gateway.db") == expected


async def says(engine: Engine, text: str) -> None:
    """Have the database say something else of the steps that it has taken."""
    if isinstance(engine, PostgreSql):
        connection = await asyncpg.connect(engine.url)
        await connection.execute(text)
        await connection.close()
    else:
        with closing(apsw.Connection(str(engine.folder / "gateway.db"))) as database:
            database.execute(text)


async def test_an_older_database_is_refused_until_it_is_migrated(engine: Engine) -> None:
    """A gateway changes no tables by itself: it says what to run. Then all that was there is there."""
    async with engine.open() as store:
        await write(store, case(1))
    await says(engine, TO_THIRD)
    if not isinstance(engine, PostgreSql):
        await says(engine, "pragma user_version = 3")
    with pytest.raises(StoreRefused, match="rj migrate"):
        await engine.opened()
    with closing(KeyStore.open(engine.keys)) as keys:
        assert [step.name for step in await migrate(section(engine), keys)] == ["kept-lines"]
    async with engine.open() as store:
        assert await store.exchange(uid(1)) == exchange(1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("update migration set sha256 = 'another'", "not those of this program"),
        ("insert into migration values (1, 'unknown', 'another')", "not those of this program"),
        (f"insert into migration values ({sql.SCHEMA_VERSION + 1}, 'later', 'another')", "newer version"),
        ("delete from migration where number = 4", "rj migrate"),
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
            later.setattr(migrations, "STEPS", (*migrations.STEPS, Next(number=5, name="more", sql=text)))
            later.setattr(sql, "SCHEMA_VERSION", 5)
            later.setattr("gateway.store.sqlite.MARK", MARK._replace(version=5))
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
        "kept-lines": "N98pHPVI9tK9fwdq8b1sGBjkIt0ZeiRcLPwJK8qtoXE",
    }

"""A backup holds every row of a store, opens for its key alone, and only as it was written."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway import backup
from gateway.backup import BackupRefused, Maker, Reading
from gateway.errors import StoreRefused
from gateway.store import carrying
from gateway.store.carrying import Carried
from keys import sealing
from tests.agencies import secret
from tests.ports.batches import ONE_ERASED, case, every, exchange, look, uid, write
from tests.ports.engines import Engine, PostgreSql, Sqlite
from tests.ports.test_migrations import section

KEY = sealing.sealing_private(secret("backup"))


async def backed_up(engine: Engine, file: Path) -> Carried:
    """A backup of this engine's store."""
    done: list[Carried] = []
    rows = carrying.checked(carrying.read(section(engine)), lambda done, of: None, done)
    await backup.write(file, Maker("gateway.test/rj", int(time.time()), KEY.public), rows, done)
    return done[0]


async def restored(file: Path, engine: Engine) -> Carried:
    async with engine.open():
        pass  # makes the tables
    done: list[Carried] = []
    reading = Reading(file, KEY)
    await carrying.write(section(engine), carrying.checked(reading.portions(), lambda done, of: None, done))
    assert reading.end == done[0]
    return done[0]


async def filled(engine: Engine) -> None:
    """Cases, one of them erased, and more lines than one portion."""
    async with engine.open() as store:
        for number in range(1, 4):
            await write(store, case(number))
        await write(store, lambda batch: [batch.line(None) for _ in range(1500)])
        await write(store, lambda batch: batch.erase(1), ONE_ERASED)


@pytest.fixture
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Engine]:
    def made(name: str) -> Engine:
        if name == "sqlite":
            return Sqlite(tmp_path / "target")
        return PostgreSql(tmp_path / "target", request.getfixturevalue("server"))

    return made


@pytest.mark.parametrize("to", ["sqlite", "postgres"])
async def test_everything_comes_back_on_either_engine(
    engine: Engine, tmp_path: Path, target: Callable[[str], Engine], to: str
) -> None:
    """Log, cases, values, inbox: the same, with the same keys; what was erased is not there."""
    await filled(engine)
    async with engine.open() as running:  # a backup does not wait for the gateway to stop
        before = await running.log()
        made = await backed_up(engine, tmp_path / "backup")
        await write(running, case(9))
    other = target(to)
    assert await restored(tmp_path / "backup", other) == made
    assert made.size == before.edge.size == 1504
    other.take_keys_of(engine)
    async with other.open() as store:
        assert await store.log() == before
        assert await store.exchange(uid(2)) == exchange(2)
        assert await store.exchange(uid(1)) is None
        assert await store.exchange(uid(9)) is None
        assert (await look(store, every(store, 2))).values[uid(2), uid(2)].values
        assert [row.exchange for row in await store.inbox("police-13", -1, 9)] == [uid(2), uid(3)]
        await write(store, case(5))


async def test_it_opens_for_its_key_alone(tmp_path: Path) -> None:
    """And says nothing of a case to anybody else."""
    engine = Sqlite(tmp_path / "store")
    await filled(engine)
    await backed_up(engine, tmp_path / "backup")
    with pytest.raises(BackupRefused, match="not for this key"):
        Reading(tmp_path / "backup", sealing.sealing_private(secret("another")))
    assert uid(2).encode() not in (tmp_path / "backup").read_bytes()
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0


def cut(data: bytes) -> bytes:
    """Without its last chunk."""
    at = data.index(b"\n") + 1
    while True:
        following = at + 4 + int.from_bytes(data[at : at + 4], "big")
        if following >= len(data):
            return data[:at]
        at = following


def swapped(data: bytes) -> bytes:
    """The first two chunks the other way round."""
    first = data.index(b"\n") + 1
    second = first + 4 + int.from_bytes(data[first : first + 4], "big")
    third = second + 4 + int.from_bytes(data[second : second + 4], "big")
    return data[:first] + data[second:third] + data[first:second] + data[third:]


@pytest.mark.parametrize(
    "spoil",
    [
        cut,
        swapped,
        lambda data: data[:-1],
        lambda data: data + b"x",
        lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:],
        lambda data: data.replace(b"gateway.test", b"another.test", 1),
        lambda data: data[: data.index(b"\n") + 1],
    ],
    ids=[
        "last chunk missing",
        "chunks swapped",
        "a byte missing",
        "a byte more",
        "a bit",
        "another origin",
        "no chunk",
    ],
)
async def test_a_spoiled_backup_is_not_restored(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    """Not one row of it stays."""
    engine, other = Sqlite(tmp_path / "store"), Sqlite(tmp_path / "other")
    await filled(engine)
    await backed_up(engine, tmp_path / "backup")
    (tmp_path / "spoiled").write_bytes(spoil((tmp_path / "backup").read_bytes()))
    with pytest.raises(BackupRefused):
        await restored(tmp_path / "spoiled", other)
    async with other.open() as store:
        assert (await store.log()).edge.size == 0
        assert await store.exchange(uid(2)) is None


async def test_nothing_is_written_over(engine: Engine, tmp_path: Path) -> None:
    """Neither a file nor a database that has a log."""
    await filled(engine)
    await backed_up(engine, tmp_path / "backup")
    with pytest.raises(FileExistsError):
        await backed_up(engine, tmp_path / "backup")
    with pytest.raises(StoreRefused, match="a log already"):
        await restored(tmp_path / "backup", engine)


async def test_a_damaged_store_is_not_backed_up(tmp_path: Path) -> None:
    """A backup is of the log that the gateway signs, or it is none."""
    import apsw

    for damage, said in (
        ("delete from leaf where i = 3", "missing"),
        ("update leaf set body = x'78' where i = 3", "not the log"),
        ("update node set hash = zeroblob(32) where level = 4 and n = 1", "nodes"),
    ):
        engine = Sqlite(tmp_path / said.split()[0])
        await filled(engine)
        database = apsw.Connection(str(engine.folder / "gateway.db"))
        database.execute(damage)
        database.close()
        with pytest.raises(StoreRefused, match=said):
            await backed_up(engine, tmp_path / "backup")
        assert not [name for name in os.listdir(tmp_path) if "backup" in name]

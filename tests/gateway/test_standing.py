"""How every line stands by the gateway's own files; each thing that is watched, broken on purpose."""

import shutil
from pathlib import Path

import apsw
import pytest
from click.testing import Result
from msgspec.structs import replace

from contracts.event import RecoveredLeaf
from contracts.merkle import leaf_hash
from gateway.cli.exits import Exit
from gateway.errors import StoreRefused
from gateway.keyreader import KeyReader, KeyStoreError
from gateway.keystore import KeyStore
from gateway.ledger.tree import grow
from gateway.store import sql
from gateway.store.sqlite import SqliteStore
from gateway.store.standing import Standing, standing
from tests.gateway.cli.commands import rj
from tests.journey.simulated import TOML, World
from tests.journey.test_erasure import cancelled, until_erased
from tests.sections import section_in


def look(data: Path) -> Standing:
    return standing(section_in(data))


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """A log with lines in clear, opened and erased; the gateway has stopped, and was looked at while it ran."""
    world = World(tmp_path, {"answer": "3 seconds", "record": "2 seconds"})
    async with world.gateway() as side:
        lines = await cancelled(side)
        await until_erased(side, *lines)
        await side.send(side.request())
        found = look(tmp_path / "data")
        assert (found.sound, found.clear, found.opened, found.erased) == (True, 2, 2, {"11.8": 5})
    return tmp_path / "data"


def execute(data: Path, *texts: str) -> None:
    connection = apsw.Connection(str(data / "gateway.db"))
    for text in texts:
        connection.execute(text)
        assert connection.changes()
    connection.close()


async def test_a_stopped_gateway_is_looked_at_without_a_trace(data: Path) -> None:
    """Nothing is written, and progress is told."""
    told: list[tuple[int, int]] = []
    slots = (data / "keystore" / "slots.bin").read_bytes()
    found = standing(section_in(data), lambda done, size: told.append((done, size)))
    assert (found.sound, found.size, told[-1]) == (True, 9, (9, 9))
    assert (data / "keystore" / "slots.bin").read_bytes() == slots


@pytest.mark.parametrize(
    ("damage", "missing", "wrong"),
    [
        ("update leaf set slot = null, record = null where i = 8", 1, 0),
        ("update leaf set record = zeroblob(200) where i = 8", 1, 0),
        ("update leaf set record = (select record from leaf where i = 7) where i = 8", 1, 0),
        ("update leaf set erased_by = null where i = 3", 1, 0),
        ("update leaf set erased_by = 8 where i = 3", 1, 0),
        ("update leaf set erased_by = 2 where i = 3", 1, 0),
        ("update leaf set erased_by = 7 where i = 8", 1, 0),
        ("update leaf set record = null, slot = null where i = 7", 6, 0),
    ],
)
async def test_what_is_missing_is_counted_and_named(data: Path, damage: str, missing: int, wrong: int) -> None:
    """A record gone, or of another line; an erasure that names others, comes before, or does not open itself."""
    execute(data, damage)
    found = look(data)
    assert (found.missing, found.wrong, found.sound) == (missing, wrong, False)
    assert len(found.named["missing"]) == missing


async def test_an_erasure_covers_only_the_lines_that_it_names(tmp_path: Path) -> None:
    """Whoever empties another line cannot hide it behind an erasure that was."""
    world = World(tmp_path, {"answer": "3 seconds", "record": "2 seconds"})
    async with world.gateway() as side:
        other = side.check(await side.send(side.request())).leaf
        lines = await cancelled(side)
        by = (await until_erased(side, *lines))[lines[0]]
        await side.checkpoint()
    data = tmp_path / "data"
    before = look(data)
    assert before.sound
    connection = apsw.Connection(str(data / "gateway.db"))
    (still,) = connection.execute("select erased_by is null from leaf where i = ?", (other,)).fetchone() or (0,)
    connection.close()
    assert still, "the control: the other line is not erased yet"
    execute(data, f"update leaf set slot = null, record = null, erased_by = {by} where i = {other}")
    found = look(data)
    assert (found.missing, found.named) == (1, {"missing": (other,)})


@pytest.mark.parametrize(
    "damage", ["update leaf set body = (select body from leaf where i = 4) where i = 8", "delete from leaf where i = 4"]
)
async def test_lines_that_are_not_the_log_are_seen(data: Path, damage: str) -> None:
    """Another leaf in the place of one, or one too few."""
    execute(data, damage)
    assert not look(data).whole


async def test_a_record_that_is_not_the_leafs_is_wrong(data: Path) -> None:
    """It opens with its key, in its place, and is not what the line committed to."""
    keys = KeyStore.open(data / "keystore")
    connection = apsw.Connection(str(data / "gateway.db"))
    rows = {i: connection.execute(sql.LEAF, (i,)).fetchall()[0] for i in (7, 8)}
    (_, from_slot, wrapped, *_), (_, slot, *_) = rows[7], rows[8]
    plain = keys.unwrap(int(str(from_slot)), "record", bytes(wrapped), sql.record_place(7))  # type: ignore[arg-type]
    assert plain is not None
    forged = keys.wrap(int(str(slot)), "record", plain, sql.record_place(8))
    connection.execute("update leaf set record = $1 where i = 8", (forged,))
    connection.close()
    keys.close()
    found = look(data)
    assert (found.wrong, found.named) == (1, {"wrong": (8,)})


async def test_lines_put_back_from_the_public_log_are_no_alarm(data: Path) -> None:
    """A later line in clear says so, and which."""
    import msgspec

    body = msgspec.json.encode(RecoveredLeaf(first=8, end=9))
    connection = apsw.Connection(str(data / "gateway.db"))
    log = sql.log_state(connection.execute(sql.LOG).fetchone())
    edge = grow(log.edge, [leaf_hash(body)]).edge
    connection.execute("update leaf set slot = null, record = null where i = 8")
    connection.execute(sql.WRITE_LEAF, (9, body, None, None, None, None))
    connection.execute(
        "update log_state set state = $1", (msgspec.msgpack.encode(msgspec.structs.replace(log, edge=edge)),)
    )
    connection.close()
    found = look(data)
    assert (found.sound, found.recovered, found.size) == (True, 1, 10)


async def test_destroyed_keys_without_an_erasure_are_an_alarm(data: Path) -> None:
    """Somebody has overwritten the key store: the record is there, and nothing opens it."""
    slots = data / "keystore" / "slots.bin"
    raw = slots.read_bytes()
    slots.write_bytes(raw[:64] + bytes(len(raw) - 64))
    assert look(data).missing == 7


async def test_what_cannot_be_read_is_said(tmp_path: Path, data: Path) -> None:
    """No database, another program's, one of an earlier version, no key store."""
    with pytest.raises(StoreRefused):
        standing(replace(section_in(tmp_path / "none"), keystore=data / "keystore"))
    (tmp_path / "gateway.db").write_bytes(b"not a database, but long enough to look like one" * 40)
    with pytest.raises(StoreRefused):
        standing(replace(section_in(tmp_path), keystore=data / "keystore"))
    with pytest.raises(KeyStoreError):
        standing(replace(section_in(data), keystore=tmp_path))
    execute(
        data, "update leaf set day = day where i = 8", "pragma user_version = 1; update leaf set day = day where i = 8"
    )
    with pytest.raises(StoreRefused, match="rj migrate"):
        look(data)


async def test_an_empty_log_is_sound(tmp_path: Path) -> None:
    """Before the first batch."""
    await SqliteStore(tmp_path / "gateway.db", KeyStore.open(tmp_path / "keystore")).close()
    assert look(tmp_path).sound


def test_keys_are_read_while_the_store_is_in_use(tmp_path: Path) -> None:
    """What is destroyed meanwhile is destroyed for the reader too; the store's lock is not asked for."""
    keys = KeyStore.open(tmp_path)
    slot = keys.new()
    wrapped = keys.wrap(slot, "record", b"plain", b"place")
    reader = KeyReader.at(tmp_path)
    assert reader.unwrap(slot, "record", wrapped, b"place") == b"plain"
    with pytest.raises(KeyStoreError):
        reader.unwrap(slot, "record", wrapped, b"another place")
    with pytest.raises(KeyStoreError):
        reader.unwrap(1_000_000, "record", wrapped, b"place")
    keys.destroy_records([slot])
    assert reader.unwrap(slot, "record", wrapped, b"place") is None
    reader.close()
    keys.close()


def checked(folder: Path, *more: str) -> Result:
    return rj("ledger", "check", "--dir", folder, *more)


async def test_the_command_tells_in_words_and_by_its_exit_code(data: Path) -> None:
    """Sound, alarm, or nothing there."""
    folder = data.parent
    (folder / "gateway.toml").write_text(TOML)
    told = checked(folder)
    assert told.exit_code == Exit.OK
    assert "Every one of 9 lines has its cause." in told.output
    assert "erased under clause 11.8" in told.output
    assert '"opened":2' in checked(folder, "--json").output
    execute(data, "update leaf set slot = null, record = null where i = 8")
    alarmed = checked(folder)
    assert alarmed.exit_code == Exit.NOT_VERIFIED
    assert "MISSING" in alarmed.output
    shutil.rmtree(data)
    nothing = checked(folder)
    assert nothing.exit_code == Exit.CONFIGURATION

"""Starting, minding and stopping a gateway. What keeps it from starting is in `journey/test_bad_input_start.py`."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
import apsw
import pytest

from contracts.codec import encode
from contracts.event import DirectoryLeaf, parse_leaf
from gateway import documents, serve
from gateway.clock import LastSeen
from gateway.documents import Documents
from gateway.errors import ClockJumped, StoreUnavailable
from gateway.scheduler import Scheduler
from gateway.store.port import Store
from gateway.store.sqlite import SqliteStore
from gateway.writer import Writer
from tests.journey.forging import raw_http
from tests.journey.simulated import Side, World, claims_of
from tests.waiting import directory_version, until_directory


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world whose gateway looks at its documents ten times a second."""
    monkeypatch.setattr(documents, "LOOK_EVERY", 0.1)
    return World(tmp_path)


async def leaves(world: World) -> list[object]:
    """What the log says in clear, read from its file."""
    database = apsw.Connection(str(world.folder / "data" / "gateway.db"), flags=apsw.SQLITE_OPEN_READONLY)
    rows = database.execute("select body from leaf order by i").fetchall()
    database.close()
    return [parse_leaf(body) for (body,) in rows]


async def test_documents_are_announced_once_however_often_the_gateway_starts(world: World) -> None:
    """A leaf in clear for each version; a restart adds none."""
    for _ in range(3):
        async with world.gateway():
            pass
    assert len(await leaves(world)) == 2


async def test_a_new_directory_is_gone_by_and_announced(world: World) -> None:
    """Without a restart; the version is a leaf that anyone can watch."""
    async with world.gateway() as side:
        world.publish_directory(2)
        await until_directory(side.http, side.world.address, 2)
        await side.send(side.request())
    versions = [leaf.version for leaf in await leaves(world) if isinstance(leaf, DirectoryLeaf)]
    assert versions == [1, 2]


async def test_a_directory_that_cannot_be_used_leaves_the_old_one_in_place(world: World) -> None:
    """Half written, rolled back, or signed by nobody; once a good one lies there, it is taken."""
    first = (world.folder / "directory.json").read_bytes()
    async with world.gateway() as side:
        world.publish_directory(2)
        whole = (world.folder / "directory.json").read_bytes()
        await until_directory(side.http, side.world.address, 2)
        for bad in (whole[: len(whole) // 2], first, b"", encode({"document": "{}", "note": ""})):
            (world.folder / "directory.json").write_bytes(bad)
            await asyncio.sleep(0.25)
            assert await directory_version(side.http, side.world.address) == 2
            await side.send(side.request())
        (world.folder / "directory.json").unlink()
        await asyncio.sleep(0.25)
        world.publish_directory(3)
        await until_directory(side.http, side.world.address, 3)


async def test_a_directory_that_cannot_be_announced_counts_already_and_is_announced_later(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A revocation must not wait for a disk; and no version goes unannounced."""
    transact = SqliteStore.transact

    async def full(self: SqliteStore, *given: object) -> object:
        raise StoreUnavailable("The database cannot answer now.")

    async with world.gateway() as side:
        with monkeypatch.context() as broken:
            broken.setattr(SqliteStore, "transact", full)
            world.publish_directory(2)
            await until_directory(side.http, side.world.address, 2)
            await asyncio.sleep(0.3)
        assert SqliteStore.transact is transact
        end = time.monotonic() + 5
        while DirectoryLeaf not in {type(leaf) for leaf in (await leaves(world))[2:]}:
            assert time.monotonic() < end
            await asyncio.sleep(0.02)


async def test_a_change_while_the_gateway_starts_is_not_missed(world: World) -> None:
    """What is read is compared with what lay there before it was read."""
    minded = Documents(world.settings().gateway)
    minded.read()
    world.publish_directory(2)
    async with world.gateway() as side:
        assert await directory_version(side.http, side.world.address) == 2
    assert minded._seen != minded._stamps()


async def test_an_error_in_the_body_comes_out_as_it_is(world: World) -> None:
    """Not in a group: whoever starts a gateway handles one error."""
    with pytest.raises(LookupError):
        async with world.gateway():
            raise LookupError


async def test_an_error_of_the_system_in_the_body_is_not_taken_for_a_port_in_use(world: World) -> None:
    """Only binding the port is."""
    with pytest.raises(FileNotFoundError):
        async with world.gateway():
            raise FileNotFoundError


async def test_a_background_task_that_dies_ends_the_gateway(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Better no gateway than one in which nothing expires any more."""

    async def die(self: Scheduler, **_: bool) -> None:
        await asyncio.sleep(0.1)
        raise ArithmeticError

    monkeypatch.setattr(Scheduler, "run", die)
    with pytest.raises(ArithmeticError):
        async with asyncio.timeout(5), world.gateway():
            await asyncio.sleep(5)


async def test_a_store_that_cannot_answer_for_a_while_ends_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the scheduler nor the minding of documents: when it answers again, all goes on."""

    async def away(self: SqliteStore, *given: object) -> object:
        raise StoreUnavailable("The database cannot answer now.")

    async with world.gateway() as side:
        with monkeypatch.context() as broken:
            for name in ("log", "due", "next_due"):
                broken.setattr(SqliteStore, name, away)
            world.publish_directory(2)
            assert b" 503 " in await raw_http(
                side.world.address, b"GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n", wait=0.5
            )
        await until_directory(side.http, side.world.address, 2)
        await side.send(side.request())


async def test_a_clock_that_has_jumped_at_the_first_look_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scheduler looks again, and windows close as ever."""
    begun, jumped = Scheduler.__init__, iter([ClockJumped("The clock has jumped.")])

    def jumpy(self: Scheduler, store: Store, writer: Writer, clock: Callable[[], int], seen: LastSeen) -> None:
        def once() -> int:
            for error in jumped:
                raise error
            return clock()

        begun(self, store, writer, once, seen)

    monkeypatch.setattr(Scheduler, "__init__", jumpy)
    async with World(tmp_path, {"answer": "1 second"}).gateway() as side:
        request = side.request()
        await side.send(request)
        await side.until("prison-mdi", claims_of(request).exchange, "cannot-proceed")
        await side.send(side.request())  # the batch in which it fell due is done with, its keys destroyed
    assert next(jumped, None) is None


async def test_stopping_lets_go_whoever_waits(world: World) -> None:
    """Long polls are answered at once, and do not hold the gateway up."""
    async with aiohttp.ClientSession() as http:
        async with serve.serving(world.settings()) as world.address:
            side = Side(world, http)
            polls = [asyncio.create_task(side.read("police-13", "/v1/inbox?wait=30")) for _ in range(20)]
            await asyncio.sleep(0.2)
            began = time.monotonic()
        assert time.monotonic() - began < 3
        assert {(await poll)[0] for poll in polls} == {200}


async def test_a_folder_is_free_again_after_stopping(world: World) -> None:
    """Store, keys and port."""
    for _ in range(2):
        async with world.gateway() as side:
            await side.send(side.request())
    assert "gateway.db" in {path.name for path in (world.folder / "data").iterdir()}

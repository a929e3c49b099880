"""A full disk: 503, nothing handed out, nothing on record; and with space again the same token is accepted."""

import os
import resource
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import msgspec
import pytest

from contracts.reply import Problem
from gateway.errors import CannotStart
from gateway.keyreader import KeyStoreError
from gateway.keystore import KeyStore
from keys import tokens
from tests.journey.ledger_check import check_ledger
from tests.journey.process import LOG, started
from tests.journey.simulated import Side, World, claims_of

MIB = 1_048_576


async def until_full(side: Side) -> int:
    """Post until the disk is full; how many requests were accepted before."""
    for accepted in range(2000):
        status, body = await side.post(side.request())
        if status != 201:
            found = msgspec.json.decode(body, type=Problem)
            assert (status, found.type) == (503, "urn:rj:problem:not-recorded")
            assert "same token again" in found.detail
            await until_an_open_is_too_much(side)
            return accepted
    raise AssertionError("The disk was never full.")


async def until_an_open_is_too_much(side: Side) -> None:
    """Where a request does not fit, something smaller may: fill that room as well."""
    known = (await side.inbox("police-13"))[0]
    for _ in range(200):
        status, _ = await side.post(
            side.open("police-13", known.exchange, jti_of(known.token), ("subject",))
        )  # a hand-over for which there is still room is one like any other
        if status != 201:
            return
    raise AssertionError("There was always room for another line.")


async def nothing_leaves(side: Side) -> None:
    """While the disk is full an `open` hands over nothing; what is on record can still be read."""
    request = side.request()
    exchange, jti = claims_of(request).exchange, claims_of(request).jti
    assert (await side.post(request))[0] == 503
    assert await side.view("police-13", exchange) is None
    assert (await side.read("prison-mdi", f"/v1/messages/{jti}"))[0] == 404
    known = (await side.inbox("police-13"))[0]
    opening = side.open("police-13", known.exchange, jti_of(known.token), ("subject",))
    status, body = await side.post(opening)
    assert (status, b"handed_over" in body) == (503, False)


def jti_of(token: str) -> str:
    return str(msgspec.json.decode(tokens.parse(token).claims)["jti"])


async def with_space_again(side: Side) -> None:
    """The same tokens are accepted, and the log is whole."""
    request = side.request()
    await side.send(request)
    opened = await side.send(side.open("police-13", claims_of(request).exchange, claims_of(request).jti, ("subject",)))
    assert side.unseal("police-13", opened)
    await side.checkpoint()
    check_ledger(side)


@asynccontextmanager
async def process_with_room(world: World, room: int) -> AsyncIterator[tuple[Side, int]]:
    """A gateway whose files may not grow over `room` bytes; and its process id, to lift the limit."""
    async with started(world) as process, aiohttp.ClientSession() as http:
        assert process.pid is not None
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
        yield Side(world, http), process.pid


@pytest.mark.sqlite
async def test_a_file_that_cannot_grow_is_a_full_disk(tmp_path: Path) -> None:
    """The database may not grow: refused, then accepted once it may, without a restart."""
    async with process_with_room(World(tmp_path), MIB // 2) as (side, pid):
        assert await until_full(side) > 0
        refused = side.request()
        assert (await side.post(refused))[0] == 503
        await nothing_leaves(side)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        await side.send(refused)
        await with_space_again(side)
    assert b"store.unavailable" in (tmp_path / LOG).read_bytes()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={MIB}", "none", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("a small file system can be mounted by root only; the limit on files is tested in any case")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.sqlite
async def test_a_disk_without_space_refuses_and_goes_on_when_there_is_some(small_disk: Path) -> None:
    """A real file system, full to its last byte."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(MIB // 4))
    async with World(small_disk).gateway() as side:
        assert await until_full(side) > 0
        await nothing_leaves(side)
        ballast.unlink()
        await with_space_again(side)


@pytest.mark.sqlite
async def test_a_disk_that_is_full_from_the_start_is_named(small_disk: Path) -> None:
    """In words, before anything is served."""
    world = World(small_disk)
    free = os.statvfs(small_disk)
    (small_disk / "ballast").write_bytes(bytes(free.f_bavail * free.f_frsize))
    with pytest.raises(CannotStart, match="No space left"):
        async with world.gateway():
            pass
    (small_disk / "ballast").unlink()
    async with world.gateway() as side:
        await side.send(side.request())


async def test_keys_that_cannot_be_destroyed_now_are_destroyed_by_the_next_erasure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The recall stands, since it is committed; its values are gone; the keys follow when the disk obeys again."""
    async with World(tmp_path).gateway() as side:
        exchanges = []
        for _ in range(2):
            request = side.request()
            answer = side.answer(claims_of(request).exchange)
            await side.send(request)
            await side.send(answer)
            exchanges.append((claims_of(request).exchange, claims_of(answer).jti))
        with monkeypatch.context() as broken:
            broken.setattr(KeyStore, "destroy_values", _no_space)
            await side.send(side.recall(*exchanges[0]))
        found = await side.refusal(side.open("prison-mdi", *exchanges[0], ("contact_channel",)))
        assert found.status == 409
        await side.send(side.recall(*exchanges[1]))
        await side.checkpoint()
        check_ledger(side)  # no key is left that was to be destroyed


def _no_space(self: KeyStore, slots: list[int]) -> None:
    raise KeyStoreError("The key store cannot be written. Check its disk, then erase again.")

"""The drill: a backup at work, a disaster, the way back; and the move to PostgreSQL. All as it is typed."""

from pathlib import Path

import pytest

from gateway.cli.exits import Exit
from gateway.errors import LogRefused
from gateway.serve import serving
from tests.gateway.cli.commands import answer_of, done, told
from tests.journey.ledger_check import check_ledger
from tests.journey.simulated import World
from tests.journey.test_compromise import shared
from tests.journey.test_recover import typed
from tests.postgres import shared as server


@pytest.fixture(params=["sqlite", "postgres"])
def world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("RJ_STORE", request.param)
    made = World(tmp_path)
    made.write_settings()
    return made


def lose_the_database(world: World) -> None:
    """Files and all; the key store and the guard are on other disks."""
    for file in (world.folder / "data").glob("gateway.db*"):
        file.unlink()
    if world.store:
        world.database = server().database()
        world.write_settings()


async def test_the_drill(world: World) -> None:
    """Back up, lose everything since, restore, be refused, put the lines back from the public copy, go on: no fork."""
    folder, saved = world.folder, world.folder / "the.backup"
    done(await typed("keys", "new-backup", folder / "safe"))
    async with world.gateway() as side:
        exchange, of = await shared(side)
        made = answer_of(await typed(
            "backup", "--dir", folder, "--for", folder / "safe" / "backup.key", "-o", saved, "--json"
        ))  # fmt: skip
        await side.send(side.recall(exchange, of))
        last = await side.send(side.request())
        await side.checkpoint()
    assert made["lines"] == 4
    done(await typed("ledger", "export", folder / "copy", "--dir", folder))
    lose_the_database(world)
    assert "is whole: 4 lines" in done(await typed("restore", saved, "--key", folder / "safe", "--check"))
    back = answer_of(await typed("restore", saved, "--key", folder / "safe", "--dir", folder, "--json"))
    assert back["lines"] == 4
    assert "rj ledger recover --from" in back["next"]
    with pytest.raises(LogRefused, match="old backup"):
        async with serving(world.settings()):
            pass
    put = answer_of(await typed("ledger", "recover", "--dir", folder, "--from", folder / "copy", "--json"))
    assert put["put_back"] == side.decision(last).leaf - 3
    async with world.gateway(check=False) as again:
        again.checkpoints += side.checkpoints
        again.receipts += side.receipts
        late = await again.refusal(again.open("prison-mdi", exchange, of, ("contact_channel",)))
        assert late.decision  # the recall is among what was lost: no yes from before stands
        await again.send(again.request())
        await again.checkpoint()
        check_ledger(again)
    assert answer_of(await typed("ledger", "check", "--dir", folder, "--json"))["whole"]


async def test_a_backup_is_for_whoever_has_the_safe(world: World) -> None:
    """Another key opens nothing, and says whose fault it is; the file is never written over."""
    folder, saved = world.folder, world.folder / "the.backup"
    for name in ("safe", "other"):
        done(await typed("keys", "new-backup", folder / name))
    async with world.gateway() as side:
        await side.send(side.request())
        await side.checkpoint()
    words = ("backup", "--dir", folder, "--for", folder / "safe" / "backup.key", "-o", saved)
    done(await typed(*words))
    assert "File exists" in told(await typed(*words), Exit.CONFIGURATION)
    assert "for another key" in told(
        await typed("restore", saved, "--key", folder / "other", "--check"), Exit.CONFIGURATION
    )
    assert "a log already" in told(
        await typed("restore", saved, "--key", folder / "safe", "--dir", folder), Exit.CONFIGURATION
    )
    saved.write_bytes(saved.read_bytes()[:-5])
    assert "damaged or cut off" in told(
        await typed("restore", saved, "--key", folder / "safe", "--check"), Exit.NOT_VERIFIED
    )


async def test_a_gateway_moves_to_postgresql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The case goes on where it was, and what was said before is known there."""
    world = World(tmp_path)
    world.write_settings()
    async with world.gateway() as side:
        exchange, of = await shared(side)
        request = side.request()
        before = await side.send(request)
        await side.checkpoint()
        url = server().database()
        assert "Another process uses the key store" in told(
            await typed("store", "copy", "--dir", tmp_path, "--to", url), Exit.CONFIGURATION
        )
    moved = answer_of(await typed("store", "copy", "--dir", tmp_path, "--to", url, "--json"))
    assert moved["lines"] == 5
    world.database = url
    world.write_settings()
    async with world.gateway() as there:
        there.receipts += side.receipts
        there.checkpoints += side.checkpoints
        assert there.decision(await there.send(request, expect=200)) == side.decision(before)
        opened = await there.send(there.open("prison-mdi", exchange, of, ("contact_channel",)))
        assert opened.handed_over
        await there.checkpoint()
    assert "nothing to do" in done(await typed("migrate", "--dir", tmp_path))

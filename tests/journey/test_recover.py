"""`rj ledger recover` and `rj ledger succeed`, as an operator types them after a bad day."""

import asyncio
import json
import shutil
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

from contracts.event import RecoveredLeaf, SuccessorLeaf, parse_leaf
from gateway.cli.exits import Exit
from gateway.errors import CannotStart, LogRefused
from gateway.ledger.guard import read_head
from gateway.serve import serving
from tests.agencies import make_directory
from tests.gateway.cli.commands import answer_of, done, rj, told
from tests.journey.ledger_check import check_ledger
from tests.journey.simulated import ORIGIN, Side, World
from tests.journey.test_fork_guard import back_up, public_copy, refusal_to_start, restore
from tests.journey.test_proofs import inspected


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    made.write_settings()
    return made


async def typed(*words: object) -> Result:
    """A command in a thread of its own, as it has a loop of its own."""
    return await asyncio.to_thread(rj, *words)


async def recover(world: World, *words: object) -> dict[str, int]:
    found: dict[str, int] = answer_of(await typed("ledger", "recover", "--dir", world.folder, *words, "--json"))
    return found


async def lived_through(world: World) -> Side:
    """Three requests; a backup after the first, a public copy after the last, and then the backup is all there is."""
    async with world.gateway() as side:
        await side.send(side.request())
        back_up(world, "old.db")
        await side.send(side.request())
        await side.send(side.request())
        await side.checkpoint()
    return side


async def test_a_log_goes_on_from_its_public_copy(world: World) -> None:
    """Export, lose the database, restore an old one, recover: the same log goes on, and its lost lines are named."""
    side = await lived_through(world)
    copy = world.folder / "copy"
    done(await typed("ledger", "export", copy, "--dir", world.folder))
    lines = public_copy(world)
    restore(world, "old.db")
    await refusal_to_start(world)
    assert await recover(world, "--from", copy) == {"lines": 6, "put_back": 2, "first": 3, "exchanges_ended": 0}
    async with world.gateway() as again:
        await again.send(again.request())
        await again.checkpoint()
        (found,) = await inspected(again, 3)
        assert found.standing == "recovered"
    again.receipts += side.receipts
    again.checkpoints += side.checkpoints
    check_ledger(again)
    assert public_copy(world)[:5] == lines
    assert parse_leaf(public_copy(world)[5]) == RecoveredLeaf(first=3, end=5)
    done(await typed("ledger", "export", copy, "--dir", world.folder))
    found = answer_of(await typed("verify", "log", copy, "--key", world.vkey.encode(), "--json"))
    assert found["lines"] == 8


async def test_an_older_copy_is_not_enough(world: World) -> None:
    """A copy that is older than what was signed would be a second history as well."""
    async with world.gateway() as side:
        await side.send(side.request())
        back_up(world, "old.db")
    copy = world.folder / "copy"
    done(await typed("ledger", "export", copy, "--dir", world.folder))
    async with world.gateway() as side:
        await side.send(side.request())
    restore(world, "old.db")
    said = told(await typed("ledger", "recover", "--dir", world.folder, "--from", copy), Exit.CONFIGURATION)
    assert "has 3 lines, and 4 were signed" in said
    assert "rj ledger succeed" in said
    assert "signed 4" in await refusal_to_start(world)


async def test_a_spoiled_copy_is_not_taken(world: World) -> None:
    """A copy is checked whole before anything is believed of it."""
    await lived_through(world)
    copy = world.folder / "copy"
    done(await typed("ledger", "export", copy, "--dir", world.folder))
    restore(world, "old.db")
    bundle = copy / "tile/entries/000.p/5"
    raw = bytearray(bundle.read_bytes())
    raw[-1] ^= 1
    bundle.write_bytes(raw)
    told(await typed("ledger", "recover", "--dir", world.folder, "--from", copy), Exit.NOT_VERIFIED)
    assert len(public_copy(world)) == 3


async def test_a_lost_guard_needs_somebody_who_vouches(world: World) -> None:
    """Without cosigners nobody knows: the operator says so, and the refusals before it say what is missing."""
    await lived_through(world)
    shutil.rmtree(world.folder / "data.guard")
    with pytest.raises(LogRefused, match="missing"):
        async with world.gateway():
            pass
    assert "--nothing-else-signed" in told(await typed("ledger", "recover", "--dir", world.folder), Exit.CONFIGURATION)
    assert (await recover(world, "--nothing-else-signed"))["lines"] == 5
    async with world.gateway() as again:
        await again.send(again.request())
        await again.checkpoint()
    check_ledger(again)


async def test_nobody_vouches_against_what_was_published(world: World) -> None:
    """The guard is lost, the database is old, and the published checkpoint beside it shows that more was signed."""
    await lived_through(world)
    (world.folder / "data.guard/signed").unlink()
    restore(world, "old.db")
    said = told(await typed("ledger", "recover", "--dir", world.folder, "--nothing-else-signed"), Exit.CONFIGURATION)
    assert "has 3 lines, and 5 were signed" in said


async def test_a_damaged_guard_is_put_aside(world: World) -> None:
    """What is left of it is kept for whoever wants to find out."""
    await lived_through(world)
    (world.folder / "data.guard/signed").write_bytes(b"\1" * 5000)
    assert (await recover(world, "--nothing-else-signed"))["put_back"] == 0
    assert (world.folder / "data.guard/signed.damaged").exists()
    head = read_head(world.folder / "data.guard")
    assert head is not None
    assert head.size == 5


async def test_a_refused_recovery_leaves_a_damaged_guard_as_it_is(world: World) -> None:
    """Nothing has changed then, and the next try finds what the first one found."""
    await lived_through(world)
    copy, signed = world.folder / "copy", world.folder / "data.guard/signed"
    done(await typed("ledger", "export", copy, "--dir", world.folder))
    signed.write_bytes(b"\1" * 5000)
    told(await typed("ledger", "recover", "--dir", world.folder), Exit.CONFIGURATION)
    restore(world, "old.db")
    told(await typed("ledger", "recover", "--dir", world.folder, "--nothing-else-signed"), Exit.CONFIGURATION)
    told(await typed("ledger", "recover", "--dir", world.folder, "--from", copy), Exit.CONFIGURATION)
    assert signed.read_bytes() == b"\1" * 5000
    assert not signed.with_name("signed.damaged").exists()
    assert len(public_copy(world)) == 3


async def test_a_running_gateway_is_not_recovered(world: World) -> None:
    """One process at a time has the files."""
    async with world.gateway() as side:
        await side.send(side.request())
        told(await typed("ledger", "recover", "--dir", world.folder, "--nothing-else-signed"), Exit.CONFIGURATION)


async def statement(world: World, folder: Path, **changes: str) -> dict[str, object]:
    """Both officers sign that a new log takes the place of the old one."""
    from gateway.cli.files import officer_key

    given = {"--new": "gateway.test/rj2", "--why": "Every copy of the database was lost."} | changes
    words: list[object] = [word for pair in given.items() for word in pair]
    for signer in world.officers.signers:
        key = folder / signer.name.replace("/", "-")
        key.write_text(officer_key(signer) + "\n")
        result = await typed(
            "ledger", "succeed", *words, "--checkpoint", world.folder / "old.checkpoint", "--key", world.vkey.encode(),
            "--officer", key, "-o", folder / "succession.json", "--json",
        )  # fmt: skip
    signed: dict[str, object] = json.loads(done(result))
    return signed


async def new_log(world: World, folder: Path) -> "World":
    """A gateway of a new origin, with the same agencies and the same agreement."""
    new = World(folder)
    signed = make_directory("gateway.test/rj2", list(new.agencies.values()), new.officers, 1_764_000_000, 1)
    (folder / "directory.json").write_bytes(msgspec.json.encode(signed))
    return new


async def test_a_log_that_is_lost_has_a_successor(world: World, tmp_path: Path) -> None:
    """The first line of the new log names where the old one ended, as both parties have signed it."""
    side = await lived_through(world)
    (world.folder / "old.checkpoint").write_text((world.folder / "data.guard/checkpoint").read_text())
    new = await new_log(world, tmp_path / "new")
    made = await statement(world, new.folder)
    assert (made["old"], made["lines"], made["new"]) == (ORIGIN, 5, "gateway.test/rj2")
    settings = new.settings()
    section = msgspec.structs.replace(
        settings.gateway, origin="gateway.test/rj2", succeeds=new.folder / "succession.json"
    )
    for _ in range(2):
        async with serving(msgspec.structs.replace(settings, gateway=section)):
            pass
    first, *others = [parse_leaf(line) for line in public_copy(new)]
    assert isinstance(first, SuccessorLeaf)
    assert (first.origin, first.size) == (ORIGIN, 5)
    assert not any(isinstance(each, SuccessorLeaf) for each in others)
    assert side.checkpoints[-1].size == 5


@pytest.mark.parametrize("wrong", ["another origin", "one officer", "a log that has begun"])
async def test_a_succession_that_is_not_signed_for_this_log_is_refused(
    world: World, tmp_path: Path, wrong: str
) -> None:
    """Another log's, half signed, or too late: the gateway does not start, and says which."""
    await lived_through(world)
    (world.folder / "old.checkpoint").write_text((world.folder / "data.guard/checkpoint").read_text())
    new = await new_log(world, tmp_path / "new")
    await statement(world, new.folder, **({"--new": "gateway.test/rj3"} if wrong == "another origin" else {}))
    path = new.folder / "succession.json"
    if wrong == "one officer":
        signed = json.loads(path.read_text())
        signed["note"] = "\n".join(signed["note"].split("\n")[:-2]) + "\n"
        path.write_text(json.dumps(signed))
    settings = new.settings()
    section = msgspec.structs.replace(settings.gateway, origin="gateway.test/rj2")
    if wrong == "a log that has begun":
        async with serving(msgspec.structs.replace(settings, gateway=section)):
            pass
    section = msgspec.structs.replace(section, succeeds=path)
    with pytest.raises(CannotStart, match=r"succession|has begun|signature"):
        async with serving(msgspec.structs.replace(settings, gateway=section)):
            pass

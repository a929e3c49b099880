"""Never two histories: an old backup is not signed, and a lost database goes on from the public copy of the log."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from contracts.checkpoint import Checkpoint
from contracts.event import RecoveredLeaf, parse_leaf
from gateway import recovery
from gateway.errors import CannotStart, LogRefused
from gateway.ledger.guard import EMPTY, Guard, TreeHead
from gateway.store.opening import open_store
from tests.journey.database import back_up, restore, rows
from tests.journey.ledger_check import check_ledger
from tests.journey.simulated import FIELDS, Refused, Side, World, claims_of


def public_copy(world: World) -> list[bytes]:
    return [row[0] for row in rows(world, "select body from leaf order by i")]


async def refusal_to_start(world: World) -> str:
    with pytest.raises(LogRefused) as refused:
        async with world.gateway():
            pass
    return str(refused.value)


async def shared_exchange(side: Side) -> tuple[str, str]:
    """An exchange with details shared; its id, and that of the answer."""
    request = await side.send(side.request())
    exchange = side.decision(request).exchange
    answer = await side.send(side.answer(exchange))
    return exchange, side.decision(answer).jti


async def put_back(world: World, lines: Sequence[bytes], tree: Checkpoint) -> recovery.PutBack:
    store = await open_store(world.settings().gateway, alone=True)
    try:
        size = (await store.log()).edge.size
        return await recovery.put_back(store, lines[size:], TreeHead(tree.size, tree.root), int(time.time()))
    finally:
        await store.close()


async def test_a_restored_backup_is_not_signed(tmp_path: Path) -> None:
    """The gateway refuses to start on it, and says how many lines are missing and what to do; it changes nothing."""
    world = World(tmp_path)
    async with world.gateway() as side:
        await side.send(side.request())
        back_up(world, "old.db")
        await side.send(side.request())
    newest = public_copy(world)
    restore(world, "old.db")
    for _ in range(2):
        told = await refusal_to_start(world)
        assert "has 3 lines" in told
        assert "signed 4" in told
        assert "rj ledger recover" in told
    assert public_copy(world) == newest[:3]


async def test_an_old_guard_and_an_old_database_do_not_outvote_what_was_published(tmp_path: Path) -> None:
    """Whoever restores both, and leaves the published checkpoint in its place, is told by that."""
    world = World(tmp_path)
    signed = world.folder / "data.guard/signed"
    async with world.gateway() as side:
        await side.send(side.request())
    back_up(world, "old.db")
    shutil.copy(signed, world.folder / "signed.old")
    async with world.gateway() as side:
        await side.send(side.request())
    restore(world, "old.db")
    shutil.copy(world.folder / "signed.old", signed)
    assert "published checkpoint shows 4 lines of this log, and the database has 3" in await refusal_to_start(world)


async def test_the_newest_database_put_back_goes_on(tmp_path: Path) -> None:
    """The refusal is no dead end."""
    world = World(tmp_path)
    async with world.gateway() as side:
        back_up(world, "old.db")
        await side.send(side.request())
    back_up(world, "newest.db")
    restore(world, "old.db")
    await refusal_to_start(world)
    restore(world, "newest.db")
    async with world.gateway() as side:
        await side.send(side.request())
        await side.checkpoint()
    check_ledger(side)


async def test_a_fork_that_outgrew_the_guard_is_not_signed(tmp_path: Path) -> None:
    """A backup on which another gateway, without the guard, has gone on is of another history, however long it is."""
    world = World(tmp_path)
    async with world.gateway() as side:
        back_up(world, "old.db")
        await side.send(side.request())
    restore(world, "old.db")
    shutil.move(world.folder / "data.guard", world.folder / "data/guard.kept")
    Guard.open(world.folder / "data.guard").close()
    told = await refusal_to_start(world)
    assert "guard" in told
    assert "missing" in told
    guard = Guard.open(world.folder / "data.guard")
    guard.advance(EMPTY)
    guard.close()
    async with world.gateway() as forked:
        for _ in range(3):
            await forked.send(forked.request())
    shutil.rmtree(world.folder / "data.guard")
    shutil.move(world.folder / "data/guard.kept", world.folder / "data.guard")
    assert "another history" in await refusal_to_start(world)


async def test_a_lost_database_is_put_back_from_the_public_log(tmp_path: Path) -> None:
    """Every line that was signed is in the log again, a line says which are empty, and the log goes on."""
    world = World(tmp_path)
    async with world.gateway() as side:
        first = side.decision(await side.send(side.request())).exchange
        back_up(world, "old.db")
        lost = await side.send(side.request())
        tree = await side.checkpoint()
    lines = public_copy(world)
    restore(world, "old.db")
    done = await put_back(world, lines, tree)
    assert (done.first, done.end, done.ended) == (3, 4, 0)
    async with world.gateway() as again:
        assert await again.view("prison-mdi", first) is not None
        assert await again.view("prison-mdi", again.decision(lost).exchange) is None
        await again.send(again.request())
        await again.checkpoint()
    again.receipts += side.receipts
    again.checkpoints += side.checkpoints
    check_ledger(again)
    assert public_copy(world)[:4] == lines
    assert parse_leaf(public_copy(world)[4]) == RecoveredLeaf(first=3, end=4)


async def test_a_recall_that_was_lost_with_the_database_still_holds(tmp_path: Path) -> None:
    """Nothing that was shared is handed over after a recovery: a recall may be among what was lost."""
    world = World(tmp_path)
    async with world.gateway() as side:
        recalled, first = await shared_exchange(side)
        other, second = await shared_exchange(side)
        await side.send(side.open("prison-mdi", other, second, FIELDS["conference"]))
        back_up(world, "old.db")
        await side.send(side.recall(recalled, first))
        tree = await side.checkpoint()
    lines = public_copy(world)
    restore(world, "old.db")
    assert (await put_back(world, lines, tree)).ended == 2
    async with world.gateway() as again:
        for exchange, answer in ((recalled, first), (other, second)):
            with pytest.raises(Refused) as refused:
                await again.send(again.open("prison-mdi", exchange, answer, FIELDS["conference"]))
            assert refused.value.problem.status == 409
            assert (await again.until("prison-mdi", exchange, "expired")).state == "expired"
            await again.until_notice("police-13", exchange, "expired")
        await again.checkpoint()
    check_ledger(again)


async def test_a_yes_to_a_letter_that_was_taken_back_does_not_stand_again(tmp_path: Path) -> None:
    """Nothing is handed over on it; but nobody may go on as if the victim still wanted the letter."""
    world = World(tmp_path)
    async with world.gateway() as side:
        request = side.request("letter")
        asked = claims_of(request)
        await side.send(request)
        letter = asked.body["letter"]["sha256"]
        answer = side.answer(asked.exchange, "agreed", consent=side.consent(letter=letter))
        await side.send(answer)
        assert (await side.until("prison-mdi", asked.exchange, "agreed")).state == "agreed"
        back_up(world, "old.db")
        await side.send(side.recall(asked.exchange, claims_of(answer).jti))
        tree = await side.checkpoint()
    lines = public_copy(world)
    restore(world, "old.db")
    assert (await put_back(world, lines, tree)).ended == 1
    async with world.gateway() as again:
        assert (await again.until("prison-mdi", asked.exchange, "expired")).state == "expired"
        await again.until_notice("prison-mdi", asked.exchange, "expired")
        await again.send(again.recall(asked.exchange, claims_of(answer).jti))
        await again.until("prison-mdi", asked.exchange, "withdrawn")
        await again.checkpoint()
    check_ledger(again)


async def test_a_copy_of_another_log_is_not_put_back(tmp_path: Path) -> None:
    """Lines that do not continue the database are refused, and nothing is written."""
    world = World(tmp_path)
    async with world.gateway() as side:
        back_up(world, "old.db")
        await side.send(side.request())
        tree = await side.checkpoint()
    lines = public_copy(world)
    restore(world, "old.db")
    for wrong in ([*lines[:2], lines[0]], lines[:2], [*lines, lines[2]]):
        with pytest.raises(LogRefused, match="copy of the same log"):
            await put_back(world, wrong, tree)
    assert public_copy(world) == lines[:2]
    assert "signed 3" in await refusal_to_start(world)


async def test_a_guard_that_cannot_be_used_keeps_the_gateway_from_starting(tmp_path: Path) -> None:
    """Damaged, or held by another: the refusal names the folder."""
    world = World(tmp_path)
    async with world.gateway():
        pass
    (world.folder / "data.guard/signed").write_bytes(b"\1" * 9000)
    with pytest.raises(CannotStart, match=r"data\.guard.*damaged"):
        async with world.gateway():
            pass

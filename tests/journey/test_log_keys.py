"""The log's key changes with an overlap, and the change is seen in the log itself."""

from pathlib import Path

import msgspec
import pytest

from contracts.checkpoint import parse_note
from contracts.event import LogKeyLeaf, parse_leaf
from contracts.reply import LogKeys
from gateway.errors import CannotStart
from keys.notes import NoteRefused, VerifierKey, verified_keys
from keys.receipts import ReceiptRefused, check
from tests.journey.ledger_check import check_ledger, checked
from tests.journey.simulated import Side, World


async def log_keys(side: Side) -> LogKeys:
    async with side.http.get(f"{side.world.address}/v1/log-keys") as response:
        assert response.status == 200
        return msgspec.json.decode(await response.read(), type=LogKeys)


async def signers(side: Side, *keys: VerifierKey) -> tuple[VerifierKey, ...]:
    async with side.http.get(f"{side.world.address}/checkpoint") as response:
        return verified_keys(parse_note(await response.text()), keys)


async def test_a_key_changes_with_an_overlap(tmp_path: Path) -> None:
    """Old, then old and new, then new: each checkpoint verifies for everybody who may pin either key at that time."""
    world = World(tmp_path)
    async with checked(world) as side:
        await side.send(side.request())
        assert [key.receipt for key in (await log_keys(side)).keys] == [None], "a log begins with a key, unannounced"
    old, new = world.change_log_keys("log", "newer log")
    async with checked(world) as side:
        await side.send(side.request())
        assert await signers(side, old, new) == (old, new)
        told = await log_keys(side)
        assert [key.vkey for key in told.keys] == [old.encode(), new.encode()]
        proven = check(told.keys[1].receipt or "", old)
        assert parse_leaf(proven.leaf) == LogKeyLeaf(vkey=new.encode())
    world.change_log_keys("newer log")
    async with checked(world) as side:
        await side.send(side.request())
        assert await signers(side, old, new) == (new,)
        with pytest.raises(NoteRefused):
            await signers(side, old)
        assert (await log_keys(side)).keys[1].vkey == new.encode()
    lines = check_ledger(side)
    assert [line.shared.event for line in lines].count("contact-request") == 3


async def test_a_restart_announces_nothing_twice(tmp_path: Path) -> None:
    """The keys are announced once, however often the gateway starts."""
    world = World(tmp_path)
    async with world.gateway() as side:
        await side.checkpoint()
    world.change_log_keys("log", "newer log")
    for _ in range(3):
        async with world.gateway() as side:
            assert (await side.checkpoint()).size == 3


async def test_a_receipt_of_the_old_key_still_verifies_with_it(tmp_path: Path) -> None:
    """What was signed before the change is worth what it was, and is not the new key's."""
    world = World(tmp_path)
    async with world.gateway() as side:
        receipt = (await side.send(side.request())).receipt
    old, new = world.change_log_keys("log", "newer log")
    assert check(receipt, old).index == 2
    with pytest.raises(ReceiptRefused):
        check(receipt, new)


async def test_a_vault_without_a_key_cannot_sign(tmp_path: Path) -> None:
    """The gateway says what is missing."""
    world = World(tmp_path)
    from keys import vault
    from tests.agencies import secret

    vault.write(tmp_path / "log.vault", vault.generate_vault(), secret("unlock"))
    with pytest.raises(CannotStart, match="no key for the log"):
        async with world.gateway():
            pass

"""A desk that pins the log's old key learns of the new one from the log, while both sign, and from nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from contracts.reply import LogKey
from gateway.desk import log_keys
from gateway.desk.agency import Agency
from keys.notes import VerifierKey
from tests.gateway.desk.desks import Refused, desks_at
from tests.journey.simulated import World
from tests.waiting import until

AGENCIES = ("prison-mdi", "prison-lei", "police-13")


@asynccontextmanager
async def pinned(world: World, vkey: VerifierKey) -> AsyncIterator[None]:
    """Desks that start now pin this key of the log."""
    current, world.vkey = world.vkey, vkey
    yield
    world.vkey = current


async def test_a_desk_that_saw_the_overlap_goes_on_with_the_new_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pinned to the old key, it believes the gateway's word under the new one; a desk that was off does not."""
    world, adopted, believe = World(tmp_path), set[str](), log_keys._believe

    def watched(agency: Agency, vkey: VerifierKey) -> None:
        believe(agency, vkey)
        adopted.add(agency.id)

    async def both() -> bool:
        return adopted == {"prison-mdi", "police-13"}

    monkeypatch.setattr(log_keys, "_believe", watched)
    async with world.gateway(), desks_at(world, world.address, "prison-mdi", "police-13") as desks:
        await desks["prison-mdi"].ask()
    old, _ = world.change_log_keys("log", "newer log")
    async with world.gateway(), desks_at(world, world.address, "prison-mdi", "police-13") as desks:
        await desks["prison-mdi"].ask(crime="13 1")
        await until(both)
    world.change_log_keys("newer log")
    async with world.gateway(), pinned(world, old), desks_at(world, world.address, *AGENCIES) as desks:
        asked = await desks["prison-mdi"].ask(crime="13 2")
        assert asked["leaf"] is not None
        await desks["police-13"].until(asked["case"]["exchange"], "contact-request")
        with pytest.raises(Refused) as refused:
            await desks["prison-lei"].ask(crime="13 3")
        assert refused.value.status >= 500


async def test_a_key_that_the_log_does_not_prove_is_not_believed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a receipt, or with that of another line, a key is nobody's word."""
    world = World(tmp_path)
    kept = []

    def proven(agency: object, told: LogKey) -> None:
        for receipt in (None, "c2sp.org/tlog-proof@v1\nindex 0\n\n", told.receipt):
            other = LogKey(vkey=told.vkey.replace("+", "x+", 1), receipt=receipt)
            kept.append(original(agency, other))  # type: ignore[arg-type]

    async def asked() -> bool:
        return bool(kept)

    original = log_keys._proven
    world.change_log_keys("log")
    async with world.gateway() as side:
        await side.send(side.request())
    world.change_log_keys("log", "newer log")
    monkeypatch.setattr(log_keys, "_proven", proven)
    async with world.gateway(), desks_at(world, world.address, "prison-mdi") as desks:
        await desks["prison-mdi"].ask()
        await until(asked)
    assert set(kept) == {None}

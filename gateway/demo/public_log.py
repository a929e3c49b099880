"""What anybody can do with the public log and the published keys: read every tile, and check a bundle of evidence."""

import asyncio
from typing import Final

from contracts.checkpoint import Checkpoint, parse_note
from contracts.tlog_policy import Policy
from gateway.demo.witnesses import POLICY
from gateway.demo.world import World
from gateway.evidence_bundle import check
from gateway.evidence_bundle.archive import NotABundle
from gateway.evidence_bundle.material import NotProved
from gateway.ledger.audit import Audit, audit
from keys.notes import NoteRefused, open_checkpoint

PATIENCE: Final = 15.0
"""Seconds in which log cosigners must have confirmed what is there: they are asked once a second."""


async def cosigned(world: World, size: int) -> Checkpoint | None:
    """The published checkpoint, once a quorum has cosigned so many lines; None if it does not come to that."""
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                tree = await _published(world)
                if tree is not None and tree.size >= size:
                    return tree
                await asyncio.sleep(0.2)
    except TimeoutError:
        return None


async def read_whole(world: World, tree: Checkpoint) -> Audit:
    """Every line and every tile, read over HTTP like anybody would."""
    return await asyncio.to_thread(audit, world.addresses["gateway"], tree, processes=1)


async def evidence_holds(world: World, bundle: bytes) -> bool:
    """Whether a bundle proves its case under the published keys, with a quorum of cosigners, and in order."""
    keys, policy = (world.log_vkey,), (world.folder / POLICY).read_text()
    try:
        return not (await asyncio.to_thread(check.check, bundle, keys, world.officers, policy)).faults
    except (NotABundle, NotProved):
        return False


async def _published(world: World) -> Checkpoint | None:
    async with world.session.get(f"{world.addresses['gateway']}/checkpoint") as answer:
        note = await answer.text()
    try:
        return open_checkpoint(parse_note(note), Policy.parse((world.folder / POLICY).read_text()))
    except NoteRefused:
        return None

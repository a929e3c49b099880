"""Asking witnesses as the publisher does, and waiting for all of them."""

import asyncio

from contracts.checkpoint import Checkpoint
from gateway.ledger.cosigners import Cosigners, Outcome, Prove, SignedHead


async def ask(cosigners: Cosigners, tree: Checkpoint, note: str, prove: Prove) -> dict[str, Outcome]:
    """What came of every witness, by its name in the policy."""
    heard: dict[str, Outcome] = {}
    async with asyncio.TaskGroup() as tasks:
        cosigners.start(tasks, SignedHead.of(tree, note), prove, heard.__setitem__)
    return heard

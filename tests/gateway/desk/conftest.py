"""A gateway and desks for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.gateway.desk.desks import SERVED, Desks, desks_at
from tests.journey.simulated import World


@pytest_asyncio.fixture
async def desks(tmp_path: Path) -> AsyncIterator[Desks]:
    """Every agency's desk, over a real gateway under the real agreement."""
    world = World(tmp_path)
    async with world.gateway(), desks_at(world, world.address, *SERVED) as running:
        yield running


@pytest_asyncio.fixture
async def quick(tmp_path: Path) -> AsyncIterator[Desks]:
    """The same, with an answer window of two seconds."""
    world = World(tmp_path, {"answer": "2 seconds"})
    async with world.gateway(), desks_at(world, world.address, *SERVED) as running:
        yield running

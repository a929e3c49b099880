"""A world and a running gateway for each journey; its whole log is checked again when the journey is over."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.journey.ledger_check import checked
from tests.journey.simulated import Side, World


@pytest_asyncio.fixture
async def side(tmp_path: Path) -> AsyncIterator[Side]:
    """A gateway under the real agreement, with an answer window of two seconds."""
    async with checked(World(tmp_path, {"answer": "2 seconds"})) as running:
        yield running


@pytest_asyncio.fixture
async def slow(tmp_path: Path) -> AsyncIterator[Side]:
    """A gateway under the real agreement, unchanged."""
    async with checked(World(tmp_path)) as running:
        yield running

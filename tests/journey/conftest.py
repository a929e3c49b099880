"""A world and a running gateway for each journey; its whole log is checked again when the journey is over."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.scheduler import Scheduler
from tests.journey.ledger_check import checked
from tests.journey.simulated import Side, World


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about the other engine."""
    other = "sqlite" if os.environ.get("RJ_STORE") == "postgres" else "postgres"
    left_out = [item for item in items if item.get_closest_marker(other)]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


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


@pytest_asyncio.fixture
async def spanned(tmp_path: Path, spans: dict[str, str]) -> AsyncIterator[Side]:
    """A gateway under the real agreement, with the spans that the test gives."""
    async with checked(World(tmp_path, spans)) as running:
        yield running


@pytest_asyncio.fixture
async def unswept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Side]:
    """A gateway with an answer window of two seconds, and nothing that ever sweeps."""

    async def never(self: Scheduler, *, confirmed: bool = False) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Scheduler, "run", never)
    async with checked(World(tmp_path, {"answer": "2 seconds"})) as running:
        yield running

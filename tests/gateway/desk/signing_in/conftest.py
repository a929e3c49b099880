"""A provider that lies, and a desk that uses it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.desk.pages.signing_in import back_channel
from gateway.desk.pages.signing_in.flow import Provider
from tests.gateway.desk.signing_in.hostile_provider import HostileProvider, hostile_provider
from tests.gateway.desk.signing_in.visiting import Clock, Desk, settings


@pytest.fixture
async def liar() -> AsyncIterator[HostileProvider]:
    async with hostile_provider() as provider:
        yield provider


@pytest.fixture
async def desk(liar: HostileProvider, tmp_path: Path) -> AsyncIterator[Desk]:
    clock = Clock()
    async with back_channel.open_session() as session:
        yield Desk(liar, Provider(settings(liar.url, tmp_path), session, clock), clock)

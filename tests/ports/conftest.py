"""One suite, each test on every engine. PostgreSQL is started once for all tests of a process."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.store.port import Store
from tests.ports.engines import NAMES, Engine, PostgreSql, Sqlite


@pytest.fixture(params=NAMES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    if request.param == "sqlite":
        return Sqlite(tmp_path / "store")
    return PostgreSql(tmp_path / "store", request.getfixturevalue("server"))


@pytest_asyncio.fixture
async def store(engine: Engine) -> AsyncIterator[Store]:
    async with engine.open() as opened:
        yield opened

"""Starting a desk: what is wrong is said with the folder and what to change."""

import asyncio
import contextlib
import socket
import time
from pathlib import Path

import aiohttp
import pytest

from gateway.config import DeskSettings
from gateway.desk.serve import serving
from gateway.errors import CannotStart
from tests.gateway.desk.desks import desks_at, settings
from tests.journey.simulated import World

NOWHERE = "http://127.0.0.1:9"


async def started(told: DeskSettings) -> None:
    async with serving(told):
        pass


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("trust.json", b"{}", "trust.json cannot be read"),
        ("unlock.key", b"short", "not an unlock key"),
        ("vault", b"{}", "vault"),
        ("cases.db", b"not a database, but long enough to look like one" * 40, "cannot be used"),
    ],
)
async def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    """Each file in it, when it is not what it should be."""
    told = settings(World(tmp_path), NOWHERE, "prison-mdi")
    (tmp_path / "desks" / "prison-mdi" / name).write_bytes(content)
    with pytest.raises(CannotStart, match=says) as refused:
        await started(told)
    assert "prison-mdi" in str(refused.value)


async def test_one_agency_twice_and_a_port_in_use_are_refused(tmp_path: Path) -> None:
    """Both say what to change."""
    told = settings(World(tmp_path), NOWHERE, "prison-mdi")
    with pytest.raises(CannotStart, match="another folder is of the same agency"):
        await started(DeskSettings(port=0, agency=told.agency * 2))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(CannotStart, match="another program has it"):
            await started(DeskSettings(port=taken.getsockname()[1], agency=told.agency))


async def test_a_desk_without_its_gateway_is_alive_but_not_ready(tmp_path: Path) -> None:
    """It serves, says so, and stops in order."""
    async with desks_at(World(tmp_path), NOWHERE, "prison-mdi") as desks:
        prison = desks["prison-mdi"]
        async with prison.http.get(f"{prison.url}/health/ready") as answer:
            assert answer.status == 503
        async with prison.http.get(f"{prison.url}/health/live") as answer:
            assert answer.status == 200
        assert (await prison.call("GET", "cases"))[0] == 503
        assert (await prison.get("events"))["events"] == []


async def test_a_desk_stops_at_once_though_somebody_waits_for_events(tmp_path: Path) -> None:
    """Who waits hears that there are none."""
    async with desks_at(World(tmp_path), NOWHERE, "prison-mdi") as desks:
        waiting = asyncio.create_task(desks["prison-mdi"].get("events?wait=25"))
        await asyncio.sleep(0.3)
        began = time.monotonic()
    assert time.monotonic() - began < 1
    with contextlib.suppress(aiohttp.ClientError):
        assert (await waiting)["events"] == []

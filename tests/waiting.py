"""Waiting for what happens beside a test: as long as a slow machine needs, and no longer than it takes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec
from aiohttp import ClientSession

T = TypeVar("T")

PATIENCE = 20.0
"""Seconds after which what should happen by itself counts as not happening."""


async def until(what: Callable[[], Awaitable[T]], seconds: float = PATIENCE) -> T:
    """What is asked for again and again, as soon as there is something."""
    end = time.monotonic() + seconds
    while not (found := await what()):
        assert time.monotonic() < end, "It has not happened."
        await asyncio.sleep(0.05)
    return found


async def directory_version(http: ClientSession, address: str) -> int:
    """The version of the directory that a gateway goes by now."""
    async with http.get(f"{address}/v1/directory") as response:
        signed = msgspec.json.decode(await response.read())
    return int(msgspec.json.decode(signed["document"])["version"])


async def until_directory(http: ClientSession, address: str, version: int) -> None:
    """Wait until a gateway goes by this version of the directory."""

    async def gone_by() -> bool:
        return await directory_version(http, address) == version

    await until(gone_by)

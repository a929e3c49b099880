"""The demonstration's world inside the test's own process: a gateway and three desks with pages, on real ports."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from msgspec.structs import replace

from contracts.codec import encode
from gateway.config import load_desk, load_gateway
from gateway.demo.terms import Times
from gateway.demo.world import DESKS, Founding, found, lay_out
from gateway.desk import serve as desk_serve
from gateway.desk.trust import Pins
from gateway.serve import serving
from tests.gateway.desk.desks import Desk

AGENCIES = ("prison-mdi", "prison-lei", "police-13", "police-14", "vlu-yh")
INSPECTORATE = "inspectorate-hmip"
FACE = {"prison": "prison-desk", "police": "police-desk", "vlu": "police-desk", "inspectorate": "inspector-desk"}

PATIENCE = 45
"""Seconds to wait for what comes by itself: enough for a slow machine, and for a gateway that was just away."""


@dataclass
class World:
    """Where everything is. `pages`: desk → address of its pages; `staff`: everybody who can sign in."""

    founding: Founding
    http: aiohttp.ClientSession
    staff: list[dict[str, Any]]
    gateway: "Gateway"
    _systems: dict[str, Desk] = field(default_factory=dict)

    @property
    def pages(self) -> dict[str, str]:
        return self.founding.pages

    def address(self, agency: str) -> str:
        """The address of the pages of an agency's desk."""
        return self.pages[FACE[agency.partition("-")[0]]]

    def api(self, agency: str) -> Desk:
        """The local API of an agency's desk, as its own system calls it."""
        if agency not in self._systems:
            name = FACE[agency.partition("-")[0]]
            key = (self.founding.folder / "desks" / agency / "local-api.key").read_text().strip()
            self._systems[agency] = Desk(self.http, self.founding.urls[name], agency, key, PATIENCE)
        return self._systems[agency]

    def person(self, agency: str, post: str) -> dict[str, Any]:
        """A member of staff: `person("police-13", "officer")`."""
        return next(one for one in self.staff if one["id"] == f"{post}-{agency}")


class Gateway:
    """The gateway, which a test may take away for a while."""

    def __init__(self, founding: Founding) -> None:
        self._settings = load_gateway(founding.folder / "gateway" / "gateway.toml", {})
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        await self._stack.enter_async_context(serving(self._settings))

    async def stop(self) -> None:
        await self._stack.aclose()

    @asynccontextmanager
    async def away(self) -> AsyncIterator[None]:
        """It does not answer while the context lasts, and is back afterwards whatever happened."""
        await self.stop()
        try:
            yield
        finally:
            await self.start()


@asynccontextmanager
async def running(
    folder: Path, times: Times | None = None, *, details_seconds: int | None = None
) -> AsyncIterator[World]:
    """A world that runs while the context lasts; without `times` under the published agreement's own.

    `details_seconds` shortens the time for which shared details stay in view.
    """
    founding = found(folder, AGENCIES, times or {})
    lay_out(founding)
    _add_untrained(folder / "desks" / "staff.json")
    _without_cosigners(folder / "desks")
    gateway = Gateway(founding)
    async with AsyncExitStack() as held:
        http = await held.enter_async_context(aiohttp.ClientSession())
        await gateway.start()
        held.push_async_callback(gateway.stop)
        for name in DESKS:
            settings = load_desk(folder / "desks" / f"{name}.toml", {})
            if details_seconds is not None and settings.pages is not None:
                settings = replace(settings, pages=replace(settings.pages, details_seconds=details_seconds))
            await held.enter_async_context(desk_serve.serving(settings))
        staff = msgspec.json.decode((folder / "desks" / "staff.json").read_bytes())
        yield World(founding=founding, http=http, staff=staff, gateway=gateway)
        await asyncio.sleep(0)


def _add_untrained(file: Path) -> None:
    """A coordinator whose training is not in date, whom the gateway refuses: the demonstration has none."""
    staff = msgspec.json.decode(file.read_bytes())
    one = next(each for each in staff if each["id"] == "coordinator-prison-mdi")
    untrained = one | {"id": "untrained-prison-mdi", "name": "Owen Vaughan", "training": "none"}
    file.write_bytes(msgspec.json.encode([*staff, untrained]))


def _without_cosigners(desks: Path) -> None:
    """None run here: under their policy the desks would ask for every line again and again, for ever."""
    for file in desks.glob("*/trust.json"):
        pins = msgspec.json.decode(file.read_bytes(), type=Pins)
        file.write_bytes(encode(replace(pins, policy=None)))

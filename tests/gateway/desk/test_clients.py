"""Clients of an agency: a key each, with a name, a scope and an end, revoked at once."""

import logging
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from gateway.config import read_vault
from gateway.desk import clients
from gateway.desk.cabinet import Cabinet
from gateway.desk.clients import Client, ClientRefused
from tests.gateway.desk.desks import Desks, desks_at, request, staff
from tests.journey.simulated import World

DAY = 86_400


@asynccontextmanager
async def beside(desks: Desks, agency: str) -> AsyncIterator[Cabinet]:
    """The agency's records, opened by another program while the desk runs."""
    folder = desks.world.folder / "desks" / agency
    vault = read_vault(folder / "vault", folder / "unlock.key")
    with ThreadPoolExecutor(1) as threads:
        cabinet = Cabinet(folder / "cases.db", vault.store_key, threads)
        try:
            yield cabinet
        finally:
            cabinet.close()


async def made(desks: Desks, name: str, *scope: clients.Scope, until: str | None = None, at: int | None = None) -> str:
    """A new client's key."""
    when = int(time.time()) if at is None else at
    async with beside(desks, "prison-mdi") as cabinet:
        return (await cabinet.change(lambda drawer: clients.make(drawer, name, scope, until, when)))[1]


async def revoked(desks: Desks, name: str) -> None:
    async with beside(desks, "prison-mdi") as cabinet:
        await cabinet.change(lambda drawer: clients.revoke(drawer, name, int(time.time())))


async def status(desks: Desks, key: str, path: str = "cases", body: Any = None) -> int:
    method = "GET" if body is None else "POST"
    return (await desks["prison-mdi"].call(method, path, body, key=key))[0]


async def test_a_key_opens_at_once_and_stops_at_once(desks: Desks) -> None:
    """Made and revoked by another program while the desk runs; the other clients are not touched."""
    key = await made(desks, "case-system")
    assert await status(desks, key) == 200
    await revoked(desks, "case-system")
    assert await status(desks, key) == 401
    assert await status(desks, desks["prison-mdi"].key) == 200
    again = await made(desks, "case-system")
    assert (await status(desks, again), await status(desks, key)) == (200, 401)


async def test_every_key_that_does_not_fit_is_refused_in_the_same_words(desks: Desks) -> None:
    """Revoked, over, another agency's, never made, and an agency that is not here."""
    over = await made(desks, "over", until="2026-01-01", at=1_700_000_000)
    gone = await made(desks, "gone")
    await revoked(desks, "gone")
    prison = desks["prison-mdi"]
    refusals = [await prison.call("GET", "cases", key=key) for key in (over, gone, desks["police-13"].key, "x")]
    prison.agency = "prison-not-here"
    refusals.append(await prison.call("GET", "cases", key=prison.key))
    assert {each[0] for each in refusals} == {401}
    assert len({str(each[2]) for each in refusals}) == 1


async def test_the_default_client_is_revoked_too_and_a_new_file_brings_it_back(tmp_path: Path) -> None:
    """Without the file's being changed its key stays out, after a restart as well."""
    world = World(tmp_path)
    file = tmp_path / "desks" / "prison-mdi" / "local-api.key"
    async with world.gateway():
        async with desks_at(world, world.address, "prison-mdi") as desks:
            old = desks["prison-mdi"].key
            await revoked(desks, "default")
            assert await status(desks, old) == 401
        async with desks_at(world, world.address, "prison-mdi") as desks:
            assert await status(desks, old) == 401
        file.unlink()
        async with desks_at(world, world.address, "prison-mdi") as desks:
            assert (await status(desks, desks["prison-mdi"].key), await status(desks, old)) == (200, 401)


@pytest.mark.parametrize(
    ("scope", "looks", "acts", "searches"),
    [
        ((), 200, 201, 403), (("read",), 200, 403, 403), (("act",), 403, 201, 403),
        (("holder",), 200, 403, 403), (("requester", "act"), 403, 201, 403),
    ],
)  # fmt: skip
async def test_a_scope_narrows_what_a_key_opens(
    desks: Desks, scope: tuple[clients.Scope, ...], looks: int, acts: int, searches: int
) -> None:
    """By kind of call and by face; what every agency calls belongs to each face."""
    key = await made(desks, "narrow", *scope)
    assert await status(desks, key, "cases") == looks
    assert await status(desks, key, "requests", request("approach")) == acts
    search = {"staff": staff("i300", "inspector"), "why": "inspection"}
    assert await status(desks, key, "searches", search) == searches


async def test_events_and_logs_name_the_client_and_never_its_key(
    desks: Desks, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever looks back sees which system did it; what came from elsewhere names none."""
    caplog.set_level(logging.DEBUG)
    prison, police = desks["prison-mdi"], desks["police-13"]
    key = await made(desks, "case-system")
    _, _, told = await prison.call("POST", "requests", request("approach"), key=key)
    exchange = told["case"]["exchange"]
    assert (await prison.until(exchange, "contact-request"))["client"] == "case-system"
    assert (await police.until(exchange, "contact-request"))["client"] is None
    logged = capfd.readouterr()
    text = logged.out + logged.err + caplog.text
    assert "case-system" in text
    assert key not in text
    for path in (desks.world.folder / "desks" / "prison-mdi").iterdir():
        assert key.encode() not in path.read_bytes()


async def test_the_day_of_its_last_call_is_known(desks: Desks) -> None:
    """So that an operator sees which keys nobody uses."""
    key = await made(desks, "case-system")
    async with beside(desks, "prison-mdi") as cabinet:
        assert await last_used(cabinet, "case-system") is None
        await status(desks, key)
        assert await last_used(cabinet, "case-system") is not None


async def last_used(cabinet: Cabinet, name: str) -> str | None:
    every = await cabinet.change(clients.every)
    return next(each.last_used for each in every if each.name == name)


@pytest.mark.parametrize(("name", "until"), [("Case System", None), ("x", None), ("case-system", "2020-01-01"),
                                             ("case-system", "tomorrow"), ("default", None)])  # fmt: skip
async def test_a_client_that_cannot_be_is_refused_in_words(desks: Desks, name: str, until: str | None) -> None:
    """A name that is none, a day that is past, and a name that is taken."""
    with pytest.raises(ClientRefused):
        await made(desks, name, until=until)


def test_a_key_lasts_to_the_end_of_its_day() -> None:
    """And not a second longer."""
    client = Client(name="case-system", digest="", made_at=0, until="2026-09-21")
    assert client.is_live(1_790_035_199)
    assert not client.is_live(1_790_035_200)

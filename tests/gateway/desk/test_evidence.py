"""Evidence as a desk hands it out: a ZIP to its own system, proved first; nothing where anything does not hold."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from msgspec.structs import replace

from contracts.evidence import Evidence
from gateway.desk.client import GatewayClient
from gateway.evidence_bundle import archive, check
from gateway.evidence_bundle.case import Case
from tests.gateway.desk.desks import INSPECTOR, SERVED, VALUES, Desk, Desks, desks_at, staff
from tests.journey.ledger_check import checked
from tests.journey.simulated import FIELDS, World


@pytest_asyncio.fixture
async def desks(tmp_path: Path) -> AsyncIterator[Desks]:
    async with checked(World(tmp_path)) as side, desks_at(side.world, side.world.address, *SERVED) as made:
        yield made


async def _shared(desks: Desks) -> str:
    """A case in which details were shared and opened."""
    asked = await desks["prison-mdi"].ask()
    exchange: str = asked["case"]["exchange"]
    await desks["police-13"].until(exchange, "contact-request")
    await desks["police-13"].read(exchange)
    await desks["police-13"].share(exchange, {name: VALUES[name] for name in FIELDS["conference"]})
    await desks["prison-mdi"].until(exchange, "contact-answer")
    await desks["prison-mdi"].open(exchange, fields=["preferred_name"])
    return exchange


async def _zip(desk: Desk, path: str, body: object = None, key: str | None = None) -> tuple[int, Any, bytes]:
    method = "GET" if body is None else "POST"
    headers = {"Authorization": f"Bearer {key or desk.key}"}
    data = None if body is None else msgspec.json.encode(body)
    url = f"{desk.url}/v1/agencies/{desk.agency}/{path}"
    async with desk.http.request(method, url, data=data, headers=headers) as answer:
        return answer.status, answer.headers, await answer.read()


def _proved(world: World, raw: bytes) -> Case:
    return check.check(raw, (world.vkey,), world.officers.verifiers, None)


@pytest.mark.parametrize(("agency", "side", "lines"), [("prison-mdi", "requester", 3), ("police-13", "holder", 4)])
async def test_both_sides_get_their_own_part(desks: Desks, agency: str, side: str, lines: int) -> None:
    """Proved under this agency's own pins, named after the case, and never cached."""
    exchange = await _shared(desks)
    status, headers, raw = await _zip(desks[agency], f"cases/{exchange}/evidence")
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "application/zip", "no-store")
    assert exchange in headers["Content-Disposition"]
    case = _proved(desks.world, raw)
    assert (case.side, len(case.lines), case.faults) == (side, lines, ())
    for value in (VALUES[name] for name in ("preferred_name", "contact_channel", "safe_times")):
        assert value.encode() not in raw


async def test_an_inspector_s_look_is_a_line_of_the_log_first(desks: Desks) -> None:
    """Who looked, and why, stands there; then all of the exchange is handed out."""
    exchange = await _shared(desks)
    desk = desks["inspectorate-hmip"]
    body = {"staff": staff(*INSPECTOR), "why": "complaint"}
    status, _, raw = await _zip(desk, f"exchanges/{exchange}/evidence", body)
    assert status == 200
    case = _proved(desks.world, raw)
    assert (case.side, len(case.lines), case.faults) == ("inspector", 4, ())
    found = await desk.post("searches", {"staff": staff(*INSPECTOR), "why": "inspection", "event": "log-search"})
    assert [line["exact"]["why"] for line in found["lines"]][:1] == ["complaint"]


async def test_whoever_is_no_inspector_is_refused(desks: Desks) -> None:
    """By role, by agency, by what was typed; on record where the gateway refuses."""
    exchange = await _shared(desks)
    officer = {"staff": staff("p100", "police-officer"), "why": "complaint"}
    for agency, status in (("police-13", 403), ("inspectorate-hmip", 403)):
        assert (await _zip(desks[agency], f"exchanges/{exchange}/evidence", officer))[0] == status
    for body in ({}, {"staff": staff(*INSPECTOR)}, {"staff": staff(*INSPECTOR), "why": "curious"}):
        assert (await _zip(desks["inspectorate-hmip"], f"exchanges/{exchange}/evidence", body))[0] == 422


async def test_a_stranger_s_case_is_not_there(desks: Desks) -> None:
    """In the same words as one that never was; and no key, no answer."""
    exchange = await _shared(desks)
    told = {(await _zip(desks[name], f"cases/{exchange}/evidence"))[::2] for name in ("prison-lei", "police-14")}
    nowhere = (await _zip(desks["prison-lei"], f"cases/{exchange[:-4]}ffff/evidence"))[::2]
    assert told == {nowhere}
    assert nowhere[0] == 404
    assert (await _zip(desks["prison-mdi"], f"cases/{exchange}/evidence", key="wrong"))[0] == 401


async def test_what_does_not_hold_is_not_handed_out(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gateway that changes one decision, or leaves the directory out: 502, and not a byte of a ZIP."""
    exchange = await _shared(desks)
    honest = GatewayClient.evidence

    async def decision_moved(self: GatewayClient, path: str, bearer: str) -> Evidence | None:
        found = await honest(self, path, bearer)
        assert found is not None
        lines = (replace(found.lines[0], decision=found.lines[-1].decision), *found.lines[1:])
        return replace(found, lines=lines)

    async def without_directory(self: GatewayClient, path: str, bearer: str) -> Evidence | None:
        found = await honest(self, path, bearer)
        assert found is not None
        return replace(found, documents=found.documents[:1])

    for lie in (decision_moved, without_directory):
        monkeypatch.setattr(GatewayClient, "evidence", lie)
        status, headers, raw = await _zip(desks["prison-mdi"], f"cases/{exchange}/evidence")
        assert (status, headers["Content-Type"]) == (502, "application/problem+json")
        assert not raw.startswith(b"PK")


async def test_pages_are_put_together(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the gateway cuts them."""
    exchange = await _shared(desks)
    whole = archive.unpack((await _zip(desks["police-13"], f"cases/{exchange}/evidence"))[2])
    monkeypatch.setattr("gateway.evidence.EVIDENCE_PAGE", 1)
    paged = archive.unpack((await _zip(desks["police-13"], f"cases/{exchange}/evidence"))[2])
    assert whole.keys() == paged.keys()
    assert whole["timeline.svg"] == paged["timeline.svg"]


async def test_cosigners_that_are_pinned_come_with_it(tmp_path: Path) -> None:
    """So that whoever gets the bundle knows whom to ask."""
    async with checked(World(tmp_path)) as side:
        policy = f"log {side.world.vkey.encode()}\nquorum none\n"
        side.world.policy = policy
        async with desks_at(side.world, side.world.address, *SERVED) as desks:
            exchange = await _shared(desks)
            raw = (await _zip(desks["prison-mdi"], f"cases/{exchange}/evidence"))[2]
    assert archive.unpack(raw)["witness.policy"].decode() == policy
    assert check.check(raw, (side.world.vkey,), None, policy).faults == ()

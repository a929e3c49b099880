"""The same call under one idempotency key: done once, answered the same again, whatever happens in between."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from aiohttp import web

from contracts.codec import b64
from gateway.desk import repeats
from gateway.desk.calls import referrals, victims
from tests.gateway.desk.between import Between, between
from tests.gateway.desk.desks import OFFICER, VALUES, Desk, Desks, desks_at, files_of, request, settings, staff
from tests.journey.simulated import World

KEY = "8e03978e-40d5-43e8-bc93-6894a57f9324"


async def keyed(desk: Desk, path: str, body: object, key: str = KEY) -> tuple[int, bytes]:
    """Status and body of a call under a key, byte for byte."""
    headers = {"Authorization": f"Bearer {desk.key}", "Idempotency-Key": key}
    url = f"{desk.url}/v1/agencies/{desk.agency}/{path}"
    async with desk.http.post(url, data=msgspec.json.encode(body), headers=headers) as answer:
        return answer.status, await answer.read()


def problem(answer: tuple[int, bytes]) -> tuple[int, str]:
    return answer[0], json.loads(answer[1])["type"].rpartition(":")[2]


async def shared(desks: Desks) -> str:
    """An exchange in which the victim's details are shared."""
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange: str = (await prison.ask())["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    await police.share(exchange, VALUES)
    await prison.until(exchange, "contact-answer")
    return exchange


async def test_the_same_call_again_gets_the_same_answer_and_does_nothing(desks: Desks) -> None:
    """Byte for byte, with quotation marks or without; one request leaves."""
    prison, body = desks["prison-mdi"], request()
    first = await keyed(prison, "requests", body)
    assert first[0] == 201
    assert await keyed(prison, "requests", body) == first
    assert await keyed(prison, "requests", body, f'"{KEY}"') == first
    assert len((await prison.get("cases"))["cases"]) == 1
    assert problem(await keyed(prison, "requests", body, "another"))[0] == 409  # R16: it is done anew


async def test_another_body_or_another_call_under_the_key_is_refused(desks: Desks) -> None:
    """422, and nothing is done."""
    prison = desks["prison-mdi"]
    _, told = await keyed(prison, "requests", request())
    assert problem(await keyed(prison, "requests", request(crime="13 2"))) == (422, "key-in-use")
    cancel = f"cases/{json.loads(told)['case']['exchange']}/cancel"
    assert problem(await keyed(prison, cancel, {"why": "other"})) == (422, "key-in-use")
    assert len((await prison.get("cases"))["cases"]) == 1


async def test_a_key_is_a_clients_own_and_an_agencys_own(desks: Desks) -> None:
    """Two prisons that count from one do not meet."""
    answers = [await keyed(desks[name], "requests", request(), "1") for name in ("prison-mdi", "prison-lei")]
    assert [status for status, _ in answers] == [201, 201]


async def test_a_refusal_on_record_is_told_again_and_a_fault_is_looked_at_anew(desks: Desks) -> None:
    """Something typed wrong does nothing, so its key may be used again; what the gateway refused is not asked twice."""
    prison = desks["prison-mdi"]
    assert (await keyed(prison, "requests", request(pnc_id="79-1")))[0] == 422
    assert (await keyed(prison, "requests", request()))[0] == 201
    refused = await keyed(prison, "requests", request(grounds=[], crime="13 2"), "second")
    assert refused[0] == 403
    assert await keyed(prison, "requests", request(grounds=[], crime="13 2"), "second") == refused
    assert len((await prison.get("receipts"))["receipts"]) == 2


@pytest.mark.parametrize("key", ["", "a b", "Ünïcode", "x" * 201, 'in"side'])
async def test_what_is_no_key_is_refused(desks: Desks, key: str) -> None:
    """Before anything is done."""
    prison = desks["prison-mdi"]
    assert problem(await keyed(prison, "requests", request(), key)) == (400, "not-a-key")
    assert (await prison.get("cases"))["cases"] == []


async def test_opened_values_are_never_kept_and_never_told_again(desks: Desks) -> None:
    """The second time says that it was done, at which line; a new key looks anew."""
    exchange = await shared(desks)
    prison = desks["prison-mdi"]
    look = {"staff": staff(), "why": "contact-victim", "no_conflict": True}
    status, told = await keyed(prison, f"cases/{exchange}/open", look)
    opened = json.loads(told)
    assert (status, opened["values"]["preferred_name"]) == (200, VALUES["preferred_name"])
    again = await keyed(prison, f"cases/{exchange}/open", look)
    assert problem(again) == (409, "already-done")
    assert f"line {opened['leaf']} of the log" in json.loads(again[1])["detail"]
    assert VALUES["preferred_name"] not in again[1].decode()
    assert (await keyed(prison, f"cases/{exchange}/open", look, "new"))[0] == 200
    assert VALUES["preferred_name"].encode() not in files_of(desks.world.folder / "desks")
    agency_records = [each["message"] for each in (await prison.get("receipts"))["receipts"]]
    assert agency_records.count("open") == 2


async def test_what_the_desk_itself_does_is_done_once(desks: Desks) -> None:
    """A standing instruction is added once, and its answer is the same."""
    police = desks["police-13"]
    body = {"staff": staff(*OFFICER), "crime_reference": "13 1"}
    first = await keyed(police, "standing-instructions", body)
    assert first[0] == 201
    assert await keyed(police, "standing-instructions", body) == first
    assert len((await police.get("standing-instructions"))["standing_instructions"]) == 1


async def test_what_is_kept_beside_the_cases_is_done_once_too(desks: Desks) -> None:
    """A referral and a letter larger than other bodies: each once, answered the same, and told with its client."""
    prison = desks["prison-mdi"]
    bodies: dict[str, dict[str, Any]] = {
        "referrals": {"staff": staff(), "prison_number": "a1234bc", "why": "He asked me how."},
        "letters": {"staff": staff(), "prison_number": "a1234bc", "scan": b64(b"%PDF-1.7\n" + b"x" * 400_000)},
    }
    for path, body in bodies.items():
        first = await keyed(prison, path, body, path)
        assert first[0] == 201
        assert await keyed(prison, path, body, path) == first
        assert [each["id"] for each in (await prison.get(path))[path]] == [json.loads(first[1])["id"]]
    for event in ("referred", "letter-held"):
        assert (await prison.until(None, event))["client"] == "default"


async def test_a_case_is_handed_on_once_and_its_slip_is_made_anew(desks: Desks) -> None:
    """The slip says who the prisoner is, so that it is not kept: the second time leads to it."""
    prison = desks["prison-mdi"]
    exchange = (await prison.ask())["case"]["exchange"]
    body = {"staff": staff()}
    assert (await keyed(prison, f"cases/{exchange}/hand-on", body))[0] == 201
    assert problem(await keyed(prison, f"cases/{exchange}/hand-on", body)) == (409, "already-done")
    told = [each["message"] for each in (await prison.get("receipts"))["receipts"]]
    assert told.count("cancellation") == 1
    slips = [await keyed(prison, f"cases/{exchange}/hand-over-slip", body, "slip") for _ in range(2)]
    assert [(status, json.loads(slip)["reference"]) for status, slip in slips] == [(200, exchange)] * 2


async def test_what_was_answered_while_the_gateway_was_away_is_answered_so_again(tmp_path: Path) -> None:
    """202 stays 202, and the request leaves once."""
    world = World(tmp_path)
    async with world.gateway(), between(world.address) as stand, desks_at(world, stand.url, "prison-mdi") as desks:
        prison, body = desks["prison-mdi"], request()
        await prison.get("cases")
        stand.away = True
        first = await keyed(prison, "requests", body)
        assert first[0] == 202
        stand.away = False
        await prison.until(None, "contact-request")
        assert await keyed(prison, "requests", body) == first
        assert len((await prison.get("receipts"))["receipts"]) == 1


async def test_a_call_that_is_not_answered_yet_is_not_begun_again(tmp_path: Path) -> None:
    """409 while the first one is at work."""
    world = World(tmp_path)
    async with world.gateway(), holding(world.address) as hold, desks_at(world, hold.url, "prison-mdi") as desks:
        prison, body = desks["prison-mdi"], request()
        await prison.get("cases")
        hold.holds = True
        first = asyncio.create_task(keyed(prison, "requests", body))
        await asyncio.wait_for(hold.held.wait(), 10)
        assert problem(await keyed(prison, "requests", body)) == (409, "still-running")
        hold.let_go.set()
        assert (await first)[0] == 201


class Hold:
    """Between desk and gateway: holds messages back until it lets go."""

    def __init__(self, stand: Between) -> None:
        self.stand, self.holds = stand, False
        self.held, self.let_go = asyncio.Event(), asyncio.Event()

    @property
    def url(self) -> str:
        return self.stand.url


@asynccontextmanager
async def holding(target: str, *, answers: bool = False) -> AsyncIterator[Hold]:
    """`answers`: it holds back what the gateway answers, and not what it is told."""
    async with between(target) as stand:
        hold = Hold(stand)
        plain = stand.pass_on

        async def pass_on(incoming: web.Request) -> web.StreamResponse:
            answer = await plain(incoming) if answers else None
            if hold.holds and incoming.method == "POST":
                hold.held.set()
                await hold.let_go.wait()
            return answer or await plain(incoming)

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", pass_on)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        stand.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield hold
        finally:
            hold.let_go.set()
            await runner.cleanup()


@asynccontextmanager
async def process(world: World, url: str, http: aiohttp.ClientSession) -> AsyncIterator[tuple[Desk, Any]]:
    """A prison's desk as a process of its own, and that process."""
    told = settings(world, url, "prison-mdi")
    folder = told.agency[0].folder
    file = world.folder / "desk.toml"
    file.write_text(f'port = 0\n[[agency]]\nfolder = "{folder}"\nunlock = "{told.agency[0].unlock}"\n')
    running = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.cli", "desk", "--json", "--config", str(file),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env=os.environ | {"PYTHONPATH": os.getcwd()},
    )  # fmt: skip
    try:
        assert running.stdout is not None
        address = json.loads(await asyncio.wait_for(running.stdout.readline(), 30))["address"]
        yield Desk(http, address, "prison-mdi", (folder / "local-api.key").read_text().strip()), running
    finally:
        if running.returncode is None:
            running.terminate()
        await running.wait()


async def test_a_desk_that_is_killed_between_doing_and_answering_does_nothing_twice(tmp_path: Path) -> None:
    """Kill -9 while the gateway has the message: the same call hears what came of it, and one request is on record."""
    world, body = World(tmp_path), request()
    async with world.gateway(), holding(world.address) as hold, aiohttp.ClientSession() as http:
        async with process(world, hold.url, http) as (prison, running):
            await prison.get("cases")
            hold.holds = True
            call = asyncio.create_task(keyed(prison, "requests", body))
            await asyncio.wait_for(hold.held.wait(), 10)
            running.send_signal(signal.SIGKILL)
            await running.wait()
            with pytest.raises(aiohttp.ClientError):
                await call
        async with process(world, hold.url, http) as (prison, _):
            waits = await keyed(prison, "requests", body)
            assert (waits[0], json.loads(waits[1])["queued"]) == (202, True)
            hold.holds = False
            hold.let_go.set()
            await prison.until(None, "contact-request", 20)
            assert await keyed(prison, "requests", body) == waits
            cases = (await prison.get("cases"))["cases"]
            assert [case["exchange"] for case in cases] == [json.loads(waits[1])["case"]["exchange"]]
            assert len((await prison.get("receipts"))["receipts"]) == 1


async def test_a_message_that_left_before_anybody_asked_again_is_told_as_recorded(tmp_path: Path) -> None:
    """Killed likewise, and asked again only when it is on record: 201 with its line."""
    world, body = World(tmp_path), request()
    async with world.gateway(), holding(world.address) as hold, aiohttp.ClientSession() as http:
        async with process(world, hold.url, http) as (prison, running):
            await prison.get("cases")
            hold.holds = True
            call = asyncio.create_task(keyed(prison, "requests", body))
            await asyncio.wait_for(hold.held.wait(), 10)
            running.kill()
            await asyncio.gather(call, return_exceptions=True)
        hold.holds = False
        hold.let_go.set()
        async with process(world, hold.url, http) as (prison, _):
            await prison.until(None, "contact-request", 20)
            status, told = await keyed(prison, "requests", body)
            answered = json.loads(told)
            assert (status, answered["queued"]) == (201, False)
            assert (await prison.get(f"receipts/{answered['jti']}"))["leaf"] == answered["leaf"]
            assert await keyed(prison, "requests", body) == (status, told)


async def test_a_desk_that_dies_before_it_answers_still_knows_what_it_did(
    desks: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An instruction and its answer are one change: an end just after it loses neither."""
    police = desks["police-13"]
    body = {"staff": staff(*OFFICER), "crime_reference": "13 1"}

    with monkeypatch.context() as patch:
        patch.setattr(victims.StandingInstruction, "of", _once_then_dies(victims.StandingInstruction.of))
        assert (await keyed(police, "standing-instructions", body))[0] == 500
    status, told = await keyed(police, "standing-instructions", body)
    every = (await police.get("standing-instructions"))["standing_instructions"]
    assert (status, [json.loads(told)]) == (201, every)


def _once_then_dies(made: Any) -> Any:
    """Works within the change, and fails where the call would answer."""
    calls: list[object] = []

    def of(kept: Any) -> Any:
        calls.append(kept)
        if len(calls) > 1:
            raise RuntimeError("The desk ends here.")
        return made(kept)

    return of


async def test_a_desk_that_dies_after_a_referral_still_knows_it(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    """A referral and its answer are one change likewise."""
    prison = desks["prison-mdi"]
    body = {"staff": staff(), "prison_number": "a1234bc", "why": "He asked me how."}
    with monkeypatch.context() as patch:
        patch.setattr(referrals.ToldReferral, "of", _once_then_dies(referrals.ToldReferral.of))
        assert (await keyed(prison, "referrals", body))[0] == 500
    status, told = await keyed(prison, "referrals", body)
    assert (status, [json.loads(told)]) == (201, (await prison.get("referrals"))["referrals"])


async def test_after_a_day_a_key_is_forgotten(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the same call is a new one: here a duplicate of the live request."""
    prison, body = desks["prison-mdi"], request()
    assert (await keyed(prison, "requests", body))[0] == 201
    monkeypatch.setattr(repeats, "now", lambda: int(time.time()) + repeats.KEPT_SECONDS)
    assert json.loads((await keyed(prison, "requests", body))[1])["code"] == "R16"

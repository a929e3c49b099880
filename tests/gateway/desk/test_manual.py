"""The local API describes itself: the document is valid, and every example on the page works when it is copied."""

import asyncio
import html
import json
import os
import re
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import validate

from gateway.desk.calls.call import File
from gateway.desk.calls.scene import Scene
from gateway.desk.manual import curl
from gateway.desk.openapi import BASE, operation_id
from gateway.desk.routes import CALLS, LOOKS
from tests.gateway.desk.desks import INSPECTOR, OFFICER, Desk, Desks, consent, staff

CURL = shutil.which("curl")
needs_curl = pytest.mark.skipif(
    CURL is None and not os.environ.get("CI"),
    reason="curl is not there (apt install curl): examples are not run",
)


async def page(desk: Desk, **query: str) -> str:
    async with desk.http.get(f"{desk.url}/v1/docs", params=query) as answer:
        assert answer.status == 200
        return await answer.text()


async def example(desk: Desk, method: str, path: str, name: str = "") -> str:
    """The example of a call, as a person copies it from the page."""
    shown = await page(desk, agency=desk.agency, id=name)
    found = re.search(f'id="{operation_id(method, path)}".*?<pre[^>]*><code>(.*?)</code>', shown, re.DOTALL)
    assert found is not None, path
    return html.unescape(found[1])


async def run(desk: Desk, folder: Path, line: str) -> tuple[int, bytes]:
    """What a shell makes of it in the agency's folder: curl's end, and what it printed."""
    shell = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", line, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    out, _ = await shell.communicate()
    assert shell.returncode is not None
    return shell.returncode, out


async def copied(desks: Desks, agency: str, method: str, path: str, name: str = "", **changes: str) -> Any:
    """The answer to the example of a call; `changes` are what a person puts into it first."""
    desk, folder = desks[agency], desks.world.folder / "desks" / agency
    line = await example(desk, method, path, name)
    for old, new in changes.items():
        assert f'"{old}": ' in line
        line = re.sub(f'"{old}": ("[^"]*"|[0-9]+|\\[[^]]*\\])', lambda _, o=old, n=new: f'"{o}": {n}', line)
    end, out = await run(desk, folder, line)
    assert end == 0, (line, out)
    return json.loads(out) if out.startswith(b"{") else out


async def test_the_document_is_valid_and_holds_every_call(desks: Desks) -> None:
    """By an independent validator; without a key, and told by the desk itself."""
    prison = desks["prison-mdi"]
    async with prison.http.get(f"{prison.url}/v1/openapi.json") as answer:
        assert (answer.status, answer.content_type) == (200, "application/json")
        document = await answer.json()
    validate(document)
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": prison.url}]
    served = {(BASE + path, "post") for path in CALLS} | {(BASE + path, "get") for path in LOOKS}
    told = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert {each for each in told if each[0].startswith(BASE)} == served
    for path in ("requests", "cases/{id}/answer"):
        assert document["paths"][BASE + path]["post"]["requestBody"]["content"]["application/json"]["example"]["staff"]
    names = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(set(names)) == len(names)


async def test_the_page_needs_no_script_and_no_key_and_lets_nothing_in(desks: Desks) -> None:
    """A strict policy; one style sheet, of its own."""
    prison = desks["prison-mdi"]
    for path, kind in (("/v1/docs", "text/html"), ("/v1/docs.css", "text/css")):
        async with prison.http.get(prison.url + path) as answer:
            assert (answer.status, answer.content_type) == (200, kind)
            assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
            assert answer.headers["Cache-Control"] == "no-store"
            assert "<script" not in await answer.text()
    shown = await page(prison)
    assert "style=" not in shown
    for path in (*CALLS, *LOOKS):
        assert html.escape(BASE + path) in shown
    for anchor in re.findall(r'href="#([^"]+)"', shown):
        assert f'id="{anchor}"' in shown


@pytest.mark.parametrize("typed", ["<script>alert(1)</script>", "a'; rm -rf ~ '", '"', "$(id)", "../..", "a b"])
async def test_what_is_typed_into_the_page_stays_out_unless_it_is_an_id(desks: Desks, typed: str) -> None:
    """An example is copied into a shell: nothing else may stand in it."""
    plain, spoilt = await page(desks["prison-mdi"]), await page(desks["prison-mdi"], agency=typed, id=typed)
    assert typed not in spoilt or typed in plain
    times = re.compile(r"[0-9]{10}")
    assert times.sub("", spoilt) == times.sub("", plain)


@needs_curl
async def test_a_whole_exchange_can_be_made_by_copying_the_examples(desks: Desks) -> None:
    """Asked, accepted, read, answered, opened, done: each line as it stands on the page."""
    asked = await copied(desks, "prison-mdi", "post", "requests")
    exchange = asked["case"]["exchange"]
    await desks["police-13"].until(exchange, "contact-request")
    for path in ("accept", "read", "answer"):
        await copied(desks, "police-13", "post", f"cases/{{id}}/{path}", exchange)
    await desks["prison-mdi"].until(exchange, "contact-answer")
    opened = await copied(desks, "prison-mdi", "post", "cases/{id}/open", exchange)
    assert opened["values"]["preferred_name"] == "Siân D’Souza"
    done = await copied(desks, "prison-mdi", "post", "cases/{id}/outcome", exchange)
    assert done["case"]["state"] == "outcome-recorded" or done["case"]["state"] == "closed"


@needs_curl
async def test_a_case_takes_every_turn_by_the_examples(desks: Desks) -> None:
    """More needed, supplied, found sensitive, reviewed, answered, taken back, acknowledged; another one withdrawn."""
    police, prison = "police-13", "prison-mdi"
    exchange = (await copied(desks, prison, "post", "requests"))["case"]["exchange"]
    await desks[police].until(exchange, "contact-request")
    await copied(desks, police, "post", "cases/{id}/more-needed", exchange)
    await desks[prison].until(exchange, "more-needed")
    await copied(desks, prison, "post", "cases/{id}/supplement", exchange)
    await desks[police].until(exchange, "supplement")
    for path in ("read", "sensitivity", "review", "answer", "recall"):
        await copied(desks, police, "post", f"cases/{{id}}/{path}", exchange)
    await desks[prison].until(exchange, "recall")
    await copied(desks, prison, "post", "cases/{id}/acknowledge-recall", exchange)
    other = (await copied(desks, prison, "post", "requests", crime_reference='"13 2"'))["case"]["exchange"]
    assert (await copied(desks, prison, "post", "cases/{id}/cancel", other))["case"]["state"] == "cancelled"


@needs_curl
async def test_what_a_holder_does_for_a_victim_can_be_copied(desks: Desks) -> None:
    """Instructions, reports and delays."""
    police = "police-13"
    exchange = (await desks["prison-mdi"].ask())["case"]["exchange"]
    await desks[police].until(exchange, "contact-request")
    await desks[police].read(exchange)
    await copied(desks, police, "post", "access-reports")
    delay = await copied(desks, police, "post", "visibility-delays", exchange)
    await copied(desks, police, "post", "visibility-delays/{id}/lift", delay["id"])
    instruction = await copied(desks, police, "post", "standing-instructions")
    lifted = await copied(desks, police, "post", "standing-instructions/{id}/lift", instruction["id"])
    assert lifted["lifted_at"] is not None


@needs_curl
async def test_what_a_desk_keeps_beside_its_cases_can_be_copied(desks: Desks) -> None:
    """Referrals, whose a case is, an approach up to its yes, and a prisoner who moves."""
    prison, police, next_prison = "prison-mdi", "police-13", "prison-lei"
    referral = (await copied(desks, prison, "post", "referrals"))["id"]
    for path in ("take", "put-back", "close"):
        await copied(desks, prison, "post", f"referrals/{{id}}/{path}", referral)
    mine = await copied(desks, prison, "post", "referrals/mine")
    assert [(each["id"], each["standing"]) for each in mine["referrals"]] == [(referral, "closed")]
    exchange = (await copied(desks, prison, "post", "requests"))["case"]["exchange"]
    await copied(desks, prison, "post", "cases/{id}/allocate", exchange)
    rows = (await copied(desks, prison, "post", "work-list", due='["later", "week"]'))["rows"]
    assert [(row["exchange"], row["allocated"]) for row in rows] == [(exchange, "s838")]
    await desks[police].until(exchange, "contact-request")
    await copied(desks, police, "post", "cases/{id}/read", exchange)
    for path in ("plan", "try", "tell", "decide"):
        approach = await copied(desks, police, "post", f"cases/{{id}}/approach/{path}", exchange)
    assert approach["consent"]["given_by"] == "victim"
    slip = await copied(desks, prison, "post", "cases/{id}/hand-over-slip", exchange)
    handed = await copied(desks, prison, "post", "cases/{id}/hand-on", exchange)
    assert (handed["slip"]["reference"], handed["spoken"]["case"]["state"]) == (slip["reference"], "cancelled")
    taken = await copied(desks, next_prison, "post", "take-overs", exchange)
    assert taken["case"]["follows"] == exchange


@needs_curl
async def test_a_letter_can_be_held_and_handed_over_by_copying_the_examples(desks: Desks) -> None:
    """From the prison to the victim; and another that is given back."""
    prison, police = "prison-mdi", "police-13"
    spare = (await copied(desks, prison, "post", "letters"))["id"]
    assert (await copied(desks, prison, "post", "letters/{id}/end", spare))["standing"] == "returned"
    letter = await copied(desks, prison, "post", "letters")
    letter = await copied(desks, prison, "post", "letters/{id}/change", letter["id"])
    named = {"id": letter["id"], "sha256": letter["sha256"]}
    exchange = (await desks[prison].ask("letter", letter=named))["case"]["exchange"]
    await desks[police].until(exchange, "contact-request")
    await desks[police].read(exchange)
    yes = {"staff": staff(*OFFICER), "outcome": "agreed", "consent": consent(letter=letter["sha256"])}
    await desks[police].post(f"cases/{exchange}/answer", yes)
    await desks[prison].until(exchange, "contact-answer")
    assert (await copied(desks, prison, "post", "letters/{id}/send-on", letter["id"]))["standing"] == "sent-on"
    code = json.dumps(letter["check_code"])
    await copied(desks, police, "post", "cases/{id}/letter/receive", exchange, check_code=code)
    for path in ("read", "put-away", "hand-over"):
        await copied(desks, police, "post", f"cases/{{id}}/letter/{path}", exchange)
    assert (await copied(desks, police, "get", "cases/{id}/letter", exchange))["handed_how"] == "in-person"


@needs_curl
async def test_what_only_looks_and_what_an_inspector_calls_can_be_copied(desks: Desks) -> None:
    """Every GET, each answered; the files are kept under the names that the desk gives them."""
    prison, police, inspector = "prison-mdi", "police-13", "inspectorate-hmip"
    asked = await desks[prison].ask(sensitivities=["hate"])
    exchange = asked["case"]["exchange"]
    await desks[police].until(exchange, "contact-request")
    await desks[police].read(exchange)
    review = await desks[police].review(exchange, "proceed")
    leaf = await desks[police].until(exchange, "contact-request")
    await copied(desks, inspector, "post", "searches")
    searched = await desks[inspector].post(
        "searches", {"staff": staff(*INSPECTOR), "why": "inspection", "about": exchange}
    )
    ids = {"receipts/{id}": asked["jti"], "referrals/{id}": (await copied(desks, prison, "post", "referrals"))["id"]}
    letter = (await copied(desks, prison, "post", "letters"))["id"]
    ids |= {"letters/{id}": letter, "letters/{id}/content": letter}
    at_the_police = ("standing-instructions", "visibility-delays", "deliveries/{leaf}", "cases/{id}/approach")
    for path in LOOKS:
        if path == "cases/{id}/letter":
            continue  # this case has none: see the letter below
        if path.startswith("exchanges"):
            agency, changed = inspector, f"?search={searched['jti']}"
        else:
            agency = police if path in at_the_police else prison
            changed = ""
        line = await example(desks[agency], "get", path, ids.get(path, exchange))
        line = line.replace("deliveries/0'", f"deliveries/{leaf['leaf']}'")
        line = line.removesuffix("'") + changed + "'"
        end, out = await run(desks[agency], desks.world.folder / "desks" / agency, line)
        assert end == 0, (path, line, out)
    reasons = await copied(desks, inspector, "post", "exchanges/{id}/open-reasons", exchange, of=f'"{review["jti"]}"')
    assert reasons["reasons"] == "On its merits."
    await copied(desks, inspector, "post", "exchanges/{id}/evidence", exchange)
    assert (await copied(desks, inspector, "post", "case-records"))["looked"] == 1
    assert (await copied(desks, inspector, "post", "figures"))["cases"] == 1
    for agency in (prison, inspector):
        assert (desks.world.folder / "desks" / agency / f"evidence-{exchange}.zip").read_bytes()[:2] == b"PK"


def test_curl_has_a_line_for_every_call() -> None:
    """Also for those that are added later."""
    scene = Scene(now=int(time.time()))
    for path, call in CALLS.items():
        assert curl.calling(path, call, scene, "http://127.0.0.1:1", to_file=call.answer is File).endswith("\nEOF")
    for path in LOOKS:
        assert "{" not in curl.looking(path, scene, "http://127.0.0.1:1")

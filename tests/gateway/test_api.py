"""The HTTP edge: what each address serves, to whom, and how errors become problems."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from typing import get_args, get_type_hints

import msgspec
import pytest
import pytest_asyncio

from contracts.checkpoint import Checkpoint, parse_note
from contracts.directory import SignedDocument
from contracts.reply import Inbox, Problem, Reply
from contracts.schemas import NAMES, published
from gateway.api import problems
from gateway.decide.exchange import Refused
from gateway.errors import RulesBehind, StoreUnavailable
from gateway.exchange import Gateway
from gateway.store.postgres_link import NotSure
from keys import directory, documents
from tests.journey.forging import SECRET, broken_signature, problem
from tests.journey.simulated import ORIGIN, Side, World, claims_of, uuid7

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Side]:
    """One gateway for all."""
    async with World(tmp_path_factory.mktemp("gate")).gateway() as side:
        yield side


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def measured(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Side]:
    """A gateway that serves its metrics."""
    world = World(tmp_path_factory.mktemp("measured"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        world.metrics = free.getsockname()[1]  # type: ignore[attr-defined]
    settings = world.settings()
    section = msgspec.structs.replace(settings.gateway, metrics=world.metrics)  # type: ignore[attr-defined]
    world.settings = lambda **_: msgspec.structs.replace(settings, gateway=section)  # type: ignore[method-assign]
    async with world.gateway() as side:
        yield side


async def metrics(side: Side) -> list[str]:
    """The lines of what the gateway measures."""
    async with side.http.get(f"http://127.0.0.1:{side.world.metrics}/metrics") as response:  # type: ignore[attr-defined]
        return (await response.text()).splitlines()


async def get(gate: Side, path: str) -> tuple[int, str, bytes]:
    """Status, media type and body of what anybody may read."""
    async with gate.http.get(f"{gate.world.address}{path}") as response:
        return response.status, response.headers["Content-Type"], await response.read()


async def test_the_checkpoint_is_a_signed_note_that_grows_with_the_log(gate: Side) -> None:
    """In plain text, under the log's key, by the size of the tree."""
    status, media, body = await get(gate, "/checkpoint")
    assert (status, media) == (200, "text/plain; charset=utf-8")
    before = Checkpoint.parse(parse_note(body.decode()).text)
    await gate.send(gate.request())
    assert (await gate.checkpoint()).size == before.size + 1


async def test_the_signed_documents_are_served_so_that_anyone_can_verify_them(gate: Side) -> None:
    """By the officers' keys alone, trusting no gateway."""
    officers = gate.world.officers.verifiers
    _, media, body = await get(gate, "/v1/agreement")
    assert media == "application/json"
    signed = msgspec.json.decode(body, type=SignedDocument)
    assert documents.verify("agreement", signed, officers).document == gate.world.text
    _, _, body = await get(gate, "/v1/directory")
    known = directory.load(msgspec.json.decode(body, type=SignedDocument), officers, gateway=ORIGIN)
    assert known.agency("police-13") is not None


async def test_every_schema_is_served_by_its_name(gate: Side) -> None:
    """And none that there is not."""
    for name in NAMES:
        status, media, body = await get(gate, f"/v1/schemas/{name}")
        assert (status, media.partition(";")[0], body.decode()) == (200, "application/schema+json", published(name))
    status, _, body = await get(gate, "/v1/schemas/gossip.v1")
    assert problem(status, body).type == "urn:rj:problem:not-found"


async def test_a_gateway_that_serves_is_live_and_ready(gate: Side) -> None:
    """For whoever balances loads and restarts."""
    assert (await get(gate, "/health/live"))[0] == 200
    assert (await get(gate, "/health/ready"))[0] == 200


async def test_metrics_count_and_name_nobody(measured: Side) -> None:
    """Decisions, and what nobody vouched for by the check that refused it; no agency, no id."""
    request = measured.request()
    await measured.send(request)
    await measured.refusal(broken_signature(measured.request()))
    text = "\n".join(await metrics(measured))
    assert 'rj_not_verified_total{check="signature"} ' in text
    assert 'rj_messages_total{decision="accepted",problem="none"} ' in text
    said = claims_of(request)
    for needle in ("prison", "police", said.jti, said.exchange, said.actor.id):
        assert needle not in text


async def test_metrics_do_not_betray_a_victims_no(measured: Side) -> None:
    """Whoever reads them before and after an answer sees that something was said, and not what.

    Ages change by themselves.
    """
    seen = []
    for outcome, code in (("agreed", None), ("cannot-proceed", "R19"), ("cannot-proceed", "R20")):
        request = measured.request("letter")
        await measured.send(request)
        before = await metrics(measured)
        letter = claims_of(request).body["letter"]["sha256"]
        consent = measured.consent(letter=letter) if outcome == "agreed" else None
        await measured.send(measured.answer(claims_of(request).exchange, outcome, code, consent=consent))
        changed = {line.rpartition(" ")[0] for line in set(await metrics(measured)) - set(before)}
        seen.append({line for line in changed if "_bucket" not in line and "_age_seconds" not in line})
    assert seen[0] == seen[1] == seen[2]


async def test_metrics_are_not_served_to_those_who_post(measured: Side) -> None:
    """They have a port of their own, on loopback."""
    status, _, body = await get(measured, "/metrics")
    assert problem(status, body).type == "urn:rj:problem:not-found"


async def test_what_became_of_a_message_is_told_to_its_sender(gate: Side) -> None:
    """The same decision and a receipt for the same leaf; not to be kept by anything in between."""
    request = gate.request()
    first = gate.check(await gate.send(request))
    status, body = await gate.read("prison-mdi", f"/v1/messages/{claims_of(request).jti}")
    assert status == 200
    assert gate.check(msgspec.json.decode(body, type=Reply)) == first


@pytest.mark.parametrize("name", [uuid7(), "x", "..", "%00", "%ff", "a" * 300, "%F0%9F%92%A9"], ids=range(7))
async def test_what_is_not_there_is_not_there_whatever_it_is_called(gate: Side, name: str) -> None:
    """404 in the same words, for messages and for exchanges."""
    for folder in ("messages", "exchanges"):
        status, body = await gate.read("prison-mdi", f"/v1/{folder}/{name}")
        assert status in (401, 404)  # a client may have written the path in another way than it was signed
        assert b"problem" in body


async def test_an_inbox_answers_as_soon_as_something_comes(gate: Side) -> None:
    """Long before its time is over; and from the cursor on, nothing twice."""
    _, body = await gate.read("police-14", "/v1/inbox")
    cursor = msgspec.json.decode(body, type=Inbox).next
    waiting = asyncio.create_task(gate.read("police-14", f"/v1/inbox?after={cursor}&wait=20"))
    await asyncio.sleep(0.05)
    request = gate.request(force="police-14")
    began = time.monotonic()
    await gate.send(request)
    inbox = msgspec.json.decode((await waiting)[1], type=Inbox)
    assert time.monotonic() - began < 2
    assert [item.exchange for item in inbox.items] == [claims_of(request).exchange]
    assert inbox.next == inbox.items[-1].index
    _, body = await gate.read("police-14", f"/v1/inbox?after={inbox.next}&wait=0")
    assert msgspec.json.decode(body, type=Inbox) == Inbox(items=(), next=inbox.next)


async def test_an_inbox_in_which_nothing_comes_answers_when_its_time_is_over(gate: Side) -> None:
    """Empty, with the cursor that was given."""
    began = time.monotonic()
    _, body = await gate.read("vlu-13", "/v1/inbox?after=5&wait=1")
    assert 0.9 < time.monotonic() - began < 3
    assert msgspec.json.decode(body, type=Inbox) == Inbox(items=(), next=5)


@pytest.mark.parametrize(
    "path", ["/v1/inbox", f"/v1/messages/{uuid7()}", f"/v1/exchanges/{uuid7()}"], ids=["inbox", "message", "exchange"]
)
async def test_reading_needs_a_token(gate: Side, path: str) -> None:
    """401, and how to show who is reading."""
    async with gate.http.get(f"{gate.world.address}{path}") as response:
        assert (response.status, response.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert problem(401, await response.read()).type == "urn:rj:problem:not-authorised"


async def test_what_agencies_read_is_not_kept_by_anything_in_between(gate: Side) -> None:
    """`Cache-Control: no-store` on replies, inboxes and exchanges."""
    request = gate.request()
    async with gate.http.post(f"{gate.world.address}/v1/messages", data=msgspec.json.encode(request)) as response:
        assert (response.status, response.headers["Cache-Control"]) == (201, "no-store")
        assert response.headers["Server"] == "rj"


async def test_an_error_of_ours_is_a_problem_without_a_word_of_it(gate: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    """500, as RFC 9457; the next message is served."""

    async def broken(self: Gateway, raw: bytes) -> None:
        raise RuntimeError(SECRET)

    with monkeypatch.context() as breaking:
        breaking.setattr(Gateway, "accept", broken)
        status, body = await gate.post(gate.request())
    found = problem(status, body)
    assert (status, found.type) == (500, "urn:rj:problem:internal")
    assert SECRET not in body.decode()
    await gate.send(gate.request())


async def test_every_kind_of_refusal_has_a_status_and_a_title(gate: Side) -> None:
    """What is decided can be told: no slug of a refusal is missing from the map."""
    slugs = get_args(get_type_hints(Refused)["slug"])
    assert slugs
    assert set(slugs) <= set(problems.KINDS)
    for slug, kind in problems.KINDS.items():
        found = msgspec.json.decode(problems.body(slug, "Why."), type=Problem)
        assert (found.status, found.title, found.type) == (kind.status, kind.title, f"urn:rj:problem:{slug}")
    assert {slug for slug, _ in (*problems.DETAILS.values(), *problems.BY_STATUS.values())} <= set(problems.KINDS)


@pytest.mark.parametrize("error", [RulesBehind("Newer documents."), NotSure("The standby is silent.")])
async def test_an_error_of_a_narrower_kind_is_told_as_its_kind(error: StoreUnavailable) -> None:
    """Nobody has to list each of them: what the store cannot do now may be tried again, and is no fault of ours."""
    answer = problems.of_error(error)
    assert (answer.status, "Retry-After" in answer.headers) == (503, True)

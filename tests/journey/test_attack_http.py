"""Attacks on HTTP itself, by raw sockets: 109–121 of the design's list (the list stands in `test_attack_claims.py`).

Every refusal is a problem in our own words: aiohttp's texts repeat what they choked on.
"""

import asyncio
import gzip
import json
import time
from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio
from structlog.testing import capture_logs
from yarl import URL

from contracts.codec import encode
from contracts.reply import Problem
from tests.journey.forging import SECRET, problem, raw_http, read_with, reading_token
from tests.journey.simulated import ORIGIN, Side, World, uuid7

pytestmark = pytest.mark.asyncio(loop_scope="module")

POST = "POST /v1/messages HTTP/1.1\r\nHost: gateway\r\n"
GET = "GET /health/live HTTP/1.1\r\nHost: gateway\r\n"
CHUNKED = "0\r\n\r\n"
BOMB = gzip.compress(bytes(20_000_000))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Side]:
    """One gateway for all attacks; at the end an honest message still passes."""
    async with World(tmp_path_factory.mktemp("gate")).gateway() as side:
        yield side
        await side.send(side.request())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hasty(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Side]:
    """A gateway with a deadline of one second for headers and bodies, and room for 20 connections."""
    world = World(tmp_path_factory.mktemp("hasty"))
    async with world.gateway(header_seconds=1, body_seconds=1, keepalive_seconds=2, connections=20) as side:
        yield side


def answers(heard: bytes) -> list[tuple[int, bytes, bytes]]:
    """Status, headers and body of each answer in these bytes."""
    found = []
    while heard:
        head, _, rest = heard.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        found.append((int(head.split(b" ", 2)[1]), head, rest[:length]))
        heard = rest[length:]
    return found


def refused(heard: bytes, status: int) -> Problem:
    """One answer, a problem that says nothing of the input, after which nothing more is read."""
    ((got, head, body),) = answers(heard)
    assert got == status
    assert b"application/problem+json" in head
    assert SECRET.encode() not in heard
    assert b"aiohttp" not in heard
    return msgspec.json.decode(body, type=Problem)


async def test_control_the_same_requests_without_the_flaw_are_answered(gate: Side) -> None:
    """By content length and by chunks, one after the other on one connection."""
    raw = encode(gate.request())
    chunked = encode(gate.request())
    heard = await raw_http(
        gate.world.address,
        f"{GET}\r\n".encode(),
        f"{POST}Content-Length: {len(raw)}\r\n\r\n".encode() + raw,
        f"{POST}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n{len(chunked):x}\r\n".encode(),
        chunked + f"\r\n{CHUNKED}".encode(),
    )
    assert [status for status, _, _ in answers(heard)] == [200, 201, 201]


SMUGGLED = f"{GET}X: {SECRET}\r\n\r\n"
NOT_HTTP = {
    "109 length and chunks": f"{POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n{CHUNKED}{SMUGGLED}",
    "109 chunks and length": f"{POST}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n{CHUNKED}{SMUGGLED}",
    "109 unknown encoding": f"{POST}Transfer-Encoding: x{SECRET}\r\n\r\n{CHUNKED}{SMUGGLED}",
    "109 chunked twice": f"{POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n{CHUNKED}{SMUGGLED}",
    "109 chunked, then identity": f"{POST}Transfer-Encoding: chunked, identity\r\n\r\n{CHUNKED}{SMUGGLED}",
    "109 chunked under a tab": f"{POST}Transfer-Encoding:\x0bchunked\r\n\r\n{CHUNKED}{SMUGGLED}",
    "109 chunks in 1.0": f"{POST.replace('1.1', '1.0')}Transfer-Encoding: chunked\r\n\r\n{CHUNKED}",
    "109 a chunk of no size": f"{POST}Transfer-Encoding: chunked\r\n\r\n{SECRET}\r\n\r\n{SMUGGLED}",
    "109 a chunk size with a sign": f"{POST}Transfer-Encoding: chunked\r\n\r\n+2\r\n{{}}\r\n{CHUNKED}",
    "109 a chunk longer than said": f"{POST}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}{SECRET}\r\n{CHUNKED}",
    "109 a line feed in an extension": f'{POST}Transfer-Encoding: chunked\r\n\r\n2;a="\n{SECRET}"\r\n{{}}\r\n{CHUNKED}',
    "110 two lengths": f"{POST}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{{}}{SMUGGLED}",
    "110 two other lengths": f"{POST}Content-Length: 2\r\nContent-Length: 9\r\n\r\n{{}}{SMUGGLED}",
    "110 a list of lengths": f"{POST}Content-Length: 2, 2\r\n\r\n{{}}",
    "110 a length with a sign": f"{POST}Content-Length: +2\r\n\r\n{{}}",
    "110 a length that is none": f"{POST}Content-Length: {SECRET}\r\n\r\n{{}}",
    "110 a negative length": f"{POST}Content-Length: -1\r\n\r\n{{}}",
    "111 two hosts": f"{GET}Host: {SECRET}\r\n\r\n",
    "111 no host": f"GET /health/live HTTP/1.1\r\nX: {SECRET}\r\n\r\n",
    "112 line feeds alone": f"GET /health/live HTTP/1.1\nHost: {SECRET}\n\n",
    "112 one line feed alone": f"{GET}X: a\nY: {SECRET}\r\n\r\n",
    "112 a carriage return alone": f"{GET}X: a\rY: {SECRET}\r\n\r\n",
    "113 a folded header": f"{GET}X: a\r\n {SECRET}\r\n\r\n",
    "113 a folded first header": f"GET /health/live HTTP/1.1\r\n Host: {SECRET}\r\n\r\n",
    "113 a space before the colon": f"{GET}X : {SECRET}\r\n\r\n",
    "113 a header without a name": f"{GET}: {SECRET}\r\n\r\n",
    "115 version 9.9": f"{GET.replace('1.1', '9.9')}X: {SECRET}\r\n\r\n",
    "115 version 1.1x": f"{GET.replace('1.1', '1.1x')}X: {SECRET}\r\n\r\n",
    "115 another protocol": f"{GET.replace('HTTP', 'SECRET')}\r\n",
    "115 a method that is none": f"{SECRET} / HTTP/1.1\r\nHost: a\r\n\r\n",
    "115 a zero byte": f"{GET}X: {SECRET}\x00\r\n\r\n",
    "115 a target that is none": f"GET http://[{SECRET} HTTP/1.1\r\nHost: a\r\n\r\n",
    "115 a long target": f"GET /{SECRET * 400} HTTP/1.1\r\nHost: a\r\n\r\n",
    "115 a long header": f"{GET}X: {SECRET * 400}\r\n\r\n",
    "115 many headers": GET + "".join(f"X{n}: {SECRET}\r\n" for n in range(70)) + "\r\n",
    "115 TLS": f"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03{SECRET}",
}


@pytest.mark.parametrize("attack", NOT_HTTP)
async def test_109_to_115_what_is_not_well_formed_http_is_refused_and_the_connection_closed(
    gate: Side, attack: str
) -> None:
    """One answer, and what follows on the connection is not taken for a second request."""
    heard = await raw_http(gate.world.address, NOT_HTTP[attack].encode("latin-1"), wait=3)
    assert refused(heard, 400).type == "urn:rj:problem:not-http"


@pytest.mark.parametrize("version", ["HTTP/0.9", "HTTP/2.0", ""])
async def test_115_another_version_of_http_is_refused(gate: Side, version: str) -> None:
    """Each frames its bodies in a way of its own."""
    heard = await raw_http(gate.world.address, f"GET /health/live {version}\r\nHost: a\r\n\r\n".encode(), wait=1)
    assert refused(heard, 505 if version else 400)


async def test_109_a_chunk_that_breaks_later_is_refused(hasty: Side) -> None:
    """The rest of such a body can never come: its deadline ends it, and with it the connection."""
    head = f"{POST}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\r\n".encode()
    heard = await raw_http(hasty.world.address, head, f"{SECRET}\r\n".encode(), pause=0.1)
    assert refused(heard, 408).type == "urn:rj:problem:slow"


async def test_114_two_authorizations_authorise_nobody(gate: Side) -> None:
    """Not even the same good one twice: a proxy might have read the one and we the other."""
    now = int(time.time())
    claims = {
        "iss": "prison-mdi", "aud": ORIGIN, "iat": now, "exp": now + 60, "jti": uuid7(), "htm": "GET",
        "htu": "/v1/inbox",
    }  # fmt: skip
    good = f"Bearer {reading_token(gate, 'prison-mdi', claims)}"
    assert (await read_with(gate, "/v1/inbox", good))[0] == 200
    bare = good.removeprefix("Bearer ")
    twice = ([good, good], [good, "Bearer x"], ["Bearer x", good])
    for headers in (*twice, [f"bearer {bare}"], [f"Basic {bare}"], [bare], []):
        status, body = await read_with(gate, "/v1/inbox", *headers)
        assert problem(status, body).type == "urn:rj:problem:not-authorised"
        assert bare not in body.decode()


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity", SECRET])
async def test_116_a_compressed_body_is_refused_and_never_unpacked(gate: Side, encoding: str) -> None:
    """A bomb of 20 KB that would be 20 MB."""
    head = f"{POST}Connection: close\r\nContent-Encoding: {encoding}\r\nContent-Length: {len(BOMB)}\r\n\r\n"
    heard = await raw_http(gate.world.address, head.encode() + BOMB)
    assert refused(heard, 415).type == "urn:rj:problem:compressed"


@pytest.mark.parametrize("before", [0, 1])
async def test_117_headers_that_never_end_are_cut_off(hasty: Side, before: int) -> None:
    """By the first request of a connection, and by a later one; a header line every now and then does not help."""
    began = time.monotonic()
    whole, drip = [f"{GET}\r\n".encode()] * before, [b"X: a\r\n"] * 150
    heard = await raw_http(hasty.world.address, *whole, GET.encode(), *drip, pause=0.1, wait=20)
    assert 0.8 < time.monotonic() - began < 10
    assert len(answers(heard)) == before


async def test_117_a_connection_that_says_nothing_is_closed(hasty: Side) -> None:
    """After the time that is meant for keeping connections alive."""
    began = time.monotonic()
    assert await raw_http(hasty.world.address, wait=20) == b""
    assert 1.5 < time.monotonic() - began < 10


async def test_117_a_request_that_comes_in_pieces_within_the_deadline_is_answered(hasty: Side) -> None:
    """Slow lines are no attack; nor is a long poll, or an idle connection between two requests."""
    parts = [GET.encode()[:9], GET.encode()[9:], b"Connection: keep-alive\r\n\r\n"]
    heard = await raw_http(hasty.world.address, *parts, *parts, pause=0.25, wait=1.6)
    assert [status for status, _, _ in answers(heard)] == [200, 200]
    began = time.monotonic()
    assert (await hasty.read("prison-mdi", "/v1/inbox?after=9&wait=2"))[0] == 200
    assert time.monotonic() - began > 1.9


@pytest.mark.parametrize("drip", [0, 150])
async def test_118_a_body_that_does_not_come_is_refused(hasty: Side, drip: int) -> None:
    """408, and the connection is closed; a body that drips does not help."""
    head, began = f"{POST}Content-Length: 1000\r\n\r\n".encode(), time.monotonic()
    heard = await raw_http(hasty.world.address, head, *[b"x"] * drip, pause=0.1, wait=20)
    assert refused(heard, 408).type == "urn:rj:problem:slow"
    assert time.monotonic() - began < 10


async def test_119_connections_over_the_cap_are_refused_and_the_rest_served(hasty: Side) -> None:
    """503 at once for each that is too many; those within the cap are answered; with some gone there is room again."""
    whole = f"{GET}\r\n".encode()
    held = [asyncio.create_task(raw_http(hasty.world.address, whole, wait=1)) for _ in range(40)]
    statuses = [answers(await each)[0][0] for each in held]
    assert 18 <= statuses.count(200) <= 20
    assert statuses.count(503) == 40 - statuses.count(200)
    await asyncio.sleep(0.2)
    heard = await raw_http(hasty.world.address, f"{GET}Connection: close\r\n\r\n".encode())
    assert answers(heard)[0][0] == 200


async def test_119_a_refusal_over_the_cap_is_a_problem(hasty: Side) -> None:
    """Before the connection could say anything."""
    held = [asyncio.create_task(raw_http(hasty.world.address, wait=0.5)) for _ in range(30)]
    refusals = [each for each in await asyncio.gather(*held) if each]
    assert len(refusals) >= 10
    assert {refused(each, 503).type for each in refusals} == {"urn:rj:problem:busy"}


async def test_120_a_flood_of_pipelined_requests_does_not_keep_others_waiting(gate: Side) -> None:
    """20,000 requests on a connection whose answers nobody reads; meanwhile another agency is served."""
    flood = asyncio.create_task(raw_http(gate.world.address, f"{GET}\r\n".encode() * 20_000, wait=4))
    await asyncio.sleep(0.05)
    for _ in range(5):
        async with asyncio.timeout(3):
            await gate.send(gate.request())
    flood.cancel()
    await asyncio.gather(flood, return_exceptions=True)


NESTED = {
    "lists": b"[" * 100_000,
    "objects": b'{"a":' * 40_000,
    "under a member": b'{"token":' + b"[" * 100_000,
    "under an unknown member": b'{"a":' + b"[" * 100_000,
    "whole": b"[" * 50_000 + b"]" * 50_000,
    "under sealed": b'{"token":"a","sealed":' + b'{"subject":' * 20_000,
}


@pytest.mark.parametrize("nested", NESTED)
async def test_121_a_body_that_nests_without_end_is_a_clean_refusal(gate: Side, nested: str) -> None:
    """Never a 500."""
    status, body = await gate.post(NESTED[nested])
    assert (status, json.loads(body)["type"]) == (400, "urn:rj:problem:not-verified")


OTHERS = {
    "an address that is not there": (f"GET /{SECRET} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
    "an address above": ("GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
    "a schema that is a path": ("GET /v1/schemas/..%2F..%2Fetc HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
    "a method that is not for it": ("DELETE /v1/messages HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405),
    "posting to the inbox": ("POST /v1/inbox HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 405),
    "connect": ("CONNECT a:80 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
    "options for all": ("OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
    "an unknown expectation": (f"{POST}Expect: {SECRET}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 417),
    "bytes that are no text": ("GET /v1/messages/%ff%00 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 401),
}  # fmt: skip


@pytest.mark.parametrize("request_", OTHERS)
async def test_every_other_refusal_is_a_problem_in_our_own_words(gate: Side, request_: str) -> None:
    """404, 405, 417: what aiohttp would answer by itself."""
    text, status = OTHERS[request_]
    refused(await raw_http(gate.world.address, text.encode(), wait=2), status)


@pytest.mark.parametrize("head", ["Content-Length: 1000", "Transfer-Encoding: chunked"])
async def test_a_sender_that_goes_away_in_the_middle_is_no_error_of_ours(gate: Side, head: str) -> None:
    """Nobody fills the operator's log by hanging up; and what came of the message is not taken."""
    size = (await gate.checkpoint()).size
    with capture_logs() as lines:
        await raw_http(gate.world.address, f"{POST}{head}\r\n\r\n5\r\n{{}}".encode(), wait=0.2)
        await asyncio.sleep(0.1)
    assert [line for line in lines if line["log_level"] in ("error", "warning")] == []
    assert (await gate.checkpoint()).size == size


async def test_a_body_is_sent_only_after_100_continue_where_that_is_asked_for(gate: Side) -> None:
    """The one expectation there is."""
    raw = encode(gate.request())
    head = f"{POST}Expect: 100-continue\r\nConnection: close\r\nContent-Length: {len(raw)}\r\n\r\n".encode()
    heard = await raw_http(gate.world.address, head, raw, pause=0.1)
    assert heard.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n")


async def test_a_reader_that_asks_for_more_than_numbers_is_told(gate: Side) -> None:
    """`after` and `wait` are whole numbers."""
    for query in (f"after={SECRET}", "after=-2", "wait=1.5", "after=١", "after=99999999999999999999"):
        status, body = await gate.read("prison-mdi", f"/v1/inbox?{query}", htu=_as_sent(f"/v1/inbox?{query}"))
        assert (status, SECRET in body.decode()) == (422, False)


def _as_sent(path: str) -> str:
    return URL(path).raw_path_qs

"""What one stranger, or one agency, can hold of a gateway at once: each has an end, and the others are served."""

import asyncio
import json
import select
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from contracts.codec import encode
from tests.journey.forging import raw_http
from tests.journey.simulated import Side, World
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

POST = "POST /v1/messages HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n"
DIRECTORY = b"GET /v1/directory HTTP/1.1\r\nHost: gateway\r\n\r\n"
ASKED = 3_000
"""Answers of some 8 KB each: more than the kernel keeps for a reader."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def narrow(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Side]:
    """A gateway that holds little at once, and is patient; at the end an honest message still passes."""
    async with World(tmp_path_factory.mktemp("narrow")).gateway(bodies=3, polls=3, unread=2) as side:
        yield side
        await side.send(side.request())


def never_reads(side: Side) -> socket.socket:
    """A connection that asks for a lot and reads nothing."""
    address = urlsplit(side.world.address)
    asking = socket.socket()
    asking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    asking.connect((address.hostname, address.port))
    asking.setblocking(False)
    return asking


async def ask(asking: socket.socket) -> None:
    """Send it all, or until the gateway takes no more, or hangs up."""
    try:
        async with asyncio.timeout(0.5):
            await asyncio.get_running_loop().sock_sendall(asking, DIRECTORY * ASKED)
    except (TimeoutError, ConnectionError):
        pass


def cut_off(asking: socket.socket) -> bool:
    """Whether the gateway has reset the connection."""
    watching = select.poll()
    watching.register(asking, 0)
    return bool(watching.poll(0))


async def until_cut_off(connections: list[socket.socket], many: int) -> None:
    async def gone() -> bool:
        return sum(cut_off(each) for each in connections) >= many

    await until(gone)


async def test_answers_that_nobody_reads_are_not_kept(tmp_path: Path) -> None:
    """After its deadline the connection is cut off, though it never fell silent; a reader that reads has them all."""
    async with World(tmp_path / "gateway").gateway(answer_seconds=1, check=False) as side:
        with never_reads(side) as asking:
            await ask(asking)
            assert not cut_off(asking)
            await until_cut_off([asking], 1)
        last = DIRECTORY.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        heard = await raw_http(side.world.address, DIRECTORY * 199 + last, wait=20)
        assert heard.count(b"HTTP/1.1 200 OK") == 200


async def test_only_so_many_answers_lie_unread(narrow: Side) -> None:
    """Of five connections that read nothing three give way, long before their deadline; two may stay."""
    connections = [never_reads(narrow) for _ in range(5)]
    try:
        for asking in connections:
            await ask(asking)
        await until_cut_off(connections, 3)
        await asyncio.sleep(0.5)
        assert sum(cut_off(each) for each in connections) == 3
    finally:
        for asking in connections:
            asking.close()


async def test_bodies_that_do_not_come_give_way_to_those_that_do(narrow: Side) -> None:
    """Ten strangers hold their bodies back. A message that comes in pieces gets through at once, and one more."""
    head = f"{POST}Content-Length: 1000\r\n\r\n".encode()
    held = [asyncio.create_task(raw_http(narrow.world.address, head, b"{", pause=0.1, wait=2)) for _ in range(10)]
    await asyncio.sleep(0.3)
    for _ in range(2):
        raw, began = encode(narrow.request()), time.monotonic()
        parts = [f"{POST}Content-Length: {len(raw)}\r\n\r\n".encode(), raw[:100], raw[100:]]
        assert (await raw_http(narrow.world.address, *parts, pause=0.05)).startswith(b"HTTP/1.1 201 ")
        assert time.monotonic() - began < 3
    heard = await asyncio.gather(*held)
    assert sum(each.startswith(b"HTTP/1.1 503 ") for each in heard) >= 8
    assert sum(each == b"" for each in heard) <= 2


async def test_one_agency_may_wait_only_so_often_at_once(narrow: Side) -> None:
    """One poll more is told to come again; another agency waits as it likes, and an end makes room."""
    polls = [asyncio.create_task(narrow.read("prison-lei", f"/v1/inbox?wait={wait}")) for wait in (1, 2, 2)]
    await asyncio.sleep(0.3)
    status, body = await narrow.read("prison-lei", "/v1/inbox?wait=2")
    assert (status, json.loads(body)["type"]) == (503, "urn:rj:problem:busy")
    assert (await narrow.read("police-14", "/v1/inbox?wait=1"))[0] == 200

    async def room() -> bool:
        return (await narrow.read("prison-lei", "/v1/inbox"))[0] == 200

    await until(room)
    assert {status for status, _ in await asyncio.gather(*polls)} == {200}


async def test_who_is_turned_away_is_told_when_to_come_again(narrow: Side) -> None:
    """In whole seconds, and not all at the same one."""
    path = "/v1/inbox?after=1000000&wait=2"
    polls = [asyncio.create_task(narrow.read("vlu-13", path)) for _ in range(3)]
    await asyncio.sleep(0.3)
    told = set[str]()
    for _ in range(40):
        answer = await narrow.http.get(narrow.world.address + path, headers=narrow.reading("vlu-13", path))
        assert answer.status == 503
        told.add(answer.headers["Retry-After"])
    assert told == {"1", "2", "3"}
    await asyncio.gather(*polls)

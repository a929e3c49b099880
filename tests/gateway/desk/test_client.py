"""The desk's client under a busy gateway: it waits as long as it is asked to, within reason."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from unittest import mock

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from gateway.desk import listener
from gateway.desk.client import GatewayClient
from gateway.desk.errors import NotTaken


@asynccontextmanager
async def gateway(*answers: Sequence[str]) -> AsyncIterator[tuple[GatewayClient, list[float]]]:
    """A gateway that is busy with each of these `Retry-After` in turn, and then answers; when it was asked."""
    asked: list[float] = []

    async def post(_: web.Request) -> web.Response:
        asked.append(time.monotonic())
        if len(asked) <= len(answers):
            return web.Response(status=503, headers=[("Retry-After", each) for each in answers[len(asked) - 1]])
        return web.json_response({"decision": "a.b.c", "receipt": "a"}, status=201)

    app = web.Application()
    app.router.add_post("/v1/messages", post)
    async with TestServer(app) as server, ClientSession() as session:
        yield GatewayClient(str(server.make_url("/")), session), asked


async def test_a_post_waits_as_long_as_the_gateway_asks_for() -> None:
    """No sooner, and then the same message again."""
    async with gateway(["1"]) as (client, asked):
        await client.post(b"{}")
    assert len(asked) == 2
    assert 0.95 <= asked[1] - asked[0] < 3


async def test_where_nothing_is_asked_for_it_tries_again_soon() -> None:
    """As after a proxy's own 503; a date or nonsense asks for nothing."""
    async with gateway([], ["Wed, 21 Oct 2026 07:28:00 GMT"]) as (client, asked):
        await client.post(b"{}")
    assert len(asked) == 3


async def test_what_is_asked_for_comes_with_what_was_not_taken() -> None:
    """So that who comes again later knows when; it is never for hours."""
    async with gateway(["0"], ["0"], ["86400"]) as (client, asked):
        with pytest.raises(NotTaken) as told:
            await client.post(b"{}")
    assert (len(asked), told.value.after) == (3, 10)


@pytest.mark.parametrize(("after", "slept"), [(7.0, 7.0), (0.0, listener.FIRST_PAUSE)])
async def test_an_inbox_is_left_alone_as_long_as_the_gateway_asks_for(
    monkeypatch: pytest.MonkeyPatch, after: float, slept: float
) -> None:
    """Or for the first of the desk's own pauses, where it asks for nothing."""
    agency = mock.AsyncMock()
    agency.unanswered = mock.Mock()
    monkeypatch.setattr(listener, "receive", mock.AsyncMock(side_effect=NotTaken("Busy.", "busy", after)))
    monkeypatch.setattr(listener.requester, "ask_elsewhere", mock.AsyncMock())
    sleep = mock.AsyncMock(side_effect=asyncio.CancelledError)
    monkeypatch.setattr(listener.asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await listener.listen(agency)
    sleep.assert_awaited_once_with(slept)
    agency.unanswered.assert_called_once()

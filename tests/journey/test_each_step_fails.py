"""Commit, guard, sign, reply: each step fails in both ways, having done nothing, and having done it and said it failed.

Whichever it was, the sender hears that nothing was handed out, sends the same token again, and finds one line.
"""

from collections.abc import Callable
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import aiohttp
import apsw
import pytest
from aiohttp import web

from contracts.codec import encode
from gateway.api import app
from gateway.errors import StoreUnavailable
from gateway.ledger.guard import Guard, GuardError
from gateway.ledger.log import Log
from gateway.store import postgres
from gateway.store.sqlite import SqliteStore
from tests.journey.ledger_check import check_ledger
from tests.journey.simulated import Side, World

STEPS: dict[str, tuple[Any, str, Exception]] = {
    "commit": (SqliteStore, "_transact", apsw.IOError("disk I/O error")),
    "commit at the server": (postgres, "commit", StoreUnavailable("The database waits for its standby.")),
    "guard": (Guard, "advance", GuardError("The guard cannot be written.")),
    "sign": (Log, "checkpoint", StoreUnavailable("The key cannot be used now.")),
}
MARKS = {"commit": pytest.mark.sqlite, "commit at the server": pytest.mark.postgres}


def failing(step: Callable[..., Any], error: Exception, *, kept: bool) -> Callable[..., Any]:
    """The step, failing once: before it is done, or after."""
    left = [error]

    def fails(*given: Any) -> Any:
        if not left:
            return step(*given)
        if kept:
            step(*given)
        raise left.pop()

    async def fails_later(*given: Any) -> Any:
        if kept or not left:
            await step(*given)
        if left:
            raise left.pop()

    return fails_later if iscoroutinefunction(step) else fails


@pytest.mark.parametrize("kept", [False, True], ids=["not done", "done and reported failed"])
@pytest.mark.parametrize("step", [pytest.param(step, marks=MARKS.get(step, ())) for step in STEPS])
async def test_a_step_that_fails_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, kept: bool
) -> None:
    """The sender hears 503, the same token is accepted or found again, and the log has one line of it."""
    owner, name, error = STEPS[step]
    world = World(tmp_path)
    async with world.gateway() as side:
        before, message = await side.checkpoint(), side.request()
        with monkeypatch.context() as broken:
            broken.setattr(owner, name, failing(getattr(owner, name), error, kept=kept))
            refused = await side.refusal(message)
        assert (refused.status, refused.type) == (503, "urn:rj:problem:not-recorded")
        recorded = not step.startswith("commit") or kept
        reply = await side.send(message, 200 if recorded else 201)
        assert side.decision(reply).leaf == before.size
        assert (await side.checkpoint()).size == before.size + 1
    check_ledger(side)
    async with world.gateway() as again:
        assert await again.send(message, 200) == reply
        await again.checkpoint()
    check_ledger(again)


@pytest.mark.parametrize("kept", [False, True], ids=["not sent", "sent and not heard"])
async def test_a_reply_that_is_lost_is_given_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool) -> None:
    """Whether the gateway could not answer or the sender did not hear: the same token gets the same decision."""
    world = World(tmp_path)
    async with world.gateway() as side:
        message = side.request()
        if kept:
            await _hang_up(side, encode(message))
        else:
            with monkeypatch.context() as broken:
                broken.setattr(app, "_answered", failing(app._answered, web.HTTPServiceUnavailable(), kept=False))
                status, _ = await side.post(message)
                assert status >= 400
        reply = await side.send(message, 200)
        assert side.decision(reply).leaf == 2
        assert (await side.checkpoint()).size == 3
    check_ledger(side)


async def _hang_up(side: Side, body: bytes) -> None:
    """Post, and be gone before the answer is read: it is recorded all the same."""
    async with aiohttp.ClientSession() as http, http.post(f"{side.world.address}/v1/messages", data=body):
        pass

"""What is asked of witnesses at the start is heard however it arrives, and a bad answer counts as none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web

from contracts.checkpoint import format_note
from contracts.tlog_policy import Policy, Witness
from gateway.ledger.confirmed import ask
from keys.notes import Cosigner
from tests.agencies import signing_private
from tests.gateway.witness.a_log import ALog

WITNESS = Cosigner(name="police.test/witness", key=signing_private("witness"))


@asynccontextmanager
async def showing(note: bytes, pieces: int) -> AsyncIterator[str]:
    """A witness that shows a checkpoint in so many pieces, a moment apart."""

    async def handler(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        size = -(-len(note) // pieces)
        for at in range(0, len(note), size):
            await answer.write(note[at : at + size])
            await asyncio.sleep(0.02)
        return answer

    app = web.Application()
    app.add_routes([web.get("/{tail:.*}", handler)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("pieces", [1, 2, 7])
async def test_an_answer_may_come_in_pieces(pieces: int) -> None:
    """The network cuts where it likes."""
    log = ALog(9)
    text = log.tree().encode()
    note = format_note(text, *(signer.sign(text) for signer in log.signers), WITNESS.cosign(text, 1_790_000_000))
    keys = [signer.vkey for signer in log.signers]
    async with showing(note.encode(), pieces) as url, ClientSession() as session:
        policy = Policy(witnesses=(Witness(name="police", vkey=WITNESS.vkey.encode(), url=url),))
        (held,) = await ask(policy, keys, session)
    assert (held.name, held.tree) == ("police", log.tree())

"""What is asked of witnesses at the start is heard however it arrives, and a bad answer counts as none."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, web

from contracts.checkpoint import Checkpoint, format_note
from contracts.merkle import EMPTY_ROOT
from contracts.tlog_policy import Group, Policy, Witness
from gateway.ledger.confirmed import Confirmed, ask, is_quorum
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


@pytest.mark.parametrize(
    ("threshold", "answered", "confirms"),
    [(2, "a", False), (2, "ab", True), (1, "a", False), (1, "ab", False), (1, "abc", True), (3, "ab", False)],
)
def test_who_is_silent_must_not_have_seen_more(threshold: int, answered: str, confirms: bool) -> None:
    """Of three, any one of whom is enough to publish, the two that answer may both be behind the third."""
    witnesses = tuple(Witness(name=name, vkey="", url=None) for name in "abc")
    group = Group(name="quorum", threshold=threshold, members=tuple("abc"))
    policy = Policy(witnesses=witnesses, groups=(group,), quorum="quorum")
    tree = Checkpoint(origin="log.test/rj", size=0, root=EMPTY_ROOT)
    assert is_quorum([Confirmed(name=name, tree=tree) for name in answered], policy) is confirms

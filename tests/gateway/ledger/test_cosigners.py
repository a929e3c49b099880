"""Asking witnesses: real ones over HTTP, and some that lie, are slow, or are not there."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.checkpoint import NoteSignature, parse_note
from contracts.tlog_policy import Policy, satisfied
from contracts.tlog_witness import AddCheckpoint
from gateway.config import read_vault
from gateway.errors import StoreUnavailable
from gateway.ledger.confirmed import ask
from gateway.ledger.cosigners import Ahead, Away, Contradicted, Cosigned, Cosigners, Outcome, SignedHead
from gateway.ledger.head import open_head
from keys.notes import Cosigner, NoteRefused, open_checkpoint
from keys.vault import Vault
from tests.gateway.witness import asking
from tests.gateway.witness.a_log import ALog
from tests.gateway.witness.running import AWitness, all_running, policy_of

NAMES = ("prison", "police", "inspectorate")
Handler = Callable[[web.Request], Awaitable[web.Response]]


@pytest.fixture
def log() -> ALog:
    return ALog(9)


@pytest.fixture
async def witnesses(tmp_path: Path, log: ALog) -> AsyncIterator[list[AWitness]]:
    made = [AWitness(name, tmp_path / name, [log]) for name in NAMES]
    async with all_running(made):
        yield made


@pytest.fixture
async def http() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@asynccontextmanager
async def answering(handler: Handler) -> AsyncIterator[str]:
    """A witness that answers as this handler does; gives its address."""
    app = web.Application()
    app.add_routes([web.post("/{tail:.*}", handler)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def key_of(witness: AWitness) -> Ed25519PrivateKey:
    """The private key of a witness of ours, for one that lies under its name."""
    vault = vault_of(witness)
    return vault.signing(next(iter(vault.signing_seeds)))


def vault_of(witness: AWitness) -> Vault:
    return read_vault(witness.folder / "key" / "vault", witness.folder / "key" / "unlock.key")


async def asked(cosigners: Cosigners, log: ALog) -> dict[str, Outcome]:
    return await asking.ask(cosigners, log.tree(), log.note(), log.prove)


async def answer_to(
    body: str | bytes, log: ALog, http: ClientSession, witness: AWitness, status: int = 200, media: str = "text/plain"
) -> Outcome:
    """What comes of a witness that answers so."""
    raw = body if isinstance(body, bytes) else body.encode()

    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=raw, status=status, content_type=media)

    async with answering(handler) as url:
        witness.url = url
        cosigners = Cosigners(Policy.parse(policy_of(log, [witness], "1")), http)
        return (await asked(cosigners, log))[witness.name]


async def test_every_witness_is_asked_and_its_line_verifies(
    witnesses: list[AWitness], http: ClientSession, log: ALog
) -> None:
    """The note with all lines satisfies the policy that asks for all."""
    policy = Policy.parse(policy_of(log, witnesses, "all"))
    outcomes = await asked(Cosigners(policy, http), log)
    lines = [each.line for each in outcomes.values() if isinstance(each, Cosigned)]
    assert set(outcomes) == set(NAMES)
    assert open_checkpoint(parse_note(log.note() + "".join(lines)), policy) == log.tree()
    assert all(abs(each.time - time.time()) < 5 for each in outcomes.values() if isinstance(each, Cosigned))


async def test_a_quorum_may_be_mixed(witnesses: list[AWitness], http: ClientSession, log: ALog) -> None:
    """One witness by ML-DSA-44, two by Ed25519: each by the line of the key that the policy names, and by no other."""
    policy = Policy.parse(policy_of(log, witnesses, "all", mldsa44=["prison"]))
    outcomes = await asked(Cosigners(policy, http), log)
    lines = {name: each.line for name in NAMES if isinstance(each := outcomes[name], Cosigned)}
    assert [len(parse_note(log.note() + line).signatures[-1].signature) for line in lines.values()] == [2428, 72, 72]
    note = log.note() + "".join(lines.values())
    head = open_head(note, [signer.vkey for signer in log.signers], policy)
    assert [(name, at > 0) for name, at in head.cosigned.items()] == [(name, True) for name in NAMES]
    held = await ask(policy, [signer.vkey for signer in log.signers], http)
    assert [each.name for each in held] == list(NAMES)
    with pytest.raises(NoteRefused, match="Too few"):
        open_checkpoint(parse_note(note), Policy.parse(policy_of(log, witnesses, "all")))


async def test_two_keys_of_one_witness_are_one_vote(witnesses: list[AWitness], http: ClientSession, log: ALog) -> None:
    """Both lines are gathered, and the witness is counted once."""
    prison, police, _ = witnesses
    lines = [f"log {log.signers[0].vkey.encode()}"]
    lines += [f"witness prison-{key.kind} {key.encode()} {prison.url}" for key in (prison.vkey, prison.mldsa44)]
    lines += [f"witness police {police.mldsa44.encode()} {police.url}", "group prison any prison-4 prison-6"]
    policy = Policy.parse("\n".join([*lines, "group two all prison police", "quorum two", ""]))
    outcomes = await asked(Cosigners(policy, http), log)
    assert {name for name, each in outcomes.items() if isinstance(each, Cosigned)} == {"prison-4", "prison-6", "police"}
    assert satisfied(policy, outcomes)
    assert satisfied(policy, ["prison-6", "police"])
    assert not satisfied(policy, ["prison-4", "prison-6"])


async def test_under_an_ml_dsa_44_key_only_its_own_line_counts(
    witnesses: list[AWitness], http: ClientSession, log: ALog
) -> None:
    """Not the same witness's line by Ed25519, nor one of another name, another tree, or of time nought."""
    witness, text = witnesses[0], log.tree().encode()
    ed25519, vault = Cosigner(name=witness.vkey.name, key=key_of(witness)), vault_of(witness)
    key = vault.mldsa44(next(iter(vault.mldsa44_seeds)))
    own, witness.vkey = Cosigner(name=witness.vkey.name, key=key), witness.mldsa44
    good = own.cosign(text, 5)
    for body in (
        ed25519.cosign(text, 5),
        Cosigner(name="other.test/witness", key=key).cosign(text, 5),
        own.cosign(log.tree(8).encode(), 5),
        own.cosign(text, 0),
        good[:-5] + "\n",
        good + own.cosign(log.tree(8).encode(), 5),
        NoteSignature(name=own.name, key_id=own.vkey.key_id, signature=bytes(72)).encode(),
    ):
        assert await answer_to(body, log, http, witness) == Away(reason="not-believed"), body
    assert await answer_to(ed25519.cosign(text, 4) + good, log, http, witness) == Cosigned(line=good, time=5)


async def test_what_a_witness_holds_is_remembered(witnesses: list[AWitness], http: ClientSession, log: ALog) -> None:
    """From the second time on, one request is enough, with the proof from there."""
    cosigners = Cosigners(Policy.parse(policy_of(log, witnesses)), http)
    proved: list[tuple[int, int]] = []

    async def prove(first: int, second: int) -> tuple[bytes, ...]:
        proved.append((first, second))
        return log.proof(first, second)

    for leaves in (0, 4, 0):
        log.grow(leaves)
        outcomes = await asking.ask(cosigners, log.tree(), log.note(), prove)
        assert all(isinstance(each, Cosigned) for each in outcomes.values())
    assert proved == [(9, 13)] * 3


async def test_a_witness_that_holds_more_than_is_known_tells_its_size(
    witnesses: list[AWitness], http: ClientSession, log: ALog
) -> None:
    """After a restart: a second try with the proof from that size."""
    policy = Policy.parse(policy_of(log, witnesses))
    await asked(Cosigners(policy, http), log)
    log.grow(5)
    assert {type(each) for each in (await asked(Cosigners(policy, http), log)).values()} == {Cosigned}


async def test_a_witness_that_has_seen_more_of_the_log_says_so(
    witnesses: list[AWitness], http: ClientSession, log: ALog
) -> None:
    """As after an old backup: what is lost is known by its size, and it is asked again without harm."""
    policy = Policy.parse(policy_of(log, witnesses))
    cosigners = Cosigners(policy, http)
    await asked(cosigners, log)
    for each in (cosigners, Cosigners(policy, http)):
        for _ in range(2):
            outcomes = await asking.ask(each, log.tree(5), log.note(log.tree(5)), log.prove)
            assert set(outcomes.values()) == {Ahead(size=9)}


@pytest.mark.parametrize(("at", "leaves"), [(7, 2), (7, 9), (0, 9)])
async def test_a_second_history_is_contradicted(
    witnesses: list[AWitness], http: ClientSession, log: ALog, at: int, leaves: int
) -> None:
    """Of the same size or larger, known to hold or not."""
    policy = Policy.parse(policy_of(log, witnesses))
    cosigners = Cosigners(policy, http)
    await asked(cosigners, log)
    fork = log.fork(at, leaves)
    for each in (cosigners, Cosigners(policy, http)):
        assert set((await asked(each, fork)).values()) == {Contradicted()}


async def test_a_log_that_the_witness_does_not_know_is_told(
    witnesses: list[AWitness], http: ClientSession, log: ALog
) -> None:
    """By its origin, or by its key."""
    cosigners = Cosigners(Policy.parse(policy_of(log, witnesses)), http)
    assert set((await asked(cosigners, ALog(1, origin="x.test/log"))).values()) == {Away(reason="unknown-log")}
    assert set((await asked(cosigners, ALog(1))).values()) == {Away(reason="not-signed")}


async def test_a_witness_that_is_not_there_costs_the_others_nothing(
    witnesses: list[AWitness], http: ClientSession, log: ALog
) -> None:
    """Nobody listens; the others cosign."""
    witnesses[1].url = "http://127.0.0.1:9"
    outcomes = await asked(Cosigners(Policy.parse(policy_of(log, witnesses)), http), log)
    assert outcomes["police"] == Away(reason="unreachable")
    assert {type(outcomes[name]) for name in ("prison", "inspectorate")} == {Cosigned}


async def test_a_slow_witness_is_given_up(witnesses: list[AWitness], http: ClientSession, log: ALog) -> None:
    """At the deadline, which holds for the answer as well as for its first byte."""

    async def trickle(request: web.Request) -> web.Response:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in range(100):
            await answer.write(b"x")
            await asyncio.sleep(0.05)
        return answer  # type: ignore[return-value]

    async with answering(trickle) as url:
        witnesses[0].url = url
        began = time.monotonic()
        outcomes = await asked(Cosigners(Policy.parse(policy_of(log, witnesses)), http, seconds=0.3), log)
        assert time.monotonic() - began < 2
    assert outcomes["prison"] == Away(reason="slow")


async def test_a_busy_witness_is_not_asked_again(witnesses: list[AWitness], http: ClientSession, log: ALog) -> None:
    """While it has not answered it is left alone; its late answer is still heard."""
    go, heard = asyncio.Event(), dict[str, Outcome]()
    theirs = Cosigner(name=witnesses[0].vkey.name, key=key_of(witnesses[0]))

    async def wait(request: web.Request) -> web.Response:
        asking = AddCheckpoint.parse(await request.read())
        await go.wait()
        return web.Response(text=theirs.cosign(asking.checkpoint.text, 5))

    async with answering(wait) as url:
        witnesses[0].url = url
        cosigners = Cosigners(Policy.parse(policy_of(log, witnesses)), http)
        head = SignedHead.of(log.tree(), log.note())
        async with asyncio.TaskGroup() as tasks:
            first = cosigners.start(tasks, head, log.prove, heard.__setitem__)
            await asyncio.wait(first[1:])
            assert sorted(heard) == ["inspectorate", "police"]
            second = cosigners.start(tasks, head, log.prove, heard.__setitem__, but=["police"])
            assert (len(first), len(second)) == (3, 1)
            go.set()
        assert isinstance(heard["prison"], Cosigned)


async def test_a_proof_that_cannot_be_made_is_no_failure_of_the_witness(
    witnesses: list[AWitness], http: ClientSession, log: ALog
) -> None:
    """The store is away: nothing is asked, and next time it is."""
    cosigners = Cosigners(Policy.parse(policy_of(log, witnesses)), http)
    await asked(cosigners, log)
    log.grow(1)

    async def away(first: int, second: int) -> tuple[bytes, ...]:
        raise StoreUnavailable

    assert set((await asking.ask(cosigners, log.tree(), log.note(), away)).values()) == {Away(reason="no-proof")}
    assert {type(each) for each in (await asked(cosigners, log)).values()} == {Cosigned}


async def test_only_the_witness_s_own_word_on_this_very_checkpoint_counts(
    witnesses: list[AWitness], http: ClientSession, log: ALog
) -> None:
    """Not another witness's line, another tree's, one of time nought, or one after an empty line."""
    witness, text = witnesses[0], log.tree().encode()
    own, other = (Cosigner(name=witness.vkey.name, key=key_of(each)) for each in witnesses[:2])
    for body in (
        "",
        "\n",
        "ok",
        other.cosign(text, 5),
        own.cosign(log.tree(8).encode(), 5),
        own.cosign(text, 0),
        own.cosign(text, 5).rstrip("\n"),
        own.cosign(text, 5) + "x\n",
        own.cosign(text, 5) + own.cosign(log.tree(8).encode(), 5),
        f"more\n\n{own.cosign(text, 5)}",
        b"\xff" + own.cosign(text, 5).encode(),
        own.cosign(text, 5) * 700,
    ):
        assert await answer_to(body, log, http, witness) == Away(reason="not-believed"), body
    good = await answer_to(other.cosign(text, 4) + own.cosign(text, 5), log, http, witness)
    assert good == Cosigned(line=own.cosign(text, 5), time=5)


async def test_a_signature_over_a_longer_text_is_not_taken_for_one_of_ours(
    witnesses: list[AWitness], http: ClientSession, log: ALog
) -> None:
    """A witness could end our text with an empty line, and sign it with lines of its own after it."""
    own = Cosigner(name=witnesses[0].vkey.name, key=key_of(witnesses[0]))
    text, _, lines = log.note().partition("\n\n")
    message = f"cosignature/v1\ntime 5\n{text}\n\n{lines}".encode()
    raw = (5).to_bytes(8, "big") + own.key.sign(message)
    body = f"{lines}\n{NoteSignature(name=own.name, key_id=own.vkey.key_id, signature=raw).encode()}"
    assert await answer_to(body, log, http, witnesses[0]) == Away(reason="not-believed")


@pytest.mark.parametrize(
    ("status", "body", "media", "outcome"),
    [
        (409, "12\n", "text/x.tlog.size", Ahead(size=12)),
        (409, "5\n", "text/x.tlog.size", Away(reason="moving")),
        (409, "12\n", "text/plain", Away(reason="busy")),
        (409, "12", "text/x.tlog.size", Away(reason="not-believed")),
        (409, "-1\n", "text/x.tlog.size", Away(reason="not-believed")),
        (422, "", "text/plain", Contradicted()),
        (400, "", "text/plain", Away(reason="malformed")),
        (403, "", "text/plain", Away(reason="not-signed")),
        (404, "", "text/plain", Away(reason="unknown-log")),
        (301, "", "text/plain", Away(reason="busy")),
        (503, "", "text/plain", Away(reason="busy")),
    ],
)
async def test_each_answer_has_its_meaning(
    witnesses: list[AWitness], http: ClientSession, log: ALog, status: int, body: str, media: str, outcome: Outcome
) -> None:
    """A size counts only in its own media type: a proxy's 409 is no size."""
    assert await answer_to(body, log, http, witnesses[0], status, media) == outcome

"""What a message with a fault gets, over real HTTP: a clear refusal that says nothing of the input, in words or logs.

What keeps a gateway from starting is in `test_bad_input_start.py`, full disks are in `test_bad_input_disk.py`.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from io import BytesIO

import msgspec
import pytest
import pytest_asyncio
import structlog

from contracts.codec import b64url, encode, unb64url
from contracts.envelope import Envelope
from contracts.reply import Problem, Reply
from gateway import logs
from gateway.config import LogSettings
from tests.agencies import TestAgency, secret, signing_private
from tests.journey.forging import (
    SECRET,
    broken_signature,
    changed,
    claims_text,
    delivered,
    problem,
    resigned,
    says_nothing_of,
    with_sealed,
)
from tests.journey.ledger_check import check_ledger
from tests.journey.simulated import ORIGIN, Side, World, claims_of, uuid7

pytestmark = pytest.mark.asyncio(loop_scope="module")

Forge = Callable[[Side], Envelope]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Side]:
    """One gateway for all faults: none of them may harm the next message."""
    async with World(tmp_path_factory.mktemp("gate")).gateway() as side:
        yield side
        await side.checkpoint()
        check_ledger(side)


@pytest.fixture
def log() -> Iterator[BytesIO]:
    """All that is logged, as in production, and strict: a field that logs may not carry raises."""
    lines, root = BytesIO(), logging.getLogger()
    before = root.handlers[:], root.level
    logs.configure(LogSettings(level="debug"), to=lines, strict=True)
    structlog.configure(cache_logger_on_first_use=False)
    yield lines
    structlog.reset_defaults()
    logging.captureWarnings(False)
    root.handlers[:], root.level = before


def by(side: Side, agency: str) -> Envelope:
    """A request of prison-mdi, signed by another agency."""
    return resigned(side.request(), TestAgency(agency).signing, TestAgency(agency).signing_kid)


# What nobody vouches for: refused in the same words, whatever is wrong.

UNVERIFIED: dict[str, Callable[[Side], bytes]] = {
    "nothing": lambda _: b"",
    "not JSON": lambda _: SECRET.encode(),
    "not UTF-8": lambda _: b'{"token":"\xff\xfe"}',
    "a list": lambda _: b'["' + SECRET.encode() + b'"]',
    "null": lambda _: b"null",
    "no token": lambda _: b"{}",
    "a number for a token": lambda _: b'{"token":7700900123}',
    "an unknown member": lambda side: encode(side.request()).replace(b'{"token"', b'{"%b":1,"token"' % SECRET.encode()),
    "a member twice": lambda side: encode(side.request())[:-1] + b',"exact":null,"exact":null}',
    "an unknown sealed field": lambda side: encode(side.request()).replace(b'"subject":', b'"%b":' % SECRET.encode()),
    "white space in the token": lambda side: encode(side.request()).replace(b'{"token":"', b'{"token":" '),
    "trailing JSON": lambda side: encode(side.request()) + b"{}",
    "a wrong signature": lambda side: encode(broken_signature(side.request())),
    "another agency's key": lambda side: encode(
        resigned(
            side.request(), side.world.agencies["prison-lei"].signing, side.world.agencies["prison-lei"].signing_kid
        )
    ),
    "an unknown agency": lambda side: encode(
        resigned(side.request(), TestAgency("prison-xyz").signing, TestAgency("prison-xyz").signing_kid)
    ),
    "a known key id over another key": lambda side: encode(
        resigned(side.request(), signing_private("thief"), side.world.agencies["prison-mdi"].signing_kid)
    ),
    "claims that name nobody": lambda side: encode(changed(side, side.request(), iss=SECRET)),
}


@pytest.mark.parametrize("fault", UNVERIFIED)
async def test_what_nobody_vouches_for_gets_one_answer_whatever_is_wrong(gate: Side, fault: str, log: BytesIO) -> None:
    """400, in the same bytes for each fault, without a line in the ledger, and without a word of it in the log."""
    before = await gate.checkpoint()
    raw = UNVERIFIED[fault](gate)
    status, body = await gate.post(raw)
    assert (status, problem(status, body).type) == (400, "urn:rj:problem:not-verified")
    assert body == (await gate.post(b"."))[1]
    assert SECRET not in body.decode()
    assert (await gate.checkpoint()).size == before.size
    assert SECRET.encode() not in log.getvalue()


async def test_the_same_message_without_the_fault_is_accepted(gate: Side) -> None:
    """The positive control of every fault in this file."""
    await gate.send(gate.request())


# What a known sender says wrongly: refused precisely, and on record.

UNFIT: dict[str, tuple[Forge, str | None]] = {
    "an unknown claim": (lambda side: changed(side, side.request(), **{SECRET: SECRET}), None),
    "an unknown member of the body": (
        lambda side: changed(side, side.request(), body={**body_of(side.request()), SECRET: SECRET}), None,
    ),
    "free text for a purpose": (
        lambda side: changed(side, side.request(), body={**body_of(side.request()), "purpose": SECRET}),
        "$.body.purpose",
    ),
    "an unknown field asked for": (
        lambda side: changed(side, side.request(), body={**body_of(side.request()), "fields": [SECRET]}),
        "$.body.fields[0]",
    ),
    "a name for a person": (
        lambda side: changed(side, side.request(), actor={"kind": "system", "id": SECRET}), "$.actor.id",
    ),
    "the claims of another message": (lambda side: changed(side, side.request(), typ="rj.recall.v1+jwt"), None),
    "a type that no message has": (lambda side: changed(side, side.request(), typ="rj.gossip.v1+jwt"), "typ"),
    "another gateway": (lambda side: changed(side, side.request(), aud="other.example/rj"), "aud"),
    "an unknown addressee": (lambda side: changed(side, side.request(), to="police-99"), "to"),
    "a life of 301 seconds": (lambda side: changed(side, side.request(), exp=int(time.time()) + 301), "exp"),
    "an end before the beginning": (
        lambda side: changed(side, side.request(), iat=int(time.time()) + 5, exp=int(time.time()) + 4), "exp",
    ),
    "a sealed value too few": (lambda side: with_sealed(side.request(), subject=None), "sealed"),
    "a sealed value too many": (lambda side: with_sealed(side.request(), reasons=b64url(secret("x"))), "sealed"),
    "a value that is not base64url": (lambda side: with_sealed(side.request(), subject=SECRET + "="), "sealed.subject"),
    "a value of another size": (
        lambda side: with_sealed(side.request(), subject=b64url(secret("x"))), "sealed.subject",
    ),
    "a value that is not the manifest's": (lambda side: flipped(side.request()), "sealed.subject"),
    "an exact reason where none belongs": (
        lambda side: msgspec.structs.replace(side.request(), exact=side.answer(uuid7()).exact), "exact",
    ),
    "an answer without its exact reason": (
        lambda side: msgspec.structs.replace(side.answer(uuid7()), exact=None), "exact",
    ),
    "an answer with another exact reason": (
        lambda side: msgspec.structs.replace(side.answer(uuid7()), exact=side.answer(uuid7()).exact), "exact",
    ),
}  # fmt: skip


def body_of(envelope: Envelope) -> dict[str, object]:
    members: dict[str, object] = msgspec.json.decode(claims_text(envelope))["body"]
    return members


def flipped(envelope: Envelope) -> Envelope:
    raw = bytearray(unb64url(envelope.sealed["subject"]))
    raw[1200] ^= 1
    return with_sealed(envelope, subject=b64url(bytes(raw)))


@pytest.mark.parametrize("fault", UNFIT)
async def test_a_known_sender_is_told_what_is_wrong_and_where(gate: Side, fault: str, log: BytesIO) -> None:
    """422 with the place, a signed decision and a receipt; nothing is delivered, and nothing of it is repeated."""
    forge, where = UNFIT[fault]
    sent = forge(gate)
    before = await delivered(gate, "police-13")
    status, body = await gate.post(sent)
    found = problem(status, body)
    assert (status, found.type, found.where) == (422, "urn:rj:problem:unfit", where)
    assert gate.check(found).decision == "refused"
    says_nothing_of(gate, body, sent)
    assert await delivered(gate, "police-13") == before
    assert sent.token.encode() not in log.getvalue()
    assert SECRET.encode() not in log.getvalue()


STALE: dict[str, Forge] = {
    "from the future": lambda side: changed(side, side.request(), iat=int(time.time()) + 12, exp=int(time.time()) + 60),
    "expired": lambda side: changed(side, side.request(), iat=int(time.time()) - 60, exp=int(time.time()) - 1),
}


@pytest.mark.parametrize("fault", STALE)
async def test_a_message_out_of_its_time_is_refused_and_not_recorded(gate: Side, fault: str) -> None:
    """422, and the log does not grow: whoever holds old tokens must not be able to make it."""
    sent, before = STALE[fault](gate), await gate.checkpoint()
    found = await gate.refusal(sent)
    assert (found.status, found.type, found.decision) == (422, "urn:rj:problem:stale", None)
    says_nothing_of(gate, encode(found), sent)
    assert (await gate.checkpoint()).size == before.size


async def test_a_clock_that_is_a_little_ahead_is_forgiven(gate: Side) -> None:
    """Up to ten seconds."""
    await gate.send(changed(gate, gate.request(), iat=int(time.time()) + 8, exp=int(time.time()) + 60))


async def test_a_purpose_that_the_agreement_does_not_permit_names_code_and_clause(gate: Side) -> None:
    """`other` is known to the contracts only so that it can be refused by name: R03, told at once, on record."""
    found = await gate.refusal(gate.request("other"))
    assert (found.status, found.type, found.code) == (403, "urn:rj:problem:not-permitted", "R03")
    assert found.clauses
    assert gate.check(found).code == "R03"


# Repeats.


async def test_the_same_token_again_gets_the_same_decision_for_the_same_leaf(gate: Side) -> None:
    """200 instead of 201, nothing new in the ledger, nothing delivered twice."""
    request = gate.request()
    first = gate.check(await gate.send(request))
    before, size = await delivered(gate, "police-13"), (await gate.checkpoint()).size
    assert gate.check(await gate.send(request, expect=200)) == first
    assert await delivered(gate, "police-13") == before
    assert (await gate.checkpoint()).size == size


async def test_a_refusal_repeated_is_the_same_refusal(gate: Side) -> None:
    """Status, code, decision and leaf."""
    request = gate.request("other")
    first, second = await gate.refusal(request), await gate.refusal(request)
    assert first.decision == second.decision
    assert (first.status, first.code, first.detail) == (second.status, second.code, second.detail)


async def test_a_repeated_open_hands_nothing_over(gate: Side) -> None:
    """The values are handed over once for one `open`, and the sealer is told once."""
    request = gate.request()
    exchange = claims_of(request).exchange
    answer = gate.answer(exchange)
    await gate.send(request)
    await gate.send(answer)
    opening = gate.open("prison-mdi", exchange, claims_of(answer).jti, ("contact_channel",))
    first, again = await gate.send(opening), await gate.send(opening, expect=200)
    assert (first.handed_over is not None, again.handed_over) == (True, None)
    assert gate.check(first) == gate.check(again)
    status, body = await gate.read("prison-mdi", f"/v1/messages/{claims_of(opening).jti}")
    assert (status, msgspec.json.decode(body, type=Reply).handed_over) == (200, None)
    opened = [each for each in await gate.notices("police-13") if each.exchange == exchange]
    assert [each.notice for each in opened] == ["opened"]


async def test_another_token_under_a_known_id_is_refused(gate: Side) -> None:
    """409, without a new line; the first message stands."""
    request = gate.request()
    await gate.send(request)
    size = (await gate.checkpoint()).size
    found = await gate.refusal(changed(gate, request, exp=int(time.time()) + 200))
    assert (found.status, found.type, found.decision) == (409, "urn:rj:problem:known-id", None)
    assert (await gate.checkpoint()).size == size
    await gate.send(request, expect=200)


async def test_an_id_belongs_to_its_sender(gate: Side) -> None:
    """Another agency that uses the same id is not in the way, and learns nothing from it."""
    request = gate.request()
    await gate.send(request)
    await gate.send(gate.request(prison="prison-lei", jti=claims_of(request).jti))
    status, body = await gate.read("police-13", f"/v1/messages/{claims_of(request).jti}")
    assert problem(status, body).type == "urn:rj:problem:not-found"


async def test_a_repeat_needs_no_freshness(gate: Side) -> None:
    """Known comes before fresh: a sender that lost the answer still learns it after the token has expired."""
    now = int(time.time())
    request = changed(gate, gate.request(), iat=now, exp=now + 2)
    await gate.send(request)
    await asyncio.sleep(max(0.0, now + 2.05 - time.time()))
    await gate.send(request, expect=200)


# Size, and keys.


async def test_a_message_over_the_limit_is_too_large_and_one_at_the_limit_is_read(gate: Side) -> None:
    """413 from the first byte over 256 KiB on."""
    limit = gate.world.settings().limits.message_bytes
    at_limit = encode(gate.request()).ljust(limit)
    assert (await gate.post(at_limit))[0] == 201
    for over in (1, 2000, limit):
        status, body = await gate.post(SECRET.encode().ljust(limit + over))
        assert problem(status, body).type == "urn:rj:problem:too-large"
        assert SECRET not in body.decode()


async def test_a_revoked_key_stops_counting_within_seconds(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A new directory is gone by as soon as it lies there: for messages, for reading, and for values sealed to it."""
    world, now = World(tmp_path_factory.mktemp("revoked")), int(time.time())
    prison, force = (
        world.agencies[each].entry(ORIGIN, now, world.agreement.digest) for each in ("prison-mdi", "police-14")
    )
    async with world.gateway() as side:
        await side.send(side.request())
        waiting = asyncio.create_task(side.read("prison-mdi", "/v1/inbox?after=999&wait=30"))
        world.publish_directory(
            2,
            msgspec.structs.replace(prison, signing=(msgspec.structs.replace(prison.signing[0], revoked_at=now),)),
            msgspec.structs.replace(force, sealing=(msgspec.structs.replace(force.sealing[0], revoked_at=now),)),
        )
        async with asyncio.timeout(5):
            assert (await waiting)[0] == 200  # let go at once, to ask again
        found = await side.refusal(side.request())
        assert (found.status, found.type) == (400, "urn:rj:problem:not-verified")
        assert (await side.read("prison-mdi", "/v1/inbox"))[0] == 401
        found = await side.refusal(side.request(prison="prison-lei", force="police-14"))
        assert (found.type, found.where) == ("urn:rj:problem:unfit", "sealed.subject")
        await side.send(side.request(prison="prison-lei"))


async def test_a_key_that_is_not_valid_yet_or_any_longer_is_no_key(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Before `valid_from`, after `valid_until`, and since it was compromised."""
    world = World(tmp_path_factory.mktemp("keys"))
    now = int(time.time())
    changes = {
        "prison-mdi": {"valid_from": now + 60},
        "prison-lei": {"valid_until": now - 1},
        "police-14": {"compromised_since": now - 60},
    }
    entries = []
    for agency, times in changes.items():
        entry = world.agencies[agency].entry(ORIGIN, now, world.agreement.digest)
        key = msgspec.structs.replace(entry.signing[0], **times)
        entries.append(msgspec.structs.replace(entry, signing=(key,), sealing=(), accessions=()))
    world.publish_directory(1, *entries)
    async with world.gateway() as side:
        for agency in changes:
            assert (await side.read(agency, "/v1/inbox"))[0] == 401
            found = await side.refusal(side.request(prison=agency))
            assert found.type == "urn:rj:problem:not-verified"
        assert (await side.read("police-13", "/v1/inbox"))[0] == 200


async def test_every_refusal_is_a_problem_that_says_what_to_do(gate: Side) -> None:
    """RFC 9457: type, title, status and a detail in whole sentences."""
    for sent in (
        gate.request("other"),
        changed(gate, gate.request(), to="police-99"),
        broken_signature(gate.request()),
    ):
        async with gate.http.post(f"{gate.world.address}/v1/messages", data=encode(sent)) as response:
            assert response.content_type == "application/problem+json"
            found = msgspec.json.decode(await response.read(), type=Problem)
        assert found.detail.endswith(".")
        assert found.title

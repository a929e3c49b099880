"""Attacks on a message's claims, keys and types, over real HTTP. Numbers are those of the design's list of attacks.

Here: 11, 20, 21, 31, 51–65. In `test_attack_protocol.py`: 73–81, 83, 85–99, 101, 102, 106, 107.
In `test_attack_http.py`: 109–121. In `test_bad_input_start.py`: 84 and 103 (documents) at the gateway.
In `tests/keys`: 1–10, 12–19, 23–50, 66–68, 72 (tokens), 80, 82, 83 (sealing), 84 and 103 (directory, documents, notes).
22 is refused like every unknown key (`test_bad_input.py`). 69–71: there is no ECDSA here.
Elsewhere or later: 88 (several nodes), 100 (mTLS), 104 (restored backup), 105 (trawling), 108 (compromise),
122–130 (desk).
"""

import json
import time
from collections.abc import AsyncIterator, Callable

import msgspec
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.codec import encode
from contracts.envelope import READING_TYP, Envelope
from contracts.messages.recall import Recall
from contracts.reply import DECISION_TYP
from keys import tokens
from tests.agencies import secret
from tests.journey.forging import changed, claims_text, delivered, problem, read_with, reading_token, resigned, signed
from tests.journey.ledger_check import check_ledger
from tests.journey.simulated import ORIGIN, Side, World, uuid7

pytestmark = pytest.mark.asyncio(loop_scope="module")

YEAR = 31_536_000


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Side]:
    """One gateway for all attacks; at the end the honest message still passes, and the log is whole."""
    async with World(tmp_path_factory.mktemp("gate")).gateway() as side:
        yield side
        await side.send(side.request())
        await side.checkpoint()
        check_ledger(side)


async def refused(gate: Side, sent: Envelope, status: int) -> None:
    """Refused as said; nothing was delivered to anybody."""
    before = await delivered(gate, "police-13")
    found = await gate.refusal(sent)
    assert found.status == status
    assert found.type == {400: "urn:rj:problem:not-verified", 422: "urn:rj:problem:unfit"}.get(status, found.type)
    assert await delivered(gate, "police-13") == before


async def test_control_the_message_without_any_flaw_is_accepted(gate: Side) -> None:
    """Every attack below is this message with one flaw, forged by the same helpers."""
    await gate.send(changed(gate, gate.request()))
    request = gate.request()
    await gate.send(signed(request, gate.world.agencies["prison-mdi"], claims_text(request)))


# Keys and types.


async def test_11_keys_of_another_use_sign_nothing(gate: Side) -> None:
    """A sealing key's id, the log's own key, and an officer's key."""
    mdi = gate.world.agencies["prison-mdi"]
    await refused(gate, resigned(gate.request(), mdi.signing, mdi.sealing_kid), 400)
    for key in (gate.world.officers.noms.key, Ed25519PrivateKey.from_private_bytes(secret("log"))):
        kid = tokens.key_id(key.public_key().public_bytes_raw())
        await refused(gate, resigned(gate.request(), key, kid), 400)


async def test_20_another_agencys_key_speaks_for_that_agency_only(gate: Side) -> None:
    """Claims that name prison-mdi under the key of prison-lei; and the other way round for reading."""
    lei = gate.world.agencies["prison-lei"]
    await refused(gate, resigned(gate.request(), lei.signing, lei.signing_kid), 400)
    now = int(time.time())
    claims = {
        "iss": "prison-mdi", "aud": ORIGIN, "iat": now, "exp": now + 60, "jti": uuid7(), "htm": "GET",
        "htu": "/v1/inbox",
    }  # fmt: skip
    token = reading_token(gate, "prison-lei", claims)
    assert (await read_with(gate, "/v1/inbox", f"Bearer {token}"))[0] == 401
    assert (await read_with(gate, "/v1/inbox", f"Bearer {reading_token(gate, 'prison-mdi', claims)}"))[0] == 200


@pytest.mark.parametrize(
    ("name", "times"),
    [
        ("revoked", {"revoked_at": -1}),
        ("expired", {"valid_until": -1}),
        ("future", {"valid_from": 60}),
        ("compromised", {"compromised_since": -60}),
        ("control", {}),
    ],
)
async def test_21_a_key_out_of_its_time_signs_nothing(
    tmp_path_factory: pytest.TempPathFactory, name: str, times: dict[str, int]
) -> None:
    """Revoked, expired, not yet valid, compromised: the directory that the gateway goes by says so."""
    world, now = World(tmp_path_factory.mktemp(name)), int(time.time())
    entry = world.agencies["prison-lei"].entry(ORIGIN, now)
    key = msgspec.structs.replace(entry.signing[0], **{what: now + seconds for what, seconds in times.items()})
    world.publish_directory(1, msgspec.structs.replace(entry, signing=(key,), sealing=()))
    async with world.gateway() as side:
        status, body = await side.post(side.request(prison="prison-lei"))
        assert (problem(status, body).type == "urn:rj:problem:not-verified") == bool(times)
        assert (await side.read("prison-lei", "/v1/inbox"))[0] == (401 if times else 200)


async def test_31_a_token_of_another_type_is_not_this_message(gate: Side) -> None:
    """The claims of one message under the type of another; a reading token posted, a message used for reading."""
    await refused(gate, changed(gate, gate.request(), typ="rj.recall.v1+jwt"), 422)
    await refused(gate, changed(gate, gate.request(), typ=READING_TYP), 422)
    await refused(gate, changed(gate, gate.request(), typ=DECISION_TYP), 422)
    recall = gate.envelope("prison-mdi", "police-13", Recall(of=uuid7()))
    await refused(gate, changed(gate, recall, typ="rj.contact-request.v1+jwt"), 422)
    assert (await read_with(gate, "/v1/inbox", f"Bearer {gate.request().token}"))[0] == 401
    decision = (await gate.send(gate.request())).decision
    assert (await read_with(gate, "/v1/inbox", f"Bearer {decision}"))[0] == 401
    assert (await gate.post(encode(Envelope(token=decision))))[0] == 400


# Claims as text: what a lenient reader would mend.


def replaced(gate: Side, name: str, text: str) -> Envelope:
    """A request whose claim `name` is this JSON text."""
    request = gate.request()
    members = json.loads(claims_text(request))
    before = f'"{name}":{json.dumps(members[name], separators=(",", ":"))}'
    assert claims_text(request).count(before) == 1
    return signed(request, gate.world.agencies["prison-mdi"], claims_text(request).replace(before, f'"{name}":{text}'))


NOT_TIMES = {
    "51 NaN": "NaN",
    "51 Infinity": "Infinity",
    "51 -Infinity": "-Infinity",
    "51 1e400": "1e400",
    "52 true": "true",
    "53 a string": f'"{int(time.time())}"',
    "54 Arabic digits": "١٧٩٥٣٧٣٢٢١",
    "54 Arabic digits in a string": '"١٧٩٥٣٧٣٢٢١"',
    "55 4,000 digits": "1" * 4000,
    "56 a float": f"{int(time.time())}.0",
    "56 an exponent": "1.795e9",
    "57 -1e300": "-1e300",
    "57 negative": "-1",
    "57 negative zero": "-0.0",
    "58 after 2100": "4102444801",
    "58 2^63": str(2**63),
    "58 2^64": str(2**64),
    "60 null": "null",
    "60 an object": "{}",
    "60 a list": f"[{int(time.time())}]",
    "55 a leading zero": f"0{int(time.time())}",
    "55 a plus": f"+{int(time.time())}",
    "55 hexadecimal": "0x6B000000",
}


@pytest.mark.parametrize("claim", ["iat", "exp"])
@pytest.mark.parametrize("text", NOT_TIMES)
async def test_51_to_57_a_time_that_is_no_whole_number_of_seconds(gate: Side, claim: str, text: str) -> None:
    """Whoever cannot be told apart by iss, jti and times is vouched for by nobody: 400, uniform, never a 500."""
    await refused(gate, replaced(gate, claim, NOT_TIMES[text]), 400)


async def test_58_a_message_that_would_live_for_a_hundred_years(gate: Side) -> None:
    """Five minutes are the longest; one second more is told precisely."""
    now = int(time.time())
    await refused(gate, replaced(gate, "exp", str(now + 70 * YEAR)), 422)
    await refused(gate, changed(gate, gate.request(), iat=now, exp=now + 301), 422)
    await gate.send(changed(gate, gate.request(), iat=now, exp=now + 300))


async def test_59_an_end_before_the_beginning(gate: Side) -> None:
    """And at the beginning: a message of no length."""
    now = int(time.time())
    await refused(gate, changed(gate, gate.request(), iat=now + 8, exp=now + 7), 422)
    await refused(gate, changed(gate, gate.request(), iat=now + 8, exp=now + 8), 422)
    await gate.send(changed(gate, gate.request(), iat=now + 8, exp=now + 9))


@pytest.mark.parametrize(
    ("claim", "status"),
    [
        *[(name, 400) for name in ("iss", "iat", "exp", "jti", "exchange")],
        *[(name, 422) for name in ("aud", "to", "actor", "agreement", "sealed", "body")],
    ],
)
async def test_60_each_claim_is_needed(gate: Side, claim: str, status: int) -> None:
    """What is needed to record a refusal is needed even for that."""
    await refused(gate, changed(gate, gate.request(), **{claim: None}), status)


AUDIENCES = {
    "61 a list that includes us": json.dumps([ORIGIN]),
    "61 a list of us and others": json.dumps([ORIGIN, "other.example/rj"]),
    "62 empty": '""',
    "62 another case": json.dumps(ORIGIN.upper()),
    "62 a space after": json.dumps(ORIGIN + " "),
    "62 a line feed after": json.dumps(ORIGIN + "\n"),
    "62 a slash after": json.dumps(ORIGIN + "/"),
    "62 nested": json.dumps({"aud": ORIGIN}),
    "62 a prefix": json.dumps(ORIGIN[:-1]),
    "62 a scheme": json.dumps("https://" + ORIGIN),
    "62 another gateway": '"other.example/rj"',
    "62 null": "null",
    "62 a Cyrillic letter": json.dumps(ORIGIN.replace("a", "а")),
}


@pytest.mark.parametrize("audience", AUDIENCES)
async def test_61_and_62_an_audience_that_is_not_exactly_this_gateway(gate: Side, audience: str) -> None:
    """A message to a test gateway is worth nothing here."""
    await refused(gate, replaced(gate, "aud", AUDIENCES[audience]), 422)


SENDERS = [
    '["prison-mdi"]',
    '{"id":"prison-mdi"}',
    '""',
    '"Prison-mdi"',
    '"prison-mdi "',
    '"prison-mdi\\n"',
    "7",
    "null",
]


@pytest.mark.parametrize("sender", SENDERS)
async def test_63_a_sender_that_is_no_agencys_id(gate: Side, sender: str) -> None:
    """Nobody is vouched for."""
    await refused(gate, replaced(gate, "iss", sender), 400)


IDS = [
    '""', "7", "null", '["018f"]', '"not-an-id"', f'"{"0" * 36}"', f'"{"a" * 5000}"', f'"{uuid7().upper()}"',
    f'"{uuid7()} "', f'"{uuid7()}\\n"', '"6ba7b810-9dad-41d1-80b4-00c04fd430c8"', f'"{{{uuid7()}}}"',
]  # fmt: skip


@pytest.mark.parametrize("claim", ["jti", "exchange"])
@pytest.mark.parametrize("text", IDS, ids=range(len(IDS)))
async def test_64_an_id_that_is_no_uuid_of_version_7(gate: Side, claim: str, text: str) -> None:
    """Empty, over-long, upper case, another version, with something after it, or no string at all."""
    await refused(gate, replaced(gate, claim, text), 400)


async def test_65_a_message_from_further_ahead_than_clocks_differ(gate: Side) -> None:
    """Ten seconds are forgiven; what is beyond is told, and not recorded."""
    now = int(time.time())
    size = (await gate.checkpoint()).size
    found = await gate.refusal(changed(gate, gate.request(), iat=now + 13, exp=now + 60))
    assert (found.status, found.type) == (422, "urn:rj:problem:stale")
    assert (await gate.checkpoint()).size == size
    await gate.send(changed(gate, gate.request(), iat=now + 9, exp=now + 60))


READING_FLAWS: dict[str, Callable[[int], dict[str, object]]] = {
    "another gateway": lambda now: {"aud": "other.example/rj"},
    "a list of audiences": lambda now: {"aud": [ORIGIN]},
    "another path": lambda now: {"htu": "/v1/messages"},
    "another query": lambda now: {"htu": "/v1/inbox?after=7"},
    "a path without its query's order": lambda now: {"htu": "/v1/inbox?"},
    "another method": lambda now: {"htm": "POST"},
    "a life of 61 seconds": lambda now: {"exp": now + 61},
    "expired": lambda now: {"iat": now - 30, "exp": now},
    "from the future": lambda now: {"iat": now + 13, "exp": now + 60},
    "a float": lambda now: {"iat": float(now)},
    "an unknown claim": lambda now: {"scope": "all"},
    "an agency that it is not": lambda now: {"iss": "police-13"},
}


@pytest.mark.parametrize("flaw", READING_FLAWS)
async def test_51_to_65_a_reading_token_with_a_flaw_reads_nothing(gate: Side, flaw: str) -> None:
    """401 in one set of words, which say nothing of the token."""
    now = int(time.time())
    claims: dict[str, object] = {
        "iss": "prison-mdi", "aud": ORIGIN, "iat": now, "exp": now + 60, "jti": uuid7(), "htm": "GET",
        "htu": "/v1/inbox",
    }  # fmt: skip
    sound = reading_token(gate, "prison-mdi", claims)
    assert (await read_with(gate, "/v1/inbox", f"Bearer {sound}"))[0] == 200
    token = reading_token(gate, "prison-mdi", claims | READING_FLAWS[flaw](now))
    status, body = await read_with(gate, "/v1/inbox", f"Bearer {token}")
    assert problem(status, body).type == "urn:rj:problem:not-authorised"
    assert token not in body.decode()

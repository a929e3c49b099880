"""A gateway that is away, answers that are lost, and an operator who lies."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
import stamina

from contracts.codec import encode
from contracts.directory import SignedDocument
from contracts.reply import Inbox, InboxItem, Problem, Reply
from gateway.desk import outbox, sealer, trust
from gateway.desk.heard import own, token_digest
from keys import documents
from keys.receipts import check
from keys.tokens import parse, sign
from tests.agencies import Officers, TestAgency, make_directory
from tests.gateway.desk.between import Between, Spoil, between
from tests.gateway.desk.desks import SERVED, Desks, Refused, desks_at, request
from tests.journey.simulated import ORIGIN, World
from tests.waiting import until_directory


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1):
        yield


@pytest_asyncio.fixture
async def apart(tmp_path: Path) -> AsyncIterator[tuple[Desks, Between]]:
    """Desks with something between them and the gateway."""
    world = World(tmp_path)
    async with world.gateway(), between(world.address) as stand, desks_at(world, stand.url, *SERVED) as desks:
        yield desks, stand


async def test_what_is_said_while_the_gateway_is_away_is_kept_and_sent_once(apart: tuple[Desks, Between]) -> None:
    """202 and `queued`; when the gateway is back the same token goes out, and the police have one request."""
    desks, stand = apart
    prison, police = desks["prison-mdi"], desks["police-13"]
    await prison.get("cases")
    stand.away = True
    status, _, asked = await prison.call("POST", "requests", request("approach"))
    assert (status, asked["queued"], asked["leaf"], asked["case"]["state"]) == (202, True, None, "queued")
    exchange = asked["case"]["exchange"]

    stand.away = False
    await prison.until(exchange, "contact-request")
    await police.until(exchange, "contact-request")
    assert (await prison.case(exchange))["state"] == "with-police"
    assert len((await police.get("cases"))["cases"]) == 1
    assert (await prison.get(f"receipts/{asked['jti']}"))["decision"]["decision"] == "accepted"


async def test_a_lost_answer_is_found_again_by_the_same_token(apart: tuple[Desks, Between]) -> None:
    """The gateway recorded, the answer was lost: the same bytes are posted again and get the same decision."""
    desks, stand = apart
    prison = desks["prison-mdi"]
    await prison.get("cases")
    stand.lose = 1
    asked = await prison.ask("approach")
    await prison.until(asked["case"]["exchange"], "contact-request")
    assert len(stand.posted) == 2
    assert stand.posted[0] == stand.posted[1]


async def test_an_answer_that_comes_late_undoes_nothing_that_was_recorded_after_it(tmp_path: Path) -> None:
    """The reply to the request is lost until the details were shared and taken back: "do not contact" stays."""
    world = World(tmp_path)
    async with (
        world.gateway(),
        between(world.address) as stand,
        desks_at(world, stand.url, "prison-mdi") as prisons,
        desks_at(world, world.address, "police-13") as forces,
    ):
        prison, police = prisons["prison-mdi"], forces["police-13"]
        await prison.get("cases")
        stand.lose = 10**6
        exchange = (await prison.ask())["case"]["exchange"]
        await police.until(exchange, "contact-request")
        await police.read(exchange)
        await police.share(exchange, {"preferred_name": "Siân"})
        await police.post(f"cases/{exchange}/recall", {})
        await prison.until(exchange, "recall")
        stand.lose = 0
        await prison.until(exchange, "contact-request", 20)
        case = await prison.case(exchange)
        assert (case["state"], case["next"], case["waiting"]) == ("withdrawn", ["acknowledge-recall"], None)


async def test_a_message_is_signed_anew_only_when_the_gateway_never_had_it(
    apart: tuple[Desks, Between], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past its end the desk asks what became of it: never accepted, so a new token goes out, with a new id."""
    desks, stand = apart
    prison, police = desks["prison-mdi"], desks["police-13"]
    await prison.get("cases")
    stand.away = True
    monkeypatch.setattr(sealer, "LIFE_SECONDS", 1)
    monkeypatch.setattr(outbox, "GRACE_SECONDS", 0)
    asked = await prison.ask("approach")
    monkeypatch.setattr(sealer, "LIFE_SECONDS", 300)
    await asyncio.sleep(1.5)
    stand.away = False
    exchange = asked["case"]["exchange"]
    await prison.until(exchange, "contact-request")
    await police.until(exchange, "contact-request")
    with pytest.raises(Refused):
        await prison.get(f"receipts/{asked['jti']}")
    assert (await police.read(exchange))["subject"]["offender"]["name"] == "Rhys Ó Briain"


async def test_nothing_typed_is_lost_when_the_desk_stops_while_the_gateway_is_away(tmp_path: Path) -> None:
    """The desk is stopped with a message waiting; the next start sends it."""
    world = World(tmp_path)
    async with world.gateway(), between(world.address) as stand:
        async with desks_at(world, stand.url, "prison-mdi") as desks:
            await desks["prison-mdi"].get("cases")
            stand.away = True
            asked = await desks["prison-mdi"].ask("approach")
            assert asked["queued"]
        stand.away = False
        async with desks_at(world, stand.url, "prison-mdi", "police-13") as desks:
            await desks["police-13"].until(asked["case"]["exchange"], "contact-request")
            await desks["prison-mdi"].until(asked["case"]["exchange"], "contact-request")


@pytest.mark.parametrize("spoilt", ["decision", "receipt"])
async def test_an_answer_that_does_not_verify_is_not_believed(apart: tuple[Desks, Between], spoilt: str) -> None:
    """A changed decision or receipt: 502, no receipt kept, and the case stays where it was."""
    desks, stand = apart
    prison = desks["prison-mdi"]
    await prison.get("cases")

    def spoil(path: str, body: bytes) -> bytes:
        return _spoilt(body, spoilt) if path == "/v1/messages" else body

    stand.spoil = spoil
    with pytest.raises(Refused) as refused:
        await prison.ask("approach")
    assert refused.value.status == 502
    assert (await prison.get("receipts"))["receipts"] == []
    (case,) = (await prison.get("cases"))["cases"]
    assert case["state"] == "queued"


async def test_a_receipt_of_another_message_is_not_believed(apart: tuple[Desks, Between]) -> None:
    """A true decision and a true receipt, but of an earlier message."""
    desks, stand = apart
    prison = desks["prison-mdi"]
    kept: list[bytes] = []

    def replay(path: str, body: bytes) -> bytes:
        kept.append(body) if path == "/v1/messages" else None
        return kept[0] if path == "/v1/messages" else body

    stand.spoil = replay
    await prison.ask("approach")
    with pytest.raises(Refused) as refused:
        await prison.ask("letter")
    assert refused.value.status == 502


async def test_a_refusal_that_nobody_signed_settles_nothing(apart: tuple[Desks, Between]) -> None:
    """The operator makes a refusal up: no code and no clause of it is believed, and the message is not dropped."""
    desks, stand = apart
    prison = desks["prison-mdi"]
    made_up = Problem(type="x", title="No", status=403, detail="No.", code="R05", clauses=("12.1",))
    stand.spoil = lambda path, body: encode(made_up) if path == "/v1/messages" else body
    stand.status = 403
    asked = await prison.ask("approach")
    assert (asked["queued"], asked["case"]["state"], asked["case"]["code"]) == (True, "queued", None)
    assert asked["case"]["waiting"]["why"] == "no-decision"
    assert "Ring the gateway's operator" in asked["case"]["waiting"]["words"]

    stand.spoil, stand.status = (lambda path, body: body), None
    await prison.until(asked["case"]["exchange"], "contact-request")
    assert (await prison.case(asked["case"]["exchange"]))["waiting"] is None


async def test_a_recall_that_is_not_taken_is_kept_and_waits_behind_nothing(apart: tuple[Desks, Between]) -> None:
    """A correction of the answer is stuck: the recall goes out before it. What stopped the recall itself passes too."""
    desks, stand = apart
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange = (await prison.ask())["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    shared = await police.share(exchange, {"preferred_name": "Siân"})
    await prison.until(exchange, "contact-answer")

    stuck = Problem(type="urn:rj:problem:not-verified", title="No", status=400, detail="No.")
    stand.instead = lambda body: stuck if said(body) in ("contact-answer", "recall") else None
    assert (await police.share(exchange, {"preferred_name": "S."}, supersedes=shared["jti"]))["queued"]
    recalled = await police.post(f"cases/{exchange}/recall", {})
    assert (recalled["queued"], recalled["case"]["waiting"]["why"]) == (True, "not-verified")

    stand.instead = lambda body: stuck if said(body) == "contact-answer" else None
    await police.until(exchange, "recall", seconds=12)
    await prison.until(exchange, "recall")
    assert (await prison.case(exchange))["state"] == "withdrawn"


async def test_a_key_that_only_the_operator_signed_seals_nothing(
    apart: tuple[Desks, Between], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory with a key of the operator's own: the desk refuses before anything is sealed or sent."""
    desks, stand = apart
    prison = desks["prison-mdi"]
    mine = [TestAgency(name, seed="operator") for name in SERVED]
    forged = make_directory(ORIGIN, mine, Officers.make("operator"), int(time.time()), 9)

    monkeypatch.setattr(trust, "FRESH_SECONDS", 0)
    stand.spoil = _instead(forged)
    posted = len(stand.posted)
    with pytest.raises(Refused) as refused:
        await prison.ask("approach")
    assert (refused.value.status, refused.value.problem["type"]) == (503, "urn:rj:problem:not-trusted")
    assert len(stand.posted) == posted
    async with prison.http.get(f"{prison.url}/health/ready") as ready:
        assert ready.status == 503


async def test_an_older_directory_is_refused(apart: tuple[Desks, Between], monkeypatch: pytest.MonkeyPatch) -> None:
    """Both officers signed it, but it is behind the one that the desk has seen."""
    desks, stand = apart
    prison, world = desks["prison-mdi"], desks.world
    await prison.ask("approach")
    monkeypatch.setattr(trust, "FRESH_SECONDS", 0)
    stand.spoil = _instead(_directory(world, 7))
    await prison.ask("approach", crime="13 B")
    stand.spoil = _instead(_directory(world, 6))
    with pytest.raises(Refused) as refused:
        await prison.ask("approach", crime="13 C")
    assert refused.value.problem["type"] == "urn:rj:problem:not-trusted"


async def test_a_restart_does_not_forget_the_newest_directory(tmp_path: Path) -> None:
    """The rollback is refused by a desk that was started after it, because its agency has seen a later one."""
    world = World(tmp_path)
    async with world.gateway(), between(world.address) as stand:
        stand.spoil = _instead(_directory(world, 7))
        async with desks_at(world, stand.url, "prison-mdi") as desks:
            await desks["prison-mdi"].ask("approach")
        (world.folder / "desks" / "prison-mdi" / "documents.json").unlink()
        stand.spoil = _instead(_directory(world, 6))
        async with desks_at(world, stand.url, "prison-mdi") as desks:
            with pytest.raises(Refused) as refused:
                await desks["prison-mdi"].ask("approach", crime="13 B")
    assert refused.value.problem["type"] == "urn:rj:problem:not-trusted"


async def test_a_desk_that_starts_while_the_gateway_is_away_works_and_sends_later(tmp_path: Path) -> None:
    """It goes by the documents that it verified last, verifies them again, and keeps what is said."""
    world = World(tmp_path)
    async with world.gateway(), between(world.address) as stand:
        async with desks_at(world, stand.url, "prison-mdi") as desks:
            await desks["prison-mdi"].get("cases")
        stand.away = True
        async with desks_at(world, stand.url, "prison-mdi", "police-13") as desks:
            asked = await desks["prison-mdi"].ask("approach")
            assert asked["queued"]
            stand.away = False
            await desks["police-13"].until(asked["case"]["exchange"], "contact-request", seconds=15)


async def test_what_does_not_verify_in_the_inbox_is_passed_over_and_the_rest_arrives(
    apart: tuple[Desks, Between], capfd: pytest.CaptureFixture[str]
) -> None:
    """A request with a changed token, and one with another line's receipt: an alarm each, and the next one is there."""
    desks, stand = apart
    prison, police = desks["prison-mdi"], desks["police-13"]
    forged: list[str] = []

    def spoil(path: str, body: bytes) -> bytes:
        if path != "/v1/inbox" or not (inbox := msgspec.json.decode(body, type=Inbox)).items:
            return body
        items = tuple(_forged(item, forged) for item in inbox.items)
        return encode(msgspec.structs.replace(inbox, items=items))

    stand.spoil = spoil
    asked = [(await prison.ask("approach", crime=f"13 {n}"))["case"]["exchange"] for n in range(3)]
    await police.until(asked[2], "contact-request")
    assert [case["exchange"] for case in (await police.get("cases"))["cases"]] == asked[2:]
    assert capfd.readouterr().out.count("delivery.not_believed") == 2
    alarms = (await police.get("alarms"))["alarms"]
    assert [(each["exchange"], each["typ"]) for each in alarms] == [(e, "rj.contact-request.v1+jwt") for e in asked[:2]]
    assert "signed by nobody" in alarms[0]["why"]
    assert "receipt" in alarms[1]["why"]
    async with police.http.get(f"{police.url}/health/ready") as ready:
        assert await ready.json() == {"ready": True, "alarms": 2, "webhooks_failing": 0}


async def test_what_is_kept_of_a_delivery_proves_it_to_anybody(apart: tuple[Desks, Between]) -> None:
    """The event names its line; token and receipt are there, and fit it. The own messages' lines are named too."""
    desks, _ = apart
    prison, police = desks["prison-mdi"], desks["police-13"]
    asked = await prison.ask("approach")
    came = await police.until(asked["case"]["exchange"], "contact-request")
    kept = await police.get(f"deliveries/{came['leaf']}")
    proven = check(kept["receipt"], desks.world.vkey)
    assert proven.shared is not None
    assert (proven.index, proven.shared.token) == (asked["leaf"], token_digest(kept["token"]))
    assert proven.exact is None
    assert (await prison.until(asked["case"]["exchange"], "contact-request"))["leaf"] == asked["leaf"]
    assert (await police.call("GET", "deliveries/9999"))[0] == 404


async def test_a_case_whose_delivery_is_not_believed_says_so(apart: tuple[Desks, Between]) -> None:
    """Its recall has a spoilt receipt: the case has an event, the alarm names it, and what comes later is heard."""
    desks, stand = apart
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange = (await prison.ask())["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.post(f"cases/{exchange}/accept", {})
    await prison.until(exchange, "accepted")

    def spoil(path: str, body: bytes) -> bytes:
        if path != "/v1/inbox":
            return body
        inbox = msgspec.json.decode(body, type=Inbox)
        items = tuple(msgspec.structs.replace(item, receipt=item.receipt + "x") for item in inbox.items)
        return encode(msgspec.structs.replace(inbox, items=items))

    stand.spoil = spoil
    await police.post(f"cases/{exchange}/more-needed", {"missing": ["identifiers"]})
    doubted = await prison.until(exchange, "not-believed")
    assert (await prison.case(exchange))["state"] == "with-police"
    assert [each["leaf"] for each in (await prison.get("alarms"))["alarms"]] == [doubted["leaf"]]
    stand.spoil = lambda path, body: body
    await police.read(exchange)
    await police.share(exchange, {"preferred_name": "Siân"})
    await prison.until(exchange, "contact-answer")


async def test_a_request_of_an_agency_that_has_just_joined_is_heard(
    apart: tuple[Desks, Between], tmp_path: Path
) -> None:
    """The directory at hand does not know the sender yet: the desk looks again before it judges."""
    desks, stand = apart
    police, world = desks["police-13"], desks.world
    newcomer = TestAgency("prison-new")
    world.agencies[newcomer.id] = newcomer
    joined = _directory(world, 2)
    (world.folder / "directory.json").write_bytes(encode(joined))
    world.published.add(documents.digest_of(joined.document))
    await until_directory(police.http, world.address, 2)
    async with desks_at(world, stand.url, newcomer.id) as late:
        asked = await late[newcomer.id].ask("approach")
        await police.until(asked["case"]["exchange"], "contact-request")


async def test_values_of_another_message_are_not_opened(apart: tuple[Desks, Between]) -> None:
    """The gateway hands over what was sealed in an earlier answer: the desk refuses it, and shows nothing."""
    desks, stand = apart
    prison, police = desks["prison-mdi"], desks["police-13"]
    handed: list[bytes] = []

    def swap(path: str, body: bytes) -> bytes:
        if path != "/v1/messages" or (reply := msgspec.json.decode(body, type=Reply)).handed_over is None:
            return body
        handed.append(body)
        first = msgspec.json.decode(handed[0], type=Reply).handed_over
        return encode(msgspec.structs.replace(reply, handed_over=first))

    exchanges = []
    for crime in ("13 A", "13 B"):
        exchange = (await prison.ask(crime=crime))["case"]["exchange"]
        await police.until(exchange, "contact-request")
        await police.read(exchange)
        await police.share(exchange, {"preferred_name": crime})
        await prison.until(exchange, "contact-answer")
        exchanges.append(exchange)
    stand.spoil = swap
    assert (await prison.open(exchanges[0]))["values"]["preferred_name"] == "13 A"
    with pytest.raises(Refused) as refused:
        await prison.open(exchanges[1])
    assert refused.value.status == 502


async def test_values_under_another_token_than_the_one_that_was_delivered_are_not_opened(
    apart: tuple[Desks, Between],
) -> None:
    """Signed by the very agency, under the very id, as whoever had its key could: another message all the same."""
    desks, stand = apart
    prison, police, signer = desks["prison-mdi"], desks["police-13"], desks.world.agencies["police-13"]
    exchange = (await prison.ask())["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    await police.share(exchange, {"preferred_name": "Siân"})
    await prison.until(exchange, "contact-answer")

    def swap(path: str, body: bytes) -> bytes:
        if path != "/v1/messages" or (handed := msgspec.json.decode(body, type=Reply).handed_over) is None:
            return body
        token = parse(handed.token)
        claims = encode(msgspec.json.decode(token.claims) | {"exp": int(time.time()) + 9})
        forged = sign(claims, token.header.typ, signer.signing_kid, signer.signing)
        other = msgspec.structs.replace(handed, token=forged)
        return encode(msgspec.structs.replace(msgspec.json.decode(body, type=Reply), handed_over=other))

    stand.spoil = swap
    with pytest.raises(Refused) as refused:
        await prison.open(exchange)
    assert refused.value.status == 502
    stand.spoil = lambda path, body: body
    assert (await prison.open(exchange))["values"]["preferred_name"] == "Siân"


def _forged(item: InboxItem, forged: list[str]) -> InboxItem:
    """The first delivery's signature is changed, the second's receipt is that of the first."""
    if item.typ != "rj.contact-request.v1+jwt" or item.exchange in forged or len(forged) == 3:
        return item
    if not forged:
        forged.extend((item.exchange, item.receipt))
        return msgspec.structs.replace(item, token=item.token[:-8] + "AAAAAAAA")
    forged.append(item.exchange)
    return msgspec.structs.replace(item, receipt=forged[1])


def said(body: bytes) -> str:
    return own(msgspec.json.decode(body)["token"]).spec.name


def _spoilt(body: bytes, member: str) -> bytes:
    reply = msgspec.json.decode(body, type=Reply)
    text = getattr(reply, member)
    if member == "receipt":
        head, _, tail = text.partition("\nindex ")
        changed = base64.b64encode(b'{"leaf":"e30","shared":"e30","salt":""}').decode()
        text = head.split("extra ")[0] + "extra " + changed + "\nindex " + tail
    else:
        text = text[:-8] + ("AAAAAAAA" if text[-8:] != "AAAAAAAA" else "BBBBBBBB")
    return encode(msgspec.structs.replace(reply, **{member: text}))


def _directory(world: World, version: int) -> SignedDocument:
    agencies = list(world.agencies.values())
    return make_directory(ORIGIN, agencies, world.officers, int(time.time()), version, world.agreement.digest)


def _instead(directory: SignedDocument) -> Spoil:
    """The gateway shows this directory."""
    return lambda path, body: encode(directory) if path == "/v1/directory" else body


async def test_a_recall_goes_out_as_soon_as_the_gateway_is_back(apart: tuple[Desks, Between]) -> None:
    """However long it was away: until the recall is there, the prison could open what the victim takes back."""
    desks, stand = apart
    prison, police = desks["prison-mdi"], desks["police-13"]
    exchange = (await prison.ask())["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    await police.share(exchange, {"preferred_name": "Amina"})
    await prison.until(exchange, "contact-answer")
    stand.away = True
    recalled = await police.post(f"cases/{exchange}/recall", {})
    assert recalled["queued"] is True
    await asyncio.sleep(7)  # the pauses between its tries have grown to more than three seconds by now
    stand.away = False
    await prison.until(exchange, "recall", seconds=4.5)

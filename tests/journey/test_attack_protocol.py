"""Attacks on sealed values and on the protocol, over real HTTP: 73–81, 83, 85–99, 101, 102, 106 and 107.

The list of all numbers, and where each is, stands in `test_attack_claims.py`. 88 (several nodes) comes with them.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio

from contracts.codec import b64url, encode, unb64url
from contracts.envelope import AgreementRef, Envelope, SealedRef
from contracts.event import parse_shared
from contracts.messages.recall import Recall
from contracts.reply import ExchangeView, Problem, Reply
from contracts.vocabulary import SEALED_SIZES
from keys import sealing
from keys.errors import SealRefused
from tests.agencies import secret
from tests.journey.forging import changed, problem, with_sealed
from tests.journey.ledger_check import check_ledger, sealed_fields
from tests.journey.simulated import FIELDS, ORIGIN, Side, World, claims_of, uuid7

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gate(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Side]:
    """One gateway for all attacks; at the end the log is whole."""
    async with World(tmp_path_factory.mktemp("gate")).gateway() as side:
        yield side
        await side.checkpoint()
        check_ledger(side)


async def asked(gate: Side, **body: object) -> str:
    """An exchange that is with the police."""
    request = gate.request(**body)  # type: ignore[arg-type]
    await gate.send(request)
    return claims_of(request).exchange


async def shared(gate: Side, **body: object) -> tuple[str, str]:
    """An exchange whose details are shared, and the answer that shared them."""
    exchange = await asked(gate, **body)
    answer = gate.answer(exchange)
    await gate.send(answer)
    return exchange, claims_of(answer).jti


async def unfit(gate: Side, sent: Envelope, where: str) -> None:
    found = await gate.refusal(sent)
    assert (found.status, found.type, found.where) == (422, "urn:rj:problem:unfit", where)


# Sealed values.


async def test_73_a_value_moved_to_another_field_is_refused(gate: Side) -> None:
    """Even between fields of one size: the manifest names each value under its field."""
    answer = gate.answer(await asked(gate))
    name, times = answer.sealed["preferred_name"], answer.sealed["safe_times"]
    assert len(name) == len(times)
    await unfit(gate, with_sealed(answer, preferred_name=times, safe_times=name), "sealed.preferred_name")
    await gate.send(gate.answer(claims_of(answer).exchange))


async def test_74_and_85_a_value_sealed_for_another_exchange_does_not_open(gate: Side) -> None:
    """A holder that signs an old value into a new exchange gets past a blind gateway, and not past the recipient."""
    exchange, of = await shared(gate)
    opened = await gate.send(gate.open("prison-mdi", exchange, of, ("contact_channel",)))
    assert gate.unseal("prison-mdi", opened) == {"contact_channel": "07700 900123"}
    assert opened.handed_over is not None
    old = opened.handed_over.values["contact_channel"]
    again = await asked(gate)
    fresh = gate.answer(again)
    refs = claims_of(fresh).sealed
    kid = refs["contact_channel"].kid
    forged = with_sealed(
        changed(
            gate, fresh,
            sealed=msgspec.to_builtins(
                {**refs, "contact_channel": SealedRef(kid=kid, sha256=sealing.digest(unb64url(old)))}
            ),
        ),
        contact_channel=old,
    )  # fmt: skip
    await gate.send(forged)
    replayed = await gate.send(gate.open("prison-mdi", again, claims_of(forged).jti, ("contact_channel",)))
    with pytest.raises(SealRefused):
        gate.unseal("prison-mdi", replayed)


async def test_75_a_value_sealed_to_another_agency_is_refused(gate: Side) -> None:
    """Every value of a message is for the agency in `to`."""
    request = gate.request()
    other = gate.world.agencies["police-14"].sealing.public
    place = sealing.Place(
        exchange=claims_of(request).exchange, jti=claims_of(request).jti, iss="prison-mdi", to="police-14",
        kid=other.kid, field="subject",
    )  # fmt: skip
    value = sealing.seal("{}", SEALED_SIZES["subject"], place, other)
    refs = {"subject": {"kid": other.kid, "sha256": sealing.digest(value)}}
    await unfit(gate, with_sealed(changed(gate, request, sealed=refs), subject=b64url(value)), "sealed.subject")
    await unfit(gate, changed(gate, gate.request(), to="police-14"), "sealed.subject")


async def test_76_a_value_sealed_to_a_key_that_is_revoked_is_refused(tmp_path: Path) -> None:
    """Or over, or not begun; and a compromised key opens nothing any more, whenever it was sealed to."""
    world, now = World(tmp_path), int(time.time())
    async with world.gateway() as side:
        exchange, of = await shared(side)
        entry = world.agencies["prison-mdi"].entry(ORIGIN, now, world.agreement.digest)
        key = msgspec.structs.replace(entry.sealing[0], revoked_at=now, compromised_since=now - 5)
        world.publish_directory(2, msgspec.structs.replace(entry, sealing=(key,)))
    async with world.gateway() as side:
        request = side.request()
        await side.send(request)
        await unfit(side, side.answer(claims_of(request).exchange), "sealed.preferred_name")
        found = await side.refusal(side.open("prison-mdi", exchange, of, ("contact_channel",)))
        assert found.status == 409


@pytest.mark.parametrize("flaw", ["truncated", "extended", "flipped", "other", "empty"])
async def test_77_and_80_a_value_that_is_not_the_one_that_was_signed_is_refused(gate: Side, flaw: str) -> None:
    """By size first, then by digest."""
    request = gate.request()
    raw = unb64url(request.sealed["subject"])
    values = {
        "truncated": raw[:-1],
        "extended": raw + b"\0",
        "flipped": raw[:40] + bytes([raw[40] ^ 0x80]) + raw[41:],
        "other": unb64url(gate.request().sealed["subject"]),
        "empty": b"",
    }
    await unfit(gate, with_sealed(request, subject=b64url(values[flaw])), "sealed.subject")


@pytest.mark.parametrize("size", [1, 2047, 2049, 4096])
async def test_83_a_value_whose_size_would_tell_its_content_is_refused(gate: Side, size: int) -> None:
    """Even if its sender has signed for it: each field has one size, so that length tells nothing."""
    request = gate.request()
    raw = bytes(sealing.sealed_size(size))
    refs = {"subject": {"kid": claims_of(request).sealed["subject"].kid, "sha256": sealing.digest(raw)}}
    await unfit(gate, with_sealed(changed(gate, request, sealed=refs), subject=b64url(raw)), "sealed.subject")


async def test_78_a_value_in_the_manifest_and_not_there_is_refused(gate: Side) -> None:
    """And one that is there and not in the manifest."""
    answer = gate.answer(await asked(gate))
    await unfit(gate, with_sealed(answer, safe_times=None), "sealed")
    await unfit(gate, with_sealed(gate.answer(uuid7()), meeting_place=answer.sealed["safe_times"]), "sealed")


async def test_79_a_field_that_is_not_permitted_is_dropped_and_never_stored(gate: Side) -> None:
    """The holder learns which, the requester how many; its ciphertext is nowhere in the gateway's files."""
    exchange = await asked(gate)
    values = dict.fromkeys((*FIELDS["conference"], "home_address", "second_number"), "1 Acacia Avenue")
    answer = gate.answer(exchange, values=values)
    decision = gate.check(await gate.send(answer))
    assert set(decision.withheld) == {"home_address", "second_number"}
    (item,) = [item for item in await gate.inbox("prison-mdi") if item.exchange == exchange]
    assert item.withheld == 2
    found = await gate.refusal(gate.open("prison-mdi", exchange, claims_of(answer).jti, ("home_address",)))
    assert (found.status, found.code) == (403, "R17")
    assert sealed_fields(gate, exchange) == {*FIELDS["conference"], "subject"}


async def test_81_a_value_over_every_size_is_refused_before_anybody_reads_it(gate: Side) -> None:
    """Longer than any field's, and than a whole message may be."""
    assert (await gate.refusal(with_sealed(gate.request(), subject="A" * 16_385))).status == 400
    assert (await gate.refusal(with_sealed(gate.request(), subject="A" * 270_000))).status == 413


# Protocol.


async def test_86_89_and_106_a_replay_changes_nothing_and_hands_nothing_over(gate: Side) -> None:
    """The same token: the same decision. The same id with another body: refused. A replayed `open`: no values."""
    exchange, of = await shared(gate)
    opening = gate.open("prison-mdi", exchange, of, ("contact_channel",))
    first = await gate.send(opening)
    assert first.handed_over is not None
    size = (await gate.checkpoint()).size
    for _ in range(3):
        assert (await gate.send(opening, expect=200)).handed_over is None
    other = gate.open("prison-mdi", exchange, of, ("preferred_name",), jti=claims_of(opening).jti)
    assert (await gate.refusal(other)).type == "urn:rj:problem:known-id"
    assert (await gate.checkpoint()).size == size


async def test_87_a_replay_after_a_restart_is_still_a_replay(tmp_path: Path) -> None:
    """What the gateway knows, it knows from the store."""
    world = World(tmp_path)
    async with world.gateway() as side:
        exchange, of = await shared(side)
        opening = side.open("prison-mdi", exchange, of, ("contact_channel",))
        first = side.check(await side.send(opening))
    async with world.gateway() as side:
        again = await side.send(opening, expect=200)
        assert (side.check(again), again.handed_over) == (first, None)


async def test_90_a_message_sent_as_another_is_refused(gate: Side) -> None:
    """An answer under the type of a request; and a request where an answer is due."""
    answer = gate.answer(await asked(gate))
    assert (await gate.refusal(changed(gate, answer, typ="rj.contact-request.v1+jwt"))).status == 422
    exchange = await asked(gate)
    found = await gate.refusal(gate.request(prison="police-13", force="prison-mdi", exchange=exchange))
    assert found.type == "urn:rj:problem:not-found"


async def test_91_the_same_message_many_times_at_once_is_settled_once(gate: Side) -> None:
    """One 201, the rest 200; one leaf; one hand-over, told once."""
    exchange, of = await shared(gate)
    opening = gate.open("prison-mdi", exchange, of, ("contact_channel",))
    answers = await asyncio.gather(*(gate.post(opening) for _ in range(40)))
    assert sorted(status for status, _ in answers) == [200] * 39 + [201]
    replies = [msgspec.json.decode(body, type=Reply) for _, body in answers]
    assert len({gate.check(reply).leaf for reply in replies}) == 1
    assert [reply.handed_over is not None for reply in replies].count(True) == 1
    opened = [notice for notice in await gate.notices("police-13") if notice.exchange == exchange]
    assert len(opened) == 1


async def test_91_two_messages_under_one_id_at_once_are_not_both_accepted(gate: Side) -> None:
    """One is settled, the other is told that the id is taken."""
    first, exchange = gate.request(), uuid7()
    rivals = [first, *(gate.request(jti=claims_of(first).jti, exchange=exchange) for _ in range(7))]
    answers = await asyncio.gather(*(gate.post(rival) for rival in rivals))
    assert sorted(status for status, _ in answers) == [201] + [409] * 7


async def test_92_a_purpose_is_not_changed_after_approval(gate: Side) -> None:
    """A second request on the same exchange is refused, whatever it asks for."""
    exchange, of = await shared(gate)
    found = await gate.refusal(gate.request("preparation", exchange=exchange))
    assert (found.status, found.type) == (409, "urn:rj:problem:wrong-state")
    found = await gate.refusal(gate.open("prison-mdi", exchange, of, ("safety_notes",)))
    assert found.code == "R17"
    seen = await gate.view("prison-mdi", exchange)
    assert seen is not None
    assert seen.purpose == "conference"


async def test_93_to_a_force_that_was_not_asked_the_exchange_does_not_exist(gate: Side) -> None:
    """In the same words, byte for byte, as one that never was."""
    exchange, never = await asked(gate), uuid7()
    words = []
    for about in (exchange, never):
        found = await gate.refusal(gate.answer(about, force="police-14"))
        words.append((found.status, found.type, found.title, found.detail, found.code, found.clauses, found.where))
        assert await gate.view("police-14", about) is None
        status, body = await gate.read("police-14", f"/v1/exchanges/{about}")
        words.append((status, body))
    assert words[:2] == words[2:]
    assert words[0][0] == 404
    await gate.send(gate.answer(exchange))


async def test_94_and_95_nothing_is_answered_or_opened_after_a_recall(gate: Side) -> None:
    """From the instant of the recall on; and a recall is heard again only as a repeat."""
    exchange, of = await shared(gate)
    await gate.send(gate.open("prison-mdi", exchange, of, ("contact_channel",)))
    recall = gate.recall(exchange, of)
    await gate.send(recall)
    for late in (
        gate.open("prison-mdi", exchange, of, ("contact_channel",)),
        gate.answer(exchange),
        gate.answer(exchange, supersedes=of),
        gate.recall(exchange, of),
    ):
        found = await gate.refusal(late)
        assert (found.status, found.type) == (409, "urn:rj:problem:wrong-state")
    await gate.send(recall, expect=200)


async def test_94_and_95_nothing_is_answered_or_opened_after_cancellation_or_closing(gate: Side) -> None:
    """Whoever ends the exchange, its values are over."""
    for end in ("cancellation", "outcome"):
        exchange, of = await shared(gate)
        await gate.send(gate.cancel(exchange) if end == "cancellation" else gate.outcome(exchange, final=True))
        assert (await gate.refusal(gate.open("prison-mdi", exchange, of, ("contact_channel",)))).status == 409
        assert (await gate.refusal(gate.answer(exchange, supersedes=of))).status == 409


async def test_94_and_95_nothing_is_opened_after_consent_has_run_out(gate: Side) -> None:
    """Refused from that very second, whether or not the deletion has run."""
    exchange, until = await asked(gate), int(time.time()) + 2
    answer = gate.answer(exchange, consent=gate.consent(valid_until=until))
    await gate.send(answer)
    await gate.send(gate.open("prison-mdi", exchange, claims_of(answer).jti, ("contact_channel",)))
    await asyncio.sleep(until - time.time() + 0.01)
    found = await gate.refusal(gate.open("prison-mdi", exchange, claims_of(answer).jti, ("contact_channel",)))
    assert (found.status, found.type) == (409, "urn:rj:problem:wrong-state")
    assert (await gate.refusal(gate.answer(exchange, supersedes=claims_of(answer).jti))).status == 409


async def test_96_a_field_that_was_not_released_is_not_opened(gate: Side) -> None:
    """Nor together with one that was; nor by anybody who is not its reader."""
    exchange, of = await shared(gate)
    for fields in (("meeting_place",), ("contact_channel", "meeting_place"), ("subject",), ("reasons",)):
        found = await gate.refusal(gate.open("prison-mdi", exchange, of, fields))
        assert (found.status, found.code) == (403, "R17")
    for reader in ("prison-lei", "police-14"):
        found = await gate.refusal(gate.open(reader, exchange, of, ("contact_channel",)))
        assert found.type == "urn:rj:problem:not-found"
    found = await gate.refusal(gate.open("police-13", exchange, of, ("contact_channel",)))
    assert found.status in (403, 422)


async def test_97_and_98_a_case_is_reviewed_by_a_trained_person_who_did_not_ask(gate: Side) -> None:
    """The person who asked or attested (R04), and one without advanced training (R11), decide nothing."""
    exchange = await asked(gate, offence_groups=("sexual",))
    requester = gate.person("prison-mdi").id
    attester = gate.world.agencies["prison-mdi"].pseudonym("attester")
    for own in (requester, attester):
        found = await gate.refusal(gate.review(exchange, "proceed", actor=gate.reviewer("police-13", id=own)))
        assert (found.status, found.code) == (403, "R04")
    for actor in (
        gate.reviewer("police-13", training="foundation"),
        gate.reviewer("police-13", trained_until="2020-01-01"),
        gate.person("police-13", training="advanced"),
        gate.system("police-13"),
    ):
        found = await gate.refusal(gate.review(exchange, "proceed", actor=actor))
        assert (found.status, found.code) == (403, "R11")
    assert (await gate.refusal(gate.answer(exchange))).code == "R08"
    await gate.send(gate.review(exchange, "proceed"))
    await gate.send(gate.answer(exchange))


async def test_99_a_message_under_another_version_of_the_agreement_is_refused(gate: Side) -> None:
    """By id, version and digest (R05); but a recall is heard under any (clause 12.3)."""
    now = gate.world.agreement
    for other in (
        AgreementRef(id="other-parties", version=now.version, digest=now.digest),
        AgreementRef(id=now.id, version=now.version + 1, digest=now.digest),
        AgreementRef(id=now.id, version=now.version, digest=b64url(secret("another text"))),
    ):
        found = await gate.refusal(gate.request(agreement=other))
        assert (found.status, found.code) == (403, "R05")
        exchange, of = await shared(gate)
        recall = gate.envelope(
            "police-13", "prison-mdi", Recall(of=of), exchange=exchange, actor=gate.system("police-13"), agreement=other
        )
        await gate.send(recall)


async def test_101_an_inbox_a_message_and_an_exchange_are_their_agencys_own(gate: Side) -> None:
    """There is no way to name another agency's inbox; its messages and exchanges are not there for others."""
    request = gate.request()
    await gate.send(request)
    exchange, jti = claims_of(request).exchange, claims_of(request).jti
    assert exchange not in {item.exchange for item in await gate.inbox("police-14")}
    for path in (f"/v1/messages/{jti}", f"/v1/exchanges/{exchange}"):
        for stranger in ("police-14", "prison-lei"):
            status, body = await gate.read(stranger, path)
            assert problem(status, body).type == "urn:rj:problem:not-found"
        assert (await gate.read("prison-mdi", path))[0] == 200
    status, body = await gate.read("police-14", "/v1/inbox", iss="police-13")
    assert problem(status, body).type == "urn:rj:problem:not-authorised"


async def test_102_an_inspectors_search_needs_a_reason_and_an_inspector(gate: Side) -> None:
    """Without a reason it is no search (422); by anybody else it is not permitted; each is a line of the log."""
    exchange = await asked(gate)
    search = gate.search(about=exchange)
    body = {"about": exchange}
    size = (await gate.checkpoint()).size
    assert (await gate.refusal(changed(gate, search, body=body))).status == 422
    found = await gate.refusal(gate.search("police-14", about=exchange))
    assert (found.status, found.code) == (403, "R04")
    reply = await gate.send(gate.search(about=exchange))
    assert [line.index for line in reply.found or ()]
    lines = (await gate.send(gate.search(after=size - 1))).found or ()
    said = [parse_shared(unb64url(line.shared or "")) for line in lines]
    # Time may have written lines of its own meanwhile; the last is this very search.
    decisions = [line.decision for line in said if line.iss in ("inspectorate-hmip", "police-14")]
    assert decisions == ["refused", "refused", "accepted", "accepted"]


async def test_107_a_no_and_a_silence_look_alike_to_the_prison(tmp_path: Path) -> None:
    """A smoke test, in state, form, clause and time, before and at the end of the window."""
    async with World(tmp_path, {"answer": "2 seconds"}).gateway() as side:
        refusing, silent = await asked(side), await asked(side)
        await side.send(side.answer(refusing, "cannot-proceed", "R19"))

        async def seen(exchange: str) -> tuple[bytes, list[dict[str, object]]]:
            view = await side.view("prison-mdi", exchange)
            assert isinstance(view, ExchangeView)
            notices = [msgspec.to_builtins(n) for n in await side.notices("prison-mdi") if n.exchange == exchange]
            for notice in notices:
                del notice["exchange"], notice["leaf"]
            return encode(msgspec.structs.replace(view, exchange=silent)), notices

        assert await seen(refusing) == await seen(silent)
        await side.until("prison-mdi", silent, "cannot-proceed")
        await side.until("prison-mdi", refusing, "cannot-proceed")
        assert await seen(refusing) == await seen(silent)
        words: list[Problem] = [await side.refusal(side.cancel(exchange)) for exchange in (refusing, silent)]
        assert words[0].detail == words[1].detail
        assert words[0].clauses == words[1].clauses

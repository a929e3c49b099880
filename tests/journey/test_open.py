"""Opening over real HTTP: who may be handed which values, once, and who is told."""

import asyncio
import time
from typing import Any

import pytest

from contracts.messages.open_ import Open
from contracts.messages.recall import Recall
from tests.journey.simulated import FIELDS, Side, claims_of


async def _shared(side: Side, **body: Any) -> tuple[str, str, str]:
    """An exchange with details shared: its id, the request's jti and the answer's."""
    request = side.request(**body)
    exchange = claims_of(request).exchange
    await side.send(request)
    answer = side.answer(exchange)
    await side.send(answer)
    return exchange, claims_of(request).jti, claims_of(answer).jti


async def test_a_message_is_handed_its_values_once(slow: Side) -> None:
    """The same token again gets the same decision for the same leaf and no values; a new `open` is a new line."""
    exchange, _, answer = await _shared(slow)
    message = slow.open("prison-mdi", exchange, answer, ("contact_channel", "safe_times"))
    first = await slow.send(message)
    assert slow.unseal("prison-mdi", first).keys() == {"contact_channel", "safe_times"}
    for _ in range(3):
        again = await slow.send(message, expect=200)
        assert (again.handed_over, again.decision, again.receipt) == (None, first.decision, first.receipt)
    status, body = await slow.read("prison-mdi", f"/v1/messages/{claims_of(message).jti}")
    assert (status, b"handed_over" in body) == (200, False)
    anew = await slow.send(slow.open("prison-mdi", exchange, answer, ("contact_channel",)))
    assert anew.handed_over is not None
    told = [(n.notice, n.fields, n.why) for n in await slow.notices("police-13")]
    assert told == [
        ("opened", ("contact_channel", "safe_times"), "contact-victim"),
        ("opened", ("contact_channel",), "contact-victim"),
    ]


async def test_the_holder_alone_is_told_in_which_role_and_kind_of_agency(slow: Side) -> None:
    """What its report to the victim needs: beside fields and reason, and in nobody else's inbox."""
    exchange, _, answer = await _shared(slow)
    await slow.send(slow.open("prison-mdi", exchange, answer, ("safe_times",)))
    (told,) = [notice for notice in await slow.notices("police-13") if notice.notice == "opened"]
    assert (told.by_kind, told.role) == ("prison", "rj-coordinator")
    for other in ("prison-mdi", "prison-lei", "police-14", "inspectorate-hmip"):
        assert not [notice for notice in await slow.notices(other) if notice.notice == "opened"]


@pytest.mark.parametrize(
    "changes",
    [
        {"role": "residential-officer"},
        {"role": "custodian"},
        {"training": "none"},
        {"trained_until": "2026-01-31"},
        {"amr": ("pwd",)},
        {"auth_time": int(time.time()) - 13 * 3600},
        {"auth_time": int(time.time()) + 3600},
    ],
    ids=["role", "custodian", "training", "training out of date", "one factor", "signed in long ago", "in the future"],
)
async def test_a_reader_needs_role_training_and_a_fresh_sign_in(slow: Side, changes: dict[str, Any]) -> None:
    """Each is R04 by clause 4.6, for either side; the same person without the flaw is handed the value."""
    exchange, request, answer = await _shared(slow)
    for agency, of, field in (("prison-mdi", answer, "safe_times"), ("police-13", request, "subject")):
        unfit = slow.person(agency, **changes)
        problem = await slow.refusal(slow.open(agency, exchange, of, (field,), actor=unfit))
        assert (problem.status, problem.code, problem.clauses) == (403, "R04", ("4.6",))
        await slow.send(slow.open(agency, exchange, of, (field,)))


async def test_only_what_was_released_to_the_reader_opens(slow: Side) -> None:
    """Not a field that was not asked for, nor what the other side reads, nor anything by a system or a stranger."""
    exchange, request, answer = await _shared(slow, fields=("preferred_name", "contact_channel"))
    for fields in (("safe_times",), ("preferred_name", "home_address"), ("subject",)):
        problem = await slow.refusal(slow.open("prison-mdi", exchange, answer, fields))
        assert (problem.status, problem.code) == (403, "R17")
    assert (await slow.refusal(slow.open("prison-mdi", exchange, request, ("subject",)))).where == "of"
    assert (await slow.refusal(slow.open("police-13", exchange, answer, ("preferred_name",)))).where == "of"
    system = slow.open("prison-mdi", exchange, answer, ("preferred_name",), actor=slow.system("prison-mdi"))
    assert (await slow.refusal(system)).code == "R04"
    for stranger in ("prison-lei", "police-14", "party-noms"):
        problem = await slow.refusal(slow.open(stranger, exchange, answer, ("preferred_name",)))
        assert problem.status == 404
    inspector = await slow.refusal(slow.open("inspectorate-hmip", exchange, answer, ("preferred_name",)))
    assert (inspector.status, inspector.where) == (422, "of")
    early = slow.request()
    await slow.send(early)
    problem = await slow.refusal(slow.open("prison-mdi", claims_of(early).exchange, answer, ("preferred_name",)))
    assert problem.status == 409


async def test_a_conflict_of_interest_is_declared_away_or_nothing_opens(slow: Side) -> None:
    """Without the declaration of clause 8.3 the message does not follow its contract."""
    exchange, _, answer = await _shared(slow)
    undeclared = Open(of=answer, fields=("safe_times",), why="contact-victim", no_conflict="no")  # type: ignore[arg-type]
    problem = await slow.refusal(slow.envelope("prison-mdi", "gateway", undeclared, exchange=exchange))
    assert problem.status == 422
    assert "no_conflict" in (problem.where or "")
    declared = Open(of=answer, fields=("safe_times",), why="contact-victim", no_conflict="declared")
    astray = slow.envelope("prison-mdi", "police-13", declared, exchange=exchange)
    assert (await slow.refusal(astray)).where == "to"
    await slow.send(slow.envelope("prison-mdi", "gateway", declared, exchange=exchange))


async def test_the_holder_is_told_of_openings_and_the_requester_is_not(slow: Side) -> None:
    """The details are the police's; the rhythm of their own reading would tell a no from a silence."""
    exchange, request, answer = await _shared(slow)
    subject = await slow.send(slow.open("police-13", exchange, request, ("subject",)))
    details = await slow.send(slow.open("prison-mdi", exchange, answer, FIELDS["conference"]))
    assert await slow.notices("prison-mdi") == []
    assert [(n.notice, n.fields) for n in await slow.notices("police-13")] == [("opened", FIELDS["conference"])]
    for agency in ("prison-mdi", "police-13"):
        _, body = await slow.read(agency, "/v1/inbox?after=-1&wait=0")
        for reply in (subject, details):
            assert reply.handed_over is not None
            assert not [value for value in reply.handed_over.values.values() if value[:64].encode() in body]


async def test_an_open_that_races_a_recall_is_handed_nothing_afterwards(slow: Side) -> None:
    """Whichever of many is settled after the recall is refused, even in one batch with it: the ledger check tells."""
    exchange, _, answer = await _shared(slow)
    recall = slow.envelope("police-13", "prison-mdi", Recall(of=answer), exchange=exchange)
    opens = [slow.open("prison-mdi", exchange, answer, ("safe_times",)) for _ in range(12)]
    posted = await asyncio.gather(*(slow.post(message) for message in (*opens[:6], recall, *opens[6:])))
    assert {status for status, _ in posted} <= {201, 409}
    assert (await slow.refusal(slow.open("prison-mdi", exchange, answer, ("safe_times",)))).status == 409

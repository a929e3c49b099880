"""Ends over real HTTP: recall, expiry, cancellation, outcome. From that instant on nothing is handed over."""

import asyncio
import time
from typing import Any

import pytest

from contracts.messages.outcome import Outcome
from tests.journey.ledger_check import sealed_fields
from tests.journey.simulated import FIELDS, Side, claims_of


async def _shared(side: Side, **consent: Any) -> tuple[str, str]:
    """An exchange with details shared, and the answer that shared them; the prison has opened one of them."""
    request = side.request()
    exchange = claims_of(request).exchange
    await side.send(request)
    answer = side.answer(exchange, consent=side.consent(**consent))
    await side.send(answer)
    await side.send(side.open("prison-mdi", exchange, claims_of(answer).jti, ("contact_channel",)))
    assert sealed_fields(side, exchange) == {"subject", *FIELDS["conference"]}
    return exchange, claims_of(answer).jti


async def _nothing_opens(side: Side, exchange: str, answer: str) -> None:
    problem = await side.refusal(side.open("prison-mdi", exchange, answer, ("safe_times",)))
    assert (problem.status, problem.clauses) == (409, ("8.5",))
    assert sealed_fields(side, exchange) == set()


def _notices(notices: list[Any], exchange: str) -> list[str]:
    return [notice.notice for notice in notices if notice.exchange == exchange]


async def test_a_recall_stops_every_later_hand_over(slow: Side) -> None:
    """The requester is told at once and without a reason, nothing opens, and destruction is attested, once."""
    exchange, answer = await _shared(slow)
    await slow.send(slow.recall(exchange, answer))
    await _nothing_opens(slow, exchange, answer)
    seen = await slow.view("prison-mdi", exchange)
    assert seen is not None
    assert (seen.state, seen.code, seen.open_until) == ("withdrawn", None, None)
    assert seen.acknowledge_by is not None
    types = [item.typ for item in await slow.inbox("prison-mdi")]
    assert types == ["rj.contact-answer.v1+jwt", "rj.recall.v1+jwt", "rj.notice.v1+jwt"]
    wrong = await slow.refusal(slow.acknowledge(exchange, exchange))
    assert (wrong.status, wrong.where) == (422, "of")
    await slow.send(slow.acknowledge(exchange, answer))
    assert [item.typ for item in await slow.inbox("police-13")][-1] == "rj.recall-acknowledged.v1+jwt"
    again = await slow.refusal(slow.acknowledge(exchange, answer))
    assert again.status == 409
    assert (await slow.refusal(slow.recall(exchange, answer))).status == 409
    assert (await slow.refusal(slow.answer(exchange, supersedes=answer))).status == 409
    seen = await slow.view("prison-mdi", exchange)
    assert seen is not None
    assert seen.acknowledge_by is None


@pytest.mark.parametrize("spans", [{"acknowledge_recall": "1 second", "accept": "1 second"}])
async def test_a_recall_that_nobody_acknowledges_is_overdue_for_both(spanned: Side) -> None:
    """Both sides are told once, even where the police were late before; it can still be acknowledged."""
    exchange, answer = await _shared(spanned)
    other = spanned.request()
    await spanned.send(other)
    late = claims_of(other).exchange
    await spanned.until_notice("police-13", late, "overdue")
    await spanned.send(spanned.answer(late, "shared"))
    held = await spanned.view("police-13", late)
    assert held is not None
    assert held.answer is not None
    for each, of in ((exchange, answer), (late, held.answer)):
        await spanned.send(spanned.recall(each, of))
    await spanned.until_notice("prison-mdi", late, "overdue")
    assert _notices(await spanned.notices("prison-mdi"), exchange) == ["erased", "overdue"]
    assert _notices(await spanned.notices("police-13"), exchange) == ["opened", "erased", "overdue"]
    assert _notices(await spanned.notices("police-13"), late) == ["overdue", "erased", "overdue"]
    inspected = await spanned.inspect(exchange)
    assert inspected is not None
    assert inspected.overdue
    await spanned.send(spanned.acknowledge(exchange, answer))


async def test_the_end_of_the_yes_ends_hand_over(slow: Side) -> None:
    """At the end of the consent the values are erased and both are told; an outcome can still be reported."""
    exchange, answer = await _shared(slow, valid_until=int(time.time()) + 2)
    seen = await slow.until("prison-mdi", exchange, "expired")
    assert seen.open_until is None
    await _nothing_opens(slow, exchange, answer)
    assert _notices(await slow.notices("prison-mdi"), exchange) == ["expired", "erased"]
    assert _notices(await slow.notices("police-13"), exchange) == ["opened", "expired", "erased"]
    subject = await slow.refusal(slow.open("police-13", exchange, answer, ("subject",)))
    assert subject.status == 409
    assert (await slow.refusal(slow.answer(exchange, supersedes=answer))).status == 409
    assert (await slow.refusal(slow.cancel(exchange))).status == 409
    await slow.send(slow.outcome(exchange, final=False))
    await slow.send(slow.outcome(exchange, final=True))
    await slow.send(slow.recall(exchange, answer))
    assert _notices(await slow.notices("prison-mdi"), exchange) == ["expired", "erased"]


async def test_a_cancellation_ends_the_exchange(slow: Side) -> None:
    """Before an answer and after one: values go, the police are told; what was shared can still be recalled."""
    request = slow.request()
    await slow.send(request)
    await slow.send(slow.cancel(claims_of(request).exchange))
    assert (await slow.refusal(slow.answer(claims_of(request).exchange))).status == 409
    exchange, answer = await _shared(slow)
    await slow.send(slow.cancel(exchange))
    await _nothing_opens(slow, exchange, answer)
    seen = await slow.view("prison-mdi", exchange)
    assert seen is not None
    assert (seen.state, seen.open_until) == ("cancelled", None)
    assert [item.typ for item in await slow.inbox("police-13")][-2:] == [
        "rj.cancellation.v1+jwt",
        "rj.notice.v1+jwt",
    ]
    assert (await slow.refusal(slow.cancel(exchange))).status == 409
    await slow.send(slow.recall(exchange, answer))
    await slow.send(slow.acknowledge(exchange, answer))
    seen = await slow.view("prison-mdi", exchange)
    assert seen is not None
    assert seen.state == "withdrawn"


async def test_only_a_final_outcome_closes_and_erases(slow: Side) -> None:
    """An outcome on the way changes nothing but the state; the final one ends hand-over, and may still be recalled."""
    exchange, answer = await _shared(slow)
    await slow.send(slow.outcome(exchange, final=False))
    seen = await slow.view("prison-mdi", exchange)
    assert seen is not None
    assert seen.state == "outcome-recorded"
    await slow.send(slow.open("prison-mdi", exchange, answer, ("safe_times",)))
    await slow.send(slow.outcome(exchange, final=True))
    await _nothing_opens(slow, exchange, answer)
    closed = await slow.view("prison-mdi", exchange)
    assert closed is not None
    assert (closed.state, closed.open_until) == ("closed", None)
    outcomes = [item for item in await slow.inbox("police-13") if item.typ == "rj.outcome.v1+jwt"]
    assert len(outcomes) == 2
    assert (await slow.refusal(slow.outcome(exchange, final=True))).status == 409
    await slow.send(slow.recall(exchange, answer))


@pytest.mark.parametrize("spans", [{"outcome": "1 second"}])
async def test_an_outcome_that_is_owed_is_asked_for_once(spanned: Side) -> None:
    """The requester is told when its outcome is overdue, and not where it has cancelled instead."""
    exchange, _ = await _shared(spanned)
    cancelled, _ = await _shared(spanned)
    await spanned.send(spanned.cancel(cancelled))
    await spanned.until_notice("prison-mdi", exchange, "outcome-overdue")
    assert _notices(await spanned.notices("prison-mdi"), cancelled) == ["erased"]
    assert "outcome-overdue" not in _notices(await spanned.notices("police-13"), exchange)
    unfinished = Outcome(
        contact="not-made", chose="undecided", status="in-progress", disclosure="not-disclosable", final=False
    )
    await spanned.send(spanned.envelope("prison-mdi", "police-13", unfinished, exchange=exchange))


@pytest.mark.parametrize("spans", [{"record": "1 second", "answer": "2 seconds"}])
async def test_the_record_of_a_case_goes_and_the_log_stays_whole(spanned: Side) -> None:
    """At the end of the record's time nothing of the exchange is left but its leaves; inboxes and replies are empty."""
    request = spanned.request()
    exchange, jti = claims_of(request).exchange, claims_of(request).jti
    await spanned.send(request)
    await spanned.send(spanned.answer(exchange, "cannot-proceed", "R19"))
    end = time.monotonic() + 8
    while await spanned.view("prison-mdi", exchange) is not None:
        assert time.monotonic() < end
        await asyncio.sleep(0.1)
    assert await spanned.inbox("prison-mdi") == await spanned.inbox("police-13") == ()
    status, _ = await spanned.read("prison-mdi", f"/v1/messages/{jti}")
    assert status == 404
    lines = await spanned.found(about=exchange)
    assert lines == []
    rules = [exact.clauses for shared, exact in await spanned.found(event="record-erased") if shared.exchange]
    assert rules == [("11.8",)]

"""Case records over real HTTP: for whoever has said why, and of those cases alone."""

import msgspec
import pytest

from contracts.case_record import CaseRecord, CaseRecords
from contracts.reply import Problem
from tests.journey.simulated import Side, claims_of, uuid7
from tests.waiting import until

INSPECTOR = "inspectorate-hmip"


async def searched(side: Side, **terms: object) -> str:
    """The id of a search by the inspector that is on record."""
    search = side.search(**terms)  # type: ignore[arg-type]
    await side.send(search)
    return claims_of(search).jti


async def page(side: Side, search: str, after: str = "", limit: int = 100) -> CaseRecords:
    status, body = await side.read(INSPECTOR, f"/v1/case-records?after={after}&limit={limit}&search={search}")
    assert status == 200, body
    return msgspec.json.decode(body, type=CaseRecords, strict=True)


async def record_of(side: Side, exchange: str) -> CaseRecord:
    (record,) = (await page(side, await searched(side, about=exchange))).records
    return record


async def refusal(side: Side, reader: str, path: str) -> Problem:
    status, body = await side.read(reader, path)
    problem = msgspec.json.decode(body, type=Problem)
    assert status == problem.status >= 400
    return problem


async def asked(side: Side, *args: object, **changes: object) -> str:
    request = side.request(*args, **changes)  # type: ignore[arg-type]
    await side.send(request)
    return claims_of(request).exchange


async def test_a_case_record_tells_when_everything_came(slow: Side) -> None:
    """A sensitive case that went well: each time in its order, who decided it, what was released, what came of it."""
    exchange = await asked(slow, sensitivities=("hate",))
    for said in (
        slow.accepted(exchange),
        slow.more_needed(exchange),
        slow.supplement(exchange),
        slow.sensitive(exchange, "stalking"),
        slow.review(exchange, "proceed"),
    ):
        await slow.send(said)
    answer = slow.answer(exchange, "shared")
    await slow.send(answer)
    await slow.send(slow.outcome(exchange, final=False))
    found = await record_of(slow, exchange)
    asker, reviewer = (slow.world.agencies[name] for name in ("prison-mdi", "police-13"))
    assert (found.requester, found.holder, found.purpose, found.state) == (
        "prison-mdi", "police-13", "conference", "outcome-recorded",
    )  # fmt: skip
    assert (found.asked_by, found.flagged, found.found) == (asker.pseudonym("coordinator"), ("hate",), ("stalking",))
    (review,) = found.reviews
    assert (review.by, review.decision, review.co_worked) == (reviewer.pseudonym("reviewer"), "proceed", False)
    assert found.review_needed_at == found.asked_at
    assert set(found.released) == set(found.fields) <= set(found.permitted)
    assert (found.answers, found.code, found.dropped) == (1, None, ())
    assert found.outcome is not None
    assert (found.outcome.chose, found.outcome.final) == ("conference", False)
    times = [found.asked_at, found.accepted_at, *found.more_needed_at, *found.supplemented_at, review.at]
    times += [found.answered_at, found.outcome_at]
    assert all(times)
    assert times == sorted(times, key=lambda each: each or 0)
    dues = (found.accept_due, found.answer_due, found.review_due, found.outcome_due)
    assert all(each is not None and each > found.asked_at for each in dues)
    assert (found.ended_at, found.recalled_at, found.erased_at) == (None, None, None)


async def test_a_withdrawal_has_its_times_and_its_due_date(slow: Side) -> None:
    """Recalled, details erased at once, acknowledged; the due date is the one that the prison was told."""
    exchange = await asked(slow)
    answer = slow.answer(exchange, "shared")
    await slow.send(answer)
    of = claims_of(answer).jti
    await slow.send(slow.recall(exchange, of))
    open_ = await record_of(slow, exchange)
    assert (open_.state, open_.acknowledged_at) == ("withdrawn", None)
    assert open_.recalled_at == open_.erased_at == open_.ended_at
    (told,) = [item for item in await slow.inbox("prison-mdi") if "recall" in item.typ]
    view = await slow.view("prison-mdi", exchange)
    assert view is not None
    assert told.exchange == exchange
    assert open_.acknowledge_due == view.acknowledge_by
    await slow.send(slow.acknowledge(exchange, of))
    done = await record_of(slow, exchange)
    assert done.acknowledged_at is not None
    assert done.acknowledge_due == open_.acknowledge_due
    assert done.erase_due is not None


async def test_a_no_has_its_exact_code_for_inspectors(slow: Side) -> None:
    """The code, the first answer's time, and that it was corrected."""
    exchange = await asked(slow)
    first = slow.answer(exchange, "cannot-proceed", "R20")
    await slow.send(first)
    await slow.send(slow.answer(exchange, "cannot-proceed", "R19", supersedes=claims_of(first).jti))
    found = await record_of(slow, exchange)
    assert (found.state, found.code, found.answers, found.agreed_at) == ("cannot-proceed", "R19", 2, None)


async def test_a_refused_request_is_a_case_of_its_own(slow: Side) -> None:
    """With its code; and a second request under a live exchange, refused, changes nothing of that."""
    refused = slow.request("other", grounds=())
    await slow.refusal(refused)
    found = await record_of(slow, claims_of(refused).exchange)
    assert (found.state, found.code, found.accept_due is None) == ("refused", "R03", False)
    exchange = await asked(slow)
    before = await record_of(slow, exchange)
    again = slow.request(exchange=exchange, sensitivities=("hate",))
    assert (await slow.refusal(again)).status == 409
    assert await record_of(slow, exchange) == before


async def test_nothing_is_shown_without_a_search_for_cases(slow: Side) -> None:
    """None, not one's own, not for requests: 403, in the same words whatever there is. Each look is a line."""
    before = await refusal(slow, INSPECTOR, "/v1/case-records")
    exchange = await asked(slow)
    assert await refusal(slow, INSPECTOR, "/v1/case-records") == before
    assert before.type == "urn:rj:problem:not-permitted"
    for search in ("x", uuid7(), exchange, await searched(slow, event="recall")):
        assert await refusal(slow, INSPECTOR, f"/v1/case-records?search={search}") == before
    search = await searched(slow, event="contact-request")
    assert [each.exchange for each in (await page(slow, search)).records] == [exchange]
    lines = await slow.found(event="log-search")
    assert search in [shared.jti for shared, _ in lines]


async def test_case_records_are_for_inspectors_alone(slow: Side) -> None:
    """The two sides, others and the parties: 403, though they name an inspector's search."""
    await asked(slow)
    search = await searched(slow)
    for reader in ("prison-mdi", "police-13", "police-14", "party-noms"):
        problem = await refusal(slow, reader, f"/v1/case-records?search={search}")
        assert (problem.status, problem.detail.split(".")[0]) == (403, "Case records are for inspectors")


async def test_a_search_shows_the_cases_whose_request_it_describes(slow: Side) -> None:
    """By requester, purpose, time, line or exchange; the others are passed over, and counted as looked at."""
    conference, letter = await asked(slow), await asked(slow, "letter")
    leeds = await asked(slow, prison="prison-lei")
    first = (await record_of(slow, conference)).asked_at
    expected = {
        (): {conference, letter, leeds},
        (("purpose", "letter"),): {letter},
        (("agency", "prison-lei"),): {leeds},
        (("agency", "police-13"),): set(),
        (("about", letter),): {letter},
        (("until", first),): set(),
        (("since", first),): {conference, letter, leeds},
    }
    for terms, seen in expected.items():
        found = await page(slow, await searched(slow, **dict(terms)))
        assert {each.exchange for each in found.records} == seen, terms
        assert (found.looked, found.next) == (3, None)


async def test_pages_go_by_exchange_and_leave_nothing_out(slow: Side) -> None:
    """Each case once, in order; a page may be empty and go on."""
    every = sorted([await asked(slow, "letter" if n == 3 else "conference") for n in range(5)])
    for terms in ({}, {"purpose": "letter"}):
        search = await searched(slow, **terms)
        seen: list[str] = []
        after: str | None = ""
        while after is not None:
            found = await page(slow, search, after, 2)
            seen += [each.exchange for each in found.records]
            after = found.next
        assert len(seen) == (1 if terms else 5)
        assert seen == sorted(set(seen) & set(every))


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "limit=x", "after=1", "after=.."])
async def test_a_page_that_cannot_be_is_refused_in_words(slow: Side, query: str) -> None:
    """What is typed is not repeated."""
    problem = await refusal(slow, INSPECTOR, f"/v1/case-records?{query}")
    assert (problem.status, problem.type) == (422, "urn:rj:problem:unfit")


@pytest.mark.parametrize("spans", [{"record": "2 seconds"}])
async def test_an_erased_case_is_in_no_page(spanned: Side) -> None:
    """A search for `record-erased` tells that there was one."""
    exchange = await asked(spanned)
    search = await searched(spanned)
    assert [each.exchange for each in (await page(spanned, search)).records] == [exchange]

    async def gone() -> bool:
        return not (await page(spanned, await searched(spanned))).records

    await spanned.send(spanned.cancel(exchange))
    await until(gone)
    lines = await spanned.found(event="record-erased")
    assert [shared.exchange for shared, _ in lines if shared.exchange] == [exchange]

"""Sensitive cases over real HTTP: each is decided on its merits, by somebody trained for it who has no part in it."""

import pytest

from contracts.messages.review import Review
from tests.agencies import TestAgency
from tests.journey.simulated import Side, claims_of


async def _asked(side: Side, **body: object) -> str:
    request = side.request(**body)  # type: ignore[arg-type]
    await side.send(request)
    return claims_of(request).exchange


@pytest.mark.parametrize("how", ["flag", "group", "finding"])
async def test_a_yes_waits_for_the_review(slow: Side, how: str) -> None:
    """By the requester's flag, by the offence's group, or by what the holder finds: no yes before the reviewer's."""
    said = {"flag": {"sensitivities": ("domestic-abuse",)}, "group": {"offence_groups": ("other", "sexual")}}
    exchange = await _asked(slow, **said.get(how, {}))
    if how == "finding":
        await slow.send(slow.sensitive(exchange, "stalking"))
    problem = await slow.refusal(slow.answer(exchange))
    assert (problem.status, problem.code, problem.clauses) == (403, "R08", ("7.2",))
    held = await slow.view("police-13", exchange)
    assert held is not None
    assert held.review == "needed"
    await slow.send(slow.review(exchange, "proceed"))
    await slow.send(slow.answer(exchange))
    seen = await slow.view("prison-mdi", exchange)
    assert seen is not None
    assert (seen.state, seen.review, seen.sensitivities) == ("details-shared", None, ())


async def test_an_ordinary_case_waits_for_nobody(slow: Side) -> None:
    """A case that is not sensitive is not reviewed, and a review of it is out of turn."""
    exchange = await _asked(slow)
    problem = await slow.refusal(slow.review(exchange, "proceed"))
    assert (problem.status, problem.type) == (409, "urn:rj:problem:wrong-state")
    await slow.send(slow.answer(exchange))


async def test_a_declined_case_cannot_be_answered_any_more(slow: Side) -> None:
    """The decline is the answer: neither a yes nor another reason takes its place, and the inspector reads R08."""
    exchange = await _asked(slow, offence_groups=("sexual",))
    await slow.send(slow.review(exchange, "decline"))
    for late in (
        slow.answer(exchange),
        slow.answer(exchange, "cannot-proceed", "R19"),
        slow.answer(exchange, "held-elsewhere", "R15", held_by="police-14"),
    ):
        assert (await slow.refusal(late)).status == 409
    for other in (slow.accepted(exchange), slow.more_needed(exchange), slow.sensitive(exchange)):
        assert (await slow.refusal(other)).status == 409
    prison, inspector = await slow.view("prison-mdi", exchange), await slow.inspect(exchange)
    assert prison is not None
    assert inspector is not None
    assert (prison.state, prison.code, prison.review) == ("with-police", None, None)
    assert (inspector.state, inspector.code, inspector.review) == ("cannot-proceed", "R08", "declined")


async def test_nobody_reviews_a_case_of_their_own(slow: Side) -> None:
    """Not who asked, not who attested a ground (R04); and who reviewed does not record the yes either (R04)."""
    exchange = await _asked(slow, offence_groups=("hate",))
    prison: TestAgency = slow.world.agencies["prison-mdi"]
    for name in ("coordinator", "attester"):
        own = slow.reviewer("police-13", id=prison.pseudonym(name))
        problem = await slow.refusal(slow.review(exchange, "proceed", actor=own))
        assert (problem.code, problem.clauses) == ("R04", ("7.4",))
    reviewer = slow.reviewer("police-13")
    await slow.send(slow.review(exchange, "proceed", actor=reviewer))
    same = slow.person("police-13", "reviewer")
    assert same.id == reviewer.id
    problem = await slow.refusal(slow.answer(exchange, actor=same))
    assert (problem.code, problem.clauses) == ("R04", ("7.4",))
    await slow.send(slow.answer(exchange, actor=slow.person("police-13", "colleague")))


async def test_both_reviewers_of_a_case_leave_the_yes_to_a_colleague(slow: Side) -> None:
    """A sensitivity found later calls for a second review; the first reviewer has a part in the case all the same."""
    exchange = await _asked(slow, offence_groups=("hate",))
    await slow.send(slow.review(exchange, "proceed"))
    await slow.send(slow.sensitive(exchange, "domestic-abuse"))
    assert (await slow.refusal(slow.answer(exchange))).code == "R08"
    await slow.send(slow.review(exchange, "proceed", actor=slow.reviewer("police-13", id="B" * 22)))
    problem = await slow.refusal(slow.answer(exchange, actor=slow.person("police-13", "reviewer")))
    assert problem.code == "R04"
    await slow.send(slow.answer(exchange))


@pytest.mark.parametrize(
    "changes",
    [{"training": "foundation"}, {"trained_until": "2026-01-31"}, {"role": "police-officer"}],
    ids=["too little training", "training out of date", "no reviewer"],
)
async def test_only_an_advanced_trained_reviewer_decides(slow: Side, changes: dict[str, str]) -> None:
    """Foundation training, training that has run out, or another role: R11; nor may a system or another force."""
    exchange = await _asked(slow, offence_groups=("death",))
    untrained = slow.reviewer("police-13", **changes)
    problem = await slow.refusal(slow.review(exchange, "proceed", actor=untrained))
    assert (problem.status, problem.code) == (403, "R11")
    assert (await slow.refusal(slow.review(exchange, "proceed", actor=slow.system("police-13")))).code == "R11"
    assert (await slow.refusal(slow.review(exchange, "proceed", force="police-14"))).status == 404


async def test_the_reasons_are_opened_by_inspectors_only(slow: Side) -> None:
    """The reviewer's reasons are sealed for the inspectorate, who reads them even after the case has ended."""
    exchange = await _asked(slow, offence_groups=("sexual",))
    review = slow.review(exchange, "decline")
    jti = claims_of(review).jti
    await slow.send(review)
    for agency in ("prison-mdi", "police-13"):
        problem = await slow.refusal(slow.open(agency, exchange, jti, ("reasons",)))
        assert problem.status in (403, 409, 422)
    assert (await slow.refusal(slow.open("police-14", exchange, jti, ("reasons",)))).status == 404
    await slow.send(slow.cancel(exchange))
    problem = await slow.refusal(slow.open("inspectorate-hmip", exchange, jti, ("subject",)))
    assert problem.status == 403
    opened = await slow.send(slow.open("inspectorate-hmip", exchange, jti, ("reasons",)))
    assert slow.unseal("inspectorate-hmip", opened) == {"reasons": "Each case on its merits."}
    assert [notice.notice for notice in await slow.notices("police-13")] == ["erased", "opened"]


async def test_reasons_are_sealed_for_the_inspectorate_and_nobody_else(slow: Side) -> None:
    """A review that is addressed to the prison is refused, so that its reasons are never sealed for the prison."""
    exchange = await _asked(slow, offence_groups=("sexual",))
    body, actor = Review(decision="proceed", co_worked=True), slow.reviewer("police-13")
    values = {"reasons": "For inspectors."}
    astray = slow.envelope("police-13", "prison-mdi", body, exchange=exchange, actor=actor, values=values)
    problem = await slow.refusal(astray)
    assert (problem.status, problem.where) == (422, "to")

"""Sensitive cases, purely: which go to review, who decides, and what the decision does."""

from typing import Any

import pytest

from contracts.messages.sensitivity import SensitivityFound
from tests.gateway.decide.scene import NOW, POLICE, PRISON, SYSTEM, Play, claims, person, reviewer, reviews, yes


def _found(*words: str) -> Any:
    return claims(POLICE, "gateway", SensitivityFound(found=words))  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [{"sensitivities": ("hate",)}, {"offence_groups": ("death",)}])
def test_a_sensitive_request_waits_for_its_review(body: dict[str, Any]) -> None:
    """By flag or group: a review is needed and owed, and the clause of part 7 is among those of the decision."""
    play = Play()
    play.asked(**body)
    assert play.exchange is not None
    assert (play.exchange.review, "7.2" in play.exchange.clauses) == ("needed", True)
    assert play.exchange.review_by is not None


def test_reasons_are_kept_and_nobody_is_told() -> None:
    """Either decision keeps the reasons for inspectors and delivers nothing; a decline is the exact reason R08."""
    for decision, state, code in (("proceed", "proceed", None), ("decline", "declined", "R08")):
        play = Play()
        play.asked(offence_groups=("hate",))
        applied = play.accept(reviews(decision))
        assert (applied.keep, applied.deliver, applied.code) == (("reasons",), (), code)
        assert play.exchange is not None
        assert (play.exchange.review, play.exchange.code, play.exchange.stage) == (state, code, "with-police")
        assert play.exchange.reviewed_by == (reviewer().id,)


@pytest.mark.parametrize(
    ("actor", "code", "clause"),
    [
        (reviewer(training="foundation"), "R11", "7.2"),
        (reviewer(trained_until="2026-11-22"), "R11", "7.2"),
        (reviewer(role="police-officer"), "R11", "7.2"),
        (SYSTEM, "R11", "7.2"),
        (reviewer(id="T" * 22), "R04", "7.4"),
        (reviewer(id=person().id), "R04", "7.4"),
    ],
)
def test_who_may_not_review(actor: Any, code: str, clause: str) -> None:
    """Untrained R11; who asked or attested R04."""
    play = Play()
    play.asked(offence_groups=("hate",))
    refused = play.refuse(reviews("proceed", actor=actor))
    assert (refused.code, refused.clauses) == (code, (clause,))


def test_a_case_that_is_not_sensitive_has_no_review() -> None:
    """Nor one that has been reviewed already."""
    play = Play()
    play.asked()
    assert play.refuse(reviews("proceed")).slug == "wrong-state"
    play.accept(_found("hate"))
    play.accept(reviews("proceed"))
    assert play.refuse(reviews("decline")).slug == "wrong-state"


def test_only_a_new_sensitivity_calls_for_another_review() -> None:
    """The same finding again changes nothing; a new one does, and both reviewers then leave the yes to a colleague."""
    play = Play()
    play.asked(sensitivities=("hate",))
    play.accept(reviews("proceed"))
    play.accept(_found("hate"))
    assert play.exchange is not None
    assert play.exchange.review == "proceed"
    play.now = NOW + 1
    play.accept(_found("stalking", "hate"))
    assert play.exchange.review == "needed"
    assert play.exchange.sensitivities == ("hate", "stalking")
    play.accept(reviews("proceed", actor=reviewer(id="Q" * 22)))
    for first in (reviewer().id, "Q" * 22):
        assert play.refuse(yes(actor=person(POLICE, id=first))).code == "R04"
    play.accept(yes())


def test_the_requester_sees_nothing_of_it() -> None:
    """Before, during and after the review its view is that of a case with the police."""
    ordinary, reviewed = Play(), Play()
    ordinary.asked()
    reviewed.asked()
    for said in (_found("hate"), reviews("decline")):
        reviewed.accept(said)
        assert reviewed.seen(PRISON) == ordinary.seen(PRISON)

"""What is said makes of a case: above all, that a "no" which the other side may not know stays one."""

from typing import Any

import pytest
from msgspec.structs import replace

from contracts.envelope import AgreementRef, Claims
from contracts.messages import Body
from contracts.messages.actor import System
from contracts.messages.contact_answer import ContactAnswer
from contracts.messages.outcome import Outcome
from contracts.messages.recall import Recall
from contracts.messages.review import Review
from contracts.messages.supplement import Supplement
from contracts.reply import NoticeClaims
from gateway.desk import progress
from gateway.desk.case import Case
from gateway.desk.progress import Recorded
from tests.gateway.desk.test_showing import CASE
from tests.journey.simulated import ORIGIN, uuid7

READ = replace(CASE, side="holder", reading=3, read_of=CASE.sealed_by, findings=("R16",), missing=("identifiers",))
NO = ContactAnswer(outcome="cannot-proceed", exact="A" * 43)
YES = ContactAnswer(outcome="agreed", exact="A" * 43)
DECLINE = Review(decision="decline", co_worked=False)
CORRECTION = Supplement(corrected=("identifiers",))
FINAL = {"contact": "made", "chose": "letter", "status": "completed", "disclosure": "not-disclosable"}


def claims(body: Body) -> Claims[Any]:
    return Claims(
        iss=CASE.holder, aud=ORIGIN, to=CASE.requester, iat=1, exp=2, jti=uuid7(), exchange=CASE.exchange,
        actor=System(id="A" * 22), agreement=AgreementRef(id="noms-acpo", version=1, digest="A" * 43), sealed={},
        body=body,
    )  # fmt: skip


def after(case: Case, *bodies: Body) -> Case:
    """The case after these messages; the nth is recorded at n."""
    for at, body in enumerate(bodies, 1):
        case = progress.said(case, claims(body), Recorded(at=at))
    return case


@pytest.mark.parametrize("no", [NO, DECLINE])
def test_a_correction_opens_nothing_that_was_ruled_out(no: Body) -> None:
    """State, code, place among the readings and findings stay; a yes after all needs the correction to be read."""
    decided = replace(after(READ, no), code="R19")
    corrected = after(decided, CORRECTION)
    assert (corrected.state, corrected.code) == ("cannot-proceed", "R19")
    assert (corrected.reading, corrected.findings, corrected.ended_at) == (3, ("R16",), 1)
    assert corrected.sealed_by != decided.sealed_by
    assert not corrected.read


def test_a_correction_of_a_case_that_is_open_is_read_anew() -> None:
    """To be answered again."""
    corrected = after(replace(READ, state="more-needed"), CORRECTION)
    assert (corrected.state, corrected.reading, corrected.findings, corrected.read) == ("with-police", 0, (), False)


@pytest.mark.parametrize(
    ("said", "ended_at"),
    [
        ((NO,), 1),
        ((NO, CORRECTION), 1),
        ((NO, YES), None),
        ((YES, Recall(of=CASE.exchange)), 2),
        ((YES, Outcome(final=False, **FINAL)), None),
        ((YES, Outcome(final=True, **FINAL)), 2),
    ],
)
def test_when_a_case_ended_is_known(said: tuple[Body, ...], ended_at: int | None) -> None:
    """By log time; a yes after a hidden no takes it back."""
    assert after(READ, *said).ended_at == ended_at


def test_a_case_that_has_expired_has_ended_though_an_outcome_comes_later() -> None:
    """Only a final outcome ends it anew, as at the gateway."""
    notice = NoticeClaims(iss=ORIGIN, to=CASE.holder, exchange=CASE.exchange, at=7, leaf=1, notice="expired")
    expired = progress.noticed(after(READ, YES), notice)
    assert expired.ended_at == 7
    assert after(expired, Outcome(final=False, **FINAL)).ended_at == 7
    assert after(expired, Outcome(final=True, **FINAL)).ended_at == 1


def test_a_hidden_no_ends_with_the_window() -> None:
    """As it does for the requester and at the gateway."""
    notice = NoticeClaims(iss=ORIGIN, to=CASE.holder, exchange=CASE.exchange, at=9, leaf=1, notice="cannot-proceed")
    assert progress.noticed(after(READ, NO), notice).ended_at == 9

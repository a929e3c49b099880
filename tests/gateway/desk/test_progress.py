"""What is said makes of a case: above all, that a "no" which the other side may not know stays one."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

import pytest
from msgspec.structs import replace

from contracts.envelope import AgreementRef, Claims, SealedRef
from contracts.messages import Body
from contracts.messages.accepted import Accepted
from contracts.messages.actor import System
from contracts.messages.cancellation import Cancellation
from contracts.messages.contact_answer import ContactAnswer
from contracts.messages.contact_request import ContactRequest
from contracts.messages.more_needed import MoreNeeded
from contracts.messages.outcome import Outcome
from contracts.messages.recall import Recall, RecallAcknowledged
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
        case = progress.said(case, claims(body), Recorded(at=at, leaf=at))
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


ASKED, ACCEPTED, LACKS = CASE.request, Accepted(office="main"), MoreNeeded(missing=("identifiers",))
SHARED = replace(YES, outcome="shared")
OF = CASE.exchange
TAKEN_BACK, STOPPED = Recall(of=OF), RecallAcknowledged(of=OF, contact="stopped", copies="destroyed", by="A" * 22, at=1)
SOME, ALL = Outcome(final=False, **FINAL), Outcome(final=True, **FINAL)
WITHDRAWN_BY_ASKER = Cancellation(why="other")
ASKER = (ContactRequest, Supplement, Outcome, Cancellation, RecallAcknowledged)

STORIES: dict[str, tuple[Body | str, ...]] = {
    "to the end and back": (ASKED, ACCEPTED, LACKS, CORRECTION, SHARED, SOME, SHARED, ALL, TAKEN_BACK, STOPPED),
    "cancelled, and taken back": (ASKED, SHARED, WITHDRAWN_BY_ASKER, TAKEN_BACK, STOPPED),
    "corrected twice": (ASKED, LACKS, CORRECTION, LACKS, CORRECTION, YES, WITHDRAWN_BY_ASKER),
    "expired, and its outcome": (ASKED, YES, "expired", SOME, "erased"),
    "nobody answered": (ASKED, LACKS, CORRECTION, "cannot-proceed"),
    "erased, and cancelled": (ASKED, SHARED, "erased", WITHDRAWN_BY_ASKER),
}
"""As the log has them; words are notices of the gateway."""

HIDDEN: dict[str, tuple[Body | str, ...]] = {
    "a no, and a correction": (ASKED, ACCEPTED, NO, CORRECTION, CORRECTION, "cannot-proceed"),
    "a no, a correction, a yes": (ASKED, NO, CORRECTION, YES),
    "declined, and corrected": (ASKED, DECLINE, CORRECTION),
}
"""What only the holder knows to have been a no."""


def told(case: Case, line: Body | str, leaf: int) -> Case:
    """The case after a line of the log."""
    if not isinstance(line, str):
        return progress.said(case, claims(line), Recorded(at=leaf, leaf=leaf))
    notice = {"iss": ORIGIN, "to": CASE.holder, "exchange": CASE.exchange, "at": leaf, "leaf": leaf, "notice": line}
    return progress.noticed(case, NoticeClaims(**notice))  # type: ignore[arg-type]


def standing(case: Case, lines: Iterable[tuple[int, Body | str]]) -> dict[str, Any]:
    """What the case comes to. The ids of messages are made anew each time, and play no part."""
    for leaf, line in lines:
        case = told(case, line, leaf)
    names = ("state", "shared", "missing", "outcome", "office", "acknowledged", "outcome_recorded", "asked_at")
    return {name: getattr(case, name) for name in names} | {"ended": case.ended_at is not None}


def mingled(one: Sequence[Any], other: Sequence[Any]) -> Iterator[list[Any]]:
    """Every order in which two ways can bring what comes by each in its own order."""
    for places in combinations(range(len(one) + len(other)), len(one)):
        ones, others = iter(one), iter(other)
        yield [next(ones) if place in places else next(others) for place in range(len(one) + len(other))]


@pytest.mark.parametrize(
    ("story", "side"),
    [*((story, "requester") for story in STORIES), *((story, "holder") for story in (*STORIES, *HIDDEN))],
)
def test_a_case_stands_where_the_log_says_in_whichever_order_its_lines_come(story: str, side: str) -> None:
    """What was said here settles when its reply comes, and what was said there when it is heard."""
    lines = list(enumerate((STORIES | HIDDEN)[story]))
    begun = replace(CASE, side=side, state="queued" if side == "requester" else "with-police", sealed_by="")
    asker = [line for line in lines if isinstance(line[1], ASKER)]
    others = [line for line in lines if line not in asker]
    words = [line for line in others if isinstance(line[1], str)]
    if side == "holder":  # its case begins with the request
        begun, asker = told(begun, ASKED, 0), asker[1:]
        others = [line for line in others if line not in words]
        asker = sorted([*asker, *words])
        lines = lines[1:]
    right, orders = standing(begun, lines), 0
    for order in mingled(asker, others):
        assert standing(begun, order) == right, order
        orders += 1
    assert orders > 1


@pytest.mark.parametrize(("state", "late"), [("withdrawn", ALL), ("withdrawn", ASKED), ("details-shared", ASKED)])
def test_what_was_seen_at_the_gateway_is_not_undone_by_a_late_reply(state: str, late: Body) -> None:
    """A case that was looked at afresh, or kept before its lines were counted, does not know which line moved it."""
    assert told(replace(CASE, state=state), late, 3).state == state  # type: ignore[arg-type]


def test_a_late_answer_shares_nothing_on_a_case_that_is_over() -> None:
    """Its fields are named while they can be opened."""
    request = replace(CASE.request, fields=("preferred_name",))
    begun = told(replace(CASE, side="holder", request=request), WITHDRAWN_BY_ASKER, 2)
    sealed = {"preferred_name": SealedRef(kid="A" * 22, sha256="A" * 43)}
    answer = replace(claims(SHARED), sealed=sealed)
    assert progress.said(replace(CASE, request=request), answer, Recorded(at=1, leaf=1)).shared == ("preferred_name",)
    over = progress.said(begun, answer, Recorded(at=1, leaf=1))
    assert (over.state, over.shared) == ("cancelled", ())

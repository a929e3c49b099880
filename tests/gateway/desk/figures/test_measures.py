"""Each measure counts what its words say."""

from typing import Any

import pytest

from contracts.case_record import CaseRecord
from contracts.vocabulary import ReasonCode
from gateway.desk.figures import measures
from gateway.desk.figures.cells import Cell, Count, Share, Spread
from gateway.desk.figures.measures.deciding import together
from tests.gateway.desk.figures.made import DAY, FIELDS, NOW, case, no, outcome, reviewed, yes


def figure(measure: str, *cases: CaseRecord) -> Cell:
    return measures.BY_ID[measure].of(cases, NOW)


def share(measure: str, *cases: CaseRecord) -> tuple[int, int]:
    found = figure(measure, *cases)
    assert isinstance(found, Share)
    return found.part, found.of


def spread(measure: str, *cases: CaseRecord) -> Spread:
    found = figure(measure, *cases)
    assert isinstance(found, Spread)
    return found


REFUSED = case(90, state="refused", code="R03", ended_at=NOW - 40 * DAY)
ELSEWHERE = case(91, state="held-elsewhere", code="R15", answers=1, answered_at=NOW - 39 * DAY, ended_at=NOW - 39 * DAY)
CANCELLED = case(92, state="cancelled", ended_at=NOW - 40 * DAY + 3600, erased_at=NOW - 40 * DAY + 3600)
SILENT = case(93, state="expired", ended_at=NOW - 12 * DAY, erased_at=NOW - 12 * DAY)
OPEN = case(94)
YES, NO, NO_REPLY = yes(95), no(96), no(97, "R20")
EVERY = (REFUSED, ELSEWHERE, CANCELLED, SILENT, OPEN, YES, NO, NO_REPLY)

SHARES = {
    "re-routed": (1, 7), "returned": (0, 7), "cancelled": (1, 7), "unanswered": (1, 7), "code-R03": (1, 8),
    "code-R19": (1, 8), "approached": (3, 7), "answered": (4, 7), "yes": (1, 3), "no": (1, 3), "no-reply": (1, 3),
    "agreed": (1, 6), "in-time-accept": (4, 6), "in-time-answer": (4, 6), "outcome-recorded": (0, 1),
    "erasure-overdue": (1, 5), "busiest": (8, 8), "fields-released": (3, 4), "fields-asked": (28, 28),
}  # fmt: skip


@pytest.mark.parametrize("measure", SHARES)
def test_each_share_counts_what_its_words_say(measure: str) -> None:
    """Of one case of each kind: refused, held elsewhere, cancelled at once, silent, open, yes, no, no reply."""
    assert share(measure, *EVERY) == SHARES[measure]


def test_counts_are_of_all_requests_or_of_those_that_reached_somebody() -> None:
    """One was refused at once."""
    assert figure("requests", *EVERY) == Count(number=8)
    assert figure("reached", *EVERY) == Count(number=7)
    assert figure("requesters", *EVERY, case(1, requester="prison-lei")) == Count(number=2)


def test_days_are_of_24_hours_from_the_request_or_what_came_before() -> None:
    """Each wait by its beginning and its end; what has not ended is not in it."""
    more = {"more_needed_at": (NOW - 39 * DAY, NOW - 30 * DAY), "supplemented_at": (NOW - 37 * DAY, NOW - 29 * DAY)}
    assert spread("days-to-office", YES, OPEN).median == 1
    assert spread("days-to-answer", YES, NO, OPEN).median == 7.5
    assert spread("days-to-correction", yes(1, **more)).median == 3
    assert spread("days-to-end", NO, OPEN).median == 28
    assert spread("days-to-review", reviewed()).median == 10
    assert spread("days-to-outcome", yes(1, outcome=outcome(), outcome_at=NOW - 20 * DAY)).median == 10
    assert spread("days-to-answer", OPEN) == Spread(of=0)


def test_the_oldest_open_case_is_the_longest_wait_now() -> None:
    """Ended ones are not open."""
    found = spread("days-open", OPEN, NO, case(2, asked_at=NOW - 3 * DAY))
    assert (found.of, found.longest) == (2, 40)


def test_what_was_not_owed_in_the_end_is_not_late() -> None:
    """A time that still runs, and a case that ended before it ran out, count for neither side."""
    recent = case(1, asked_at=NOW - DAY)
    assert share("in-time-answer", recent, CANCELLED) == (0, 0)
    late = no(2, answered_at=NOW - 5 * DAY, ended_at=NOW - 5 * DAY)
    assert share("in-time-answer", late, NO) == (1, 2)
    outstanding = yes(3, asked_at=NOW - 120 * DAY, outcome_due=NOW - 20 * DAY)
    expired = yes(4, asked_at=NOW - 120 * DAY, outcome_due=NOW - 20 * DAY, ended_at=NOW - 30 * DAY, state="expired")
    cancelled = yes(5, asked_at=NOW - 120 * DAY, outcome_due=NOW - 20 * DAY, ended_at=NOW - 30 * DAY, state="cancelled")
    assert share("in-time-outcome", outstanding, expired, cancelled, YES) == (0, 2)
    withdrawn = {"state": "withdrawn", "recalled_at": NOW - 9 * DAY, "ended_at": NOW - 9 * DAY,
                 "erased_at": NOW - 9 * DAY, "acknowledge_due": NOW - 8 * DAY}  # fmt: skip
    quick, slow, never = (
        yes(n, acknowledged_at=at, **withdrawn) for n, at in ((4, NOW - 8 * DAY), (5, NOW - 7 * DAY), (6, None))
    )
    assert share("in-time-acknowledge", quick, slow, never) == (1, 3)
    assert spread("days-to-acknowledgement", quick, slow, never).median == 1.5
    assert spread("days-recall-to-erasure", quick, slow).median == 0
    assert figure("recalled", quick, slow, never, YES) == Count(number=3)


def test_a_decline_by_a_reviewer_is_an_answer() -> None:
    """The holder need not send another."""
    declined = reviewed(1, "decline")
    assert share("answered", declined) == (1, 1)
    assert share("in-time-review", declined, reviewed(2, at=NOW - 31 * DAY)) == (0, 2)
    assert share("in-time-review", reviewed(3, at=NOW - 34 * DAY)) == (1, 1)


def test_sensitive_cases_show_how_each_was_decided() -> None:
    """Who decided, alone or not, and which decisions were taken within a minute of another."""
    at = NOW - 30 * DAY
    alike = [reviewed(1, "decline", at), reviewed(2, "decline", at + 59), reviewed(3, "decline", at + 200)]
    other = [reviewed(4, "proceed", at + 10), reviewed(5, "decline", at, by="q" * 22)]
    found = case(6, found=("stalking",), review="needed", review_needed_at=at)
    assert figure("sensitive", *alike, *other, found, YES) == Count(number=6)
    assert share("found-by-holder", *alike, found) == (1, 4)
    assert share("review-decided", *alike, found) == (3, 4)
    assert share("review-declined", *alike, *other) == (4, 5)
    assert share("review-together", *alike, *other) == (2, 5)
    assert [each.at for each in together([*alike, *other])] == [at, at + 59]
    assert figure("reviewers", *alike, *other) == Count(number=2)
    assert share("review-alone", *alike) == (3, 3)


def test_letters_held_stand_against_letters_offered_and_wanted() -> None:
    """A letter is offered where the victim was told of it."""
    letters = [maker(n, purpose="letter") for n, maker in enumerate((yes, no, case))]
    assert figure("letters-held", *letters, YES) == Count(number=3)
    assert share("letters-offered", *letters, YES) == (2, 3)
    assert share("letters-wanted", *letters, YES) == (1, 2)


def test_outcomes_and_feedback_are_by_the_latest_outcome() -> None:
    """What the victim chose, whether indirect, whether satisfied, whether in time."""
    chosen = ["conference", "letter", "shuttle", "nothing-further"]
    came = [yes(n, outcome=outcome(chose=each)) for n, each in enumerate(chosen)]
    quiet = yes(9, outcome=outcome(feedback=None, contact="not-made", status="in-progress", needed_by_met=None))
    assert share("indirect", *came, YES) == (2, 4)
    assert share("chose-conference", *came, YES) == (1, 4)
    assert share("contact-made", *came, quiet) == (4, 5)
    assert share("completed", *came, quiet) == (4, 5)
    assert share("needed-by-met", *came, quiet) == (4, 4)
    assert share("feedback", *came, quiet) == (4, 5)
    assert share("satisfied", *came, yes(8, outcome=outcome(feedback="dissatisfied"))) == (4, 5)


def test_erasures_that_should_have_been_are_overdue() -> None:
    """Details still there after the case has ended, and a record past its own time."""
    assert share("erasure-overdue", NO, no(1, erase_due=NOW - DAY), no(2, erased_at=None), OPEN) == (2, 3)


def test_dropped_details_and_concentration() -> None:
    """What the gateway kept back, and how many requests are of one person."""
    assert share("fields-dropped", YES, yes(1, dropped=("home_address",)), OPEN) == (1, 2)
    assert share("busiest", *(case(n, asked_by=c * 22) for n, c in enumerate("aab"))) == (2, 3)
    assert figure("busiest", *EVERY) == Share(part=8, of=8)
    assert FIELDS


def test_every_measure_is_fixed_in_words() -> None:
    """A name, a definition, what is counted, its unit; each name once; every reason code; a figure of nothing."""
    assert len(measures.BY_ID) == len(measures.ALL)
    assert {each.group for each in measures.ALL} == set(measures.GROUPS)
    assert {f"code-{code}" for code in ReasonCode.__args__} <= set(measures.BY_ID)  # type: ignore[attr-defined]
    for each in measures.ALL:
        words: list[Any] = [each.name, each.definition, each.part, each.unit]
        assert all(words), each.id
        assert each.definition.endswith(".")
        assert "ban" not in each.definition.split()
        cell = each.of([], NOW)
        assert cell.of == 0
        assert isinstance(cell, Share) == bool(each.whole)

"""Requests, how long they waited, whether that was within the agreement's time, and why they were refused."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from contracts.case_record import CaseRecord
from gateway.desk.figures import facts
from gateway.desk.figures.cells import Spread
from gateway.desk.figures.facts import Days, Test, When
from gateway.desk.figures.measure import Measure, Publish, both, counting, sharing, timing

REACHED: Final = "requests that reached the police or victim liaison unit"
CODES: Final = {
    "R01": "an identifier was not valid",
    "R02": "the offender or the offence was not matched",
    "R03": "the purpose is not permitted",
    "R04": "the person was not authorised",
    "R05": "the agreement was not in force",
    "R06": "the victim had declined before",
    "R07": "a no-contact or court order stood in the way",
    "R08": "it was not safe, or a reviewer declined",
    "R09": "there were live proceedings or an appeal",
    "R10": "responsibility was not accepted",
    "R11": "no suitably trained practitioner was there",
    "R12": "the victim is a child, and no guardian was to be reached",
    "R13": "a Victim Contact Scheme case, sent to the victim liaison unit",
    "R14": "the victim could not be traced",
    "R15": "another force holds the case",
    "R16": "the same request was already open",
    "R17": "more was asked for than the purpose allows",
    "R18": "the victim has died",
    "R19": "the victim declined",
    "R20": "the victim did not reply in the time",
    "R21": "something that must be attested was missing",
}
"""What each reason code says, for inspectors. On a requester's screen most of them are one: cannot proceed."""


def _wait(name: str, words: str, days: Days, beginning: str, end: str) -> Measure:
    return Measure(
        id=f"days-{name}",
        group="time",
        name=words,
        definition=(
            f"Days of 24 hours from {beginning} until {end}. The median: half of the cases took longer. The 90th "
            "percentile: nine in ten took no longer. Cases that still wait are not in it: see the oldest open case."
        ),
        part=f"cases in which {end}",
        whole="",
        unit="days",
        made=timing(days),
    )


def _oldest(cases: Sequence[CaseRecord], at: int) -> Spread:
    days = [facts.days_open(case, at) for case in cases if facts.reached(case)]
    return Spread.measured([each for each in days if each is not None])


def _waits() -> Iterator[Measure]:
    yield _wait(
        "to-office",
        "Waiting for an office to take it up",
        facts.days_from(lambda c: c.asked_at, facts.taken_up_at),
        "the request",
        "the holder first said anything on it",
    )
    yield _wait(
        "to-correction",
        "Waiting for more from the requester",
        facts.days_waiting_for_requester,
        "each time that the holder needed more",
        "the correction came, added up",
    )
    yield _wait(
        "to-review",
        "Waiting for a review",
        facts.days_from(lambda c: c.review_needed_at, lambda c: c.reviews[0].at if c.reviews else None),
        "when a review was called for",
        "a reviewer first decided",
    )
    yield _wait(
        "to-answer",
        "Waiting for an answer",
        facts.days_from(lambda c: c.asked_at, facts.answered_at),
        "the request",
        "the holder answered; a reviewer's decline is an answer",
    )
    yield _wait(
        "to-outcome",
        "Agreed or details shared, waiting for an outcome",
        facts.days_from(lambda c: c.agreed_at, lambda c: c.outcome_at),
        "the yes",
        "the requester first recorded what came of it",
    )
    yield _wait(
        "to-acknowledgement",
        "Details withdrawn, waiting for the requester to confirm",
        facts.days_from(lambda c: c.recalled_at, lambda c: c.acknowledged_at),
        "the withdrawal",
        "the requester confirmed that contact has stopped and copies are destroyed",
    )
    yield _wait(
        "to-end",
        "From the request to its end",
        facts.days_from(lambda c: c.asked_at, lambda c: c.ended_at),
        "the request",
        "the case ended, whatever the reason",
    )


def _open_cases() -> Measure:
    return Measure(
        id="days-open",
        group="time",
        name="Open cases, and the oldest of them",
        definition=(
            "Days of 24 hours since the request, of cases that have not ended yet. The longest is the oldest "
            "open case. A case ends when it is closed, cancelled, withdrawn, held elsewhere, expired, or "
            "cannot proceed."
        ),
        part="cases that are open now",
        whole="",
        unit="days",
        made=_oldest,
    )


class _Owed(NamedTuple):
    """Something that is owed by a date: what, when it was done, and when it is owed no longer."""

    id: str
    name: str
    what: str
    due: When
    done: When
    no_longer: Test = facts.ended_by
    publish: Publish = "never"


def _in_time(owed: _Owed) -> Measure:
    part, whole = facts.in_time(owed.due, owed.done), facts.was_due(owed.due, owed.done, owed.no_longer)
    return Measure(
        id=f"in-time-{owed.id}",
        group="in-time",
        name=owed.name,
        definition=(
            f"Of the cases in which the agreement's time for {owed.what} has run out by now, those in which it was "
            "done within that time. Cases whose time still runs are not counted yet; nor are those in which it was no "
            "longer owed when it ran out, such as a request that was cancelled before."
        ),
        part="cases in which it was done in time",
        whole=f"cases in which the time for {owed.what} has run out",
        unit="% of cases",
        made=sharing(part, whole),
        publish=owed.publish,
        funnel=True,
    )


def _dues() -> Iterator[Measure]:
    for owed in (
        _Owed("accept", "Taken up in time", "taking it up", lambda c: c.accept_due, facts.taken_up_at,
              publish="never-all-or-none"),
        _Owed("review", "Reviewed in time", "the review", lambda c: c.review_due, facts.reviewed_at),
        _Owed("answer", "Answered in time", "the answer", lambda c: c.answer_due, facts.answered_at,
              publish="never-all-or-none"),
        _Owed("outcome", "Outcome recorded in time", "the outcome", lambda c: c.outcome_due, lambda c: c.outcome_at,
              facts.withdrawn_by, "shown"),
        _Owed("acknowledge", "Withdrawal confirmed in time", "confirming a withdrawal", lambda c: c.acknowledge_due,
              lambda c: c.acknowledged_at, facts.never),
    ):  # fmt: skip
        yield _in_time(owed)


def _ways() -> Iterator[Measure]:
    every: tuple[tuple[str, str, str, Test, Publish], ...] = (
        (
            "re-routed",
            "Held by another agency",
            "The holder answered that another force or a victim liaison unit holds the case.",
            both(facts.reached, lambda c, _: c.state == "held-elsewhere"),
            "shown",
        ),
        (
            "returned",
            "Sent back for more",
            "The holder needed more, or something corrected, before it could look at the case.",
            both(facts.reached, lambda c, _: bool(c.more_needed_at)),
            "never",
        ),
        (
            "cancelled",
            "Cancelled by the requester",
            "The requester needed no answer any more.",
            both(facts.reached, lambda c, _: c.state == "cancelled"),
            "shown",
        ),
        ("unanswered", "Never answered", "The time for an answer ran out without any answer.", facts.silent, "never"),
    )
    for name, words, definition, test, publish in every:
        yield Measure(
            id=name,
            group="ways",
            name=words,
            definition=definition,
            part="those requests",
            whole=REACHED,
            unit="% of requests",
            made=sharing(test, facts.reached),
            publish=publish,
            funnel=True,
        )


def _refusals() -> Iterator[Measure]:
    for code, why in CODES.items():
        yield Measure(
            id=f"code-{code}",
            group="refusals",
            name=f"{code}: {why}",
            definition=(
                f"Requests that the gateway refused, or that ended, with this reason: {why}. One reason a case: the "
                "latest. Inspectors alone see it."
            ),
            part="requests with this reason",
            whole="all requests",
            unit="% of requests",
            made=sharing(facts.with_code(code), facts.every),
            funnel=True,
        )


MEASURES: Final = (
    Measure(
        id="requests",
        group="asking",
        name="Requests",
        definition="Every request to reach a victim, whatever became of it; those that the gateway refused too.",
        part="requests",
        whole="",
        unit="requests",
        made=counting(facts.every),
    ),
    Measure(
        id="reached",
        group="asking",
        name="Requests that reached the police",
        definition=(
            "Requests that the gateway did not refuse at once, so that the police or victim liaison unit had them."
        ),
        part="requests that were not refused at once",
        whole="",
        unit="requests",
        made=counting(facts.reached),
        publish="shown",
    ),
    *_waits(),
    _open_cases(),
    *_dues(),
    *_ways(),
    *_refusals(),
)

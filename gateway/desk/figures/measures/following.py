"""What came of it, letters, withdrawals and erasure, who asks, and what victims said afterwards."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from contracts.case_record import CaseRecord
from gateway.desk.figures import facts
from gateway.desk.figures.cells import Count, Share
from gateway.desk.figures.measure import Measure, both, counting, share_of, timing

YES: Final = "cases with a yes"
OUTCOMES: Final = "cases with an outcome"
LETTER: Final = "requests to offer a letter that reached the police or victim liaison unit"


def _choice(choice: str, words: str, definition: str) -> Measure:
    return share_of(
        f"chose-{choice}",
        "outcomes",
        words,
        f"Of the cases with an outcome, {definition}",
        ("those cases", OUTCOMES),
        test=(facts.chose(choice), facts.has_outcome),
    )


def _letter(case: CaseRecord, _: int) -> bool:
    return case.purpose == "letter" and facts.reached(case)


def _made(case: CaseRecord, _: int) -> bool:
    return case.outcome is not None and case.outcome.contact == "made"


def _completed(case: CaseRecord, _: int) -> bool:
    return case.outcome is not None and case.outcome.status == "completed"


def _needed_by(case: CaseRecord, _: int) -> bool:
    return case.outcome is not None and case.outcome.needed_by_met is not None


def _needed_by_met(case: CaseRecord, _: int) -> bool:
    return case.outcome is not None and case.outcome.needed_by_met is True


def _satisfied(case: CaseRecord, _: int) -> bool:
    return case.outcome is not None and case.outcome.feedback in ("very-satisfied", "satisfied")


def _recalled(case: CaseRecord, _: int) -> bool:
    return case.recalled_at is not None


def _people(cases: Sequence[CaseRecord]) -> Counter[tuple[str, str]]:
    return Counter((case.requester, case.asked_by) for case in cases if case.asked_by is not None)


def _requesters(cases: Sequence[CaseRecord], _: int) -> Count:
    return Count(number=len(_people(cases)))


def _busiest(cases: Sequence[CaseRecord], _: int) -> Share:
    people = _people(cases)
    return Share.counted(max(people.values(), default=0), people.total(), sure=False)


MEASURES: Final = (
    share_of(
        "outcome-recorded",
        "outcomes",
        "Outcome recorded",
        "Of the cases with a yes, those in which the requester has recorded what came of it.",
        ("cases with an outcome", YES),
        test=(facts.has_outcome, facts.agreed),
        publish="shown",
    ),
    share_of(
        "contact-made",
        "outcomes",
        "Contact was made",
        "Of the cases with an outcome, those in which the victim was reached.",
        ("cases in which contact was made", OUTCOMES),
        test=(_made, facts.has_outcome),
    ),
    _choice("conference", "Met in a conference", "those in which the victim chose to meet."),
    _choice("letter", "Chose a letter", "those in which the victim chose a letter."),
    _choice("shuttle", "Chose messages carried by somebody", "those in which somebody carried messages between them."),
    _choice("nothing-further", "Chose nothing further", "those in which the victim wanted nothing more."),
    _choice("undecided", "Not decided yet", "those in which the victim has not decided."),
    share_of(
        "indirect",
        "outcomes",
        "Indirect: by letter or carried messages",
        ("Of the cases with an outcome, those in which victim and offender heard of each other without meeting."),
        ("those cases", OUTCOMES),
        test=(facts.chose("letter", "shuttle"), facts.has_outcome),
        publish="shown",
    ),
    share_of(
        "completed",
        "outcomes",
        "Completed",
        "Of the cases with an outcome, those in which it was carried through.",
        ("completed cases", OUTCOMES),
        test=(_completed, facts.has_outcome),
    ),
    share_of(
        "needed-by-met",
        "outcomes",
        "In time for what it was needed for",
        "Of the outcomes that say whether it was in time, those where it was.",
        ("those in time", "outcomes that say so"),
        test=(_needed_by_met, _needed_by),
    ),
    Measure(
        id="letters-held",
        group="letters",
        name="Letters held",
        definition=(
            "Requests to offer a letter of apology that is held. Letters for which nobody has asked are not seen here."
        ),
        part="requests to offer a letter",
        whole="",
        unit="letters",
        made=counting(_letter),
    ),
    share_of(
        "letters-offered",
        "letters",
        "Letters offered, of those held",
        ("Of the requests to offer a letter, those in which the victim was told of it: a yes, a no, or no reply."),
        ("letters offered", LETTER),
        test=(facts.approached, _letter),
        unit="% of letters",
    ),
    share_of(
        "letters-wanted",
        "letters",
        "Letters wanted, of those offered",
        "Of the letters offered, those that the victim wanted.",
        ("letters wanted", "letters offered"),
        test=(facts.agreed, both(_letter, facts.approached)),
        unit="% of letters",
    ),
    Measure(
        id="recalled",
        group="withdrawal",
        name="Withdrawals",
        definition="Cases in which details, or a yes, were withdrawn.",
        part="cases with a withdrawal",
        whole="",
        unit="cases",
        made=counting(_recalled),
    ),
    Measure(
        id="days-recall-to-erasure",
        group="withdrawal",
        name="From a withdrawal to erasure at the gateway",
        definition=(
            "Days of 24 hours from the withdrawal until the gateway had erased the details. What an agency "
            "copied is not seen here: that it is destroyed is what the requester confirms."
        ),
        part="withdrawals whose details are erased",
        whole="",
        unit="days",
        made=timing(facts.days_from(lambda c: c.recalled_at, facts.erased_after_recall)),
    ),
    share_of(
        "erasure-overdue",
        "withdrawal",
        "Erasures overdue",
        (
            "Of the cases in which details or the record should be erased by now, those in which something is "
            "still there an hour after."
        ),
        ("cases with an overdue erasure", "cases in which an erasure has come due"),
        test=(facts.erasure_overdue, facts.erasure_due),
    ),
    Measure(
        id="requesters",
        group="requesters",
        name="People who ask",
        definition="Different people who asked, by the pseudonyms of their agency.",
        part="people",
        whole="",
        unit="people",
        made=_requesters,
    ),
    Measure(
        id="busiest",
        group="requesters",
        name="Requests of the one person who asks most",
        definition=(
            "Of all requests, those of the one person who made most. One coordinator for a whole prison is "
            "often all there is: a high figure asks for a look, and says nothing by itself. It has no interval."
        ),
        part="requests of that person",
        whole="all requests",
        unit="% of requests",
        made=_busiest,
    ),
    share_of(
        "feedback",
        "feedback",
        "Outcomes with feedback from the victim",
        "Of the cases with an outcome, those that say what the victim thought of it.",
        ("outcomes with feedback", OUTCOMES),
        test=(facts.has_feedback, facts.has_outcome),
    ),
    share_of(
        "satisfied",
        "feedback",
        "Victims who were satisfied",
        "Of the victims who gave feedback, those who were satisfied or very satisfied.",
        ("satisfied victims", "victims who gave feedback"),
        test=(_satisfied, facts.has_feedback),
        unit="% of victims who gave feedback",
        publish="never-all-or-none",
    ),
)

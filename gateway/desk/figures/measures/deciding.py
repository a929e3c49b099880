"""Sensitive cases and how each was decided; victims who were asked; details shared against details permitted."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from contracts.case_record import CaseRecord, Reviewed
from gateway.desk.figures import facts
from gateway.desk.figures.cells import Count, Share
from gateway.desk.figures.measure import Measure, counting, share_of

TOGETHER: Final = 60
"""Seconds: two decisions nearer than this were hardly each looked at by itself."""

SENSITIVE: Final = "cases in which a review was called for"
ASKED: Final = "victims who were asked"


def _reviews(cases: Iterable[CaseRecord]) -> list[Reviewed]:
    return [review for case in cases for review in case.reviews]


def _reviewers(cases: Sequence[CaseRecord], _: int) -> Count:
    return Count(number=len({(case.holder, review.by) for case in cases for review in case.reviews}))


def _alone(cases: Sequence[CaseRecord], _: int) -> Share:
    reviews = _reviews(cases)
    return Share.counted(sum(not each.co_worked for each in reviews), len(reviews))


def together(cases: Iterable[CaseRecord]) -> list[Reviewed]:
    """Decisions that one reviewer took alike within a minute of another case's."""
    taken: dict[tuple[str, str, str], list[tuple[Reviewed, str]]] = defaultdict(list)
    for case in cases:
        for review in case.reviews:
            taken[case.holder, review.by, review.decision].append((review, case.exchange))
    return [
        each
        for alike in taken.values()
        for each, exchange in alike
        if any(exchange != other and abs(each.at - near.at) < TOGETHER for near, other in alike)
    ]


def _together(cases: Sequence[CaseRecord], _: int) -> Share:
    return Share.counted(len(together(cases)), len(_reviews(cases)), sure=False)


def _declined(case: CaseRecord, _: int) -> bool:
    return case.review == "declined"


def _decided(case: CaseRecord, _: int) -> bool:
    return case.review in ("proceed", "declined")


def _released(cases: Sequence[CaseRecord], _: int) -> Share:
    yes = [case for case in cases if facts.agreed(case) and case.permitted]
    return Share.counted(sum(len(case.released) for case in yes), sum(len(case.permitted) for case in yes), sure=False)


def _asked_for(cases: Sequence[CaseRecord], _: int) -> Share:
    asked = [case for case in cases if facts.reached(case) and case.permitted]
    return Share.counted(
        sum(len(case.fields) for case in asked), sum(len(case.permitted) for case in asked), sure=False
    )


def _found_alone(case: CaseRecord, _: int) -> bool:
    return not case.flagged and bool(case.found)


def _ended_or_agreed(case: CaseRecord, _: int) -> bool:
    return facts.reached(case) and (case.ended_at is not None or facts.agreed(case))


def _dropped(case: CaseRecord, _: int) -> bool:
    return bool(case.dropped)


MEASURES: Final = (
    Measure(
        id="sensitive",
        group="sensitive",
        name="Sensitive cases",
        definition=(
            "Cases in which a review was called for: by a flag or an offence group of the request, or by what "
            "the holder found."
        ),
        part=SENSITIVE,
        whole="",
        unit="cases",
        made=counting(facts.sensitive),
    ),
    share_of(
        "found-by-holder",
        "sensitive",
        "Found to be sensitive by the holder alone",
        "The request had no flag; the holder found what made it sensitive.",
        ("those without a flag of the request", SENSITIVE),
        test=(_found_alone, facts.sensitive),
    ),
    share_of(
        "review-decided",
        "sensitive",
        "Decided by a reviewer",
        "A reviewer with advanced training has decided, either way.",
        ("those that a reviewer has decided", SENSITIVE),
        test=(_decided, facts.sensitive),
    ),
    share_of(
        "review-declined",
        "sensitive",
        "Declined by a reviewer",
        (
            "Of the cases that a reviewer has decided, those that may not proceed. Neither all nor none is "
            "right or wrong by itself: each case is decided on its own merits, and the reasons are read one by "
            "one."
        ),
        ("those declined", "cases that a reviewer has decided"),
        test=(_declined, _decided),
    ),
    Measure(
        id="reviewers",
        group="sensitive",
        name="Reviewers",
        definition="Different people who decided, by the pseudonyms of their agency.",
        part="people",
        whole="",
        unit="people",
        made=_reviewers,
    ),
    Measure(
        id="review-alone",
        group="sensitive",
        name="Decided by one person alone",
        definition="Reviews in which nobody co-worked. Co-working is advised, not required.",
        part="reviews by one person",
        whole="reviews",
        unit="% of reviews",
        made=_alone,
        funnel=True,
    ),
    Measure(
        id="review-together",
        group="sensitive",
        name="Decided alike within a minute of another",
        definition=(
            "Reviews in which the same reviewer took the same decision on another case less than 60 seconds "
            "before or after. It asks whether each was looked at by itself. Reasons are sealed, so this cannot "
            "show whether they were the same: open them. It has no interval, since such decisions come in "
            "groups."
        ),
        part="reviews within a minute of another that was decided alike",
        whole="reviews",
        unit="% of reviews",
        made=_together,
    ),
    share_of(
        "approached",
        "victims",
        "Victims who were asked",
        "The answer shows that the victim, or who speaks for them, was asked: a yes, a no, or no reply.",
        (ASKED, "requests that reached the police or victim liaison unit"),
        test=(facts.approached, facts.reached),
    ),
    share_of(
        "answered",
        "victims",
        "Requests that were answered",
        "The holder answered in any way, or its reviewer declined.",
        ("answered requests", "requests that reached the police or victim liaison unit"),
        test=(facts.answered, facts.reached),
    ),
    share_of(
        "yes",
        "victims",
        "Victims who said yes",
        "Of the victims who were asked, those who said yes.",
        ("victims who said yes", ASKED),
        test=(facts.agreed, facts.approached),
        unit="% of victims asked",
    ),
    share_of(
        "no",
        "victims",
        "Victims who said no",
        (
            "Of the victims who were asked, those who said no (R19). A no is as good an answer as a yes, and "
            "never travels."
        ),
        ("victims who said no", ASKED),
        test=(facts.with_code("R19"), facts.approached),
        unit="% of victims asked",
    ),
    share_of(
        "no-reply",
        "victims",
        "Victims who did not reply",
        "Of the victims who were asked, those who did not reply in the time (R20).",
        ("victims who did not reply", ASKED),
        test=(facts.with_code("R20"), facts.approached),
        unit="% of victims asked",
    ),
    share_of(
        "agreed",
        "victims",
        "Requests that ended in a yes",
        ("Of the requests that reached the police and have ended, or in which there was a yes: those with a yes."),
        ("requests with a yes", "requests that have ended, or have a yes"),
        test=(facts.agreed, _ended_or_agreed),
        unit="% of requests",
        publish="shown",
    ),
    Measure(
        id="fields-released",
        group="details",
        name="Details shared, of those that the agreement permits",
        definition=(
            "Of all details that the agreement permits for the purposes of the cases with a yes, those that "
            "were shared. Less is not worse: what is not needed is not asked for. It has no interval, since "
            "the details of one case go together."
        ),
        part="details shared",
        whole="details permitted",
        unit="% of details",
        made=_released,
    ),
    Measure(
        id="fields-asked",
        group="details",
        name="Details asked for, of those that the agreement permits",
        definition=(
            "Of all details that the agreement permits for the purposes asked for, those that were asked for. "
            "It has no interval, since the details of one case go together."
        ),
        part="details asked for",
        whole="details permitted",
        unit="% of details",
        made=_asked_for,
    ),
    share_of(
        "fields-dropped",
        "details",
        "Answers from which the gateway kept something back",
        (
            "Of the cases with a yes, those in which the holder sealed more than may travel, so that the "
            "gateway dropped it."
        ),
        ("cases in which something was dropped", "cases with a yes"),
        test=(_dropped, facts.agreed),
    ),
)

"""What can be said of one case, for counting it. `at` is the instant at which is counted. Pure."""

from collections.abc import Callable
from typing import Final

from contracts.case_record import CaseRecord
from contracts.vocabulary import OffenceGroup

Test = Callable[[CaseRecord, int], bool]
Days = Callable[[CaseRecord, int], float | None]
When = Callable[[CaseRecord], int | None]

DAY: Final = 86_400
GRACE: Final = 3600
"""Seconds after its due date from which an erasure counts as overdue: the sweep has had its turn by then."""

GRAVEST_FIRST: Final[tuple[OffenceGroup, ...]] = ("death", "sexual", "domestic-abuse", "stalking", "hate", "other")
ASKED_AND_NOT_YES: Final = ("R19", "R20")
"""The victim was asked: said no, or did not reply."""


def group(case: CaseRecord) -> OffenceGroup:
    """The one group that a case is counted under, so that groups add up: the first of these that it has."""
    return next((each for each in GRAVEST_FIRST if each in case.offence_groups), "other")


def every(_: CaseRecord, __: int) -> bool:
    """Every request."""
    return True


def reached(case: CaseRecord, _: int = 0) -> bool:
    """The request reached the holder: the gateway did not refuse it."""
    return case.state != "refused"


def taken_up_at(case: CaseRecord) -> int | None:
    """When the holder first said anything."""
    said = (case.accepted_at, *case.more_needed_at[:1], *(each.at for each in case.reviews[:1]), case.answered_at)
    return min((each for each in said if each is not None), default=None)


def answered_at(case: CaseRecord) -> int | None:
    """When the holder first answered; a reviewer's decline is its answer."""
    declined = [each.at for each in case.reviews if each.decision == "decline"]
    said = (case.answered_at, *declined)
    return min((each for each in said if each is not None), default=None)


def reviewed_at(case: CaseRecord) -> int | None:
    """When the latest review was decided: a finding that comes later calls for another."""
    waits = case.review == "needed"
    return case.reviews[-1].at if case.reviews and not waits else None


def answered(case: CaseRecord, _: int) -> bool:
    """The holder answered."""
    return answered_at(case) is not None


def agreed(case: CaseRecord, _: int = 0) -> bool:
    """The victim said yes, or whoever speaks for them."""
    return case.agreed_at is not None


def approached(case: CaseRecord, _: int = 0) -> bool:
    """The victim was asked: there was a yes, a no, or no reply."""
    return agreed(case) or case.code in ASKED_AND_NOT_YES


def sensitive(case: CaseRecord, _: int = 0) -> bool:
    """A review was called for, by the request or by the holder."""
    return case.review != "not-needed"


def silent(case: CaseRecord, _: int) -> bool:
    """The window ended without any answer."""
    return case.state == "expired" and not agreed(case) and not answered(case, 0)


def with_code(code: str) -> Test:
    """Ended, or refused, for this reason."""
    return lambda case, _: case.code == code


def chose(*choices: str) -> Test:
    """What the victim chose, by the latest outcome."""
    return lambda case, _: case.outcome is not None and case.outcome.chose in choices


def has_outcome(case: CaseRecord, _: int) -> bool:
    """An outcome was recorded."""
    return case.outcome is not None


def has_feedback(case: CaseRecord, _: int) -> bool:
    """The latest outcome carries the victim's feedback."""
    return case.outcome is not None and case.outcome.feedback is not None


def erasure_due(case: CaseRecord, at: int) -> bool:
    """Details, or the record, should be gone by now."""
    return reached(case) and (_details_due(case, at) or _past(case.erase_due, at))


def erasure_overdue(case: CaseRecord, at: int) -> bool:
    """Something that should be gone is still there: the details, or this very record."""
    late = at - GRACE
    return (_details_due(case, late) and case.erased_at is None) or _past(case.erase_due, late)


def erased_after_recall(case: CaseRecord) -> int | None:
    """When the details went. What had gone before the withdrawal went at once."""
    if case.recalled_at is None or case.erased_at is None:
        return None
    return max(case.recalled_at, case.erased_at)


def _details_due(case: CaseRecord, at: int) -> bool:
    return _past(case.ended_at, at) or _past(case.open_until, at)


def _past(instant: int | None, at: int) -> bool:
    return instant is not None and instant <= at


def ended_by(case: CaseRecord, owed: int) -> bool:
    """The case had ended before this was due."""
    return case.ended_at is not None and case.ended_at < owed


def withdrawn_by(case: CaseRecord, _: int) -> bool:
    """No outcome is owed after a withdrawal or a cancellation; it is still after the time to open details."""
    return case.state in ("withdrawn", "cancelled")


def never(_: CaseRecord, __: int) -> bool:
    """A withdrawal ends the case, and it is then that it has to be confirmed."""
    return False


def was_due(due: When, done: When, no_longer: Test) -> Test:
    """The due date has come, and this was done, or was still owed then."""

    def test(case: CaseRecord, at: int) -> bool:
        owed = due(case)
        if not reached(case) or owed is None or owed > at:
            return False
        return done(case) is not None or not no_longer(case, owed)

    return test


def in_time(due: When, done: When) -> Test:
    """It was done by its due date."""

    def test(case: CaseRecord, _: int) -> bool:
        owed, by = due(case), done(case)
        return owed is not None and by is not None and by <= owed

    return test


def days_from(begin: When, end: When) -> Days:
    """Days of 24 hours from one to the other; None where either has not come."""

    def days(case: CaseRecord, _: int) -> float | None:
        first, last = begin(case), end(case)
        return None if first is None or last is None or last < first else (last - first) / DAY

    return days


def days_open(case: CaseRecord, at: int) -> float | None:
    """How long a case that has not ended has been open."""
    return None if case.ended_at is not None else max(0, at - case.asked_at) / DAY


def days_waiting_for_requester(case: CaseRecord, _: int) -> float | None:
    """From each time that more was needed to the correction that followed; those that have come, added up."""
    waits = [
        next((later - since for later in case.supplemented_at if later >= since), None) for since in case.more_needed_at
    ]
    ended = [each for each in waits if each is not None]
    return sum(ended) / DAY if ended else None

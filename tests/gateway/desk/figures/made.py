"""Made-up case records for the tests of figures."""

import random
from typing import Any

from contracts.case_record import CaseRecord, Reviewed
from contracts.messages.outcome import Outcome

DAY = 86_400
NOW = 1_800_000_000
FIELDS = ("preferred_name", "contact_channel", "safe_times", "access_needs")


def uid(number: int) -> str:
    return f"01890000-0000-7000-8000-{number:012x}"


def case(number: int = 1, **changes: Any) -> CaseRecord:
    """A case that has just reached a force."""
    asked_at = changes.get("asked_at", NOW - 40 * DAY)
    given: dict[str, Any] = {
        "exchange": uid(number), "requester": "prison-mdi", "holder": "police-13", "purpose": "conference",
        "offence_groups": ("other",), "agreement": "A" * 43, "state": "with-police", "asked_by": "p" * 22,
        "asked_at": asked_at, "answer_due": asked_at + 28 * DAY, "accept_due": asked_at + 2 * DAY, "fields": FIELDS,
        "permitted": FIELDS,
    }  # fmt: skip
    return CaseRecord(**(given | changes))


def yes(number: int = 1, **changes: Any) -> CaseRecord:
    """A case in which the victim said yes after ten days."""
    asked_at = changes.get("asked_at", NOW - 40 * DAY)
    at = asked_at + 10 * DAY
    given = {
        "state": "details-shared", "accepted_at": asked_at + DAY, "answers": 1, "answered_at": at, "agreed_at": at,
        "released": FIELDS[:3], "open_until": NOW + 50 * DAY, "outcome_due": at + 84 * DAY,
    }  # fmt: skip
    return case(number, **(given | changes))


def no(number: int = 1, code: str = "R19", **changes: Any) -> CaseRecord:
    """A case that ended in a no, told at the end of the window."""
    asked_at = changes.get("asked_at", NOW - 40 * DAY)
    given = {
        "state": "cannot-proceed", "code": code, "answers": 1, "answered_at": asked_at + 5 * DAY,
        "ended_at": asked_at + 28 * DAY, "erased_at": asked_at + 28 * DAY, "accepted_at": asked_at + DAY,
    }  # fmt: skip
    return case(number, **(given | changes))


def reviewed(number: int = 1, decision: str = "proceed", at: int = NOW - 30 * DAY, **changes: Any) -> CaseRecord:
    """A sensitive case that a reviewer has decided."""
    review = Reviewed(at=at, by=changes.pop("by", "r" * 22), decision=decision, co_worked=False)  # type: ignore[arg-type]
    given = {
        "flagged": ("hate",), "review": "proceed" if decision == "proceed" else "declined", "reviews": (review,),
        "review_needed_at": NOW - 40 * DAY, "review_due": NOW - 33 * DAY,
    }  # fmt: skip
    return case(number, **(given | changes))


def outcome(**changes: Any) -> Outcome:
    given = {
        "contact": "made", "chose": "conference", "feedback": "satisfied", "needed_by_met": True,
        "status": "completed", "disclosure": "not-disclosable", "final": True,
    }  # fmt: skip
    return Outcome(**(given | changes))


def many(count: int, seed: int = 1, forces: int = 5) -> list[CaseRecord]:
    """A year of cases of several forces, alike in nothing but chance."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        asked_at = NOW - chance.randrange(10, 300) * DAY - chance.randrange(DAY)
        where = {
            "asked_at": asked_at,
            "holder": f"police-{chance.choice(range(10, 10 + forces))}",
            "requester": f"prison-{chance.choice(('mdi', 'lei', 'wli'))}",
            "offence_groups": (chance.choice(("other", "other", "sexual", "hate", "death")),),
            "asked_by": chance.choice("abcd") * 22,
        }
        kind = chance.random()
        if kind < 0.4:
            came = outcome(chose=chance.choice(("conference", "letter", "shuttle", "undecided")))
            ended = {"outcome": came, "outcome_at": asked_at + 30 * DAY} if chance.random() < 0.6 else {}
            made.append(yes(number, **(where | ended)))
        elif kind < 0.8:
            made.append(no(number, chance.choice(("R19", "R20", "R02", "R08")), **where))
        elif kind < 0.9:
            made.append(case(number, state="refused", code="R03", ended_at=asked_at, accept_due=None, **where))
        else:
            made.append(case(number, state="held-elsewhere", code="R15", ended_at=asked_at + DAY, **where))
    return made

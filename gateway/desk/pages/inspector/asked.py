"""What every look begins with: why, and at which days. What was found is held in the session for a time alone."""

from datetime import date, timedelta
from typing import Final, TypeVar, cast

from contracts.vocabulary import SearchReason
from gateway.desk.errors import NotThere
from gateway.desk.figures.tables import Period
from gateway.desk.pages import times
from gateway.desk.pages.inspector import words
from gateway.desk.pages.visit import Visit

Held = TypeVar("Held")
Item = dict[str, str]

LASTS: Final = 1800
"""Seconds for which what a look found is held for whoever looked."""

SAY_WHY: Final = "Say why you look. It is recorded with your search."
FIRST_DAY: Final = "Give the first day."
LAST_DAY: Final = "Give the last day."
WRONG_WAY: Final = "The last day is before the first. Change one of them."
NOT_HELD: Final = (
    "What was found is not held any longer: it is held for 30 minutes, for your session alone. Look again, and say why."
)


def why(visit: Visit) -> SearchReason | None:
    """The reason that was chosen; None where none was."""
    return cast("SearchReason", visit.form.one("why", words.WHY, SAY_WHY)) or None


def whys() -> list[Item]:
    """The reasons on offer."""
    return [{"value": value, "text": text} for value, text in words.WHY.items()]


def period(visit: Visit) -> Period | None:
    """From the first day to the last, both whole; None where something has to change."""
    since, until = visit.form.day("since", FIRST_DAY), visit.form.day("until", LAST_DAY)
    if since is None or until is None:
        return None
    if until < since:
        visit.form.fault("until", WRONG_WAY)
        return None
    return Period(since=since, until=until + timedelta(days=1))


def propose_period(visit: Visit) -> None:
    """The financial year so far, where nothing was typed yet."""
    today = times.local_day(visit.now)
    for name, each in (("since", date(financial_year(today), 4, 1)), ("until", today)):
        if not visit.form.posted and not any(visit.form.value(f"{name}-{part}") for part in ("day", "month", "year")):
            parts = {"day": each.day, "month": each.month, "year": each.year}
            visit.form.values |= {f"{name}-{part}": (str(number),) for part, number in parts.items()}


def financial_year(today: date) -> int:
    """The year in whose April the financial year of this day began."""
    return today.year if today >= date(today.year, 4, 1) else today.year - 1


def hold(visit: Visit, name: str, found: object) -> None:
    """Hold what was found."""
    visit.sessions.hold(visit.session, name, found, LASTS)


def held(visit: Visit, name: str, kind: type[Held]) -> Held:
    """What was found. Raises NotThere."""
    found = still(visit, name, kind)
    if found is None:
        raise NotThere(NOT_HELD)
    return found


def still(visit: Visit, name: str, kind: type[Held]) -> Held | None:
    """What was found, while it is held."""
    found = visit.sessions.still(visit.session, name)
    return found[0] if found is not None and isinstance(found[0], kind) else None

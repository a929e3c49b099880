"""Due dates: the agreement's spans, counted in seconds, days, or working days of England and Wales (clause 10.2).

Times are UTC epoch seconds. Bank holidays and the time zone are data, read once and kept; nothing asks what time it is.
"""

from bisect import bisect_right
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
SATURDAY: Final = 5


def due(start: int, span: str) -> int:
    """When a span of the agreement (`contracts.agreement.Span`) that begins at `start` is over.

    Working days: the last second, in London, of the Nth working day after the London day of `start`.
    Everything else is exact: a day is 24 hours, whatever the clocks do.
    """
    count, _, unit = span.partition(" ")
    unit = unit.removesuffix("s")
    if unit == "working day":
        return _end_of_working_day(_london_day(start), int(count))
    return start + int(count) * SECONDS[unit]


def is_working_day(day: date) -> bool:
    """Whether this is a Monday to Friday that is not a bank holiday in England and Wales."""
    return day.weekday() < SATURDAY and day not in _bank_holidays(day.year)


def working_days_between(start: int, end: int) -> int:
    """How many working days came after the London day of `start`, up to and with that of `end`; 0 if it is earlier.

    So `working_days_between(start, due(start, "5 working days"))` is 5.
    """
    first, last = _london_day(start), _london_day(end)
    years = (_working_days(year) for year in range(first.year, last.year + 1))
    return max(0, sum(bisect_right(days, last) - bisect_right(days, first) for days in years))


def begins(day: date) -> int:
    """When this day begins in London."""
    return int(datetime(day.year, day.month, day.day, tzinfo=_london()).timestamp())


@lru_cache(maxsize=4096)
def _end_of_working_day(day: date, count: int) -> int:
    year, days = day.year, _working_days(day.year)
    index = bisect_right(days, day) + count - 1
    while index >= len(days):
        index -= len(days)
        year += 1
        days = _working_days(year)
    last = days[index]
    return int(datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=_london()).timestamp())


def _london_day(instant: int) -> date:
    return datetime.fromtimestamp(instant, _london()).date()


@cache
def _working_days(year: int) -> tuple[date, ...]:
    new_year = date(year, 1, 1).toordinal()
    days = map(date.fromordinal, range(new_year, date(year, 12, 31).toordinal() + 1))
    return tuple(day for day in days if is_working_day(day))


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    # England's are those of Wales. Substitute days, and single ones such as a coronation, are in the data.
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


@cache
def _london() -> ZoneInfo:
    return ZoneInfo("Europe/London")

"""Due dates: working days of England and Wales in London time, and spans that are exact to the second."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.decide.calendar import due, is_working_day, working_days_between

LONDON = ZoneInfo("Europe/London")
INSTANTS = st.integers(min_value=1_577_836_800, max_value=4_102_444_800)  # 2020 to 2100
SPANS = st.builds("{} {}".format, st.integers(1, 400), st.sampled_from(["working days", "days", "hours", "seconds"]))


def london(text: str) -> int:
    """The instant of a London wall clock."""
    return int(datetime.fromisoformat(text).replace(tzinfo=LONDON).timestamp())


def utc(text: str) -> int:
    """The instant of a UTC clock."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def shown(instant: int) -> str:
    """An instant as a London wall clock with its offset."""
    return datetime.fromtimestamp(instant, LONDON).isoformat(" ")


@pytest.mark.parametrize(
    ("start", "span", "end"),
    [
        pytest.param("2026-10-05 09:30", "5 working days", "2026-10-12 23:59:59+01:00", id="Monday and a week"),
        pytest.param("2026-10-09 19:00", "1 working day", "2026-10-12 23:59:59+01:00", id="Friday evening"),
        pytest.param("2026-10-10 12:00", "1 working day", "2026-10-12 23:59:59+01:00", id="Saturday"),
        pytest.param("2026-10-11 23:59:59", "1 working day", "2026-10-12 23:59:59+01:00", id="last second of Sunday"),
        pytest.param("2026-10-12 00:00", "1 working day", "2026-10-13 23:59:59+01:00", id="first second of Monday"),
        pytest.param("2026-10-23 17:00", "1 working day", "2026-10-26 23:59:59+00:00", id="over the clocks going back"),
        pytest.param("2027-03-25 17:00", "1 working day", "2027-03-30 23:59:59+01:00", id="Easter, clocks forward"),
        pytest.param("2026-04-02 10:00", "2 working days", "2026-04-08 23:59:59+01:00", id="Good Friday to Monday"),
        pytest.param("2026-12-24 10:00", "1 working day", "2026-12-29 23:59:59+00:00", id="Boxing Day on a Saturday"),
        pytest.param("2027-12-24 10:00", "1 working day", "2027-12-29 23:59:59+00:00", id="Christmas on a Saturday"),
        pytest.param("2027-12-31 10:00", "1 working day", "2028-01-04 23:59:59+00:00", id="New Year on a Saturday"),
        pytest.param("2026-12-30 10:00", "2 working days", "2027-01-04 23:59:59+00:00", id="into the next year"),
        pytest.param("2026-10-05 09:30", "20 working days", "2026-11-02 23:59:59+00:00", id="the answer window"),
    ],
)
def test_working_days_end_with_the_last_of_them_in_london(start, span, end):
    """The day of the event is not counted; weekends and bank holidays are not either."""
    assert shown(due(london(start), span)) == end


def test_the_london_day_counts_and_not_the_utc_day():
    """Half past midnight on a summer Tuesday in London is Monday in UTC, and counts as Tuesday."""
    start = utc("2026-07-06 23:30")
    assert shown(due(start, "1 working day")) == "2026-07-08 23:59:59+01:00"


@pytest.mark.parametrize("night", ["2026-10-25 00:30", "2027-03-28 00:30"])
def test_other_spans_are_exact_on_the_nights_the_clocks_change(night):
    """An hour is an hour and a day is 24 hours, whatever the wall clock shows."""
    start = utc(night)
    assert due(start, "1 hour") - start == 3600
    assert due(start, "90 minutes") - start == 5400
    assert due(start, "1 second") - start == 1
    assert due(start, "1 day") - start == 86_400
    assert due(start, "90 days") - start == 90 * 86_400


@pytest.mark.parametrize("hour", ["2026-10-25 00:30", "2026-10-25 01:30"])
def test_both_hours_named_half_past_one_end_on_the_same_working_day(hour):
    """The repeated hour of the autumn night belongs to one London day."""
    assert shown(due(utc(hour), "1 working day")) == "2026-10-26 23:59:59+00:00"


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 10, 5), True),
        (date(2026, 10, 10), False),
        (date(2026, 10, 11), False),
        (date(2027, 3, 26), False),
        (date(2027, 3, 29), False),
        (date(2026, 8, 31), False),
        (date(2026, 12, 28), False),
        (date(2028, 1, 3), False),
        (date(2022, 9, 19), False),
        (date(2026, 3, 17), True),
        (date(2026, 11, 30), True),
        (date(2026, 8, 3), True),
    ],
    ids=str,
)
def test_bank_holidays_are_those_of_england_and_wales(day, works):
    """Easter Monday and a state funeral are; St Patrick's, St Andrew's and the Scottish August holiday are not."""
    assert is_working_day(day) is works


@pytest.mark.parametrize("year", range(2026, 2036))
def test_every_year_of_an_agreement_has_its_eight_bank_holidays(year):
    """The data cover the years ahead: a year without holidays would quietly shorten every window."""
    days = [date(year, 1, 1) + timedelta(n) for n in range(365)]
    assert sum(day.weekday() < 5 and not is_working_day(day) for day in days) >= 8


@given(INSTANTS, INSTANTS, SPANS)
def test_a_later_start_is_never_due_earlier(one, other, span):
    """Waiting to ask never brings the end nearer."""
    first, second = sorted((one, other))
    assert due(first, span) <= due(second, span)


@given(INSTANTS, st.integers(1, 300))
def test_working_days_between_counts_what_due_counted(start, count):
    """The two functions are each other's inverse."""
    end = due(start, f"{count} working days")
    assert working_days_between(start, end) == count
    assert working_days_between(start, end + 1) - count in (0, 1)


@given(INSTANTS, st.integers(1, 60))
def test_working_days_end_on_a_working_day_after_the_start(start, count):
    """A due date never falls on a weekend, a bank holiday, or the day of the event."""
    last = datetime.fromtimestamp(due(start, f"{count} working days"), LONDON)
    assert is_working_day(last.date())
    assert last.date() > datetime.fromtimestamp(start, LONDON).date()


def test_no_working_day_has_passed_before_the_start():
    """An end before the start is nought days, in the same year and in another."""
    start = london("2027-06-15 12:00")
    assert working_days_between(start, start - 86_400 * 10) == 0
    assert working_days_between(start, start - 86_400 * 400) == 0

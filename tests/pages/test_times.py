"""Times on pages: London's, with their zone, through both nights of the clock change and over bank holidays."""

from datetime import UTC, datetime

import pytest

from gateway.desk.pages import times

HOUR = 3600


def at(text: str) -> int:
    """An instant, written in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_the_night_in_which_an_hour_is_missing() -> None:
    """On 28 March 2027 it is 00:59 GMT, and a minute later 02:00 BST."""
    assert times.when(at("2027-03-28T00:59")) == "Sunday 28 March 2027 at 00:59 GMT"
    assert times.when(at("2027-03-28T01:00")) == "Sunday 28 March 2027 at 02:00 BST"


def test_the_night_in_which_an_hour_comes_twice() -> None:
    """On 31 October 2027 half past one comes twice, and the zone tells which."""
    first, second = at("2027-10-31T00:30"), at("2027-10-31T01:30")
    assert times.short(first) == "31 Oct 2027, 01:30 BST"
    assert times.short(second) == "31 Oct 2027, 01:30 GMT"
    assert times.machine(first) != times.machine(second)


@pytest.mark.parametrize(
    ("now", "due", "said", "colour"),
    [
        ("2026-11-26T09:00", "2026-11-26T23:59", "Due today by 23:59 GMT", "orange"),
        ("2026-11-26T09:00", "2026-11-27T23:59", "Due next working day", "orange"),
        ("2026-11-27T17:55", "2026-11-30T23:59", "Due next working day", "orange"),
        ("2026-11-26T09:00", "2026-11-30T23:59", "Due in 2 working days", "yellow"),
        ("2026-12-24T09:00", "2026-12-29T23:59", "Due next working day", "orange"),
        ("2026-12-24T09:00", "2027-01-04T23:59", "Due in 4 working days", "blue"),
        ("2027-06-01T09:00", "2027-06-01T22:59", "Due today by 23:59 BST", "orange"),
        ("2026-11-26T09:00", "2026-11-26T08:59", "Overdue", "red"),
        ("2026-11-30T09:00", "2026-11-27T23:59", "Overdue by 1 working day", "red"),
        ("2026-12-29T09:00", "2026-12-23T23:59", "Overdue by 2 working days", "red"),
    ],
)
def test_what_is_due_is_said_in_working_days_and_in_a_colour(now: str, due: str, said: str, colour: str) -> None:
    """Weekends and the bank holidays of Christmas (25 and 28 December 2026, 1 January 2027) do not count."""
    tag = times.due(at(due), at(now))
    assert (tag.words, tag.colour) == (said, colour)

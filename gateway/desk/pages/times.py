"""Times as people read them: London's, with their zone, and what is due in words and in a colour."""

from datetime import date, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from gateway.decide.calendar import working_days_between
from gateway.desk import words

Colour = Literal["red", "orange", "yellow", "blue", "grey", "green", "purple", "turquoise", "pink"]
SOON: Final = 2
"""Working days from which on something is said to be due soon."""

_LONDON: Final = ZoneInfo("Europe/London")


class Tag(Struct, frozen=True, kw_only=True):
    """A word or two in a colour: the words say all that the colour says."""

    words: str
    colour: Colour


def due(at: int, now: int) -> Tag:
    """How long there is until something is due, in working days."""
    if at < now:
        days = working_days_between(at, now)
        return Tag(words="Overdue" if days < 1 else f"Overdue by {_days(days)}", colour="red")
    if local_day(at) == local_day(now):
        return Tag(words=f"Due today by {_clock(at)}", colour="orange")
    days = working_days_between(now, at)
    if days <= 1:
        return Tag(words="Due next working day", colour="orange")
    return Tag(words=f"Due in {_days(days)}", colour="yellow" if days <= SOON else "blue")


def local_day(at: int) -> date:
    """The day of an instant in London."""
    return datetime.fromtimestamp(at, _LONDON).date()


def day(text: str | date | None) -> str:
    """A day, as `3 May 2027`; empty where there is none."""
    if text is None:
        return ""
    what = date.fromisoformat(text) if isinstance(text, str) else text
    return f"{what.day} {what:%B %Y}"


def short(at: int) -> str:
    """An instant in little space: `3 May 2027, 10:05 BST`."""
    local = datetime.fromtimestamp(at, _LONDON)
    return f"{local.day} {local:%b %Y}, {local:%H:%M %Z}"


def clock(at: int) -> str:
    """The time of day in London, to the second: `14:05:30 GMT`."""
    return f"{datetime.fromtimestamp(at, _LONDON):%H:%M:%S %Z}"


def machine(at: int) -> str:
    """An instant for a `time` element."""
    return datetime.fromtimestamp(at, _LONDON).isoformat()


when = words.when
by = words.by


def _clock(at: int) -> str:
    return f"{datetime.fromtimestamp(at, _LONDON):%H:%M %Z}"


def _days(count: int) -> str:
    return "1 working day" if count == 1 else f"{count} working days"

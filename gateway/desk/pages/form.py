"""A form as somebody typed it: values by name, and what has to change, each beside its own field.

Pages read it value by value; each reading that does not fit leaves a fault, and the page is shown again with all of
them and with everything that was typed.
"""

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Final, TypeVar

from gateway.desk.errors import Fault, Typed

Word = TypeVar("Word", bound=str)

LINE: Final = 200
ANSWER: Final = 4000
MONTHS: Final = {
    name: number
    for number, names in enumerate(
        ("january jan", "february feb", "march mar", "april apr", "may", "june jun", "july jul", "august aug",
         "september sept sep", "october oct", "november nov", "december dec"), 1
    )
    for name in names.split()
}  # fmt: skip


class Form:
    """Values that were typed (or kept from before), and faults as they are found."""

    def __init__(self, values: Mapping[str, Sequence[str]] | None = None, *, posted: bool = False) -> None:
        self.values = {name: tuple(typed) for name, typed in (values or {}).items()}
        self.posted = posted
        self.faults: list[Fault] = []

    # What templates ask.

    def value(self, name: str) -> str:
        """What stands in a field now."""
        return next(iter(self.values.get(name, ())), "")

    def every(self, name: str) -> tuple[str, ...]:
        """All that is ticked under a name."""
        return self.values.get(name, ())

    def error(self, name: str) -> str | None:
        """What has to change in a field."""
        return next((fault.detail for fault in self.faults if fault.name == name), None)

    # What pages read.

    def text(self, name: str, missing: str | None = None, *, most: int = LINE) -> str:
        """A line or a paragraph, without spaces around it; `missing` is the fault where nothing was typed."""
        typed = _tidy(self.value(name))
        if not typed and missing:
            self.fault(name, missing)
        if len(typed) > most:
            self.fault(name, f"This is too long. Use {most:,} characters or fewer.")
            return ""
        return typed

    def optional(self, name: str, *, most: int = LINE) -> str | None:
        """A text that may be left out."""
        return self.text(name, most=most) or None

    def one(self, name: str, allowed: Collection[str], missing: str) -> str:
        """One of the answers that were offered."""
        chosen = self.value(name)
        if chosen not in allowed:
            self.fault(name, missing)
            return ""
        return chosen

    def some(self, name: str, allowed: Iterable[Word], missing: str | None = None) -> tuple[Word, ...]:
        """Those of the answers on offer that were ticked, in the order in which they were offered."""
        chosen = tuple(each for each in allowed if each in self.every(name))
        if not chosen and missing:
            self.fault(name, missing)
        return chosen

    def ticked(self, name: str, missing: str | None = None) -> bool:
        """Whether a box is ticked; `missing` is the fault where it must be."""
        ticked = bool(self.value(name))
        if not ticked and missing:
            self.fault(name, missing)
        return ticked

    def day(self, name: str, missing: str | None = None) -> date | None:
        """A date of three fields, `name-day`, `name-month` and `name-year`. Months may be words."""
        typed = [self.value(f"{name}-{part}").strip() for part in ("day", "month", "year")]
        if not any(typed):
            if missing:
                self.fault(name, missing)
            return None
        lacking = [part for part, text in zip(("day", "month", "year"), typed, strict=True) if not text]
        if lacking:
            self.fault(name, f"The date must include a {' and a '.join(lacking)}.")
            return None
        try:
            month = MONTHS.get(typed[1].casefold().rstrip(".")) or int(typed[1])
            return date(_year(typed[2]), month, int(typed[0]))
        except ValueError:
            self.fault(name, "This is not a real date. Check the day, the month and the year.")
            return None

    # What has to change.

    def fault(self, name: str, detail: str) -> None:
        """Say what has to change in a field: the first thing said of it stands."""
        if self.error(name) is None:
            self.faults.append(Fault(name=name, detail=detail))

    def take(self, error: Typed, names: Mapping[str, str] | None = None) -> None:
        """Faults that a service found, under this form's names for them."""
        for fault in error.faults:
            self.fault((names or {}).get(fault.name, fault.name), fault.detail)

    @property
    def good(self) -> bool:
        """Whether nothing has to change."""
        return not self.faults


def _tidy(typed: str) -> str:
    """What was meant: composed letters (ŷ as one), one kind of line end, nothing that cannot be seen."""
    text = unicodedata.normalize("NFC", typed).replace("\r\n", "\n").strip()
    return "".join(each for each in text if each == "\n" or unicodedata.category(each) != "Cc")


def _year(typed: str) -> int:
    year = int(typed)
    return 2000 + year if len(typed) == 2 else year

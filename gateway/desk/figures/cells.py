"""The kinds of figure that stand in a cell, each with what it is of and how sure it is."""

from collections.abc import Sequence

from msgspec import Struct

from gateway.desk.figures import chance
from gateway.desk.figures.chance import Interval


class Count(Struct, frozen=True, kw_only=True, tag="count"):
    """So many."""

    number: int

    @property
    def of(self) -> int:
        """How many cases stand behind it."""
        return self.number


class Share(Struct, frozen=True, kw_only=True, tag="share"):
    """So many of so many, with its 95% interval; none where the parts are not each a case of their own."""

    part: int
    of: int
    low: float | None = None
    high: float | None = None

    @classmethod
    def counted(cls, part: int, of: int, *, sure: bool = True) -> "Share":
        """With its interval, where that means anything."""
        interval = chance.wilson(part, of) if sure else None
        return cls(part=part, of=of, low=interval.low if interval else None, high=interval.high if interval else None)

    @property
    def share(self) -> float | None:
        """From 0 to 1; None of nothing."""
        return self.part / self.of if self.of else None


class Spread(Struct, frozen=True, kw_only=True, tag="spread"):
    """How long things took, in days: middle half, nine in ten, longest; with the median's 95% interval."""

    of: int
    quarter: float | None = None
    median: float | None = None
    three_quarters: float | None = None
    nine_in_ten: float | None = None
    longest: float | None = None
    low: float | None = None
    high: float | None = None

    @classmethod
    def measured(cls, days: Sequence[float]) -> "Spread":
        """Of these."""
        if not days:
            return cls(of=0)
        quarter, middle, three, nine = (chance.quantile(days, part) for part in (0.25, 0.5, 0.75, 0.9))
        interval: Interval | None = chance.median_interval(days)
        return cls(
            of=len(days), quarter=quarter, median=middle, three_quarters=three, nine_in_ten=nine, longest=max(days),
            low=interval.low if interval else None, high=interval.high if interval else None,
        )  # fmt: skip


class Rate(Struct, frozen=True, kw_only=True, tag="rate"):
    """So many for each thousand of a population, with its 95% interval."""

    number: int
    of: int
    low: float | None = None
    high: float | None = None

    @classmethod
    def counted(cls, number: int, of: int) -> "Rate":
        """For each thousand."""
        interval = chance.byar(number, of)
        low, high = (1000 * interval.low, 1000 * interval.high) if interval else (None, None)
        return cls(number=number, of=of, low=low, high=high)

    @property
    def rate(self) -> float | None:
        """For each thousand; None of nobody."""
        return 1000 * self.number / self.of if self.of else None


Cell = Count | Share | Spread | Rate

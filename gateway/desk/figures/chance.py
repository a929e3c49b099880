"""How sure a figure is: intervals for shares, rates and medians, and the limits of a funnel plot. Pure arithmetic.

- Shares: Wilson's score interval (E. B. Wilson, JASA 22, 1927; compared with others by R. G. Newcombe, Statistics in
  Medicine 17, 1998, 857–872, method 3).
- Rates: Byar's approximation to the exact Poisson interval (N. E. Breslow and N. E. Day, Statistical Methods in Cancer
  Research II, IARC 1987, p. 69).
- Medians: the order statistics that enclose it with at least 95% confidence, whatever the distribution.
- Funnel limits: the exact binomial with interpolation (D. J. Spiegelhalter, Funnel plots for comparing institutional
  performance, Statistics in Medicine 24, 2005, 1185–1202, appendix A.1.1). There the upper limit lets through one case
  fewer than its name promises, which for few cases is much: here it mirrors the lower.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, exp, floor, lgamma, log, sqrt
from statistics import NormalDist, median
from typing import Final, NamedTuple

SURE: Final = 0.95
"""How sure an interval is."""

OUTER: Final = 0.998
"""The outer limits of a funnel: one area in 500 would be outside them by chance alone."""

FIELD: Final = 12
"""Standard deviations beyond which a binomial's tail is nothing to a double."""


class Interval(NamedTuple):
    """From, to."""

    low: float
    high: float


class Limits(NamedTuple):
    """Funnel limits around a share, for one number of cases."""

    low_outer: float
    low: float
    high: float
    high_outer: float


def z_of(sure: float) -> float:
    """The two-sided standard normal quantile: 1.96 for 0.95."""
    return NormalDist().inv_cdf((1 + sure) / 2)


def wilson(part: int, whole: int, sure: float = SURE) -> Interval | None:
    """The interval of a share; None where there is nothing that it is a share of."""
    if whole == 0:
        return None
    z, share = z_of(sure), part / whole
    spread = z * sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    centre, scale = share + z * z / (2 * whole), 1 + z * z / whole
    low = 0.0 if part == 0 else (centre - spread) / scale
    high = 1.0 if part == whole else (centre + spread) / scale
    return Interval(low, high)


def byar(count: int, of: int, sure: float = SURE) -> Interval | None:
    """The interval of a rate; None where there is nothing that it is a rate of."""
    if of == 0:
        return None
    z, more = z_of(sure), count + 1
    low = 0.0 if count == 0 else count * (1 - 1 / (9 * count) - z / (3 * sqrt(count))) ** 3
    return Interval(low / of, more * (1 - 1 / (9 * more) + z / (3 * sqrt(more))) ** 3 / of)


def median_interval(values: Sequence[float], sure: float = SURE) -> Interval | None:
    """The interval of a median; None for so few values that no two of them enclose it surely enough (under six)."""
    ordered, count = sorted(values), len(values)
    below = 0
    while below < count // 2 and at_most(below, count, 0.5) <= (1 - sure) / 2:
        below += 1
    # `below` values may lie beneath the interval on either side: the chance of fewer heads is within half of the rest.
    return Interval(ordered[below - 1], ordered[count - below]) if below else None


def quantile(values: Sequence[float], part: float) -> float:
    """The nearest rank: the smallest value that so large a part of them does not exceed. For 0.5, the median."""
    ordered = sorted(values)
    if part == 0.5:
        return median(ordered)
    return ordered[max(0, ceil(part * len(ordered) - 1e-9) - 1)]


def limits(share: float, whole: int) -> Limits:
    """Where an area of so many cases would fall by chance if its true share were the overall one: 95% and 99.8%.

    The upper limits are those of the rest, mirrored. So an area is outside a limit exactly where the chance of so many
    or more, or of so few or fewer, is at most 2.5% or 0.1%.
    """
    inner, outer = (1 - SURE) / 2, (1 - OUTER) / 2
    rest = 1 - share
    return Limits(
        _limit(share, whole, outer), _limit(share, whole, inner),
        1 - _limit(rest, whole, inner), 1 - _limit(rest, whole, outer),
    )  # fmt: skip


@lru_cache(maxsize=65_536)
def _limit(share: float, whole: int, tail: float) -> float:
    """Spiegelhalter's r(p) for a lower tail, moved back by as much as it overshoots, over n; never below none."""
    if share <= 0 or share >= 1 or whole == 0:
        return share
    below = 0.0
    for count, chance in _binomial(whole, share):
        reached = below + chance
        if reached > tail:
            return max(0.0, (count - (reached - tail) / chance) / whole)
        below = reached
    raise AssertionError("A lower tail is reached before all the cases are counted.")


def at_most(count: int, whole: int, share: float) -> float:
    """The chance of so many or fewer."""
    return min(1.0, sum(chance for each, chance in _binomial(whole, share) if each <= count))


def _binomial(whole: int, share: float) -> list[tuple[int, float]]:
    """The counts that can happen at all, each with its chance."""
    middle, spread = whole * share, sqrt(whole * share * (1 - share))
    first, last = max(0, floor(middle - FIELD * spread - FIELD)), min(whole, ceil(middle + FIELD * spread + FIELD))
    return [(count, _chance(count, whole, share)) for count in range(first, last + 1)]


def _chance(count: int, whole: int, share: float) -> float:
    ways = lgamma(whole + 1) - lgamma(count + 1) - lgamma(whole - count + 1)
    return exp(ways + count * log(share) + (whole - count) * log(1 - share))

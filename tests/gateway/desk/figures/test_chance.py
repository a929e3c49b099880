"""Intervals and funnel limits are those of the literature, and hold what they promise."""

from fractions import Fraction
from itertools import accumulate
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.desk.figures import chance

NEWCOMBE = {
    (81, 263): (0.2553, 0.3662),
    (15, 148): (0.0624, 0.1605),
    (0, 20): (0.0000, 0.1611),
    (1, 29): (0.0061, 0.1718),
}
"""Newcombe 1998, table I, method 3."""


@pytest.mark.parametrize("of", NEWCOMBE, ids=str)
def test_wilsons_interval_is_that_of_newcombes_table(of: tuple[int, int]) -> None:
    """To four places."""
    found = chance.wilson(*of)
    assert found is not None
    assert tuple(round(each, 4) for each in found) == NEWCOMBE[of]


def test_nothing_has_no_interval() -> None:
    """A share, and a rate, of nothing."""
    assert chance.wilson(0, 0) is None
    assert chance.byar(0, 0) is None


@given(st.integers(1, 3000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
@settings(deadline=None, max_examples=60)
def test_an_interval_holds_the_share_and_lies_between_none_and_all(of: tuple[int, int]) -> None:
    """And it mirrors: what holds for the part holds for the rest."""
    part, whole = of
    found, rest = chance.wilson(part, whole), chance.wilson(whole - part, whole)
    assert found is not None
    assert rest is not None
    assert 0 <= found.low <= part / whole <= found.high <= 1
    assert found.low == pytest.approx(1 - rest.high, abs=1e-9)
    assert found.high == pytest.approx(1 - rest.low, abs=1e-9)


def test_byars_interval_is_near_the_exact_one() -> None:
    """Exact Poisson intervals: 10 (4.80–18.39), 1 (0.025–5.57), 100 (81.4–121.6)."""
    for count, (low, high) in {10: (4.795, 18.39), 100: (81.36, 121.63)}.items():
        found = chance.byar(count, 1)
        assert found is not None
        assert found == pytest.approx((low, high), rel=0.01)
    none = chance.byar(0, 10)
    assert none is not None
    assert none.low == 0
    assert none.high == pytest.approx(0.369, abs=0.01)


@pytest.mark.parametrize(("count", "ranks"), [(5, None), (6, (1, 6)), (10, (2, 9)), (20, (6, 15)), (50, (18, 33))])
def test_a_medians_interval_is_by_the_ranks_of_the_tables(count: int, ranks: tuple[int, int] | None) -> None:
    """Conover, Practical Nonparametric Statistics: under six values there is none."""
    assert chance.median_interval([float(n) for n in range(1, count + 1)]) == ranks


def test_quantiles_are_values_that_were_there() -> None:
    """Nine in ten were at most this; the median of an even number lies between."""
    values = [float(n) for n in range(1, 11)]
    assert [chance.quantile(values, part) for part in (0.25, 0.5, 0.75, 0.9)] == [3, 5.5, 8, 9]
    assert chance.quantile([4.0], 0.9) == 4


def exact_limit(share: Fraction, whole: int, tail: Fraction) -> float:
    """Spiegelhalter 2005, A.1.1, in whole numbers."""
    chances = [comb(whole, r) * share**r * (1 - share) ** (whole - r) for r in range(whole + 1)]
    below = list(accumulate(chances))
    r = next(each for each in range(whole + 1) if below[each] > tail)
    moved = (below[r] - tail) / (below[r] - (below[r - 1] if r else 0))
    return float(max(0, (r - moved) / whole))


@given(st.integers(1, 120), st.integers(1, 19))
@settings(deadline=None, max_examples=60)
def test_funnel_limits_are_the_interpolated_binomials(whole: int, twentieths: int) -> None:
    """As an exact calculation in fractions gives them; the upper ones are those of the rest."""
    share = Fraction(twentieths, 20)
    found = chance.limits(float(share), whole)
    outer, inner = Fraction(1, 1000), Fraction(25, 1000)
    lower = [exact_limit(share, whole, tail) for tail in (outer, inner)]
    upper = [1 - exact_limit(1 - share, whole, tail) for tail in (inner, outer)]
    assert tuple(found) == pytest.approx([*lower, *upper], abs=1e-6)


@given(st.integers(1, 60).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))), st.integers(1, 9))
@settings(deadline=None, max_examples=60)
def test_an_area_is_outside_where_chance_alone_would_seldom_put_it(of: tuple[int, int], tenths: int) -> None:
    """So many or more, or so few or fewer: at most 2.5%; for the outer limits 0.1%."""
    part, whole = of
    share = tenths / 10
    found = chance.limits(share, whole)
    few, many = chance.at_most(part, whole, share), 1 - chance.at_most(part - 1, whole, share)
    for tail, low, high in ((0.025, found.low, found.high), (0.001, found.low_outer, found.high_outer)):
        if abs(few - tail) > 1e-9 and abs(many - tail) > 1e-9:
            assert (part / whole < low - 1e-12) == (few < tail)
            assert (part / whole > high + 1e-12) == (many < tail)


@given(st.floats(0.01, 0.99), st.integers(1, 5000))
@settings(deadline=None, max_examples=60)
def test_a_funnel_narrows_around_its_share(share: float, whole: int) -> None:
    """The outer limits are outside the inner ones, and the share is between them."""
    found = chance.limits(share, whole)
    assert 0 <= found.low_outer <= found.low <= share <= found.high <= found.high_outer <= 1
    if whole > 50:
        wider = chance.limits(share, whole // 10)
        assert wider.high_outer - wider.low_outer > found.high_outer - found.low_outer


def test_a_large_funnel_is_near_the_normal_one() -> None:
    """At 10,000 cases: the share, give or take 1.96 and 3.09 standard errors."""
    error = (0.3 * 0.7 / 10_000) ** 0.5
    expected = [0.3 - 3.09 * error, 0.3 - 1.96 * error, 0.3 + 1.96 * error, 0.3 + 3.09 * error]
    assert tuple(chance.limits(0.3, 10_000)) == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_where_all_are_alike_there_is_no_funnel(share: float) -> None:
    """None of any, or all of all: the limits are that."""
    assert set(chance.limits(share, 10)) == {share}

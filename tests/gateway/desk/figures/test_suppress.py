"""What is withheld cannot be worked out from what is shown."""

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.desk.figures.suppress import SMALLEST, TOTAL, Place, Sums, recoverable, withheld

COUNTS = st.integers(0, 30)


def shares(parts: dict[str, tuple[int, int]], name: str = "m") -> Sums:
    """A measure with (part, rest) by area, and all together."""
    together = (sum(each[0] for each in parts.values()), sum(each[1] for each in parts.values()))
    counts: dict[Place, int] = {}
    sums: list[tuple[Place, ...]] = []
    for area, (part, rest) in {TOTAL: together, **parts}.items():
        places = tuple(Place(f"{name}/{which}", area) for which in ("whole", "part", "rest"))
        counts |= dict(zip(places, (part + rest, part, rest), strict=True))
        sums.append(places)
    sums += [tuple(Place(f"{name}/{which}", area) for area in (TOTAL, *parts)) for which in ("whole", "part", "rest")]
    return Sums(counts=counts, sums=tuple(sums), unshown=frozenset({f"{name}/rest"}))


def subtracted(given_: Sums, hidden: frozenset[Place]) -> set[Place]:
    """What somebody with a pencil finds: whatever is alone in a sum, again and again."""
    unknown = set(hidden)
    while True:
        found = set()
        rows = [{place for place in places if place in unknown} for places in given_.sums]
        found |= {next(iter(row)) for row in rows if len(row) == 1}
        if not found:
            return set(hidden) - unknown
        unknown -= found


tables = st.dictionaries(st.sampled_from("abcdefg"), st.tuples(COUNTS, COUNTS), min_size=2, max_size=7).map(shares)


@given(tables)
@settings(max_examples=200, deadline=None)
def test_no_small_count_is_shown_and_none_can_be_subtracted(given_: Sums) -> None:
    """By the program's own solving, and by subtraction alone."""
    hidden = withheld(given_)
    assert all(place in hidden for place, count in given_.counts.items() if 0 < count < SMALLEST)
    assert not recoverable(given_, hidden)
    assert not subtracted(given_, hidden)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=3))
@settings(max_examples=40, deadline=None)
def test_every_count_withheld_could_be_another(given_parts: list[tuple[int, int]]) -> None:
    """Of all tables of whole numbers that fit what is shown, there are two that differ in each count withheld."""
    parts = dict(zip("abc", given_parts, strict=False))
    given_ = shares(parts)
    hidden = withheld(given_)
    seen: dict[Place, set[int]] = {place: set() for place in hidden}
    for table in product(*(_fitting(given_, hidden, area) for area in parts)):
        other = shares(dict(zip(parts, table, strict=True)))
        if all(other.counts[place] == count for place, count in given_.counts.items() if place not in hidden):
            for place in hidden:
                seen[place].add(other.counts[place])
    assert all(len(values) > 1 for values in seen.values())


def _fitting(given_: Sums, hidden: frozenset[Place], area: str) -> list[tuple[int, int]]:
    """Every (part, rest) of one area that fits what is shown of it."""
    part, rest, whole = (Place(f"m/{which}", area) for which in ("part", "rest", "whole"))
    return [
        (p, r)
        for p, r in product(range(9), repeat=2)
        if (part in hidden or p == given_.counts[part])
        and (rest in hidden or r == given_.counts[rest])
        and (whole in hidden or p + r == given_.counts[whole])
    ]


def test_what_is_large_is_shown() -> None:
    """Nothing is withheld for nothing."""
    assert not withheld(shares({"a": (10, 20), "b": (0, 9), "c": (40, 0)}))


def test_one_small_count_takes_the_next_smallest_with_it() -> None:
    """Or it could be had from the total; the total stays."""
    hidden = withheld(shares({"a": (3, 50), "b": (9, 60), "c": (30, 70)}))
    parts = {place.area for place in hidden if place.what == "m/part"}
    assert parts == {"a", "b"}
    assert Place("m/whole", TOTAL) not in hidden
    assert not {place for place in hidden if place.area == "c"}


def test_two_ones_are_not_left_alone() -> None:
    """A remainder of two in two places would be one and one."""
    hidden = withheld(shares({"a": (1, 50), "b": (1, 60), "c": (30, 70)}))
    assert {place.area for place in hidden if place.what == "m/part"} >= {"a", "b", "c"}


def test_what_is_secret_is_withheld_whatever_it_is() -> None:
    """And is as safe from subtraction as what is small."""
    base = shares({"a": (20, 0), "b": (9, 60), "c": (30, 70)})
    secret = frozenset({Place("m/part", "a"), Place("m/rest", "a")})
    given_ = Sums(counts=base.counts, sums=base.sums, unshown=base.unshown, secret=secret)
    hidden = withheld(given_)
    assert secret <= hidden
    assert not recoverable(given_, hidden)


def test_a_ring_of_sums_is_seen_through() -> None:
    """No sum has one hidden count alone, and yet three sums of two give all three away: more is withheld."""
    x, y, z, a, b, c = (Place(name, "") for name in "xyzabc")
    counts = {x: 4, y: 4, z: 4, a: 8, b: 8, c: 8}
    ring = Sums(counts=counts, sums=((a, x, y), (b, y, z), (c, x, z)))
    assert recoverable(ring, {x, y, z}) == {x, y, z}
    hidden = withheld(ring)
    assert {x, y, z} < hidden
    assert not recoverable(ring, hidden)

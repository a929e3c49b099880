"""Small counts withheld, and whatever would give them away by subtraction (agreement clause 14.4). Pure.

Counts stand in tables that add up: areas to the total, a part and the rest to the whole; one count may be in several
measures. A count from 1 to 4 is withheld first. Then, as long as anything withheld could be worked out from what is
shown, more is withheld: the smallest count that stands in the same sum. At the end the system of all sums is solved: a
count that has only one solution would be recovered, and then there is another round.

What this does not do: it does not hide that a count is small, and it knows nothing of what somebody knows otherwise, of
another table of other counts of the same cases, or of the same table of another day. So figures are published once, for
whole financial years, and only these.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Final, NamedTuple

from msgspec import Struct

SMALLEST: Final = 5
"""The smallest count that is shown, but for none."""

TOTAL: Final = ""
"""The area of all areas together."""


class Place(NamedTuple):
    """Where a count stands: which count, of which area."""

    what: str
    area: str


class Sums(Struct, frozen=True, kw_only=True):
    """Counts, and which of them add up: the first of each sum is what the others make together.

    `secret` are counts that are withheld whatever they are. `unshown` are in the sums and not in the tables: they are
    withheld first where something must be.
    """

    counts: Mapping[Place, int]
    sums: Sequence[tuple[Place, ...]]
    secret: frozenset[Place] = frozenset()
    unshown: frozenset[str] = frozenset()


def withheld(given: Sums, smallest: int = SMALLEST) -> frozenset[Place]:
    """Every count that is not shown; all of them where nothing less would do."""
    counts = given.counts
    hidden = {place for place, count in counts.items() if 0 < count < smallest} | set(given.secret)
    while True:
        _close_sums(given, hidden)
        found = recoverable(given, hidden)
        if not found:
            return frozenset(hidden)
        before = len(hidden)
        for place in sorted(found):
            _hide_beside(given, place, hidden)
        if len(hidden) == before:
            return frozenset(counts)


def recoverable(given: Sums, hidden: Iterable[Place]) -> set[Place]:
    """Those of the hidden counts that the sums and the counts that are shown leave only one value for."""
    hidden = set(hidden)
    rows: list[dict[Place, Fraction]] = []
    for whole, *parts in given.sums:
        signs = [(whole, Fraction(1)), *((part, Fraction(-1)) for part in parts)]
        row: dict[Place, Fraction] = {}
        for place, sign in signs:
            if place in hidden:
                row[place] = row.get(place, Fraction(0)) + sign
        rows.append({place: value for place, value in row.items() if value})
    return {next(iter(row)) for row in _reduced(rows) if len(row) == 1}


def _reduced(rows: Sequence[dict[Place, Fraction]]) -> list[dict[Place, Fraction]]:
    """Gauss and Jordan: each row has a count of its own, which stands in no other row."""
    done: dict[Place, dict[Place, Fraction]] = {}
    for given in rows:
        row = dict(given)
        for place in [each for each in row if each in done]:
            _subtract(row, done[place], row[place])
        if not row:
            continue
        pivot = min(row)
        scaled = {place: value / row[pivot] for place, value in row.items()}
        for other in done.values():
            if pivot in other:
                _subtract(other, scaled, other[pivot])
        done[pivot] = scaled
    return list(done.values())


def _subtract(row: dict[Place, Fraction], other: Mapping[Place, Fraction], times: Fraction) -> None:
    for place, value in other.items():
        left = row.get(place, Fraction(0)) - times * value
        if left:
            row[place] = left
        else:
            row.pop(place, None)


def _close_sums(given: Sums, hidden: set[Place]) -> None:
    """No sum may have just one hidden count, nor hidden ones that their own sum leaves no room for."""
    changed = True
    while changed:
        changed = False
        for places in given.sums:
            inside = [place for place in places if place in hidden]
            if inside and not _has_room(given, places, inside):
                place = _next(given, places, hidden)
                if place is not None:
                    hidden.add(place)
                    changed = True


def _has_room(given: Sums, places: tuple[Place, ...], inside: Sequence[Place]) -> bool:
    """At least two are hidden, and they are not all as small as they can be. Where the whole is hidden, it has room."""
    if len(inside) < 2:
        return False
    return places[0] in inside or sum(given.counts[place] for place in inside) > len(inside)


def _hide_beside(given: Sums, place: Place, hidden: set[Place]) -> None:
    """One more count, of a sum in which this one stands. If there is none left, the sums say nothing any more."""
    for places in given.sums:
        if place in places and (more := _next(given, places, hidden)) is not None:
            hidden.add(more)
            return


def _next(given: Sums, places: tuple[Place, ...], hidden: set[Place]) -> Place | None:
    """What to withhold next: what is in no table, then the smallest that is not nothing, then the whole, then none."""
    left = [place for place in places if place not in hidden]
    return min(left, key=lambda place: _cost(given, places, place), default=None)


def _cost(given: Sums, places: tuple[Place, ...], place: Place) -> tuple[int, int, Place]:
    count = given.counts[place]
    if count == 0:
        return 3, 0, place
    if place.what in given.unshown:
        return 0, count, place
    return (2 if place == places[0] else 1), count, place

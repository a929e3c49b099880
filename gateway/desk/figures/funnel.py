"""A funnel: which areas differ from the rest by more than chance explains, and by which limits that is said."""

from collections.abc import Sequence
from typing import Final, Literal

from msgspec import Struct

from gateway.desk.figures import chance
from gateway.desk.figures.cells import Share
from gateway.desk.figures.chance import Limits
from gateway.desk.figures.tables import Table

Place = Literal["far-below", "below", "within", "above", "far-above"]
"""Outside the 99.8% limits, outside the 95% limits, or within both."""

LIMITS: Final = (
    "The limits are those of the exact binomial around the overall share (Spiegelhalter, Statistics in "
    "Medicine 24, 2005, 1185–1202). If every area were alike, about 1 in 20 would be outside the inner "
    "limits (95%) by chance, and about 1 in 500 outside the outer ones (99.8%). Areas differ in the "
    "cases they have, so that being outside asks for a look and proves nothing. This is not a league "
    "table."
)


class Point(Struct, frozen=True, kw_only=True):
    """An area in a funnel."""

    area: str
    name: str
    cell: Share
    limits: Limits
    place: Place
    small: bool


class Funnel(Struct, frozen=True, kw_only=True, eq=False):
    """A table's areas around the overall share. `largest` is the most cases that one of them has."""

    table: Table
    overall: Share
    points: tuple[Point, ...]
    largest: int


def funnel(table: Table) -> Funnel | None:
    """The funnel of a share, or None for any other measure, or where there is nothing to compare."""
    overall = table.overall
    if not table.measure.funnel or not isinstance(overall, Share) or overall.share is None:
        return None
    points = tuple(_points(table, overall.share))
    if len(points) < 2:
        return None
    return Funnel(table=table, overall=overall, points=points, largest=max(point.cell.of for point in points))


def _points(table: Table, share: float) -> Sequence[Point]:
    points = []
    for row in table.rows:
        if isinstance(row.cell, Share) and row.cell.of:
            limits = chance.limits(share, row.cell.of)
            points.append(
                Point(
                    area=row.area,
                    name=row.name,
                    cell=row.cell,
                    limits=limits,
                    place=_place(row.cell, limits),
                    small=row.small,
                )
            )
    return points


def _place(cell: Share, limits: Limits) -> Place:
    share = cell.part / cell.of
    slack = 1e-12
    if share < limits.low_outer - slack:
        return "far-below"
    if share < limits.low - slack:
        return "below"
    if share > limits.high_outer + slack:
        return "far-above"
    return "above" if share > limits.high + slack else "within"

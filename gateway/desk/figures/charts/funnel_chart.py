"""A funnel plot: the share of each area by how many cases it has, between the limits of chance."""

from collections.abc import Iterator
from typing import Final

from gateway.desk.figures import chance
from gateway.desk.figures.charts import svg
from gateway.desk.figures.charts.svg import Scale
from gateway.desk.figures.differs import percent
from gateway.desk.figures.funnel import Funnel, Point
from gateway.desk.figures.tables import HEADINGS

WIDTH: Final = 960
HEIGHT: Final = 640
LEFT, RIGHT, TOP, BOTTOM = 88, 690, 84, 500
NAMED_MAX: Final = 14
"""So many areas are named at the most, the furthest out first; the others stand in the table."""

STEPS: Final = 90
LEAST_APART: Final = 19.0


def funnel_chart(funnel: Funnel, highlight: str | None = None) -> str:
    """The picture. `highlight` is the area that is looked at: it has a frame and its name."""
    measure = funnel.table.measure
    title = f"{measure.name}, by {HEADINGS[funnel.table.by].lower()}"
    x, y = _scales(funnel)
    drawn = [
        svg.write(28, 36, title[:88], size=20, bold=True),
        svg.write(
            28, 60, f"All together: {_of(funnel.overall.part, funnel.overall.of)}. Not a league table.", soft=True
        ),
        *_axes(funnel, x, y),
        *_limits(funnel, x, y),
        *(_mark(point, x, y) for point in funnel.points),
        *_names(funnel, x, y, highlight),
        *_legend(),
    ]
    return svg.sheet(WIDTH, HEIGHT, title, told(funnel), drawn)


def told(funnel: Funnel) -> str:
    """The picture in words."""
    outside = _outside(funnel)
    among = f"{len(funnel.points)} areas"
    parts = [f"A funnel plot of {among}. All together it is {_of(funnel.overall.part, funnel.overall.of)}."]
    if not outside:
        parts.append("Every area is within the 95% limits: chance alone could explain the differences.")
    for point in outside:
        limits = "99.8%" if point.place.startswith("far") else "95%"
        where = "above" if point.place.endswith("above") else "below"
        parts.append(f"{point.name} is {where} the {limits} limits: {_of(point.cell.part, point.cell.of)}.")
    parts.append("The table beside the picture has every area.")
    return " ".join(parts)


def _of(part: int, of: int) -> str:
    return f"{part:,} of {of:,} ({percent(part / of)})"


def _outside(funnel: Funnel) -> list[Point]:
    """The furthest out first: outer limits before inner ones, then by size."""
    out = [point for point in funnel.points if point.place != "within"]
    return sorted(out, key=lambda point: (not point.place.startswith("far"), -point.cell.of, point.name))


def _scales(funnel: Funnel) -> tuple[Scale, Scale]:
    share = funnel.overall.part / funnel.overall.of
    widest = chance.limits(share, max(3, funnel.largest // 12)).high_outer
    highest = max(widest, *(point.cell.part / point.cell.of for point in funnel.points))
    across, up = svg.ticks(funnel.largest * 1.02), svg.ticks(min(1.0, highest))
    return Scale(low=0, high=across[-1], begin=LEFT, end=RIGHT), Scale(low=0, high=up[-1], begin=BOTTOM, end=TOP)


def _axes(funnel: Funnel, x: Scale, y: Scale) -> Iterator[str]:
    for value in svg.ticks(y.high):
        yield svg.line((LEFT, y.at(value)), (RIGHT, y.at(value)), soft=True, width=1)
        yield svg.write(LEFT - 10, y.at(value) + 5, percent(value), anchor="end")
    for value in svg.ticks(x.high):
        if value == int(value):
            yield svg.line((x.at(value), BOTTOM), (x.at(value), BOTTOM + 6))
            yield svg.write(x.at(value), BOTTOM + 24, f"{value:,.0f}", anchor="middle")
    yield svg.line((LEFT, BOTTOM), (RIGHT, BOTTOM))
    yield svg.line((LEFT, BOTTOM), (LEFT, TOP))
    yield svg.write((LEFT + RIGHT) / 2, BOTTOM + 50, f"Number of {funnel.table.measure.whole}"[:80], anchor="middle")
    yield svg.turned(24, (TOP + BOTTOM) / 2, funnel.table.measure.unit)


def _limits(funnel: Funnel, x: Scale, y: Scale) -> Iterator[str]:
    share = funnel.overall.part / funnel.overall.of
    counts = sorted({max(1, round(x.high * (n / STEPS) ** 2)) for n in range(1, STEPS + 1)})
    every = [(x.at(count), chance.limits(share, count)) for count in counts]
    yield svg.curve([(LEFT, y.at(share)), (RIGHT, y.at(share))], "none")
    yield svg.curve([(place, y.at(limits.low)) for place, limits in every], "12 5")
    yield svg.curve([(place, y.at(limits.high)) for place, limits in every], "12 5")
    yield svg.curve([(place, y.at(limits.low_outer)) for place, limits in every], "2 4")
    yield svg.curve([(place, y.at(limits.high_outer)) for place, limits in every], "2 4")


def _mark(point: Point, x: Scale, y: Scale) -> str:
    across, up = x.at(point.cell.of), y.at(point.cell.part / point.cell.of)
    if point.place == "within":
        return svg.circle(across, up)
    return svg.triangle(across, up, up=point.place.endswith("above"), filled=point.place.startswith("far"))


def _names(funnel: Funnel, x: Scale, y: Scale, highlight: str | None) -> Iterator[str]:
    """Names stand in a column beside the plot, each with a thin line to its mark, so that none is over another."""
    looked_at = [point for point in funnel.points if point.area == highlight]
    named = [*looked_at, *(point for point in _outside(funnel) if point.area != highlight)][:NAMED_MAX]
    by_key = {f"{n:03d}": point for n, point in enumerate(named)}
    places = [(y.at(point.cell.part / point.cell.of), key) for key, point in by_key.items()]
    for place, key in svg.apart(places, LEAST_APART):
        point = by_key[key]
        across, up = x.at(point.cell.of), y.at(point.cell.part / point.cell.of)
        yield svg.line((across + 10, up), (RIGHT + 8, place), width=1)
        yield svg.write(RIGHT + 12, place + 5, point.name[:30], bold=point.area == highlight)
    for point in looked_at:
        yield svg.frame(x.at(point.cell.of), y.at(point.cell.part / point.cell.of))


def _legend() -> Iterator[str]:
    row, next_row = BOTTOM + 88, BOTTOM + 118
    yield svg.circle(40, row)
    yield svg.write(56, row + 5, "within the limits")
    yield svg.triangle(216, row, up=True, filled=False)
    yield svg.write(232, row + 5, "outside the 95% limits (points to its side)")
    yield svg.triangle(566, row, up=True, filled=True)
    yield svg.write(582, row + 5, "outside the 99.8% limits (points to its side)")
    yield svg.curve([(28, next_row), (76, next_row)], "none")
    yield svg.write(84, next_row + 5, "all together")
    yield svg.curve([(216, next_row), (264, next_row)], "12 5")
    yield svg.write(272, next_row + 5, "95% limits")
    yield svg.curve([(396, next_row), (444, next_row)], "2 4")
    yield svg.write(452, next_row + 5, "99.8% limits")

"""A row for each area, in the order of their names: a share with its interval, or how long the middle half took."""

from collections.abc import Iterator
from typing import Final

from gateway.desk.figures.cells import Rate, Share, Spread
from gateway.desk.figures.charts import svg
from gateway.desk.figures.charts.svg import Scale
from gateway.desk.figures.differs import percent
from gateway.desk.figures.tables import HEADINGS, Row, Table

WIDTH: Final = 960
LEFT, RIGHT, TOP, ROW = 300, 900, 104, 30
FEW: Final = " (few cases)"


def dot_chart(table: Table, highlight: str | None = None) -> str | None:
    """The picture; None for a count, which a table says better, or where there is nothing to draw."""
    rows = [row for row in table.rows if _highest(row) is not None]
    if not rows:
        return None
    title = f"{table.measure.name}, by {HEADINGS[table.by].lower()}"
    bottom = TOP + ROW * len(rows)
    highest = max(_highest(row) or 0.0 for row in rows)
    x = Scale(low=0, high=svg.ticks(highest)[-1], begin=LEFT, end=RIGHT)
    timed = isinstance(rows[0].cell, Spread)
    drawn = [
        svg.write(28, 36, title[:88], size=20, bold=True),
        svg.write(28, 60, "In the order of their names. Not a league table.", soft=True),
        *_axis(table, x, bottom),
        *(each for n, row in enumerate(rows) for each in _row(row, TOP + ROW * n + ROW / 2, x, highlight)),
        *_legend(bottom + 84, timed=timed),
    ]
    return svg.sheet(WIDTH, round(bottom + 110), title, told(table, rows), drawn)


def told(table: Table, rows: list[Row]) -> str:
    """The picture in words: every row, as the table has it."""
    return " ".join([f"{len(rows)} areas.", *(f"{row.name}: {_words(row)}." for row in rows)])


def _words(row: Row) -> str:
    few = FEW if row.small else ""
    match row.cell:
        case Share(part=part, of=of) if of:
            return f"{part:,} of {of:,}, {percent(part / of)}{few}"
        case Spread(median=float(median), nine_in_ten=float(nine), of=of):
            return f"median {median:.1f} days, nine in ten within {nine:.1f}, of {of:,}{few}"
        case Rate(number=number, of=of, rate=float(rate)):
            return f"{number:,} of {of:,}, {rate:.1f} for each 1,000{few}"
        case _:
            return "nothing to show"


def _highest(row: Row) -> float | None:
    """How far a row reaches; None where there is nothing in it."""
    match row.cell:
        case Share(of=of, high=high, part=part) if of:
            return high if high is not None else part / of
        case Spread(nine_in_ten=float(nine)):
            return nine
        case Rate(high=float(high)):
            return high
        case _:
            return None


def _axis(table: Table, x: Scale, bottom: float) -> Iterator[str]:
    shared = isinstance(table.overall, Share)
    for value in svg.ticks(x.high):
        yield svg.line((x.at(value), TOP - 8), (x.at(value), bottom), soft=True, width=1)
        text = percent(value) if shared else f"{value:,.1f}".removesuffix(".0")
        yield svg.write(x.at(value), bottom + 22, text, anchor="middle")
    yield svg.write((LEFT + RIGHT) / 2, bottom + 48, table.measure.unit, anchor="middle")
    middle = _middle(table)
    if middle is not None:
        yield svg.curve([(x.at(middle), TOP - 8), (x.at(middle), bottom)], "12 5")
        yield svg.write(x.at(middle), TOP - 14, "all together", anchor="middle", size=13)


def _middle(table: Table) -> float | None:
    match table.overall:
        case Share() as cell:
            return cell.share
        case Spread(median=median):
            return median
        case Rate() as cell:
            return cell.rate
        case _:
            return None


def _row(row: Row, y: float, x: Scale, highlight: str | None) -> Iterator[str]:
    name = row.name[:30] + (FEW if row.small else "")
    yield svg.write(LEFT - 12, y + 5, name, anchor="end", bold=row.area == highlight)
    match row.cell:
        case Share(of=of, part=part, low=low, high=high) if of:
            yield from _interval(x, y, part / of, low, high)
        case Rate(low=low, high=high, rate=float(rate)):
            yield from _interval(x, y, rate, low, high)
        case Spread(quarter=float(first), three_quarters=float(last), median=float(middle), nine_in_ten=float(nine)):
            yield svg.line((x.at(last), y), (x.at(nine), y))
            yield svg.line((x.at(nine), y - 6), (x.at(nine), y + 6), width=2.5)
            yield svg.box(x.at(first), y - 8, x.at(last) - x.at(first), 16)
            yield svg.line((x.at(middle), y - 8), (x.at(middle), y + 8), width=4)


def _interval(x: Scale, y: float, at: float, low: float | None, high: float | None) -> Iterator[str]:
    if low is not None and high is not None:
        yield svg.line((x.at(low), y), (x.at(high), y), width=2)
        for end in (low, high):
            yield svg.line((x.at(end), y - 5), (x.at(end), y + 5), width=2)
    yield svg.circle(x.at(at), y)


def _legend(y: float, *, timed: bool) -> Iterator[str]:
    if timed:
        yield svg.box(28, y - 8, 40, 16)
        yield svg.line((46, y - 8), (46, y + 8), width=4)
        yield svg.line((68, y), (90, y))
        yield svg.line((90, y - 6), (90, y + 6), width=2.5)
        yield svg.write(
            104, y + 5, "box: the middle half of the cases; thick line: median; end of the line: nine in ten"
        )
        return
    yield svg.line((28, y), (90, y), width=2)
    yield svg.circle(59, y)
    yield svg.write(104, y + 5, "ring: the figure; line: its 95% interval, where it has one")

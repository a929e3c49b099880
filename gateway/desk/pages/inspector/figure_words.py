"""Figures in words: what stands in the table beside a picture, and what is said of an area in one line. Pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from gateway.desk.counting import Counted
from gateway.desk.figures.cells import Cell, Count, Rate, Share, Spread
from gateway.desk.figures.charts.dots import dot_chart
from gateway.desk.figures.charts.funnel_chart import funnel_chart
from gateway.desk.figures.differs import percent
from gateway.desk.figures.funnel import Funnel, Place
from gateway.desk.figures.measures import GROUPS
from gateway.desk.figures.tables import By, Table

NONE: Final = "–"
BY: Final[Mapping[By, str]] = MappingProxyType(
    {
        "force": "Police forces and victim liaison units",
        "prison": "Prisons and other agencies that ask",
        "offence-group": "Offence groups",
    }
)
PLACES: Final[Mapping[Place, str]] = MappingProxyType(
    {
        "far-below": "Below the 99.8% limits",
        "below": "Below the 95% limits",
        "within": "Within the limits",
        "above": "Above the 95% limits",
        "far-above": "Above the 99.8% limits",
    }
)


class ShownRow(Struct, frozen=True, kw_only=True):
    """A row of the table beside a picture."""

    area: str
    name: str
    cells: tuple[str, ...]
    small: bool
    place: str = ""
    outside: bool = False


class Listed(Struct, frozen=True, kw_only=True):
    """A measure in the list of measures, with its figure of all areas together, and how many areas stand out."""

    id: str
    name: str
    said: str
    outside: int


def headings(cell: Cell) -> tuple[str, ...]:
    """What stands above the figures of a row."""
    match cell:
        case Count():
            return ("Number",)
        case Share():
            return "Number", "Of", "Share", "95% interval"
        case Rate():
            return "Number", "People", "For each 1,000", "95% interval"
        case Spread():
            return "Cases", "Median, days", "95% interval", "Middle half", "Nine in ten within", "Longest"


def cells(cell: Cell) -> tuple[str, ...]:
    """The figures of a row."""
    match cell:
        case Count(number=number):
            return (f"{number:,}",)
        case Share(part=part, of=of, low=low, high=high):
            share = percent(cell.share) if cell.share is not None else NONE
            return f"{part:,}", f"{of:,}", share, _between(low, high, percent)
        case Rate(number=number, of=of, low=low, high=high):
            rate = _number(cell.rate)
            return f"{number:,}", f"{of:,}", rate, _between(low, high, _number)
        case Spread():
            return (
                f"{cell.of:,}", _number(cell.median), _between(cell.low, cell.high, _number),
                _between(cell.quarter, cell.three_quarters, _number), _number(cell.nine_in_ten), _number(cell.longest),
            )  # fmt: skip


def said(cell: Cell) -> str:
    """A figure in one line."""
    match cell:
        case Count(number=number):
            return f"{number:,}"
        case Share(part=part, of=of) if of:
            return f"{percent(part / of)} ({part:,} of {of:,})"
        case Rate(number=number, rate=float(rate)):
            return f"{rate:.1f} for each 1,000 ({number:,})"
        case Spread(median=float(median), of=of):
            return f"median {median:.1f} days ({of:,} {'case' if of == 1 else 'cases'})"
        case _:
            return "No cases"


def rows(table: Table, funnel: Funnel | None) -> list[ShownRow]:
    """A row for each area, in the order of their names."""
    places = {point.area: point.place for point in funnel.points} if funnel else {}
    return [
        ShownRow(
            area=row.area,
            name=row.name,
            cells=cells(row.cell),
            small=row.small,
            place=PLACES[places[row.area]] if row.area in places else "",
            outside=places.get(row.area, "within") != "within",
        )
        for row in table.rows
    ]


def picture(table: Table, funnel: Funnel | None, area: str | None = None) -> str | None:
    """The picture of a measure: its funnel where it has one, otherwise a row for each area; None for a count."""
    return funnel_chart(funnel, area) if funnel is not None else dot_chart(table, area)


def funnel_of(counted: Counted, table: Table) -> Funnel | None:
    """The funnel of this table, where it has one."""
    return next((each for each in counted.funnels if each.table is table), None)


def listed(counted: Counted) -> list[tuple[str, list[Listed]]]:
    """Every measure under its heading, in order."""
    found: dict[str, list[Listed]] = {heading: [] for heading in GROUPS.values()}
    for table in counted.tables:
        funnel = funnel_of(counted, table)
        outside = sum(point.place != "within" for point in funnel.points) if funnel else 0
        line = Listed(id=table.measure.id, name=table.measure.name, said=said(table.overall), outside=outside)
        found[GROUPS[table.measure.group]].append(line)
    return [(heading, lines) for heading, lines in found.items() if lines]


def _between(low: float | None, high: float | None, written: Callable[[float], str]) -> str:
    return NONE if low is None or high is None else f"{written(low)} to {written(high)}"


def _number(number: float | None) -> str:
    return NONE if number is None else f"{number:,.1f}"

"""What a force may publish of itself: few measures, whole financial years, small counts withheld.

Never shown: how often victims said no or did not reply, reasons, and what reviewers decided. Whoever asked about one
case is told "cannot proceed" and nothing else; a figure that says "all" or "none" would tell the rest. So of what is
shown, a share that could tell a no from a silence is withheld where it is all or none.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from contracts.case_record import CaseRecord
from gateway.desk.figures import chance, measures, suppress
from gateway.desk.figures.cells import Cell, Count, Share
from gateway.desk.figures.chance import Interval
from gateway.desk.figures.measure import Measure
from gateway.desk.figures.suppress import SMALLEST, TOTAL, Place, Sums
from gateway.desk.figures.tables import Period, Table, in_period, tables

PUBLISHED: Final = tuple(each for each in measures.ALL if each.publish != "never")
WITHHELD: Final = (
    "[c] A count is withheld: it is from 1 to 4, or others could be worked out from it. It is not nothing, and it says "
    "nothing of how this area does."
)
NO_LEAGUE: Final = (
    "These figures show variation between areas. They are not a league table: areas differ in the cases they have."
)
NOT_YET: Final = (
    "This year is not over: these figures may not be published yet. Published today and again later, they would give "
    "away single cases by the difference."
)


SAME: Final[Mapping[str, str]] = MappingProxyType(
    {
        "re-routed/whole": "reached/part",
        "cancelled/whole": "reached/part",
        "outcome-recorded/whole": "agreed/part",
        "indirect/whole": "outcome-recorded/part",
    }
)
"""Counts that are one by their definitions, though they stand in two measures: withheld in one, they are in both."""


class PublicCell(Struct, frozen=True, kw_only=True):
    """A figure as the public may see it. What is withheld is None; `withheld` tells that from what is nothing."""

    number: int | None
    of: int | None
    share: float | None
    interval: Interval | None
    withheld: bool


class PublicRow(Struct, frozen=True, kw_only=True):
    """A measure, with what the force and all forces together may show of it."""

    measure: Measure
    here: PublicCell
    everywhere: PublicCell


class PublicPage(Struct, frozen=True, kw_only=True):
    """One force's page. Not `over`: a preview alone."""

    area: str
    name: str
    period: Period
    over: bool
    rows: tuple[PublicRow, ...]
    notes: tuple[str, ...]


class _Suppressed(Struct, frozen=True, kw_only=True, eq=False):
    tables: tuple[Table, ...]
    sums: Sums
    hidden: frozenset[Place]


def public_page(
    cases: Sequence[CaseRecord], area: str, names: Mapping[str, str], *, year: int, at: int, smallest: int = SMALLEST
) -> PublicPage:
    """The page of one force for the financial year that began in this April, of the cases of *all* forces.

    It must be given all of them: what one force withholds depends on what the others show.
    """
    period = Period.financial_year(year)
    suppressed = _suppressed(in_period(cases, period), names, at, smallest)
    over = at >= period.instants[1]
    rows = tuple(
        PublicRow(
            measure=table.measure, here=_cell(suppressed, table, area), everywhere=_cell(suppressed, table, TOTAL)
        )
        for table in suppressed.tables
    )
    notes = (WITHHELD, NO_LEAGUE) if over else (NOT_YET, WITHHELD, NO_LEAGUE)
    return PublicPage(area=area, name=names.get(area, area), period=period, over=over, rows=rows, notes=notes)


def years(cases: Iterable[CaseRecord], today: date) -> tuple[int, ...]:
    """The financial years for which there is something, the latest first, as the year in which each began."""
    this = today.year if today >= date(today.year, 4, 1) else today.year - 1
    asked = {each for each in range(this, 2000, -1) if any(Period.financial_year(each).holds(case) for case in cases)}
    return tuple(sorted(asked, reverse=True))


def _suppressed(cases: Sequence[CaseRecord], names: Mapping[str, str], at: int, smallest: int) -> _Suppressed:
    made = tables(cases, "force", at, names, PUBLISHED)
    counts = {place: count for table in made for place, count in _counts(table)}
    given = Sums(
        counts=counts,
        sums=tuple(_sums(made, counts)),
        secret=frozenset(_secret(made)),
        unshown=frozenset(place.what for place in counts if place.what.endswith("/rest")),
    )
    return _Suppressed(tables=made, sums=given, hidden=suppress.withheld(given, smallest))


def _counts(table: Table) -> Iterator[tuple[Place, int]]:
    name = table.measure.id
    for area, cell in _cells(table):
        if isinstance(cell, Share):
            yield _place(name, "part", area), cell.part
            yield _place(name, "whole", area), cell.of
            yield _place(name, "rest", area), cell.of - cell.part
        elif isinstance(cell, Count):
            yield _place(name, "part", area), cell.number


def _place(measure: str, which: str, area: str) -> Place:
    what = f"{measure}/{which}"
    return Place(SAME.get(what, what), area)


def _cells(table: Table) -> Iterator[tuple[str, Cell]]:
    yield TOTAL, table.overall
    yield from ((row.area, row.cell) for row in table.rows)


def _sums(made: Sequence[Table], counts: Mapping[Place, int]) -> Iterator[tuple[Place, ...]]:
    """Areas to their total; part and rest to their whole, in every area."""
    areas = sorted({place.area for place in counts} - {TOTAL})
    for what in dict.fromkeys(place.what for place in counts):
        yield tuple(Place(what, area) for area in (TOTAL, *areas))
    for table in made:
        if isinstance(table.overall, Share):
            for area in (TOTAL, *areas):
                yield tuple(_place(table.measure.id, which, area) for which in ("whole", "part", "rest"))


def _secret(made: Sequence[Table]) -> Iterator[Place]:
    """All or none, of what could then tell a no from a silence."""
    for table in made:
        if table.measure.publish == "never-all-or-none":
            for area, cell in _cells(table):
                if isinstance(cell, Share) and cell.of and cell.part in (0, cell.of):
                    yield from (_place(table.measure.id, which, area) for which in ("part", "rest"))


def _cell(suppressed: _Suppressed, table: Table, area: str) -> PublicCell:
    number = _seen(suppressed, _place(table.measure.id, "part", area))
    if isinstance(table.overall, Count):
        return PublicCell(number=number, of=None, share=None, interval=None, withheld=number is None)
    of = _seen(suppressed, _place(table.measure.id, "whole", area))
    if number is None or of is None:
        return PublicCell(number=number, of=of, share=None, interval=None, withheld=True)
    share = number / of if of else None
    return PublicCell(number=number, of=of, share=share, interval=chance.wilson(number, of), withheld=False)


def _seen(suppressed: _Suppressed, place: Place) -> int | None:
    """The count if it is shown; none at all for a force without a case."""
    return None if place in suppressed.hidden else suppressed.sums.counts.get(place, 0)

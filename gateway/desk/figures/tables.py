"""Figures by area: for each measure a table with a row for each force, prison or offence group, and one for all."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final, Literal

from msgspec import Struct

from contracts.case_record import CaseRecord
from gateway.decide.calendar import begins
from gateway.desk.figures import facts, measures
from gateway.desk.figures.cells import Cell, Rate
from gateway.desk.figures.measure import Measure

By = Literal["force", "prison", "offence-group"]
"""What an area is: who was asked, who asked, or what for."""

SMALL: Final = 5
"""A figure that stands on fewer cases than this is marked: it can be all or none by a single choice."""

AREAS: Final[Mapping[By, Callable[[CaseRecord], str]]] = MappingProxyType(
    {"force": lambda case: case.holder, "prison": lambda case: case.requester, "offence-group": facts.group}
)

HEADINGS: Final[Mapping[By, str]] = MappingProxyType(
    {
        "force": "Police force or victim liaison unit",
        "prison": "Prison or other agency that asks",
        "offence-group": "Offence group",
    }
)

GROUPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "death": "An offence that caused a death",
        "sexual": "Sexual offence",
        "domestic-abuse": "Domestic abuse",
        "stalking": "Stalking",
        "hate": "Hate crime",
        "other": "Other offence",
    }
)
"""Offence groups, as people say them. A case is counted under the first of these that it has, so that they add up."""


class Period(Struct, frozen=True, kw_only=True):
    """From the start of a day in London to the start of another: cases that were asked in between."""

    since: date
    until: date

    @classmethod
    def financial_year(cls, begins_in: int) -> "Period":
        """From 1 April of this year to 31 March of the next."""
        return cls(since=date(begins_in, 4, 1), until=date(begins_in + 1, 4, 1))

    @property
    def words(self) -> str:
        """`1 April 2026 to 31 March 2027`."""
        last = date.fromordinal(self.until.toordinal() - 1)
        return f"{self.since.day} {self.since:%B %Y} to {last.day} {last:%B %Y}"

    @property
    def instants(self) -> tuple[int, int]:
        """In UTC seconds: for the search that says why, and for `holds`."""
        return begins(self.since), begins(self.until)

    def holds(self, case: CaseRecord) -> bool:
        """Whether the case was asked in it."""
        first, end = self.instants
        return first <= case.asked_at < end


class Row(Struct, frozen=True, kw_only=True):
    """One area's figure. `small`: it stands on so few cases that chance says most of it."""

    area: str
    name: str
    cell: Cell
    small: bool


class Table(Struct, frozen=True, kw_only=True, eq=False):
    """A measure by area: in the order of their names, never in that of their figures. `overall` is of all together."""

    measure: Measure
    by: By
    overall: Cell
    rows: tuple[Row, ...]

    def row(self, area: str) -> Row | None:
        """An area's row, or None."""
        return next((row for row in self.rows if row.area == area), None)


def in_period(cases: Iterable[CaseRecord], period: Period) -> tuple[CaseRecord, ...]:
    """Those that were asked in it."""
    return tuple(case for case in cases if period.holds(case))


def tables(
    cases: Sequence[CaseRecord], by: By, at: int, names: Mapping[str, str], only: Sequence[Measure] = measures.ALL
) -> tuple[Table, ...]:
    """Every measure by area, as things stand at `at`. `names` gives an area's name by its id."""
    areas = _areas(cases, by)
    known: dict[str, str] = {**names, **(GROUPS if by == "offence-group" else {})}
    ordered = _ordered(areas, known)
    return tuple(
        Table(
            measure=each,
            by=by,
            overall=each.of(cases, at),
            rows=tuple(_row(area, known.get(area, area), each.of(areas[area], at)) for area in ordered),
        )
        for each in only
    )


def per_thousand(
    cases: Sequence[CaseRecord], measure: Measure, names: Mapping[str, str], population: Mapping[str, int]
) -> Table:
    """Requests of each prison for each thousand of its population. Prisons without a population are left out."""
    areas = _areas(cases, "prison")
    counts = {area: len(areas.get(area, ())) for area in population}
    ordered = _ordered(population, names)
    rows = [_row(area, names.get(area, area), Rate.counted(counts[area], population[area])) for area in ordered]
    overall = Rate.counted(sum(counts.values()), sum(population.values()))
    return Table(measure=measure, by="prison", overall=overall, rows=tuple(rows))


def _ordered(areas: Iterable[str], names: Mapping[str, str]) -> list[str]:
    return sorted(areas, key=lambda area: (names.get(area, area).casefold(), area))


def _row(area: str, name: str, cell: Cell) -> Row:
    return Row(area=area, name=name, cell=cell, small=cell.of < SMALL)


def _areas(cases: Iterable[CaseRecord], by: By) -> dict[str, list[CaseRecord]]:
    areas: dict[str, list[CaseRecord]] = defaultdict(list)
    for case in cases:
        areas[AREAS[by](case)].append(case)
    return dict(areas)

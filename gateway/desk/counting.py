"""Figures for an inspector: case records gathered by a search that says why, counted by area, with names from the
directory. Pages and the local API both come here.
"""

from typing import Literal

from msgspec import Struct
from msgspec.structs import asdict

from contracts.case_record import CaseRecord
from gateway.desk import case_records
from gateway.desk.agency import Agency
from gateway.desk.case_records import Cases, CountCases
from gateway.desk.figures.cells import Cell
from gateway.desk.figures.differs import Alike, Differences, all_alike, compared, differences
from gateway.desk.figures.funnel import LIMITS, Funnel, Place, funnel
from gateway.desk.figures.tables import By, Table, tables


class CountFigures(CountCases, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Figures by what kind of area."""

    by: By


class AreaFigure(Struct, frozen=True, kw_only=True):
    """A measure in one area. `place` is where it stands in the funnel of its measure, if that has one."""

    area: str
    name: str
    figure: Cell
    small: bool
    place: Place | None = None


class Figure(Struct, frozen=True, kw_only=True):
    """A measure: the words that fix it, of all areas together, and area by area in the order of their names."""

    measure: str
    group: str
    name: str
    definition: str
    part: str
    whole: str
    unit: str
    overall: Cell
    areas: tuple[AreaFigure, ...]


class Figures(Struct, frozen=True, kw_only=True):
    """Every figure, what each area does differently, and how many comparisons that is out of."""

    by: By
    at: int
    cases: int
    whole: bool
    figures: tuple[Figure, ...]
    differences: tuple[Differences, ...]
    alike: tuple[Alike, ...]
    limits: str
    caution: str
    jti: str
    leaf: int | None
    kind: Literal["exact-not-for-publication"] = "exact-not-for-publication"


class Counted(Struct, frozen=True, kw_only=True, eq=False):
    """What a page shows: tables and their funnels, of cases gathered by one search; `names` of agencies by their id."""

    cases: Cases
    by: By
    names: dict[str, str]
    tables: tuple[Table, ...]
    funnels: tuple[Funnel, ...]


async def count(agency: Agency, wanted: CountFigures) -> Counted:
    """Gather and count. Raises Refused, GatewayAway, NotBelieved."""
    terms = asdict(wanted)
    by = terms.pop("by")
    gathered = await case_records.gather(agency, CountCases(**terms))
    return counted(gathered, by, await names_of(agency, gathered.records))


def counted(gathered: Cases, by: By, names: dict[str, str]) -> Counted:
    """Cases that have been gathered, counted by another kind of area: no second search is needed."""
    made = tables(gathered.records, by, gathered.at, names)
    funnels = tuple(each for each in map(funnel, made) if each is not None)
    return Counted(cases=gathered, by=by, names=names, tables=made, funnels=funnels)


async def names_of(agency: Agency, records: tuple[CaseRecord, ...]) -> dict[str, str]:
    """The names of the agencies in these cases, as the directory has them."""
    directory = (await agency.known()).directory
    ids = {each for case in records for each in (case.requester, case.holder)}
    listed = {each: directory.agency(each) for each in ids}
    return {each: entry.name for each, entry in listed.items() if entry is not None}


async def figures(agency: Agency, wanted: CountFigures) -> Figures:
    """As the local API gives them. Raises Refused, GatewayAway, NotBelieved."""
    found = await count(agency, wanted)
    areas = {row.area: row.name for table in found.tables for row in table.rows}
    return Figures(
        by=found.by,
        at=found.cases.at,
        cases=len(found.cases.records),
        whole=found.cases.whole,
        figures=tuple(_figure(table, found.funnels) for table in found.tables),
        differences=tuple(differences(found.funnels, area, name) for area, name in areas.items()),
        alike=all_alike(found.cases.records, found.by, areas),
        limits=LIMITS,
        caution=compared(found.funnels),
        jti=found.cases.jti,
        leaf=found.cases.leaf,
    )


def _figure(table: Table, funnels: tuple[Funnel, ...]) -> Figure:
    drawn = next((each for each in funnels if each.table is table), None)
    places = {point.area: point.place for point in drawn.points} if drawn else {}
    measure = table.measure
    return Figure(
        measure=measure.id,
        group=measure.group,
        name=measure.name,
        definition=measure.definition,
        part=measure.part,
        whole=measure.whole,
        unit=measure.unit,
        overall=table.overall,
        areas=tuple(
            AreaFigure(area=row.area, name=row.name, figure=row.cell, small=row.small, place=places.get(row.area))
            for row in table.rows
        ),
    )

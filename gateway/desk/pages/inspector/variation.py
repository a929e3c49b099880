"""Variation between areas: cases are gathered once by a search that says why, and looked at measure by measure.

What was counted is held in the session for a time. Nothing here ranks: areas stand in the order of their names.
"""

import asyncio
from typing import Final, cast

from aiohttp import web
from aiohttp.web_request import FileField
from markupsafe import Markup
from msgspec import Struct
from msgspec.structs import replace

from contracts.vocabulary import SearchReason
from gateway.desk import counting
from gateway.desk.counting import Counted, CountFigures
from gateway.desk.errors import NotThere, Typed
from gateway.desk.exporting import figures as sheets
from gateway.desk.exporting.sheet import File
from gateway.desk.figures import differs, population
from gateway.desk.figures.funnel import LIMITS
from gateway.desk.figures.tables import HEADINGS, By, Period, Table, per_thousand
from gateway.desk.pages.inspector import asked, figure_words, handing_out, words
from gateway.desk.pages.navigation import INSPECTOR
from gateway.desk.pages.visit import NOTHING_HERE, Page, Visit, form, get, post

HOME: Final = "/inspector/variation"
WORD: Final = "[a-z][a-z0-9-]{0,60}"
MEASURE: Final = f"{{measure:{WORD}}}"
AREA: Final = f"{{area:{WORD}}}"
SAY_BY: Final = "Choose what to compare."
CHOOSE_TABLE: Final = "Choose the file with the population table."
BY_PRISON: Final = "Compare prisons first: the population table is of prisons."


class Held(Struct, frozen=True, kw_only=True, eq=False):
    """What was counted, and of what."""

    counted: Counted
    period: Period
    why: SearchReason

    @property
    def here(self) -> str:
        """The address of its pages."""
        return f"{HOME}/{self.counted.cases.jti}"


async def ask(visit: Visit) -> web.StreamResponse:
    """What to compare, and why."""
    asked.propose_period(visit)
    return visit.render("inspector/variation_ask.html", whys=asked.whys(), bys=_bys())


async def count(visit: Visit) -> web.StreamResponse:
    """Gather and count, once."""
    why, period = asked.why(visit), asked.period(visit)
    by = cast("By", visit.form.one("by", figure_words.BY, SAY_BY))
    if why is None or period is None or not by:
        return await ask(visit)
    since, end = period.instants
    wanted = CountFigures(staff=visit.staff, why=why, by=by, since=since, until=end - 1)
    held = Held(counted=await counting.count(visit.agency, wanted), period=period, why=why)
    asked.hold(visit, _place(held.counted.cases.jti), held)
    return visit.go(held.here)


async def overview(visit: Visit) -> web.StreamResponse:
    """Every measure by its heading, every area by its name, and what is alike in all cases of one."""
    held = _held(visit)
    areas = _areas(held)
    return visit.render(
        "inspector/variation.html",
        _given(visit, held, HOME),
        listed=figure_words.listed(held.counted),
        areas=[(area, name, _differs(held, area)) for area, name in areas.items()],
        alike=differs.all_alike(held.counted.cases.records, held.counted.by, areas),
        caution=differs.compared(held.counted.funnels),
        bys=[each for each in _bys() if each["value"] != held.counted.by],
    )


async def by_another(visit: Visit) -> web.StreamResponse:
    """The same cases by another kind of area: they are here already, and nothing is searched again."""
    held = _held(visit)
    by = visit.form.value("by")
    if by in figure_words.BY:
        of = held.counted
        counted = await asyncio.to_thread(counting.counted, of.cases, cast("By", by), of.names)
        asked.hold(visit, _place(visit.name), replace(held, counted=counted))
    return visit.go(held.here)


async def measure(visit: Visit) -> web.StreamResponse:
    """One measure: its definition, its picture, and beside it the table."""
    held = _held(visit)
    table = _table(held, visit.request.match_info["measure"])
    funnel = figure_words.funnel_of(held.counted, table)
    area = visit.asked("area") or None
    drawn = figure_words.picture(table, funnel, area if table.row(area or "") else None)
    return visit.render(
        "inspector/measure.html",
        _given(visit, held, held.here),
        table=table,
        picture=Markup(drawn) if drawn else None,  # noqa: S704  # drawn by us, every word in it escaped (charts.svg)
        funnel=funnel,
        limits=LIMITS if funnel else "",
        headings=figure_words.headings(table.overall),
        overall=figure_words.cells(table.overall),
        rows=figure_words.rows(table, funnel),
        heading=HEADINGS[held.counted.by],
        looked_at=area,
    )


async def picture(visit: Visit) -> web.StreamResponse:
    """The picture of a measure as a file."""
    held = _held(visit)
    table = _table(held, visit.request.match_info["measure"])
    drawn = figure_words.picture(table, figure_words.funnel_of(held.counted, table))
    if drawn is None:
        raise NotThere(NOTHING_HERE)
    return handing_out.attached(f"{table.measure.id}.svg", "image/svg+xml; charset=utf-8", drawn.encode())


async def area(visit: Visit) -> web.StreamResponse:
    """What one area does differently from the rest, in sentences; and all of its figures."""
    held = _held(visit)
    name = visit.request.match_info["area"]
    found = _areas(held)
    if name not in found:
        raise NotThere(NOTHING_HERE)
    counted = held.counted
    alike = differs.all_alike(counted.cases.records, counted.by, found)
    rows = [(table, row) for table in counted.tables if (row := table.row(name)) is not None]
    figures = [
        (table.measure, figure_words.said(row.cell), figure_words.said(table.overall), row.small)
        for table, row in rows
        if row.cell.of
    ]
    return visit.render(
        "inspector/area.html",
        _given(visit, held, held.here),
        area=name,
        name=found[name],
        differences=differs.differences(counted.funnels, name, found[name]),
        alike=[each for each in alike if each.area == name],
        figures=figures,
        nothing=[table.measure.name for table, row in rows if not row.cell.of],
    )


async def add_population(visit: Visit) -> web.StreamResponse:
    """Requests for each thousand people, by a table that is read now and kept no longer than the figures."""
    held = _held(visit)
    sent = (await visit.request.post()).get(population.NAME)
    raw = sent.file.read() if isinstance(sent, FileField) else b""
    if held.counted.by != "prison":
        visit.form.fault(population.NAME, BY_PRISON)
    elif not raw:
        visit.form.fault(population.NAME, CHOOSE_TABLE)
    else:
        try:
            asked.hold(visit, _place(visit.name), replace(held, counted=_with_population(visit, held.counted, raw)))
            return visit.go(held.here, "Requests for each 1,000 people are among the measures now.")
        except Typed as error:
            visit.form.take(error)
    return await overview(visit)


async def files(visit: Visit) -> web.StreamResponse:
    """Every figure as files to take away."""
    held = _held(visit)
    return visit.render(
        "inspector/variation_files.html",
        _given(visit, held, held.here),
        offered=handing_out.offered(await handing_out.made(lambda: _files(held))),
        columns=handing_out.columns(sheets.FIGURES),
    )


async def download(visit: Visit) -> web.StreamResponse:
    """One of the files."""
    held = _held(visit)
    return handing_out.download(await handing_out.made(lambda: _files(held)), visit.request.match_info["file"])


def _files(held: Held) -> tuple[File, ...]:
    rows = list(sheets.rows(held.counted.tables, held.counted.funnels))
    return handing_out.table(sheets.FIGURES, rows, held.counted.cases.at)


def _with_population(visit: Visit, counted: Counted, raw: bytes) -> Counted:
    """Raises Typed."""
    directory = visit.known.directory
    prisons = {each.id: each.name for kind in ("prison", "yot", "probation") for each in directory.agencies_of(kind)}
    read = population.read(raw, prisons)
    names, records = {**prisons, **counted.names}, counted.cases.records
    made = [per_thousand(records, population.PER_THOUSAND, names, read.people)]
    if read.eligible is not None:
        made.append(per_thousand(records, population.PER_THOUSAND_ELIGIBLE, names, read.eligible))
    kept = tuple(each for each in counted.tables if each.measure.id not in population.MEASURES)
    return replace(counted, tables=(*kept, *made))


def _held(visit: Visit) -> Held:
    return asked.held(visit, _place(visit.name), Held)


def _place(jti: str) -> str:
    return f"variation {jti}"


def _table(held: Held, name: str) -> Table:
    found = next((each for each in held.counted.tables if each.measure.id == name), None)
    if found is None:
        raise NotThere(NOTHING_HERE)
    return found


def _areas(held: Held) -> dict[str, str]:
    """Areas with a case, or with a population, by name."""
    return {row.area: row.name for table in held.counted.tables for row in table.rows}


def _differs(held: Held, area: str) -> int:
    return sum(point.area == area and point.place != "within" for each in held.counted.funnels for point in each.points)


def _bys() -> list[asked.Item]:
    return [{"value": value, "text": text} for value, text in figure_words.BY.items()]


def _given(visit: Visit, held: Held, back: str) -> dict[str, object]:
    return {
        "held": held,
        "here": held.here,
        "back": back,
        "by": figure_words.BY[held.counted.by],
        "period": held.period.words,
        "why": words.WHY[held.why],
        "cases": held.counted.cases,
    }


OF: Final = f"{HOME}/{{id}}"
PAGES: Final[tuple[Page, ...]] = (
    *form(HOME, ask, count, INSPECTOR),
    get(OF, overview, INSPECTOR),
    post(f"{OF}/by", by_another, INSPECTOR),
    *form(f"{OF}/population", overview, add_population, INSPECTOR, uploads=population.BYTES_MAX + 8192),
    get(f"{OF}/measures/{MEASURE}", measure, INSPECTOR),
    get(f"{OF}/measures/{MEASURE}/picture", picture, INSPECTOR),
    get(f"{OF}/areas/{AREA}", area, INSPECTOR),
    get(f"{OF}/files", files, INSPECTOR),
    get(f"{OF}/files/{handing_out.FILE}", download, INSPECTOR),
)

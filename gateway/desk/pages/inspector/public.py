"""What a force may publish of itself: looked at first, and then taken away as one file that needs nothing else."""

from collections.abc import Iterable
from typing import Final

from aiohttp import web
from msgspec import Struct
from msgspec.structs import replace

from contracts.vocabulary import SearchReason
from gateway.desk import case_records
from gateway.desk.case_records import Cases, CountCases
from gateway.desk.exporting import figures as sheets
from gateway.desk.exporting.sheet import File
from gateway.desk.figures import public
from gateway.desk.figures.differs import percent
from gateway.desk.figures.measures import GROUPS
from gateway.desk.figures.public import PublicCell, PublicPage
from gateway.desk.figures.tables import Period
from gateway.desk.pages import times
from gateway.desk.pages.inspector import asked, handing_out, words
from gateway.desk.pages.navigation import INSPECTOR
from gateway.desk.pages.rendering import render
from gateway.desk.pages.visit import Page, Visit, form, get

HOME: Final = "/inspector/public"
OF: Final = f"{HOME}/{{id}}"
YEARS: Final = 6
SAY_FORCE: Final = "Choose a police force or a victim liaison unit."
SAY_YEAR: Final = "Choose a financial year."
WITHHELD: Final = "[c]"
PUBLISHED: Final = "public-figures.html"


class Held(Struct, frozen=True, kw_only=True, eq=False):
    """A page as it may be published; `cases` says by which search, and as they stood when."""

    page: PublicPage
    cases: Cases
    why: SearchReason


class ShownRow(Struct, frozen=True, kw_only=True):
    """A measure of the page in words: number, of how many, share with its interval; here and everywhere."""

    name: str
    definition: str
    here: tuple[str, str, str]
    everywhere: tuple[str, str, str]


async def ask(visit: Visit) -> web.StreamResponse:
    """Of which force, for which year, and why."""
    forces = [{"value": "", "text": "Choose"}, *({"value": id_, "text": name} for id_, name in _forces(visit).items())]
    years = [{"value": "", "text": "Choose"}, *({"value": str(year), "text": text} for year, text in _years(visit))]
    return visit.render("inspector/public_ask.html", whys=asked.whys(), forces=forces, years=years)


async def count(visit: Visit) -> web.StreamResponse:
    """Gather the cases of all forces: what one withholds depends on what the others show."""
    why, forces = asked.why(visit), _forces(visit)
    force = visit.form.one("force", forces, SAY_FORCE)
    year = visit.form.one("year", [str(year) for year, _ in _years(visit)], SAY_YEAR)
    if why is None or not visit.form.good:
        return await ask(visit)
    since, end = Period.financial_year(int(year)).instants
    gathered = await case_records.gather(
        visit.agency, CountCases(staff=visit.staff, why=why, since=since, until=end - 1)
    )
    page = public.public_page(gathered.records, force, forces, year=int(year), at=gathered.at)
    held = Held(page=page, cases=replace(gathered, records=()), why=why)
    asked.hold(visit, _place(gathered.jti), held)
    return visit.go(f"{HOME}/{gathered.jti}")


async def show(visit: Visit) -> web.StreamResponse:
    """The figures as the public would see them; and the files, once the year is over."""
    held = asked.held(visit, _place(visit.name), Held)
    made = await handing_out.made(lambda: _files(held))
    return visit.render(
        "inspector/public.html",
        held=held,
        page=held.page,
        groups=shown(held.page),
        why=words.WHY[held.why],
        offered=handing_out.offered(made),
        columns=handing_out.columns(sheets.PUBLIC),
        here=f"{HOME}/{visit.name}",
        back=HOME,
    )


async def download(visit: Visit) -> web.StreamResponse:
    """One of the files."""
    held = asked.held(visit, _place(visit.name), Held)
    return handing_out.download(await handing_out.made(lambda: _files(held)), visit.request.match_info["file"])


def published(page: PublicPage, at: int) -> bytes:
    """The page as one file: no script, nothing from elsewhere, and nothing of what is withheld."""
    day = times.day(times.local_day(at))
    return render("inspector/published.html", {"page": page, "groups": shown(page), "made": day}).encode()


def shown(page: PublicPage) -> list[tuple[str, list[ShownRow]]]:
    """The page's measures in words, under their headings."""
    found: dict[str, list[ShownRow]] = {heading: [] for heading in GROUPS.values()}
    for row in page.rows:
        measure, shared = row.measure, bool(row.measure.whole)
        found[GROUPS[measure.group]].append(
            ShownRow(
                name=measure.name,
                definition=measure.definition,
                here=_said(row.here, shared=shared),
                everywhere=_said(row.everywhere, shared=shared),
            )
        )
    return [(heading, rows) for heading, rows in found.items() if rows]


def _said(cell: PublicCell, *, shared: bool) -> tuple[str, str, str]:
    number, of = _count(cell.number), _count(cell.of) if shared else ""
    if cell.share is None:
        return number, of, WITHHELD if shared and cell.withheld else ""
    interval = f" ({percent(cell.interval.low)} to {percent(cell.interval.high)})" if cell.interval else ""
    return number, of, f"{percent(cell.share)}{interval}"


def _count(count: int | None) -> str:
    return WITHHELD if count is None else f"{count:,}"


def _files(held: Held) -> tuple[File, ...]:
    """None before the year is over: published twice, figures give away single cases by their difference."""
    if not held.page.over:
        return ()
    html = File.of(PUBLISHED, "text/html; charset=utf-8", published(held.page, held.cases.at))
    return html, *handing_out.table(sheets.PUBLIC, list(sheets.public_rows(held.page)), held.cases.at)


def _forces(visit: Visit) -> dict[str, str]:
    """Whoever answers, by name."""
    directory = visit.known.directory
    found = [*directory.agencies_of("police"), *directory.agencies_of("vlu")]
    return {each.id: each.name for each in sorted(found, key=lambda each: each.name.casefold())}


def _years(visit: Visit) -> Iterable[tuple[int, str]]:
    this = asked.financial_year(times.local_day(visit.now))
    return [(year, Period.financial_year(year).words) for year in range(this, this - YEARS, -1)]


def _place(jti: str) -> str:
    return f"public {jti}"


PAGES: Final[tuple[Page, ...]] = (
    *form(HOME, ask, count, INSPECTOR),
    get(OF, show, INSPECTOR),
    get(f"{OF}/files/{handing_out.FILE}", download, INSPECTOR),
)

"""What a search found, as files to take away: lines as a table, and as the audit events that prison systems know."""

from typing import Final

from aiohttp import web

from gateway.desk.exporting import log_lines
from gateway.desk.exporting.sheet import File
from gateway.desk.inspector import Line
from gateway.desk.pages.inspector import handing_out, words
from gateway.desk.pages.inspector.search import FOUND, HOME, Results, found
from gateway.desk.pages.navigation import INSPECTOR
from gateway.desk.pages.visit import Page, Visit, get

HERE: Final = f"{HOME}/searches/{{id}}/export"


async def export(visit: Visit) -> web.StreamResponse:
    """How many lines, which files, and the digest of each."""
    held = found(visit, visit.name)
    lines = _lines(visit, held)
    made = await handing_out.made(lambda: _files(lines, held.at))
    return visit.render(
        "inspector/export.html",
        results=held,
        count=len(lines),
        why=words.WHY[held.wanted.why],
        table=handing_out.offered(each for each in made if each.name.startswith(log_lines.LINES.name)),
        audit=handing_out.offered(each for each in made if each.name.startswith(log_lines.AUDIT.name)),
        columns=handing_out.columns(log_lines.LINES, log_lines.AUDIT),
        here=f"{HOME}/searches/{held.jti}",
        back=f"{HOME}/searches/{held.jti}",
    )


async def download(visit: Visit) -> web.StreamResponse:
    """One of the files."""
    held = found(visit, visit.name)
    lines = _lines(visit, held)
    made = await handing_out.made(lambda: _files(lines, held.at))
    return handing_out.download(made, visit.request.match_info["file"])


def _lines(visit: Visit, last: Results) -> tuple[Line, ...]:
    """Every line up to this page, the first page's first."""
    pages = [last]
    while (name := pages[-1].before) is not None and isinstance(
        before := visit.session.held.get(FOUND + name), Results
    ):
        pages.append(before)
    return tuple(line for page in reversed(pages) for line in page.lines)


def _files(lines: tuple[Line, ...], at: int) -> tuple[File, ...]:
    rows, events = list(log_lines.rows(lines)), list(log_lines.audit_rows(lines))
    return (
        *handing_out.table(log_lines.LINES, rows, at),
        *handing_out.table(log_lines.AUDIT, events, at, ("jsonl", "csv")),
    )


PAGES: Final[tuple[Page, ...]] = (
    get(HERE, export, INSPECTOR),
    get(f"{HERE}/{handing_out.FILE}", download, INSPECTOR),
)

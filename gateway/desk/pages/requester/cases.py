"""The coordinator's list: what waits for them first, and every case of their prison.

What is sought by a name or a prison number goes by POST and is held in the session: no address holds it.
"""

import re
import unicodedata
from typing import Final

from aiohttp import web
from msgspec import Struct

from gateway.desk import board
from gateway.desk.board import Query
from gateway.desk.errors import Typed
from gateway.desk.ids import now
from gateway.desk.pages.navigation import COORDINATOR
from gateway.desk.pages.requester import case_words as words
from gateway.desk.pages.requester import drafts
from gateway.desk.pages.requester import list_filters as filters
from gateway.desk.pages.requester.list_filters import HOME, SOUGHT
from gateway.desk.pages.times import Tag, due
from gateway.desk.pages.visit import Page, Visit, get, post
from gateway.desk.row import Row
from gateway.desk.staff import same_person
from gateway.desk.words import STATES

NAMELESS: Final = "Name not given"
_OTHER: Final = re.compile(r"[^\w\s-]+")


class Line(Struct, frozen=True, kw_only=True):
    """A row as it is read."""

    exchange: str
    who: str
    number: str | None
    purpose: str
    other: str
    state: Tag
    todo: str | None
    due: Tag | None
    due_at: int | None
    whose: str | None


async def show(visit: Visit) -> web.StreamResponse:
    """The list."""
    directory = visit.known.directory
    kinds = visit.known.agreement.answering.kinds
    others = {each.id: each.name for kind in kinds for each in directory.agencies_of(kind)}
    chosen = filters.read(visit.request.query, others)
    sought = str(visit.session.held.get(SOUGHT, ""))
    try:
        page = await _page(visit, chosen.query(visit.staff.id), sought)
    except Typed:  # a place that is none: from the beginning
        return visit.go(chosen.at())
    return visit.render(
        "requester/cases.html",
        title=filters.VIEWS[chosen.view],
        chosen=chosen,
        views=[
            (name, said, filters.address([("view", name)][name == "waiting" :])) for name, said in filters.VIEWS.items()
        ],
        tags=chosen.tags(others),
        boxes=filters.boxes(chosen, page.counts, others, same_person(visit.staff.id)),
        sought=sought,
        begun=len(await drafts.begun(visit)),
        page=page,
        lines=[line(row, others.get(row.other, row.other), visit.now) for row in page.rows],
    )


async def seek(visit: Visit) -> web.StreamResponse:
    """Look for a name or a prison number, until it is taken out."""
    sought = visit.form.text("sought", most=100)
    if sought and not visit.form.faults:
        visit.session.held[SOUGHT] = sought
    else:
        visit.session.held.pop(SOUGHT, None)
    return visit.go(filters.address([("view", "all")]))


async def _page(visit: Visit, query: Query, sought: str) -> board.Page:
    """Raises Typed."""
    if not sought:
        return await board.page(visit.agency, query)
    rows = await visit.agency.index.by_due(visit.known.agreement.windows)
    wanted = plain(sought).split()
    return board.paged([row for row in rows if fits(row, wanted)], query, now())


def fits(row: Row, wanted: list[str]) -> bool:
    """Whether a row is of this person: every word begins a word of the name, or is the prison number."""
    has = f" {plain(row.offender or '')} {(row.prison_number or '').lower()}"
    return all(f" {word}" in has for word in wanted)


def line(row: Row, other: str, at: int) -> Line:
    """A row in words."""
    return Line(
        exchange=row.exchange,
        who=row.offender or NAMELESS,
        number=row.prison_number,
        purpose=words.PURPOSES[row.purpose],
        other=other,
        state=Tag(words=STATES["requester"][row.state], colour=words.COLOURS[row.state]),
        todo=words.WAITS.get(row.waits) if row.waits else None,
        due=due(row.due_at, at) if row.due_at is not None else None,
        due_at=row.due_at,
        whose=row.allocated_name,
    )


def plain(text: str) -> str:
    """Letters without marks, so that `o briain` finds `Ó Briain` and `dsouza` finds `D’Souza`."""
    return _OTHER.sub("", unicodedata.normalize("NFKD", text).casefold()).replace("-", " ")


PAGES: Final[tuple[Page, ...]] = (
    get(HOME, show, COORDINATOR),
    post(f"{HOME}/find", seek, COORDINATOR),
)

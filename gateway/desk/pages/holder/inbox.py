"""The inbox: what waits for an answer, what is due first before the rest, and who has how much in hand."""

from typing import Final

from aiohttp import web
from msgspec import Struct

from gateway.desk import allocation, board, colleagues
from gateway.desk.allocation import Allocate
from gateway.desk.board import Load
from gateway.desk.errors import Typed
from gateway.desk.pages.holder import filters, words
from gateway.desk.pages.navigation import POLICE
from gateway.desk.pages.reference import reference
from gateway.desk.pages.times import Tag, due
from gateway.desk.pages.visit import Page, Visit, get, post
from gateway.desk.row import Row
from gateway.desk.staff import same_person
from gateway.desk.words import STATES

TAKEN: Final = "You have taken case {reference}."


class Line(Struct, frozen=True, kw_only=True):
    """A row as it is read."""

    exchange: str
    purpose: str
    prison: str
    asked_at: int
    waits: str
    due: Tag | None
    due_at: int | None
    sensitive: bool
    stuck: bool
    whose: str | None
    mine: bool
    open: bool


class Share(Struct, frozen=True, kw_only=True):
    """What one person has in hand."""

    name: str
    load: Load
    mine: bool


async def inbox(visit: Visit) -> web.StreamResponse:
    """The list."""
    await colleagues.meet(visit.agency, visit.staff, visit.person.name)
    directory = visit.known.directory
    kinds = visit.known.agreement.asking.kinds
    prisons = {each.id: each.name for kind in kinds for each in directory.agencies_of(kind)}
    chosen = filters.read(visit.request.query, prisons)
    try:
        page = await board.page(visit.agency, chosen.query(visit.staff.id))
    except Typed:  # a place that is none: from the beginning
        return visit.go(chosen.at())
    return visit.render(
        "holder/inbox.html",
        title="Requests",
        chosen=chosen,
        tags=chosen.tags(prisons),
        boxes=filters.boxes(chosen, page.counts, prisons),
        sensitive=page.counts.sensitive,
        page=page,
        lines=[_line(visit, row, prisons.get(row.other, row.other)) for row in page.rows],
        shares=_shares(visit, await board.loads(visit.agency)),
    )


async def take(visit: Visit) -> web.StreamResponse:
    """The case is this person's, and the list stays where it was."""
    wanted = Allocate(staff=visit.staff, to=visit.staff.id, name=visit.person.name)
    await allocation.allocate(visit.agency, visit.name, wanted)
    back = visit.form.value("back")
    there = back if back == filters.HOME or back.startswith(f"{filters.HOME}?") else f"/holder/requests/{visit.name}"
    return visit.go(there, TAKEN.format(reference=reference(visit.name)))


async def give(visit: Visit) -> web.StreamResponse:
    """The case is a colleague's, or nobody's."""
    here = f"/holder/requests/{visit.name}"
    chosen = visit.form.value("to")
    if chosen == "nobody":
        await allocation.allocate(visit.agency, visit.name, Allocate(staff=visit.staff))
        return visit.go(here, "The case is nobody’s now. It shows in the list under “Nobody’s”.")
    met = next((each for each in await colleagues.every(visit.agency) if each.id == same_person(chosen)), None)
    if met is None:
        return visit.go(here, "Nothing was changed: choose a colleague first.")
    await allocation.allocate(visit.agency, visit.name, Allocate(staff=visit.staff, to=met.id, name=met.name))
    return visit.go(here, f"{met.name} has the case now.")


def _line(visit: Visit, row: Row, prison: str) -> Line:
    return Line(
        exchange=row.exchange,
        purpose=words.PURPOSES[row.purpose],
        prison=prison,
        asked_at=row.asked_at,
        waits=words.WAITS.get(row.waits, "") if row.waits else STATES["holder"][row.state],
        due=due(row.due_at, visit.now) if row.due_at is not None else None,
        due_at=row.due_at,
        sensitive=row.sensitive,
        stuck=row.waiting is not None,
        whose=row.allocated_name,
        mine=row.allocated == same_person(visit.staff.id),
        open=row.group == "open",
    )


def _shares(visit: Visit, loads: tuple[Load, ...]) -> list[Share]:
    me = same_person(visit.staff.id)
    return [
        Share(name="Nobody yet" if each.staff is None else each.name or "A colleague", load=each, mine=each.staff == me)
        for each in loads
    ]


PAGES: Final[tuple[Page, ...]] = (
    get("/holder", inbox, POLICE),
    post("/holder/requests/{id}/take", take, POLICE),
    post("/holder/requests/{id}/give", give, POLICE),
)

"""A victim takes their details back: two clicks from anywhere, no reason asked, and whom to ring at any hour."""

from typing import Final

from aiohttp import web

from contracts.messages.recall import Recall
from gateway.decide.calendar import due
from gateway.desk import board, colleagues, holder
from gateway.desk.answering import CallBack
from gateway.desk.case import Case
from gateway.desk.errors import NotThere, Typed
from gateway.desk.pages.holder import about, lines, words
from gateway.desk.pages.navigation import POLICE
from gateway.desk.pages.times import due as due_tag
from gateway.desk.pages.visit import Page, Visit, form
from gateway.desk.row import Row

PAGE: Final = 25
TAKEN: Final = "The details are taken back. Nobody can open them any more."
TAKEN_YES: Final = "The yes is taken back. The requester must stop."


async def where(visit: Visit) -> web.StreamResponse:
    """Every case whose details are out now, the newest first, and a way to find one while somebody is on the line."""
    rows = await visit.agency.index.by_newest(visit.known.agreement.windows)
    out = [row for row in rows if _is_out(row)]
    place = board.Query(
        sort="newest", after=visit.asked("after") or None, before=visit.asked("before") or None, limit=PAGE
    )
    page = board.paged(out, place, visit.now)
    return await _listed(visit, await lines.several(visit.agency, (row.exchange for row in page.rows)), page)


async def find(visit: Visit) -> web.StreamResponse:
    """The case of a reference, or of a crime. What was typed goes into no address."""
    typed = visit.form.text("find", lines.NAME_IT)
    found: tuple[Case, ...] = ()
    if typed:
        try:
            found = await lines.find(visit.agency, typed)
        except Typed as error:
            visit.form.take(error)
        except NotThere as error:
            visit.form.fault("find", error.detail)
    return await _listed(visit, found, None)


def _is_out(row: Row) -> bool:
    return row.side == "holder" and row.group == "yes"


async def _listed(visit: Visit, found: tuple[Case, ...], page: board.Page | None) -> web.StreamResponse:
    asking = {case.exchange: lines.asker(visit, case) for case in found}
    taken = [case.exchange for case in found if await lines.waiting(visit.agency, case.exchange, Recall)]
    return visit.render(
        "holder/recall_list.html",
        out=[case for case in found if lines.is_out(case)],
        others=[case for case in found if not lines.is_out(case)],
        asking=asking,
        taken=taken,
        page=page,
        purposes=words.PURPOSES,
    )


async def consider(visit: Visit) -> web.StreamResponse:
    """What happens, with the button; or, once it has happened, how it stands."""
    return await _stands(visit, await holder.own(visit.agency, visit.name))


async def take_back(visit: Visit) -> web.StreamResponse:
    """The details are withdrawn. Whoever presses twice, or second, is told that it is done."""
    case = await holder.own(visit.agency, visit.name)
    if not lines.is_out(case) or await lines.waiting(visit.agency, case.exchange, Recall):
        return visit.go(_path(case))
    said = await holder.recall(visit.agency, case.exchange, CallBack(staff=visit.staff))
    await colleagues.did(visit.agency, visit.staff, said.sent)
    taken = TAKEN if case.outcome == "shared" else TAKEN_YES
    return visit.go(_path(case), None if said.sent.queued else taken)


async def _stands(visit: Visit, case: Case) -> web.StreamResponse:
    window = visit.known.agreement.windows.acknowledge_recall
    answer_by = due(case.withdrawn_at, window) if case.withdrawn_at else None
    return visit.render(
        "holder/recall.html",
        about.about(visit, case),
        asker=lines.asker(visit, case),
        out=lines.is_out(case),
        kept=bool(await lines.waiting(visit.agency, case.exchange, Recall)),
        answer_by=answer_by,
        confirm=due_tag(answer_by, visit.now) if answer_by else None,
        within=window,
        fields=[words.FIELDS[field].label for field in case.shared],
    )


def _path(case: Case) -> str:
    return f"/holder/requests/{case.exchange}/recall"


PAGES: Final[tuple[Page, ...]] = (
    *form("/holder/recall", where, find, POLICE),
    *form("/holder/requests/{id}/recall", consider, take_back, POLICE),
)

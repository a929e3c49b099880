"""What the holder says before its answer: more is needed, or the case is sensitive."""

from typing import Final

from aiohttp import web

from gateway.desk import colleagues, holder
from gateway.desk.answering import Find, NeedMore
from gateway.desk.case import OPEN, Case
from gateway.desk.errors import OutOfTurn
from gateway.desk.pages.holder import about, words
from gateway.desk.pages.holder.request import ANSWERERS, KEPT
from gateway.desk.pages.navigation import POLICE
from gateway.desk.pages.visit import Page, Visit, form

NOTHING: Final = "Choose what you need from the prison."
NOT_FOUND: Final = "Choose what you found."
ASKED: Final = "The prison has been asked for more."
MARKED: Final = "The case is marked sensitive. A reviewer decides it before anybody is approached."
NOT_OPEN: Final = "This case is not open any longer."


async def _open(visit: Visit) -> Case:
    case = await about.own(visit)
    if case.state not in OPEN:
        raise OutOfTurn(NOT_OPEN, exchange=case.exchange)
    return case


async def missing(visit: Visit) -> web.StreamResponse:
    """What is missing?"""
    case = await _open(visit)
    every = words.MISSING.items()
    items = [{"value": word, "text": said} for word, said in every if word != "letter" or case.request.letter]
    return about.page(
        visit, case, "holder/more_needed.html", "Ask for more", items=items,
        back=about.here(case.exchange),
    )  # fmt: skip


async def ask(visit: Visit) -> web.StreamResponse:
    """The prison is asked for it."""
    case = await _open(visit)
    wanted = visit.form.some("missing", words.MISSING, NOTHING)
    visit.check_seen(case)
    if not visit.form.good:
        return await missing(visit)
    said = await holder.more_needed(visit.agency, case.exchange, NeedMore(staff=visit.staff, missing=wanted))
    await colleagues.did(visit.agency, visit.staff, said.sent)
    return visit.go(about.here(case.exchange), KEPT if said.sent.queued else ASKED)


async def sensitive(visit: Visit) -> web.StreamResponse:
    """What was found?"""
    case = await _open(visit)
    known = {*case.request.sensitivities, *case.found}
    items = [{"value": word, "text": said} for word, said in words.SENSITIVE.items() if word not in known]
    return about.page(
        visit, case, "holder/sensitive.html", "Mark the case sensitive", items=items,
        back=about.here(case.exchange),
    )  # fmt: skip


async def mark(visit: Visit) -> web.StreamResponse:
    """From now on the case goes to review."""
    case = await _open(visit)
    found = visit.form.some("found", words.SENSITIVE, NOT_FOUND)
    visit.check_seen(case)
    if not visit.form.good:
        return await sensitive(visit)
    said = await holder.find_sensitive(visit.agency, case.exchange, Find(staff=visit.staff, found=found))
    await colleagues.did(visit.agency, visit.staff, said.sent)
    return visit.go(about.here(case.exchange), KEPT if said.sent.queued else MARKED)


PAGES: Final[tuple[Page, ...]] = (
    *form("/holder/requests/{id}/more-needed", missing, ask, ANSWERERS),
    *form("/holder/requests/{id}/sensitive", sensitive, mark, POLICE),
)

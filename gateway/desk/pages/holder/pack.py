"""The pack for the victim, in plain words: to print, or to read aloud. It names no prison, and nobody."""

from typing import Final

from aiohttp import web

from gateway.desk.pages.holder import about, answer_draft
from gateway.desk.pages.holder import pack_words as words
from gateway.desk.pages.navigation import POLICE
from gateway.desk.pages.visit import Page, Visit, get


async def show(visit: Visit) -> web.StreamResponse:
    """The pack for this request's purpose."""
    case = await about.own(visit)
    myself = await visit.agency.myself()
    office = visit.known.directory.office(visit.agency.id, case.office) if case.office else None
    why = words.WHY.get(case.request.purpose)
    fields = answer_draft.asked_for(case, visit.known.agreement.rule(case.request.purpose))
    return visit.render(
        "holder/pack.html",
        title="Pack for the victim",
        here=about.here(case.exchange),
        tabs=about.tabs(visit, case),
        words=words,
        parts=[part for part in (why, words.WHAT, words.GAIN, words.CHOICE) if part],
        items=[words.ITEMS[field] for field in fields],
        office=office or next(iter(myself.offices), None),
        myself=myself,
        ready=case.read and case.review in ("not-needed", "proceed") and not case.findings,
    )


PAGES: Final[tuple[Page, ...]] = (get("/holder/requests/{id}/pack", show, POLICE),)

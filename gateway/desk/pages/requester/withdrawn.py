"""Details withdrawn: do not contact. In the place of the case until somebody confirms that contact has stopped.

What is confirmed is said to the police: contact stopped or none begun, copies destroyed or none made, by whom, when.
"""

from typing import Final, Literal, cast

from aiohttp import web

from gateway.desk import outbox, requester
from gateway.desk.asking import Acknowledge
from gateway.desk.case import Case
from gateway.desk.pages.navigation import COORDINATOR
from gateway.desk.pages.notices import Important
from gateway.desk.pages.requester import case_words as words
from gateway.desk.pages.requester.case import stopped
from gateway.desk.pages.requester.next_step import CASES
from gateway.desk.pages.times import due
from gateway.desk.pages.visit import Page, Visit, form, version
from gateway.desk.showing import show as shown_to

CONTACT: Final = "Say whether contact had begun."
COPIES: Final = "Say whether copies had been made."
TRUE: Final = "Tick the box once it is so. Stop contact and destroy the copies first."
CONFIRMED: Final = "Confirmed. The police know that contact has stopped."
KEPT: Final = Important(
    "Confirmed. The gateway cannot be reached now: your confirmation is kept here, and goes out by itself."
)


async def show(visit: Visit) -> web.StreamResponse:
    """What must be done, at once."""
    case = await requester.own(visit.agency, visit.name)
    if not stopped(case):
        return visit.go(f"{CASES}/{case.exchange}", visit.notice())
    return await _page(visit, case)


async def confirm(visit: Visit) -> web.StreamResponse:
    """Contact has stopped, and copies are destroyed: said by the person who is signed in, now."""
    case = await requester.own(visit.agency, visit.name)
    if not stopped(case) or await _said(visit, case):
        return visit.go(f"{CASES}/{case.exchange}")
    contact = visit.form.one("contact", words.STOPPED, CONTACT)
    copies = visit.form.one("copies", words.COPIES, COPIES)
    visit.form.ticked("true", TRUE)
    if visit.form.faults:
        return await _page(visit, case)
    wanted = Acknowledge(
        staff=visit.staff,
        contact=cast(Literal["stopped", "none-begun"], contact),
        copies=cast(Literal["destroyed", "none-made"], copies),
    )
    said = await requester.acknowledge_recall(visit.agency, case.exchange, wanted)
    return visit.go(f"{CASES}/{case.exchange}", KEPT if said.sent.queued else CONFIRMED)


async def _said(visit: Visit, case: Case) -> bool:
    """Whether it is confirmed already, and only waits to be sent."""
    return "recall-acknowledged" in await outbox.unsent(visit.agency, case.exchange)


async def _page(visit: Visit, case: Case) -> web.StreamResponse:
    shown = shown_to(case, visit.known)
    return visit.render(
        "requester/withdrawn.html",
        title="Details withdrawn: do not contact",
        back="/requester",
        hide_stop=True,
        case=case,
        shown=shown,
        seen=version(case),
        due=due(shown.due.at, visit.now) if shown.due else None,
        said_already=await _said(visit, case),
        contact=[{"value": value, "text": text} for value, text in words.STOPPED.items()],
        copies=[{"value": value, "text": text} for value, text in words.COPIES.items()],
    )


PAGES: Final[tuple[Page, ...]] = form(f"{CASES}/{{id}}/withdrawn", show, confirm, COORDINATOR)

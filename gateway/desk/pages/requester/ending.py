"""Ending a request here: cancelled, or handed over to the prison to which the prisoner moved; and taking one over."""

from typing import Final

from aiohttp import web

from contracts.vocabulary import CancellationReason
from gateway.desk import case as cases
from gateway.desk import requester, transfer
from gateway.desk.asking import Cancel
from gateway.desk.case import Case
from gateway.desk.errors import Typed
from gateway.desk.pages.navigation import COORDINATOR
from gateway.desk.pages.notices import Important
from gateway.desk.pages.requester import case_words as words
from gateway.desk.pages.requester.next_step import CASES
from gateway.desk.pages.visit import Page, Visit, form, get, version
from gateway.desk.showing import show as shown_to
from gateway.desk.transfer import HandOn

WHY: Final = "Say why the request is cancelled."
NOT_NOW: Final = "This request has ended. There is nothing to cancel."
CANCELLED: Final = "The request is cancelled. The police know that nobody is to be asked."
KEPT: Final = Important("The gateway cannot be reached now. The cancellation is kept here, and goes out by itself.")
NEW: Final = "/requester/requests/new"


async def show(visit: Visit) -> web.StreamResponse:
    """Why it is cancelled."""
    case = await requester.own(visit.agency, visit.name)
    if "cancel" not in shown_to(case, visit.known).next:
        return visit.go(f"{CASES}/{case.exchange}", None if case.state == "withdrawn" else NOT_NOW)
    return _page(visit, case)


async def cancel(visit: Visit) -> web.StreamResponse:
    """Cancelled here; where the prisoner has moved, on to the slip."""
    case = await requester.own(visit.agency, visit.name)
    if "cancel" not in shown_to(case, visit.known).next:
        return visit.go(f"{CASES}/{case.exchange}", NOT_NOW)
    visit.check_seen(case)
    chosen = visit.form.one("why", words.CANCEL, WHY)
    why: CancellationReason | None = next((each for each in words.CANCEL if each == chosen), None)
    if visit.form.faults or why is None:
        return _page(visit, case)
    if why == "transferred":
        done = await transfer.hand_on(visit.agency, case.exchange, HandOn(staff=visit.staff))
        return visit.go(f"{CASES}/{case.exchange}/hand-over", KEPT if done.said.sent.queued else CANCELLED)
    said = await requester.cancel(visit.agency, case.exchange, Cancel(staff=visit.staff, why=why))
    return visit.go(f"{CASES}/{case.exchange}", KEPT if said.sent.queued else CANCELLED)


async def hand_over(visit: Visit) -> web.StreamResponse:
    """The slip that goes into the prisoner's file. It says nothing of how the case stood, and nothing of a victim."""
    case = await requester.own(visit.agency, visit.name)
    slip = await transfer.slip(visit.agency, case.exchange, visit.staff)
    return visit.render(
        "requester/hand_over.html",
        title="Hand-over slip",
        back=f"{CASES}/{case.exchange}",
        slip=slip,
        purpose=words.PURPOSES[slip.purpose],
        printed_by=visit.person.name,
    )


async def take(visit: Visit) -> web.StreamResponse:
    """Where the reference of the old prison's slip is typed."""
    return visit.render("requester/take_over.html", title="Take over a case", back="/requester")


async def take_over(visit: Visit) -> web.StreamResponse:
    """On to a new request that follows the other prison's."""
    try:
        earlier = transfer.reference(visit.form.text("reference", most=100))
    except Typed as error:
        visit.form.take(error)
        return await take(visit)
    if await visit.agency.cabinet.get(cases.KIND, earlier, Case) is not None:
        visit.form.take(Typed(transfer.OWN))
        return await take(visit)
    return visit.go(f"{NEW}?follows={earlier}&why=transfer")


def _page(visit: Visit, case: Case) -> web.StreamResponse:
    why = [
        {"value": value, "text": text} | ({"hint": {"text": hint}} if hint else {})
        for value, (text, hint) in words.CANCEL.items()
    ]
    return visit.render(
        "requester/cancel.html",
        title="Cancel the request",
        back=f"{CASES}/{case.exchange}",
        case=case,
        seen=version(case),
        why=why,
        shared=bool(case.shared),
    )


PAGES: Final[tuple[Page, ...]] = (
    *form(f"{CASES}/{{id}}/cancel", show, cancel, COORDINATOR),
    get(f"{CASES}/{{id}}/hand-over", hand_over, COORDINATOR),
    *form("/requester/take-over", take, take_over, COORDINATOR),
)

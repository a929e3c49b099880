"""Details on paper: a warning first, a line of the log of its own, then the sheet. Paper cannot be called back."""

import math
from typing import Final

from aiohttp import web
from msgspec.structs import replace

from gateway.desk import requester
from gateway.desk.asking import Look
from gateway.desk.errors import GatewayAway
from gateway.desk.ids import now
from gateway.desk.pages.navigation import COORDINATOR
from gateway.desk.pages.requester import case_words as words
from gateway.desk.pages.requester.details import AWAY, OVER, in_view, place, values
from gateway.desk.pages.requester.next_step import CASES
from gateway.desk.pages.visit import Page, Visit, form, get

MUST: Final = "Tick the box. Without it the details stay on the screen."


async def warn(visit: Visit) -> web.StreamResponse:
    """What paper means."""
    case = await requester.own(visit.agency, visit.name)
    if in_view(visit, case) is None:
        return visit.go(f"{CASES}/{case.exchange}/details", OVER)
    back = f"{CASES}/{case.exchange}/details"
    return visit.render("requester/print.html", title="Print the details", back=back, case=case)


async def send(visit: Visit) -> web.StreamResponse:
    """Another line of the log: these values go onto paper."""
    case = await requester.own(visit.agency, visit.name)
    seen = in_view(visit, case)
    if seen is None:
        return visit.go(f"{CASES}/{case.exchange}/details", OVER)
    if not visit.form.ticked("understood", MUST):
        return await warn(visit)
    found, left = seen
    wanted = Look(staff=visit.staff, why=found.why, no_conflict=True)
    try:
        looked = await requester.open_details(visit.agency, case.exchange, replace(wanted, copy="paper"))
    except GatewayAway:
        visit.form.fault("", AWAY)
        return await warn(visit)
    printed = replace(found, values=looked.values, printed_at=now())
    visit.sessions.hold(visit.session, place(case.exchange), printed, left)
    return visit.go(f"{CASES}/{case.exchange}/details/paper")


async def sheet(visit: Visit) -> web.StreamResponse:
    """The sheet: the details, who printed them, and what must become of it."""
    case = await requester.own(visit.agency, visit.name)
    seen = in_view(visit, case)
    if seen is None or seen[0].printed_at is None:
        return visit.go(f"{CASES}/{case.exchange}/details", OVER)
    found, left = seen
    return visit.render(
        "requester/paper.html",
        title="Sheet to print",
        back=f"{CASES}/{case.exchange}/details",
        case=case,
        values=values(found),
        purpose=words.PURPOSES[case.request.purpose],
        printed_at=found.printed_at,
        printed_by=visit.person.name,
        open_until=case.open_until,
        refresh=math.ceil(left) + 1,
        seconds=math.ceil(left),
    )


PAGES: Final[tuple[Page, ...]] = (
    *form(f"{CASES}/{{id}}/details/print", warn, send, COORDINATOR),
    get(f"{CASES}/{{id}}/details/paper", sheet, COORDINATOR),
)

"""The pages of the requester's face, in one table."""

from typing import Final

from aiohttp import web

from gateway.desk.pages.navigation import COORDINATOR, INSPECTOR, POLICE
from gateway.desk.pages.requester import drafts, letters, referring, sending, wizard
from gateway.desk.pages.visit import Page, Visit, get


async def start(visit: Visit) -> web.StreamResponse:
    """The first page."""
    return visit.render("start.html", title="Start")


PAGES: Final[tuple[Page, ...]] = (
    get("/requester", start, (*COORDINATOR, *POLICE, *INSPECTOR)),
    *referring.PAGES,
    *drafts.PAGES,
    *letters.PAGES,
    *sending.PAGES,
    *wizard.PAGES,
)

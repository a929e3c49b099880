"""What everybody has, whichever face: the way to their own list, and a word that keeps a session from ending."""

from typing import Final

from aiohttp import web

from gateway.desk.pages import kept
from gateway.desk.pages.form import Form
from gateway.desk.pages.navigation import navigation
from gateway.desk.pages.people import FACES
from gateway.desk.pages.visit import Page, Visit, get, post

EVERYBODY: Final = ()
KEEP: Final = "/keep"


async def start(visit: Visit) -> web.StreamResponse:
    """To the first page of this person's face that is open to their role."""
    face = FACES[(await visit.agency.myself()).kind]
    places = navigation(face, visit.person.role, "/")
    return visit.go(places[0].href if places else f"/{face}")


async def stay(visit: Visit) -> web.StreamResponse:
    """The person is still there: being asked has made the session last longer."""
    return web.json_response({"stays": True}, headers={"Cache-Control": "no-store"})


async def keep(visit: Visit) -> web.StreamResponse:
    """Keep what is being typed on a page, because the session is about to end. Nothing is done with it."""
    await kept.keep_late(visit.agency, visit.staff, kept_for(visit.request.path, visit.form), visit.form.values)
    return web.json_response({"kept": True}, headers={"Cache-Control": "no-store"})


def kept_for(path: str, form: Form) -> str:
    """The page that a form belongs to: the one it was sent to, or the one that a script names."""
    return form.value("kept-for") if path == KEEP else path


PAGES: Final[tuple[Page, ...]] = (
    get("/", start, EVERYBODY),
    post("/stay", stay, EVERYBODY),
    post(KEEP, keep, EVERYBODY),
)

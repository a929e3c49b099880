"""The pages of one desk process: every request, from the browser's first byte to the page.

1. by name    the browser asks for this desk by its own name
2. who        a session that lasts, of a person who has signed in; otherwise to the sign-in, and back afterwards
3. may they   the page belongs to the face of their agency, and is open to their role
4. our form   what is sent was made in this session, by one of our own pages
5. do         the page's own work; what goes wrong becomes a page in plain English

A form that comes after its session has ended is kept for whoever typed it (`kept`).
"""

from collections.abc import Mapping
from typing import Final

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from multidict import MultiDictProxy
from yarl import URL

from contracts.directory import Agency as Listed
from gateway.desk import board, reach
from gateway.desk.agency import Agency
from gateway.desk.errors import DeskError
from gateway.desk.pages import assets, home, kept, problems, protection
from gateway.desk.pages.form import Form
from gateway.desk.pages.holder import PAGES as HOLDER
from gateway.desk.pages.inspector import PAGES as INSPECTOR
from gateway.desk.pages.notices import Important
from gateway.desk.pages.people import FACES
from gateway.desk.pages.requester import PAGES as REQUESTER
from gateway.desk.pages.sessions import Session, Sessions
from gateway.desk.pages.signing_in.pages import SigningIn, to_sign_in
from gateway.desk.pages.visit import Page, Visit

PAGES: Final[tuple[Page, ...]] = (*home.PAGES, *REQUESTER, *HOLDER, *INSPECTOR)
FORM_BYTES: Final = 256 * 1024
FIELDS_MOST: Final = 200
UPLOAD_MOST: Final = 6 * 1024 * 1024
KEPT: Final = Important("You were signed out while you were typing. What you typed is here. Check it, and send it.")
LONG: Final = "public, max-age=31536000, immutable"

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Pages:
    """The web application of a desk's pages. `url` is how browsers reach it."""

    def __init__(self, agencies: Mapping[str, Agency], url: URL, sessions: Sessions, signing_in: SigningIn) -> None:
        self._agencies, self._url, self._sessions, self._signing_in = agencies, url, sessions, signing_in

    def application(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(client_max_size=UPLOAD_MOST, middlewares=[self._guarded])
        for each in PAGES:
            app.router.add_route(each.method, each.path, self._serving(each))
        self._signing_in.add_routes(app)
        if assets.FOLDER.is_dir():
            app.router.add_static("/assets", assets.FOLDER)
        return app

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if not protection.of_this_desk(request, self._url):
            return problems.page(421, protection.ELSEWHERE)
        try:
            answer: web.StreamResponse = await handler(request)
        except web.HTTPException as refused:
            return problems.of_http(refused.status)
        except DeskError as error:
            return problems.of(error)
        if request.path.startswith("/assets/"):
            answer.headers["Cache-Control"] = LONG
            answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    def _serving(self, page: Page) -> Handler:
        async def serve(request: web.Request) -> web.StreamResponse:
            name = self._signing_in.cookie(request)
            session = self._sessions.find(name, use=not page.quiet)
            if session is None or session.person is None:
                return await self._late(request, name, page)
            agency = self._agencies.get(session.person.agency)
            listed = await agency.myself() if agency else None
            if agency is None or listed is None or not _may(page, session, listed):
                return problems.page(403, problems.NOT_YOURS, session)
            form = await _form(request, page, agency, session)
            if form.posted and not self._ours(request, session, form):
                return problems.page(403, protection.FOREIGN, session)
            known = await agency.known()
            stop = await board.withdrawn(agency) if _follows_cases(listed, session) else ()
            visit = Visit(
                request,
                session,
                session.person,
                agency=agency,
                known=known,
                form=form,
                sessions=self._sessions,
                stop=stop,
                away=(await reach.of(agency)).words,
            )
            return await _done(page, visit)

        return serve

    def _ours(self, request: web.Request, session: Session, form: Form) -> bool:
        return protection.from_this_desk(request, self._url) and session.fits(form.value("csrf"))

    async def _late(self, request: web.Request, name: str | None, page: Page) -> web.StreamResponse:
        """Nobody is signed in. What was typed in the session that has ended is kept for its person."""
        ended = self._sessions.ended(name)
        if request.method == "POST" and ended is not None and ended.person.agency in self._agencies:
            form = Form(_typed(await request.post()), posted=True)
            ours = protection.from_this_desk(request, self._url) and ended.fits(form.value("csrf"))
            if ours and not page.uploads:
                agency, path = self._agencies[ended.person.agency], home.kept_for(request.path, form)
                await kept.keep_late(agency, ended.person.staff, path, form.values)
        return to_sign_in(request.path if request.method == "GET" or page.looked_at else "/")


async def _done(page: Page, visit: Visit) -> web.StreamResponse:
    try:
        return await page.do(visit)
    except DeskError as error:
        log.info("page.refused", slug=error.slug, code=error.code, status=error.status)
        return problems.of(error, visit)


def _may(page: Page, session: Session, listed: Listed) -> bool:
    if session.person is None:
        return False
    face = FACES.get(listed.kind)
    return page.face in (None, face) and (not page.roles or session.person.role in page.roles)


def _follows_cases(listed: Listed, session: Session) -> bool:
    """Whether this person is told, on every page, that contact must stop on a case of their agency."""
    role = session.person.role if session.person else None
    return FACES.get(listed.kind) == "requester" and role == "rj-coordinator"


async def _form(request: web.Request, page: Page, agency: Agency, session: Session) -> Form:
    """What was posted; on a page that is only looked at, what was kept for it when an earlier session had ended."""
    if page.method == "POST":
        if (request.content_length or 0) > (page.uploads or FORM_BYTES):
            raise web.HTTPRequestEntityTooLarge(max_size=FORM_BYTES, actual_size=request.content_length or 0)
        if session.person:
            await kept.drop_late(agency, session.person.staff, request.path)
        return Form(_typed(await request.post()), posted=True)
    late = await kept.late(agency, session.person.staff, request.path) if session.person else None
    if late is not None:
        session.notice = KEPT
    return late or Form()


def _typed(posted: MultiDictProxy[str | bytes | bytearray | web.FileField]) -> dict[str, tuple[str, ...]]:
    """The fields of text, each once or more. Files are read by the pages that take them."""
    if len(posted) > FIELDS_MOST:
        raise web.HTTPBadRequest
    names = dict.fromkeys(posted)
    return {name: tuple(value for value in posted.getall(name) if isinstance(value, str)) for name in names}

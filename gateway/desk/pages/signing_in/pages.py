"""The way in and out: the pages that are there before anybody is known."""

import secrets
from collections.abc import Mapping
from typing import Final

import structlog
from aiohttp import web
from multidict import MultiMapping
from yarl import URL

from gateway.desk import colleagues
from gateway.desk.agency import Agency
from gateway.desk.errors import GatewayAway, NotThere
from gateway.desk.pages import problems, protection
from gateway.desk.pages.people import SignedIn
from gateway.desk.pages.sessions import Session, Sessions
from gateway.desk.pages.signing_in.demo import Fictional
from gateway.desk.pages.signing_in.errors import SignInRefused
from gateway.desk.pages.signing_in.flow import Pending, Provider
from gateway.desk.pages.signing_in.returning import safe_return
from gateway.desk.pages.visit import page

BACK: Final = "/sign-in/back/{}"
"""Where a provider sends people back to: an address for each, so that none can answer for another (RFC 9700, 4.4)."""

NOBODY: Final = "This sign-in has ended, or was finished already. Start again from the sign-in page."
_PENDING: Final = "signing in"
_RETURN: Final = "return to"

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class SigningIn:
    """Who may sign in at a desk, and how."""

    def __init__(
        self,
        agencies: Mapping[str, Agency],
        url: URL,
        sessions: Sessions,
        providers: tuple[Provider, ...],
        fictional: tuple[Fictional, ...],
    ) -> None:
        self._agencies, self._url, self._sessions = agencies, url, sessions
        self._providers, self._fictional = providers, fictional
        secure = url.scheme == "https"
        self._secure, self._cookie = secure, "__Host-rj-desk" if secure else f"rj-desk-{url.port}"

    def cookie(self, request: web.Request) -> str | None:
        """The name of the session that the browser holds."""
        return request.cookies.get(self._cookie)

    def add_routes(self, app: web.Application) -> None:
        """The pages of signing in and out."""
        app.router.add_get("/sign-in", self._choose)
        app.router.add_get("/sign-in/with/{provider:[0-9]{1,2}}", self._leave)
        app.router.add_get(BACK.format("{provider}"), self._come_back)
        app.router.add_post("/sign-in/demo", self._be_fictional)
        app.router.add_post("/sign-out", self._sign_out)
        app.router.add_get("/signed-out", self._signed_out)
        app.router.add_get("/signed-out/with/{provider:[0-9]{1,2}}", self._sign_out_there)
        app.router.add_get("/session-ended", self._session_ended)

    async def _choose(self, request: web.Request) -> web.StreamResponse:
        session = self._sessions.find(self.cookie(request))
        if session is None:
            session = self._sessions.begin()
        session.held[_RETURN] = safe_return(request.query.get("return", "/"))
        names = {each: await _agency_name(agency) for each, agency in self._agencies.items()}
        staff = {name: [one for one in self._fictional if one.agency == each] for each, name in names.items()}
        given: dict[str, object] = {
            "providers": [each.name for each in self._providers],
            "staff": staff,
            "csrf": session.csrf,
        }
        return self._with_cookie(self._page("signing_in/choose.html", given), session)

    async def _leave(self, request: web.Request) -> web.StreamResponse:
        """To the agency's own provider."""
        number, provider = self._provider(request)
        session = self._sessions.find(self.cookie(request)) or self._sessions.begin()
        address, pending = await provider.begin(str(self._url.join(URL(BACK.format(provider.settings.id)))))
        session.held[_PENDING] = (number, pending)
        return self._with_cookie(web.Response(status=303, headers={"Location": address}), session)

    async def _come_back(self, request: web.Request) -> web.StreamResponse:
        """From the provider, with a code that is worth one sign-in."""
        session = self._sessions.find(self.cookie(request))
        begun = session.held.pop(_PENDING, None) if session else None
        if session is None or not isinstance(begun, tuple):
            return problems.page(403, NOBODY)
        number, pending = begun
        assert isinstance(pending, Pending)
        provider = self._providers[number]
        if provider.settings.id != request.match_info["provider"]:
            return problems.page(403, NOBODY)
        try:
            person = await provider.finish(request.query, pending)
        except SignInRefused as refused:
            log.info("sign-in.refused", slug=refused.slug, why=refused.why)
            return problems.page(refused.status, refused.detail, title=refused.title)
        return await self._let_in(person, session)

    async def _be_fictional(self, request: web.Request) -> web.StreamResponse:
        session = self._sessions.find(self.cookie(request))
        posted = await request.post()
        if not self._ours(request, session, posted) or session is None:
            return problems.page(403, protection.FOREIGN)
        chosen = next((one for one in self._fictional if one.id == posted.get("staff")), None)
        if chosen is None or chosen.agency not in self._agencies:
            raise NotThere(NOBODY)
        return await self._let_in(chosen.signed_in(), session)

    async def _let_in(self, person: SignedIn, before: Session) -> web.StreamResponse:
        """A session under a new name, so that a name planted before is worth nothing."""
        back = before.held.get(_RETURN, "/")
        self._sessions.end(before.name)
        session = self._sessions.begin(person)
        if person.agency in self._agencies:
            await colleagues.meet(self._agencies[person.agency], person.staff, person.name)
        log.info("sign-in.done", agency=person.agency)
        return self._with_cookie(web.Response(status=303, headers={"Location": str(back)}), session)

    async def _sign_out(self, request: web.Request) -> web.StreamResponse:
        session = self._sessions.find(self.cookie(request))
        if session is None:
            return web.Response(status=303, headers={"Location": "/signed-out"})
        if not self._ours(request, session, await request.post()):
            return problems.page(403, protection.FOREIGN, session)
        self._sessions.end(session.name)
        answer = web.Response(status=303, headers={"Location": "/signed-out", "Clear-Site-Data": '"cache"'})
        answer.del_cookie(self._cookie, path="/", secure=self._secure, httponly=True, samesite="Lax")
        return answer

    async def _signed_out(self, _: web.Request) -> web.StreamResponse:
        names = [each.name for each in self._providers]
        return self._page("signing_in/signed_out.html", {"ended": False, "providers": names})

    async def _sign_out_there(self, request: web.Request) -> web.StreamResponse:
        """To where the provider signs people out, if it does: somebody else may sit down at this computer."""
        _, provider = self._provider(request)
        address = await provider.sign_out_address(str(self._url.join(URL("/signed-out"))))
        return web.Response(status=303, headers={"Location": address or "/signed-out", "Cache-Control": "no-store"})

    def _provider(self, request: web.Request) -> tuple[int, Provider]:
        """The provider that an address names, and its number."""
        number = int(request.match_info["provider"])
        if number >= len(self._providers):
            raise web.HTTPNotFound
        return number, self._providers[number]

    async def _session_ended(self, _: web.Request) -> web.StreamResponse:
        return self._page("signing_in/signed_out.html", {"ended": True, "minutes": self._sessions.idle // 60})

    def _ours(self, request: web.Request, session: Session | None, posted: MultiMapping[object]) -> bool:
        token = posted.get("csrf", "")
        made_here = session is not None and isinstance(token, str) and session.fits(token)
        return made_here and protection.from_this_desk(request, self._url)

    def _with_cookie(self, answer: web.Response, session: Session) -> web.Response:
        answer.headers["Cache-Control"] = "no-store"
        answer.set_cookie(self._cookie, session.name, path="/", secure=self._secure, httponly=True, samesite="Lax")
        return answer

    def _page(self, template: str, given: dict[str, object]) -> web.Response:
        nonce = secrets.token_urlsafe(16)
        return page(template, given | {"cspNonce": nonce}, nonce)


def to_sign_in(path: str) -> web.Response:
    """To the sign-in page, and back to this page afterwards. Paths name nobody, so that the address may hold one."""
    where = URL("/sign-in").with_query({"return": path} if path != "/" else {})
    return web.Response(status=303, headers={"Location": str(where), "Cache-Control": "no-store"})


async def _agency_name(agency: Agency) -> str:
    try:
        return (await agency.myself()).name
    except (NotThere, GatewayAway):
        return agency.id

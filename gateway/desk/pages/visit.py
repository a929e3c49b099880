"""One request to a page: who asks, for which agency, what was typed; and the ways to answer it."""

import re
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from hashlib import sha256
from typing import Final

from aiohttp import web
from msgspec import Struct

from contracts.codec import encode
from contracts.text import UUID7
from contracts.vocabulary import Role
from gateway.desk.agency import Agency
from gateway.desk.case import Case
from gateway.desk.errors import NotThere
from gateway.desk.ids import now
from gateway.desk.pages import protection
from gateway.desk.pages.form import Form
from gateway.desk.pages.navigation import navigation
from gateway.desk.pages.notices import Important
from gateway.desk.pages.people import FACES, Face, SignedIn
from gateway.desk.pages.rendering import render
from gateway.desk.pages.sessions import Session, Sessions
from gateway.desk.row import Row
from gateway.desk.staff import Staff
from gateway.desk.trust import Known

SEEN: Final = "seen"
NOTHING_HERE: Final = "There is no such page for you. Check the address, or go back to your list."
SOMEBODY_ELSE: Final = (
    "Somebody changed this case after you opened this page. What you typed is still here. Look at the case in another "
    "window, check that it still holds, and send it again."
)
_NAME: Final = re.compile(UUID7)


class Visit:
    """What a page is given. `form` holds what was posted, or what was kept for this page when a session had ended."""

    def __init__(
        self,
        request: web.Request,
        session: Session,
        person: SignedIn,
        *,
        agency: Agency,
        known: Known,
        form: Form,
        sessions: Sessions,
        stop: Sequence[Row] = (),
        away: str | None = None,
    ) -> None:
        self.request, self.session, self.person = request, session, person
        self.agency, self.known, self.form = agency, known, form
        self.sessions = sessions
        self.idle = sessions.seconds_left(session)
        """Seconds that are left if nothing more is done."""
        self.stop = stop
        """Cases of this agency whose details were withdrawn, and that nobody has confirmed yet."""
        self.away = away
        """What people are told while the gateway does not answer, or something waits for it."""
        self.now = now()

    @property
    def staff(self) -> Staff:
        """The person, as the desk's services take them."""
        return self.person.staff

    @property
    def name(self) -> str:
        """The id in the path. Raises NotThere."""
        return self.named("id")

    def named(self, part: str) -> str:
        """An id in the path, by its part's name. Raises NotThere."""
        found = self.request.match_info.get(part, "")
        if not _NAME.search(found):
            raise NotThere(NOTHING_HERE)
        return found

    def asked(self, name: str, otherwise: str = "") -> str:
        """A word of the query, which names nobody: filters, pages, places."""
        return self.request.query.get(name, otherwise)

    # What was seen.

    def check_seen(self, case: Case) -> None:
        """A fault if the case has changed since the page was made that this form was on."""
        if self.form.value(SEEN) not in ("", version(case)):
            self.form.fault("", SOMEBODY_ELSE)

    # Ways to answer.

    def render(
        self, template: str, told: Mapping[str, object] | None = None, /, status: int = 200, **values: object
    ) -> web.Response:
        """A page. In the template: `visit`, `form`, and what is given here."""
        nonce = secrets.token_urlsafe(16)
        given = self._given() | {"cspNonce": nonce} | dict(told or {}) | values
        if self.form.faults and status == 200:
            status = 422
        return page(template, given, nonce, status)

    def _given(self) -> dict[str, object]:
        """What the layout shows on every page."""
        said = self.notice()
        listed = self.known.directory.agency(self.agency.id)
        face = FACES[listed.kind] if listed else None
        return {
            "visit": self,
            "form": self.form,
            "said": said,
            "said_is": None if isinstance(said, Important) else "success",
            "agency_name": listed.name if listed else self.agency.id,
            "navigation": navigation(face, self.person.role, self.request.path) if face else (),
            "session_ends": self.idle,
            "idle_minutes": -(-self.idle // 60),
        }

    def go(self, path: str, notice: str | None = None) -> web.Response:
        """On to another page; `notice` is said there, once."""
        self.session.notice = notice
        return web.Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})

    def notice(self) -> str | None:
        """What the page before had to say, once."""
        said, self.session.notice = self.session.notice, None
        return said


Handler = Callable[[Visit], Awaitable[web.StreamResponse]]


class Page(Struct, frozen=True, kw_only=True):
    """A page: who may see it, and what makes it. `roles` are words of the agreement; `uploads` in bytes."""

    method: str
    path: str
    do: Handler
    roles: frozenset[Role]
    uploads: int = 0
    looked_at: bool = False
    """For a form: whether its address can be looked at too."""
    quiet: bool = False
    """Asked by a script, and no use of the session: it does not make it last longer."""

    @property
    def face(self) -> Face | None:
        """The face that its address begins with; None for what everybody has."""
        first = self.path.split("/")[1]
        return next((face for face in FACES.values() if face == first), None)


def get(path: str, do: Handler, roles: Collection[Role], *, quiet: bool = False) -> Page:
    """A page that is looked at."""
    return Page(method="GET", path=path, do=do, roles=frozenset(roles), quiet=quiet)


def post(path: str, do: Handler, roles: Collection[Role], *, uploads: int = 0) -> Page:
    """A form that is sent."""
    return Page(method="POST", path=path, do=do, roles=frozenset(roles), uploads=uploads)


def form(path: str, show: Handler, send: Handler, roles: Collection[Role], *, uploads: int = 0) -> tuple[Page, Page]:
    """A page with a form, and what becomes of the form when it is sent to the same address."""
    sent = Page(method="POST", path=path, do=send, roles=frozenset(roles), uploads=uploads, looked_at=True)
    return get(path, show, roles), sent


def version(case: Case) -> str:
    """A short word for the case as it stands: another one as soon as anything about it has changed."""
    return sha256(encode(case)).hexdigest()[:16]


def page(template: str, values: dict[str, object], nonce: str, status: int = 200) -> web.Response:
    """HTML under the headers that every page has."""
    return web.Response(
        text=render(template, values), status=status, content_type="text/html", headers=protection.headers(nonce)
    )

"""What went wrong, as a page: what it is, what to do, and whom to ask. Nothing of what was typed is repeated."""

import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from aiohttp import web

from gateway.desk.errors import DeskError, Typed
from gateway.desk.pages import protection
from gateway.desk.pages.rendering import render
from gateway.desk.pages.sessions import Session

if TYPE_CHECKING:
    from gateway.desk.pages.visit import Visit

NOT_YOURS: Final = (
    "Your role at your agency does not open this page. If your work needs it, ask your manager: roles are set where "
    "you sign in."
)
TITLES: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "The page could not read what was sent",
        403: "You cannot do this",
        404: "Page not found",
        405: "Page not found",
        409: "This is not possible now",
        413: "This is too large",
        421: "Not this desk’s address",
        422: "Something needs changing",
        502: "The gateway’s answer is not right",
        503: "This does not work at the moment",
    }
)
SORRY: Final = "Sorry, there is a problem with the desk"
WORDS: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "Go back, open the page again, and send it once more.",
        404: "Check the address, or go back to your list.",
        405: "Check the address, or go back to your list.",
        413: "Send a file of 4 MB or less.",
    }
)
FAILED: Final = (
    "It is not certain that what you sent was done. Look at the case before you send it again. If this stays, tell "
    "whoever looks after the desk."
)


def page(status: int, detail: str, session: Session | None = None, title: str | None = None) -> web.Response:
    """A problem that is only words, under a title of its own or that of its status."""
    titled = {} if title is None else {"title": title}
    return _page(status, detail, (), person=session.person if session else None, **titled)


def of_http(status: int) -> web.Response:
    """A refusal of HTTP itself."""
    return page(status, WORDS.get(status, FAILED))


def of(error: DeskError, visit: "Visit | None" = None) -> web.Response:
    """An error of a service that the page had no better place for."""
    faults = tuple(fault.detail for fault in error.faults) if isinstance(error, Typed) else ()
    person = visit.person if visit else None
    return _page(error.status, error.detail, faults, clauses=error.clauses, person=person, visit=visit)


def _page(status: int, detail: str, faults: tuple[str, ...], **values: object) -> web.Response:
    nonce = secrets.token_urlsafe(16)
    given = {"title": TITLES.get(status, SORRY), "detail": detail, "faults": faults, "cspNonce": nonce} | values
    return web.Response(
        text=render("problem.html", given), status=status, content_type="text/html", headers=protection.headers(nonce)
    )

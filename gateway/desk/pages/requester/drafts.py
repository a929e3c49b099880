"""Requests that somebody has begun: where they go on, and where they throw one away."""

from typing import Final

from aiohttp import web
from msgspec import Struct

from gateway.desk import referrals
from gateway.desk.errors import NotThere, OutOfTurn
from gateway.desk.pages import kept
from gateway.desk.pages.kept import Draft
from gateway.desk.pages.navigation import COORDINATOR
from gateway.desk.pages.requester import wizard
from gateway.desk.pages.requester.asking_words import PURPOSES
from gateway.desk.pages.visit import Page, Visit, form, get
from gateway.desk.referring import PutBack

DRAFTS: Final = "/requester/drafts"
GONE: Final = "The draft is thrown away."
NOBODY_YET: Final = "Nobody named yet"


class Begun(Struct, frozen=True, kw_only=True):
    """A draft as its owner tells it from others."""

    id: str
    href: str
    who: str
    purpose: str
    kept_at: int
    referral: str


async def begun(visit: Visit) -> list[Begun]:
    """This person's drafts of requests, the newest first."""
    return [_begun(draft) for draft in await kept.drafts(visit.agency, visit.staff, wizard.KIND)]


async def show(visit: Visit) -> web.StreamResponse:
    """The list."""
    return visit.render("requester/drafts.html", drafts=await begun(visit))


async def ask_first(visit: Visit) -> web.StreamResponse:
    """Whether it is really to go."""
    return visit.render("requester/throw_away.html", draft=_begun(await wizard.load(visit)))


async def throw_away(visit: Visit) -> web.StreamResponse:
    """It is gone, and the referral that it began with waits again."""
    draft = await wizard.load(visit)
    await kept.throw_away(visit.agency, visit.staff, draft.id)
    if referral := draft.form().value("referral"):
        await _put_back(visit, referral, draft.id)
    return visit.go(DRAFTS, GONE)


async def _put_back(visit: Visit, referral: str, draft: str) -> None:
    try:
        if (await referrals.one(visit.agency, referral, visit.staff)).draft == draft:
            await referrals.put_back(visit.agency, referral, PutBack(staff=visit.staff))
    except (NotThere, OutOfTurn):
        return  # somebody has closed it, or made a request of it: then it does not wait


def _begun(draft: Draft) -> Begun:
    form = draft.form()
    purpose = next((named.name for word, named in PURPOSES.items() if word == form.value("purpose")), "")
    number = form.text("prison_number").upper()
    name = form.text("offender")
    who = f"{name} ({number})" if name and number else name or number or NOBODY_YET
    return Begun(
        id=draft.id,
        href=wizard.path(draft, "check" if form.every(wizard.ANSWERED) else "purpose"),
        who=who,
        purpose=purpose or "Not chosen yet",
        kept_at=draft.kept_at,
        referral=form.value("referral"),
    )


PAGES: Final[tuple[Page, ...]] = (
    get(DRAFTS, show, COORDINATOR),
    *form(f"{DRAFTS}/{{draft}}/throw-away", ask_first, throw_away, COORDINATOR),
)

"""Referring a prisoner in a minute, and what the coordinator does with a referral.

Whoever referred sees that it is with the coordinator, taken further, or closed: nothing of what comes of it.
"""

from collections.abc import Sequence
from typing import Final

import structlog
from aiohttp import web

from contracts.identifiers import BadIdentifier, prison_number
from gateway.desk import colleagues, referrals
from gateway.desk.errors import NotThere, OutOfTurn, Typed
from gateway.desk.pages import kept
from gateway.desk.pages.form import Form
from gateway.desk.pages.navigation import COORDINATOR, PRISON
from gateway.desk.pages.requester import asking_words, wizard
from gateway.desk.pages.visit import Page, Visit, get, post
from gateway.desk.pages.visit import form as page_and_form
from gateway.desk.referrals import Referral, State
from gateway.desk.referring import CloseReason, CloseReferral, Kind, PutBack, Refer, Take
from gateway.desk.staff import same_person

LIST: Final = "/requester/referrals"
WHY: Final = 600
KINDS: Final[tuple[Kind, ...]] = tuple(asking_words.KINDS)
REASONS: Final[tuple[CloseReason, ...]] = tuple(asking_words.CLOSE_REASONS)
STATES: Final[tuple[State, ...]] = tuple(asking_words.STATES)
CLOSED: Final = "The referral is closed. Whoever made it sees that it is closed, and not why."
WAITS: Final = "The referral waits again."
TAKEN: Final = "What the referral says is in the draft. Check it as you go."

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def show_form(visit: Visit) -> web.StreamResponse:
    """The one page of a referral."""
    return visit.render("requester/referral/new.html", words=asking_words)


async def send_form(visit: Visit) -> web.StreamResponse:
    """Refer somebody."""
    form = visit.form
    number = _prison_number(form, needed=(await visit.agency.myself()).kind == "prison")
    kind = form.one("kind", KINDS, "Choose what it is about.")
    of_course = kind == "course-completed"
    course = form.text("course", "Enter the name of the course.") if of_course else ""
    on = form.day("completed_on", "Enter the day on which they finished the course.") if of_course else None
    why = form.text("why", "Say in a sentence or two what it is about.", most=WHY)
    wanted = Refer(
        staff=visit.staff,
        kind=next((each for each in KINDS if each == kind), "referred"),
        prison_number=number or None,
        offender=form.optional("offender"),
        why=why,
        course=course or None,
        completed_on=on.isoformat() if on else None,
    )
    if form.good:
        try:
            await referrals.refer(visit.agency, wanted)
        except Typed as error:
            form.take(error)
    if not form.good:
        return await show_form(visit)
    return visit.go(f"{LIST}/done")


async def done(visit: Visit) -> web.StreamResponse:
    """What happens next."""
    return visit.render("requester/referral/done.html")


async def every(visit: Visit) -> web.StreamResponse:
    """The coordinator's list; for residential staff, their own."""
    if visit.person.role not in COORDINATOR:
        mine = await referrals.mine(visit.agency, visit.staff)
        return visit.render("requester/referral/mine.html", referrals=mine, words=asking_words)
    state = next((each for each in STATES if each == visit.asked("state")), "waiting")
    found = await referrals.every(visit.agency, visit.staff)
    counts = {each: sum(referral.state == each for referral in found) for each in STATES}
    shown: Sequence[Referral] = [referral for referral in found if referral.state == state]
    return visit.render(
        "requester/referral/list.html",
        referrals=shown if state == "waiting" else list(reversed(shown)),
        state=state,
        counts=counts,
        words=asking_words,
    )


async def show(visit: Visit) -> web.StreamResponse:
    """One referral, for the coordinator."""
    return await _page(visit)


async def start(visit: Visit) -> web.StreamResponse:
    """A draft of a request begins with what the referral says, unless this person's own goes on already."""
    referral = await referrals.one(visit.agency, visit.name, visit.staff)
    if going_on := await _own_draft(visit, referral):
        return visit.go(going_on)
    known = {"prison_number": referral.prison_number, "offender": referral.offender, "referral": referral.id}
    draft = await kept.begin(
        visit.agency, visit.staff, wizard.KIND, {name: (value,) for name, value in known.items() if value}
    )
    await take_up(visit, referral.id, draft.id)
    return visit.go(wizard.path(draft, "purpose"), TAKEN)


async def take_up(visit: Visit, referral: str, draft: str) -> None:
    """The referral is dealt with in this draft, unless somebody has closed it or made a request of it."""
    try:
        await referrals.take(visit.agency, referral, Take(staff=visit.staff, draft=draft))
    except (NotThere, OutOfTurn) as error:
        log.info("referral.not_taken", slug=error.slug)


async def put_back(visit: Visit) -> web.StreamResponse:
    """It waits again for whoever takes it."""
    await referrals.put_back(visit.agency, visit.name, PutBack(staff=visit.staff))
    return visit.go(f"{LIST}/{visit.name}", WAITS)


async def close(visit: Visit) -> web.StreamResponse:
    """No request comes of it, for a reason."""
    chosen = visit.form.one("reason", REASONS, "Choose a reason.")
    reason = next((each for each in REASONS if each == chosen), None)
    if reason is None:
        return await _page(visit)
    await referrals.close(visit.agency, visit.name, CloseReferral(staff=visit.staff, reason=reason))
    return visit.go(LIST, CLOSED)


def _prison_number(form: Form, *, needed: bool) -> str:
    """As it was typed; what is wrong with it is said together with all that is wrong on the page."""
    number = form.text("prison_number", "Enter the prison number." if needed else None)
    try:
        return number and prison_number(number)
    except BadIdentifier as error:
        form.fault("prison_number", error.message)
        return number


async def _page(visit: Visit) -> web.Response:
    referral = await referrals.one(visit.agency, visit.name, visit.staff)
    known = await colleagues.names(visit.agency)
    return visit.render(
        "requester/referral/one.html",
        referral=referral,
        by=known.get(same_person(referral.by), referral.by),
        taken_by=known.get(same_person(referral.taken_by), referral.taken_by) if referral.taken_by else None,
        going_on=await _own_draft(visit, referral),
        by_me=referral.taken_by is not None and same_person(referral.taken_by) == same_person(visit.staff.id),
        words=asking_words,
        back=LIST,
    )


async def _own_draft(visit: Visit, referral: Referral) -> str | None:
    """Where this person's own draft of it goes on."""
    own = await kept.drafts(visit.agency, visit.staff, wizard.KIND)
    return next((wizard.path(draft, "check") for draft in own if draft.id == referral.draft), None)


PAGES: Final[tuple[Page, ...]] = (
    *page_and_form(f"{LIST}/new", show_form, send_form, PRISON),
    get(f"{LIST}/done", done, PRISON),
    get(LIST, every, PRISON),
    get(f"{LIST}/{{id}}", show, COORDINATOR),
    post(f"{LIST}/{{id}}/start", start, COORDINATOR),
    post(f"{LIST}/{{id}}/put-back", put_back, COORDINATOR),
    *page_and_form(f"{LIST}/{{id}}/close", show, close, COORDINATOR),
)

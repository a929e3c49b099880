"""Sensitive cases: what waits for a reviewer; the request opened and read, decided on its merits, checked and sent.

1. may they   role and training from the sign-in: said before anything is typed
2. look       the reviewer's own look at the request, logged with its reason
3. decide     what, why, and whether two worked on it: kept as a draft
4. check      read once more, then sent
"""

from typing import Final

from aiohttp import web
from msgspec import Struct

from contracts.messages.review import Review
from contracts.vocabulary import SEALED_SIZES
from gateway.desk import board, colleagues, holder
from gateway.desk.answering import Decide, Read
from gateway.desk.case import OPEN, Case
from gateway.desk.errors import GatewayAway, Typed
from gateway.desk.holder import OWN_CASE, asker_mark
from gateway.desk.ids import now
from gateway.desk.pages import kept
from gateway.desk.pages.form import Form
from gateway.desk.pages.holder import about, lines, terms, words
from gateway.desk.pages.holder.reviewer import WhyNot, why_not
from gateway.desk.pages.kept import Draft
from gateway.desk.pages.navigation import POLICE
from gateway.desk.pages.times import Tag
from gateway.desk.pages.times import due as due_tag
from gateway.desk.pages.visit import Page, Visit, form, get
from gateway.desk.row import Row
from gateway.desk.subject import Subject

PAGE: Final = 25
SHOWN_SECONDS: Final = 30 * 60
REASONS_MOST: Final = 4000
LONG: Final = "This is too long to be sealed. Shorten it a little: letters with accents count twice."
CHOOSE: Final = "Choose whether this case may go ahead."
PAIR: Final = "Say whether two of you worked on this case."
WHY: Final = "Write why you decide so in this case. Inspectors read it."
SENT: Final = "Your decision is recorded."


class Waits(Struct, frozen=True, kw_only=True):
    """A case on the list of those to be reviewed."""

    case: Case
    asker: str
    because: tuple[str, ...]
    due: Tag | None


class Opened(Struct, frozen=True, kw_only=True):
    """A request that this person has opened to review it. In the session's memory, and nowhere else."""

    of: str
    subject: Subject
    at: int


async def to_be_reviewed(visit: Visit) -> web.StreamResponse:
    """Every case that waits for a reviewer, what is due first before the rest."""
    known = visit.known
    rows = [row for row in await visit.agency.index.by_due(known.agreement.windows) if _waits(row)]
    place = board.Query(after=visit.asked("after") or None, before=visit.asked("before") or None, limit=PAGE)
    page = board.paged(rows, place, visit.now)
    found = {case.exchange: case for case in await lines.several(visit.agency, (row.exchange for row in page.rows))}
    waits = [_line(visit, row, found[row.exchange]) for row in page.rows if row.exchange in found]
    unfit = why_not(visit.agency.actor(visit.staff), known.agreement.reviewing, visit.now)
    return visit.render("holder/reviews.html", waits=waits, page=page, unfit=unfit, purposes=words.PURPOSES)


def _waits(row: Row) -> bool:
    return row.side == "holder" and row.due == "review"


def _line(visit: Visit, row: Row, case: Case) -> Waits:
    asker = lines.asker(visit, case)
    return Waits(
        case=case,
        asker=asker.name if asker else case.requester,
        because=because(case, visit),
        due=due_tag(row.due_at, visit.now) if row.due_at else None,
    )


def because(case: Case, visit: Visit) -> tuple[str, ...]:
    """What makes a case sensitive, in words."""
    rule, request = visit.known.agreement.reviewing, case.request
    flags = (f"They marked it: {words.SENSITIVE[each].lower()}." for each in request.sensitivities)
    found = (f"Your office found: {words.SENSITIVE[each].lower()}." for each in case.found)
    groups = (each for each in request.offence_groups if each in rule.offence_groups)
    codes = (f"The offence code is that of {terms.GROUPS[each]}." for each in groups)
    return (*flags, *found, *codes)


# The review of one case.


async def show(visit: Visit) -> web.StreamResponse:
    """How the review stands; to be opened; or to be decided."""
    case = await holder.own(visit.agency, visit.name)
    away = await _not_for_them(visit, case)
    if away is not None:
        return away
    if (opened := _opened(visit, case)) is None:
        return _to_open(visit, case)
    if not visit.form.values and (draft := await _draft(visit)):
        visit.form = draft.form()
    return _to_decide(visit, case, opened)


async def look(visit: Visit) -> web.StreamResponse:
    """The reviewer's own look at the request: a line of the log first."""
    case = await holder.own(visit.agency, visit.name)
    away = await _not_for_them(visit, case)
    if away is not None:
        return away
    no_conflict = visit.form.ticked("no_conflict", "Tick this only if it is so. Otherwise ask another reviewer.")
    if not visit.form.good:
        return _to_open(visit, case)
    wanted = Read(staff=visit.staff, no_conflict=no_conflict, why="review-case")
    try:
        read = await holder.read_request(visit.agency, case.exchange, wanted)
    except Typed as error:
        visit.form.take(error)
        return _to_open(visit, case)
    except GatewayAway:
        visit.form.fault("", terms.AWAY)
        return _to_open(visit, case)
    await colleagues.did(visit.agency, visit.staff, read.sent)
    opened = Opened(of=read.case.sealed_by, subject=read.subject, at=now())
    visit.sessions.hold(visit.session, _held(case), opened, SHOWN_SECONDS)
    return visit.go(_path(case))


async def open_address(visit: Visit) -> web.StreamResponse:
    """Where the form that opens stands, looked at by itself."""
    return visit.go(f"/holder/requests/{visit.name}/review")


async def decide(visit: Visit) -> web.StreamResponse:
    """What was decided and why, kept to be checked."""
    case = await holder.own(visit.agency, visit.name)
    away = await _not_for_them(visit, case)
    if away is not None:
        return away
    visit.check_seen(case)
    typed = _typed(visit.form)
    if not visit.form.good:
        return _to_decide(visit, case, _opened(visit, case))
    draft = await _draft(visit)
    if draft is None:
        await kept.begin(visit.agency, visit.staff, _kind(visit), typed)
    else:
        await kept.keep(visit.agency, visit.staff, draft, typed)
    return visit.go(f"{_path(case)}/check")


async def check(visit: Visit) -> web.StreamResponse:
    """The decision, to be read once more."""
    case = await holder.own(visit.agency, visit.name)
    away, draft = await _not_for_them(visit, case), await _draft(visit)
    if away is not None:
        return away
    if draft is None or not _typed(draft.form()):
        return visit.go(_path(case))
    return _checked(visit, case, draft)


async def send(visit: Visit) -> web.StreamResponse:
    """The decision is sent, its reasons sealed for the inspectorate."""
    case = await holder.own(visit.agency, visit.name)
    away, draft = await _not_for_them(visit, case), await _draft(visit)
    if away is not None:
        return away
    if draft is None:
        return visit.go(_path(case))
    visit.check_seen(case)
    if not visit.form.good:
        return _checked(visit, case, draft)
    said = await holder.review(visit.agency, case.exchange, _decision(visit, draft.form()))
    await kept.throw_away(visit.agency, visit.staff, draft.id)
    await colleagues.did(visit.agency, visit.staff, said.sent)
    visit.sessions.let_go(visit.session, _held(case))
    return visit.go(_path(case), None if said.sent.queued else SENT)


def _decision(visit: Visit, typed: Form) -> Decide:
    return Decide(
        staff=visit.staff,
        decision="proceed" if typed.value("decision") == "proceed" else "decline",
        reasons=typed.value("reasons"),
        co_worked=typed.value("co_worked") == "yes",
    )


def _typed(typed: Form) -> dict[str, tuple[str, ...]]:
    """What was typed, as it is kept; faults stand in the form. Empty where one does."""
    decision = typed.one("decision", terms.DECISIONS, CHOOSE)
    pair = typed.one("co_worked", terms.YES_NO, PAIR)
    reasons = typed.text("reasons", WHY, most=REASONS_MOST)
    if len(reasons.encode()) + 2 > SEALED_SIZES["reasons"]:
        typed.fault("reasons", LONG)
    return {"decision": (decision,), "co_worked": (pair,), "reasons": (reasons,)} if typed.good else {}


# What stands in the way.


async def _not_for_them(visit: Visit, case: Case) -> web.StreamResponse | None:
    """The page to show in place of the review: nothing waits for one, or not for this person."""
    said = await lines.waiting(visit.agency, case.exchange, Review)
    me = visit.agency.actor(visit.staff).id
    if said or case.review != "needed" or case.state not in OPEN:
        by_me = me in (case.reviewed_by, *(actor.id for actor in said))
        return _page(
            visit,
            "holder/review_stands.html",
            case,
            kept=bool(said),
            by_me=by_me,
            clause=visit.known.agreement.reviewing.own_case_clause,
        )
    unfit = why_not(visit.agency.actor(visit.staff), visit.known.agreement.reviewing, visit.now)
    if unfit is None and await visit.agency.cabinet.change(lambda d: asker_mark(d, visit.staff.id) in case.asker):
        unfit = WhyNot(words=OWN_CASE, code="R04", clause=visit.known.agreement.reviewing.own_case_clause)
    if unfit is None:
        return None
    return _page(visit, "holder/review_not_theirs.html", case, 403, unfit=unfit)


def _to_open(visit: Visit, case: Case) -> web.StreamResponse:
    return _page(visit, "holder/review_open.html", case)


def _to_decide(visit: Visit, case: Case, opened: Opened | None) -> web.StreamResponse:
    return _page(
        visit,
        "holder/review.html",
        case,
        opened=opened,
        decisions=terms.DECISIONS,
        most=REASONS_MOST,
    )


def _checked(visit: Visit, case: Case, draft: Draft) -> web.StreamResponse:
    return _page(
        visit,
        "holder/review_check.html",
        case,
        typed=draft.form(),
        decisions=terms.DECISIONS,
    )


def _page(visit: Visit, template: str, case: Case, status: int = 200, **values: object) -> web.StreamResponse:
    """A page of a review: what makes the case sensitive, and whose it is, stand on each."""
    given = about.about(visit, case) | {
        "because": because(case, visit),
        "own": visit.known.directory.agency(visit.agency.id),
    }
    return visit.render(template, given | values, status)


def _opened(visit: Visit, case: Case) -> Opened | None:
    """What this person opened a short while ago, if it is still what the case is about."""
    found = visit.sessions.still(visit.session, _held(case))
    return found[0] if found and isinstance(found[0], Opened) and found[0].of == case.sealed_by else None


async def _draft(visit: Visit) -> Draft | None:
    return next(iter(await kept.drafts(visit.agency, visit.staff, _kind(visit))), None)


def _kind(visit: Visit) -> str:
    return f"review {visit.name}"


def _held(case: Case) -> str:
    return f"review {case.exchange}"


def _path(case: Case) -> str:
    return f"/holder/requests/{case.exchange}/review"


PAGES: Final[tuple[Page, ...]] = (
    get("/holder/reviews", to_be_reviewed, POLICE),
    *form("/holder/requests/{id}/review", show, decide, POLICE),
    *form("/holder/requests/{id}/review/open", open_address, look, POLICE),
    *form("/holder/requests/{id}/review/check", check, send, POLICE),
)

"""The answers checked, the request sent, and what became of it: sent, kept for later, refused, or asked already."""

from typing import Final

import structlog
from aiohttp import web

from contracts.agreement import PurposeRule
from contracts.messages.contact_request import Letter
from gateway.decide.calendar import due
from gateway.desk import letters, referrals, requester, words
from gateway.desk.errors import NotThere, OutOfTurn, Refused, Typed
from gateway.desk.pages import kept
from gateway.desk.pages.kept import Draft
from gateway.desk.pages.navigation import COORDINATOR
from gateway.desk.pages.requester import answers, clauses, rows, wizard
from gateway.desk.pages.requester.asking_words import CHANGES, OTHERWISE
from gateway.desk.pages.requester.questions import QUESTIONS, too_soon
from gateway.desk.pages.visit import SEEN, Page, Visit, form, get
from gateway.desk.referring import Take
from gateway.desk.showing import show
from gateway.desk.speaking import Said

REFERRAL: Final = "referral"

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def check(visit: Visit) -> web.StreamResponse:
    """All answers, each with a way to change it."""
    return await _check_page(visit, await wizard.load(visit))


async def send(visit: Visit) -> web.StreamResponse:
    """Send it. Once it is kept at the desk, the draft is gone and the request goes out by itself."""
    draft = await wizard.load(visit)
    asking = await wizard.asked_under(visit, draft)
    if visit.form.value(SEEN) != str(draft.version):
        visit.form.fault("", kept.CHANGED)
        return await _check_page(visit, draft, status=409)
    if asking.rule is None or wizard.unanswered(asking):
        return visit.go(wizard.path(draft, "check"))
    try:
        said = await _ask(visit, draft, asking.rule)
    except Typed as error:
        return await _to_change(visit, draft, error)
    except Refused as error:
        return _refused(visit, draft, error)
    except OutOfTurn as error:
        if error.exchange is None:
            raise
        return visit.render(
            "requester/request/already.html", status=409, draft=draft, detail=error.detail, exchange=error.exchange
        )
    await _finish(visit, draft, said.case.exchange)
    return visit.go(f"/requester/requests/{said.case.exchange}/sent")


async def sent(visit: Visit) -> web.StreamResponse:
    """The confirmation: the reference, when to expect an answer, what may be told to the prisoner."""
    case = await requester.own(visit.agency, visit.name)
    answer_by = due(case.asked_at, visit.known.agreement.windows.answer)
    return visit.render("requester/request/sent.html", shown=show(case, visit.known), answer_by=answer_by)


async def _ask(visit: Visit, draft: Draft, rule: PurposeRule) -> Said:
    typed = draft.form()
    letter = None
    if rule.letter:
        held = await letters.one(visit.agency, typed.value("letter"), visit.staff)
        letter = Letter(id=held.letter.id, sha256=held.letter.sha256)
    return await requester.ask(visit.agency, answers.ask(typed, visit.staff, rule, letter))


async def _finish(visit: Visit, draft: Draft, exchange: str) -> None:
    """The draft is done, and the referral it began with is at work. The request is kept, whatever happens here."""
    referral = draft.form().value(REFERRAL)
    try:
        await kept.throw_away(visit.agency, visit.staff, draft.id)
        if referral:
            await referrals.take(visit.agency, referral, Take(staff=visit.staff, exchange=exchange))
    except (NotThere, OutOfTurn) as error:
        log.info("request.beside_not_kept", slug=error.slug)


async def _to_change(visit: Visit, draft: Draft, error: Typed) -> web.StreamResponse:
    """Something typed does not fit after all: to its own question, where it is said beside the field."""
    named = {name: question for question in QUESTIONS for name in question.names}
    question = next((named[fault.name] for fault in error.faults if fault.name in named), None)
    if question is not None:
        return visit.go(wizard.path(draft, f"{question.slug}?from=check&again=yes"))
    visit.form.take(error, {"subject": "note"})
    return await _check_page(visit, draft)


def _refused(visit: Visit, draft: Draft, error: Refused) -> web.Response:
    change = CHANGES.get(error.code, OTHERWISE) if error.code else OTHERWISE
    return visit.render(
        "requester/request/refused.html",
        status=error.status,
        draft=draft,
        change=change,
        clauses=clauses.clauses(visit.known.agreement, error.clauses),
        may_be_told=words.may_be_told("refused"),
    )


async def _check_page(visit: Visit, draft: Draft, *, status: int = 200) -> web.Response:
    asking = await wizard.asked_under(visit, draft)
    holder = asking.directory.agency(asking.kept.value("holder"))
    return visit.render(
        "requester/request/check.html",
        status=status,
        draft=draft,
        rows=rows.every(asking),
        left=wizard.unanswered(asking),
        warning=too_soon(asking.of_kept()),
        holder=holder.name if holder else "",
        blocked=clauses.standing_in_the_way(asking.agreement, asking.listed, visit.staff, asking.today),
        back=wizard.path(draft, "note"),
    )


PAGES: Final[tuple[Page, ...]] = (
    get("/requester/requests/{id}/sent", sent, COORDINATOR),
    *form("/requester/requests/{draft}/check", check, send, COORDINATOR),
)

"""A new request, one question a page. Every answered page is kept in a draft, which only whoever began it sees.

1. load    the draft, and what its questions are asked under
2. read    the fields of this question; with a fault the page is shown again, with everything that was typed
3. keep    unless another window kept this draft meanwhile: then both stand on the page, and the person decides
4. go on   to the next question, or back to the answers where the person came from there
"""

from collections.abc import Sequence
from typing import Final

from aiohttp import web

from gateway.desk import letters
from gateway.desk.errors import NotThere, OutOfTurn
from gateway.desk.letters import Letter
from gateway.desk.pages import kept, times
from gateway.desk.pages.form import Form
from gateway.desk.pages.kept import Draft
from gateway.desk.pages.navigation import COORDINATOR
from gateway.desk.pages.requester import asking_words, clauses, rows
from gateway.desk.pages.requester.questions import QUESTIONS, Asking, Question, suggested_force, wanted
from gateway.desk.pages.visit import NOTHING_HERE, SEEN, Page, Visit, form
from gateway.desk.request import today

KIND: Final = "request"
NEW: Final = "/requester/requests/new"
ANSWERED: Final = "answered"
WARNED: Final = "warned"
DEPENDENT: Final = ("letter", "details", "grounds", "sensitive")
"""Answers that another purpose puts in question."""

LATER: Final = "What you have typed is kept. Go on with it whenever you like."


async def asked_under(visit: Visit, draft: Draft | None) -> Asking:
    """Step 1: what the questions are asked under, and the answers so far."""
    kept_answers = draft.form() if draft else Form()
    offered = await _offerable(visit) if kept_answers.value("purpose") == "letter" else []
    return Asking(
        agreement=visit.known.agreement,
        directory=visit.known.directory,
        listed=await visit.agency.myself(),
        staff=visit.staff,
        offences=visit.agency.offences,
        now=visit.now,
        today=today(),
        form=visit.form,
        kept=kept_answers,
        letters={each.id: letter_name(each) for each in offered},
    )


async def show_first(visit: Visit) -> web.StreamResponse:
    """The first question. Looking at it begins nothing."""
    return await _page(visit, QUESTIONS[0], None)


async def send_first(visit: Visit) -> web.StreamResponse:
    """The first answer: now there is a draft."""
    first = QUESTIONS[0]
    first.read(await asked_under(visit, None))
    if not visit.form.good:
        return await _page(visit, first, None)
    answers = _of(first, visit.form) | {ANSWERED: (first.slug,)}
    draft = await kept.begin(visit.agency, visit.staff, KIND, answers)
    return visit.go(_next(await asked_under(visit, draft), draft, first, to_check=False))


async def show(visit: Visit) -> web.StreamResponse:
    """A question, with what is kept for it."""
    question, draft = _question(visit), await load(visit)
    if not visit.form.values:
        visit.form = draft.form()
    if visit.asked("again"):
        question.read(await asked_under(visit, draft))
    return await _page(visit, question, draft)


async def send(visit: Visit) -> web.StreamResponse:
    """An answer: steps 2 to 4."""
    question, draft = _question(visit), await load(visit)
    if visit.form.value("later"):
        await kept.keep(visit.agency, visit.staff, draft, _of(question, visit.form), without=question.names)
        return visit.go("/requester/drafts", LATER)
    asking = await asked_under(visit, draft)
    question.read(asking)
    if not visit.form.good:
        return await _page(visit, question, draft)
    if (warning := question.warn(asking)) and visit.form.value(WARNED) != warning:
        return await _page(visit, question, draft, warning=warning)
    if visit.form.value(SEEN) not in ("", str(draft.version)):
        return await _changed_elsewhere(visit, question)
    try:
        fresh = await keep(visit, draft, question)
    except OutOfTurn:
        return await _changed_elsewhere(visit, question)
    to_check = visit.asked("from") == "check"
    return visit.go(_next(await asked_under(visit, fresh), fresh, question, to_check=to_check))


async def load(visit: Visit) -> Draft:
    """This person's draft. Raises NotThere."""
    draft = await kept.draft(visit.agency, visit.staff, visit.named("draft"))
    if draft.kind != KIND:
        raise NotThere(kept.NO_DRAFT)
    return draft


async def keep(visit: Visit, draft: Draft, question: Question) -> Draft:
    """Step 3. With another purpose, what hangs on it is asked again, with the old answers in its fields."""
    answers = _of(question, visit.form)
    again = DEPENDENT if question.slug == "purpose" and answers["purpose"] != draft.answers.get("purpose") else ()
    before = (slug for slug in draft.answers.get(ANSWERED, ()) if slug not in (*again, question.slug))
    answers[ANSWERED] = (*before, question.slug)
    return await kept.keep(visit.agency, visit.staff, draft, answers, without=question.names)


def unanswered(asking: Asking) -> Sequence[Question]:
    """The questions that are still to be answered."""
    return [question for question in wanted(asking.rule) if question.slug not in asking.kept.every(ANSWERED)]


def path(draft: Draft, page: str) -> str:
    """A page of a draft."""
    return f"/requester/requests/{draft.id}/{page}"


def letter_name(letter: Letter) -> str:
    """A letter as it is told from others: its check code, and since when it is held."""
    whose = " ".join(part for part in (letter.offender, letter.prison_number) if part)
    return f"{whose}: check code {letter.check_code}, held since {times.day(times.local_day(letter.at))}"


async def _offerable(visit: Visit) -> list[Letter]:
    """The letters that are held and offered to nobody."""
    every = await letters.every(visit.agency, visit.staff)
    return [held.letter for held in every if held.standing == "held" and held.letter.replaced_by is None]


def _next(asking: Asking, draft: Draft, question: Question, *, to_check: bool) -> str:
    """Step 4. From the answers, the person goes back there once nothing is left to ask."""
    if to_check:
        left = unanswered(asking)
        return path(draft, f"{left[0].slug}?from=check") if left else path(draft, "check")
    slugs = [each.slug for each in wanted(asking.rule)]
    after = slugs[slugs.index(question.slug) + 1 :] if question.slug in slugs else []
    return path(draft, after[0] if after else "check")


def _back(asking: Asking, draft: Draft | None, question: Question, *, to_check: bool) -> str:
    if draft is None:
        return "/requester"
    if to_check:
        return path(draft, "check")
    slugs = [each.slug for each in wanted(asking.rule)]
    before = slugs[: slugs.index(question.slug)] if question.slug in slugs else []
    return path(draft, before[-1]) if before else "/requester/drafts"


def _question(visit: Visit) -> Question:
    slug = visit.request.match_info["question"]
    found = next((question for question in QUESTIONS if question.slug == slug), None)
    if found is None:
        raise NotThere(NOTHING_HERE)
    return found


def _of(question: Question, typed: Form) -> dict[str, tuple[str, ...]]:
    return {name: typed.every(name) for name in question.names if typed.every(name)}


async def _changed_elsewhere(visit: Visit, question: Question) -> web.Response:
    """Another window kept this draft meanwhile: what stands there now is shown beside what was typed here."""
    draft = await load(visit)
    visit.form.fault("", kept.CHANGED)
    asking = await asked_under(visit, draft)
    return await _page(visit, question, draft, elsewhere=rows.of(asking, question.slug), status=409)


async def _page(
    visit: Visit, question: Question, draft: Draft | None, *, status: int = 200, **more: object
) -> web.Response:
    asking = await asked_under(visit, draft)
    to_check = visit.asked("from") == "check"
    slugs = [each.slug for each in wanted(asking.rule)]
    return visit.render(
        f"requester/request/{question.slug}.html",
        more,
        status=status,
        asking=asking,
        draft=draft,
        words=asking_words,
        number=slugs.index(question.slug) + 1 if question.slug in slugs else 0,
        count=len(slugs) if asking.rule else 0,
        back=_back(asking, draft, question, to_check=to_check),
        clauses=clauses,
        suggested=suggested_force(asking),
        blocked=clauses.standing_in_the_way(asking.agreement, asking.listed, visit.staff, asking.today),
    )


PAGES: Final[tuple[Page, ...]] = (
    *form(NEW, show_first, send_first, COORDINATOR),
    *form("/requester/requests/{draft}/{question:[a-z]+}", show, send, COORDINATOR),
)

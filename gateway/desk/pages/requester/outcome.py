"""What came of it: one page of questions, a look at the answers, and then it is said to the police.

The answers are a draft of whoever typed them until they are sent.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from aiohttp import web
from msgspec import Struct

from gateway.desk import outbox, requester
from gateway.desk.asking import Came
from gateway.desk.case import Case
from gateway.desk.pages import kept
from gateway.desk.pages.form import Form
from gateway.desk.pages.kept import Draft
from gateway.desk.pages.navigation import COORDINATOR
from gateway.desk.pages.notices import Important
from gateway.desk.pages.requester import case_words as words
from gateway.desk.pages.requester.next_step import CASES
from gateway.desk.pages.visit import Page, Visit, form, version
from gateway.desk.showing import show as shown_to

YES_NO: Final = {"yes": "Yes", "no": "No"}
FINAL: Final = {
    "yes": "Yes: close the case. The details are closed too.",
    "no": "No: there is more to come.",
}
NOT_NOW: Final = "Nothing can be recorded on this case now."
SAID_ALREADY: Final = "What came of it was said already, and waits to be sent."
NOT_CHECKED: Final = "Answer the questions first, then check your answers."
RECORDED: Final = "Recorded. The police know what came of it."
KEPT: Final = Important(
    "The gateway cannot be reached now. What you recorded is kept here, and goes out by itself, once."
)


class Question(Struct, frozen=True, kw_only=True):
    """A question with its answers; `missing` says what to do where none was given; empty: it may be left out."""

    name: str
    words: str
    answers: Mapping[str, str]
    missing: str
    hint: str = ""


def questions(case: Case) -> tuple[Question, ...]:
    """What is asked on this case."""
    needed = case.request.needed_by is not None
    every = (
        Question(
            name="contact", words="Was contact made?", answers=words.CONTACT, missing="Say whether contact was made."
        ),
        Question(
            name="chose",
            words="What did the victim choose?",
            answers=words.CHOSE,
            missing="Say what the victim chose.",
        ),
        Question(name="status", words="How far is it?", answers=words.STATUS, missing="Say how far it is."),
        Question(
            name="disclosure",
            words="Who may see what came of it?",
            answers={value: said for value, (said, _) in words.DISCLOSURE.items()},
            missing="Say who may see what came of it.",
            hint="You and the police show the same words, so that everybody can tell the prisoner the same.",
        ),
        Question(
            name="feedback",
            words="How satisfied was the victim? (optional)",
            answers=words.FEEDBACK,
            missing="",
            hint="Only if they said so themselves.",
        ),
        Question(
            name="needed_by_met",
            words="Did the answer come in time?",
            answers=YES_NO,
            missing="Say whether the answer came in time.",
        ),
        Question(
            name="final",
            words="Is this the end of the case?",
            answers=FINAL,
            missing="Say whether this is the end of the case.",
        ),
    )
    return tuple(each for each in every if each.name != "needed_by_met" or needed)


async def show(visit: Visit) -> web.StreamResponse:
    """The questions, with what was answered before."""
    case = await requester.own(visit.agency, visit.name)
    if (refused := await _refused(visit, case)) is not None:
        return refused
    draft = await _draft(visit, case)
    if not visit.form.values and draft is not None:
        visit.form = draft.form()
    return _page(visit, case)


async def send(visit: Visit) -> web.StreamResponse:
    """Keep the answers, and on to check them."""
    case = await requester.own(visit.agency, visit.name)
    if (refused := await _refused(visit, case)) is not None:
        return refused
    answers = _answers(visit.form, case)
    if visit.form.faults:
        return _page(visit, case)
    draft = await _draft(visit, case)
    if draft is None:
        await kept.begin(visit.agency, visit.staff, _kind(case), answers)
    else:
        await kept.keep(visit.agency, visit.staff, draft, answers, without=[each.name for each in questions(case)])
    return visit.go(f"{CASES}/{case.exchange}/outcome/check")


async def check(visit: Visit) -> web.StreamResponse:
    """The answers, before they are sent."""
    case = await requester.own(visit.agency, visit.name)
    if (refused := await _refused(visit, case)) is not None:
        return refused
    draft = await _draft(visit, case)
    if draft is None:
        return visit.go(f"{CASES}/{case.exchange}/outcome", NOT_CHECKED)
    return _check(visit, case, draft)


async def say(visit: Visit) -> web.StreamResponse:
    """Said to the police, once."""
    case = await requester.own(visit.agency, visit.name)
    if (refused := await _refused(visit, case)) is not None:
        return refused
    draft = await _draft(visit, case)
    if draft is None:
        return visit.go(f"{CASES}/{case.exchange}/outcome", NOT_CHECKED)
    visit.check_seen(case)
    typed = draft.form()
    answers = _answers(typed, case)
    if typed.faults:
        return visit.go(f"{CASES}/{case.exchange}/outcome", NOT_CHECKED)
    if visit.form.faults:
        return _check(visit, case, draft)
    said = await requester.record_outcome(visit.agency, case.exchange, _came(visit, answers))
    await kept.throw_away(visit.agency, visit.staff, draft.id)
    return visit.go(f"{CASES}/{case.exchange}", KEPT if said.sent.queued else RECORDED)


async def _refused(visit: Visit, case: Case) -> web.StreamResponse | None:
    """Where nothing can be recorded: the page that says so."""
    if "outcome" not in shown_to(case, visit.known).next:
        return visit.go(f"{CASES}/{case.exchange}", None if case.state == "withdrawn" else NOT_NOW)
    if "outcome" in await outbox.unsent(visit.agency, case.exchange):
        return visit.go(f"{CASES}/{case.exchange}", SAID_ALREADY)
    return None


def _answers(typed: Form, case: Case) -> dict[str, tuple[str, ...]]:
    """Every question's answer; a fault for each that is missing."""
    found = {}
    for each in questions(case):
        if each.missing:
            found[each.name] = typed.one(each.name, each.answers, each.missing)
        else:
            value = typed.value(each.name)
            found[each.name] = value if value in each.answers else ""
    if found["contact"] == "not-made" and found["feedback"]:
        typed.fault(
            "feedback", "There is no feedback where no contact was made. Take it out, or change the first answer."
        )
    return {name: (value,) for name, value in found.items() if value}


def _came(visit: Visit, answers: Mapping[str, tuple[str, ...]]) -> Came:
    told: dict[str, object] = {name: values[0] for name, values in answers.items()}
    met = told.get("needed_by_met")
    said = told | {
        "staff": visit.staff,
        "final": told["final"] == "yes",
        "needed_by_met": None if met is None else met == "yes",
    }
    return msgspec.convert(said, Came)


def _kind(case: Case) -> str:
    return f"outcome {case.exchange}"


async def _draft(visit: Visit, case: Case) -> Draft | None:
    return next(iter(await kept.drafts(visit.agency, visit.staff, _kind(case))), None)


def _items(question: Question) -> list[dict[str, object]]:
    about = {value: said for value, (_, said) in words.DISCLOSURE.items()} if question.name == "disclosure" else {}
    return [
        {"value": value, "text": text} | ({"hint": {"text": about[value]}} if value in about else {})
        for value, text in question.answers.items()
    ]


def _page(visit: Visit, case: Case) -> web.StreamResponse:
    return visit.render(
        "requester/outcome.html",
        title="What came of it",
        back=f"{CASES}/{case.exchange}",
        case=case,
        seen=version(case),
        questions=[(each, _items(each)) for each in questions(case)],
    )


def _check(visit: Visit, case: Case, draft: Draft) -> web.StreamResponse:
    answered = [(each, each.answers.get(draft.form().value(each.name), "Not given")) for each in questions(case)]
    return visit.render(
        "requester/outcome_check.html",
        title="Check your answers",
        back=f"{CASES}/{case.exchange}/outcome",
        case=case,
        seen=version(case),
        answered=answered,
        final=draft.form().value("final") == "yes",
        disclosure=words.DISCLOSURE.get(draft.form().value("disclosure"), ("", ""))[1],
    )


PAGES: Final[tuple[Page, ...]] = (
    *form(f"{CASES}/{{id}}/outcome", show, send, COORDINATOR),
    *form(f"{CASES}/{{id}}/outcome/check", check, say, COORDINATOR),
)

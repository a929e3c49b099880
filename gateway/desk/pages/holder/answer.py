"""The answer, one question a page: what the victim decided, or what stands in the way. Kept until it is sent."""

from typing import Final

from aiohttp import web
from msgspec import Struct

from contracts.directory import Agency as Listed
from contracts.vocabulary import AnswerOutcome
from gateway.decide.calendar import due
from gateway.desk import answer as answering
from gateway.desk import colleagues, contents
from gateway.desk.answering import Answer
from gateway.desk.case import OPEN, YES, Case
from gateway.desk.errors import Forbidden, OutOfTurn, Refused, Typed
from gateway.desk.pages.holder import about, reasons
from gateway.desk.pages.holder import answer_draft as drafts
from gateway.desk.pages.holder import answer_words as words
from gateway.desk.pages.holder.words import FIELDS
from gateway.desk.pages.times import by
from gateway.desk.pages.visit import Handler, Page, Visit, form, get
from gateway.desk.request import FIELDS as NAMED

ANSWERERS: Final = ("police-officer", "victim-liaison-officer")
NEXT: Final = {"yes": "consent", "no": "no", "not-reached": "check", "stands": "reason", "elsewhere": "elsewhere"}


class Given(Struct, frozen=True, kw_only=True):
    """The answer that was given in this session, for its confirmation: it may not have left yet."""

    outcome: AnswerOutcome
    held_by: str | None


async def _begun(visit: Visit) -> Case:
    """The case, where there is something to answer. Raises OutOfTurn."""
    case = await about.own(visit)
    if not (case.state in OPEN or case.state in YES or case.ruled_out):
        raise OutOfTurn(words.NOT_OPEN, exchange=case.exchange)
    return case


def _page(visit: Visit, case: Case, template: str, title: str, back: str, **values: object) -> web.Response:
    return about.page(
        visit, case, f"holder/answer/{template}.html", title, **values, back=about.here(case.exchange) + back
    )


async def decision(visit: Visit) -> web.StreamResponse:
    """What the victim decided, or what stands in the way?"""
    case = await _begun(visit)
    if not case.read:
        return visit.go(about.here(case.exchange, "read"), words.READ_FIRST)
    drafts.use(visit, await drafts.mine(visit, case))
    items = [
        {"value": word, "text": said, "hint": {"text": _hint(case, word)} if _hint(case, word) else None}
        for word, said in words.DECISIONS.items()
        if word in _open_to(case)
    ]
    return _page(
        visit, case, "decision", "Answer the request", "",
        items=items, findings=[reasons.by_code(code) for code in case.findings], earlier=reasons.by_code(case.code),
        answered=case.answer is not None,
    )  # fmt: skip


async def decide(visit: Visit) -> web.StreamResponse:
    """On to the question that follows."""
    case = await _begun(visit)
    chosen = visit.form.one("decision", _open_to(case), words.CHOOSE)
    visit.check_seen(case)
    if not visit.form.good:
        return await decision(visit)
    await drafts.keep(visit, await drafts.mine(visit, case), "decision")
    return visit.go(about.here(case.exchange, f"answer/{NEXT[chosen]}"))


async def consent(visit: Visit) -> web.StreamResponse:
    """The yes: by whom, how, when, until when, and that they were told."""
    case = await _begun(visit)
    await drafts.prefilled(visit, case, await drafts.mine(visit, case))
    rule = visit.known.agreement.rule(case.request.purpose)
    return _page(
        visit, case, "consent", "The victim’s yes", "/answer",
        given_by=[{"value": w, "text": words.GIVEN_BY[w]} for w in (rule.consent_by if rule else ())],
        how=[{"value": word, "text": said} for word, said in words.HOW.items()],
        told=[{"value": word, "text": said} for word, said in words.INFORMED.items()],
        longest=visit.known.agreement.consent.longest,
    )  # fmt: skip


async def consented(visit: Visit) -> web.StreamResponse:
    """On to the details, where some travel."""
    case = await _begun(visit)
    draft = await drafts.mine(visit, case)
    drafts.consent(visit.form, case, visit.known.agreement, visit.now)
    visit.check_seen(case)
    if not visit.form.good:
        return await consent(visit)
    dates = [f"{name}-{part}" for name in ("given", "until") for part in ("day", "month", "year")]
    await drafts.keep(visit, draft, "given_by", "how", "told", *dates)
    rule = visit.known.agreement.rule(case.request.purpose)
    return visit.go(about.here(case.exchange, f"answer/{'details' if drafts.asked_for(case, rule) else 'check'}"))


async def details(visit: Visit) -> web.StreamResponse:
    """The details that the victim agrees to, each in its own field."""
    case = await _begun(visit)
    drafts.use(visit, await drafts.mine(visit, case))
    fields = drafts.asked_for(case, visit.known.agreement.rule(case.request.purpose))
    return _page(
        visit, case, "details", "The details", "/answer/consent", fields=[(field, FIELDS[field]) for field in fields]
    )


async def detailed(visit: Visit) -> web.StreamResponse:
    """Nothing stands in the wrong field; on to the check."""
    case = await _begun(visit)
    fields = drafts.asked_for(case, visit.known.agreement.rule(case.request.purpose))
    typed = drafts.values(visit.form, fields)
    for fault in contents.faults({NAMED[name]: text for name, text in typed.items()}):
        visit.form.fault(fault.name, fault.detail)
    visit.check_seen(case)
    if not visit.form.good:
        return await details(visit)
    await drafts.keep(visit, await drafts.mine(visit, case), *fields)
    return visit.go(about.here(case.exchange, "answer/check"))


async def how_far(visit: Visit) -> web.StreamResponse:
    """How far does the no go?"""
    case = await _begun(visit)
    drafts.use(visit, await drafts.mine(visit, case))
    items = [
        {"value": word, "text": said, "hint": {"text": words.SCOPE_HINTS[word]}} for word, said in words.SCOPES.items()
    ]
    return _page(visit, case, "no", "How far the no goes", "/answer", items=items)


async def limited(visit: Visit) -> web.StreamResponse:
    """On to the check."""
    return await _chosen(visit, how_far, "scope", list(words.SCOPES), words.CHOOSE_SCOPE)


async def reason(visit: Visit) -> web.StreamResponse:
    """What stands in the way?"""
    case = await _begun(visit)
    drafts.use(visit, await drafts.mine(visit, case))
    return _page(visit, case, "reason", "What stands in the way", "/answer", groups=reasons.GROUPS)


async def reasoned(visit: Visit) -> web.StreamResponse:
    """On to the check."""
    return await _chosen(visit, reason, "reason", [each.word for each in reasons.EVERY], words.CHOOSE_REASON)


async def elsewhere(visit: Visit) -> web.StreamResponse:
    """Who holds the case?"""
    case = await _begun(visit)
    drafts.use(visit, await drafts.mine(visit, case))
    others = _others(visit)
    return _page(
        visit, case, "elsewhere", "Who holds the case", "/answer",
        others=[{"value": "", "text": "Choose a force or unit"}, *({"value": e.id, "text": e.name} for e in others)],
    )  # fmt: skip


async def sent_on(visit: Visit) -> web.StreamResponse:
    """On to the check."""
    return await _chosen(visit, elsewhere, "held_by", [each.id for each in _others(visit)], words.CHOOSE_AGENCY)


async def check(visit: Visit) -> web.StreamResponse:
    """Check your answers; what the prison then sees, and when."""
    case = await _begun(visit)
    faults, draft = visit.form.faults, await drafts.mine(visit, case)
    visit.form = draft.form()
    if visit.form.value("decision") not in NEXT:
        return visit.go(about.here(case.exchange, "answer"))
    wanted = drafts.answer(visit.form, case, visit)
    step = _unanswered(visit, wanted)
    if step is not None and not faults:
        return visit.go(about.here(case.exchange, f"answer/{step}"))
    visit.form.faults = faults
    return _page(
        visit, case, "check", "Check the answer", f"/answer/{_before(wanted, visit.form.value('decision'))}",
        wanted=wanted, decision=words.DECISIONS[visit.form.value("decision")], reason=reasons.by_code(wanted.code),
        rows=[(FIELDS[NAMED[name]].label, text) for name, text in wanted.values.items()],
        scope=words.SCOPES.get(visit.form.value("scope")), sees=_sees(visit, case, wanted.outcome, wanted.held_by),
        other=visit.known.directory.agency(wanted.held_by) if wanted.held_by else None,
        given_by=words.GIVEN_BY[wanted.consent.given_by] if wanted.consent else "",
        how=words.HOW[wanted.consent.how] if wanted.consent else "", informed=words.INFORMED,
    )  # fmt: skip


async def send(visit: Visit) -> web.StreamResponse:
    """The answer goes out; what was typed is kept no longer."""
    case = await _begun(visit)
    visit.check_seen(case)
    typed = (await drafts.mine(visit, case)).form()
    if typed.value("decision") not in NEXT:
        return visit.go(about.here(case.exchange, "answer"))
    wanted = drafts.answer(typed, case, visit)
    if not visit.form.good or typed.faults:
        return await check(visit)
    try:
        said = await answering.answer(visit.agency, case.exchange, wanted)
    except Typed as error:
        visit.form.take(error)
    except (OutOfTurn, Forbidden, Refused) as error:
        visit.form.fault("", error.detail)
    else:
        await colleagues.did(visit.agency, visit.staff, said.sent)
        await drafts.drop(visit, case)
        visit.session.held[f"answered {case.exchange}"] = Given(outcome=wanted.outcome, held_by=wanted.held_by)
        return visit.go(about.here(case.exchange, "answer/sent"))
    return await check(visit)


async def sent(visit: Visit) -> web.StreamResponse:
    """It is recorded: what the prison sees, and when."""
    case = await about.own(visit)
    given = visit.session.held.get(f"answered {case.exchange}")
    if not isinstance(given, Given):
        return visit.go(about.here(case.exchange))
    return about.page(
        visit, case, "holder/answer/sent.html", "Answer recorded", outcome=given.outcome,
        queued=case.outcome is None or case.waiting is not None, sees=_sees(visit, case, given.outcome, given.held_by),
    )  # fmt: skip


async def _chosen(visit: Visit, show: Handler, name: str, allowed: list[str], missing: str) -> web.StreamResponse:
    case = await _begun(visit)
    visit.form.one(name, allowed, missing)
    visit.check_seen(case)
    if not visit.form.good:
        return await show(visit)
    await drafts.keep(visit, await drafts.mine(visit, case), name)
    return visit.go(about.here(case.exchange, "answer/check"))


def _open_to(case: Case) -> tuple[str, ...]:
    """The answers that may be given now: after a yes another yes, and before a review no yes."""
    if case.state in YES:
        return ("yes",)
    return tuple(word for word in words.DECISIONS if word != "yes" or _may_say_yes(case))


def _may_say_yes(case: Case) -> bool:
    return case.review in ("not-needed", "proceed") and not case.findings


def _hint(case: Case, word: str) -> str:
    return words.YES_MEANS.get(case.request.purpose, "") if word == "yes" else words.HINTS.get(word, "")


def _others(visit: Visit) -> list[Listed]:
    """Who else may hold a case: the other forces and units."""
    kinds = visit.known.agreement.answering.kinds
    every = [each for kind in kinds for each in visit.known.directory.agencies_of(kind)]
    return sorted((each for each in every if each.id != visit.agency.id), key=lambda each: each.name)


def _unanswered(visit: Visit, wanted: Answer) -> str | None:
    """The first page that was left out."""
    if wanted.outcome in ("shared", "agreed"):
        details_first = any(fault.name in NAMED for fault in visit.form.faults)
        return "consent" if wanted.consent is None else "details" if details_first else None
    if wanted.outcome == "held-elsewhere":
        return None if wanted.held_by else "elsewhere"
    if visit.form.value("decision") == "no" and visit.form.value("scope") not in words.SCOPES:
        return "no"
    return None if wanted.code else "reason"


def _before(wanted: Answer, decided: str) -> str:
    if decided == "not-reached":
        return ""
    return "details" if wanted.outcome == "shared" else NEXT[decided]


def _sees(visit: Visit, case: Case, outcome: AnswerOutcome, other: str | None) -> str:
    ends = by(due(case.asked_at, visit.known.agreement.windows.answer))
    listed = visit.known.directory.agency(other) if other else None
    window = f"At the end of the window, at {ends.removeprefix('by ')},"
    return words.SEES[outcome].format(window=window, other=listed.name if listed else "another agency")


PAGES: Final[tuple[Page, ...]] = (
    *form("/holder/requests/{id}/answer", decision, decide, ANSWERERS),
    *form("/holder/requests/{id}/answer/consent", consent, consented, ANSWERERS),
    *form("/holder/requests/{id}/answer/details", details, detailed, ANSWERERS),
    *form("/holder/requests/{id}/answer/no", how_far, limited, ANSWERERS),
    *form("/holder/requests/{id}/answer/reason", reason, reasoned, ANSWERERS),
    *form("/holder/requests/{id}/answer/elsewhere", elsewhere, sent_on, ANSWERERS),
    *form("/holder/requests/{id}/answer/check", check, send, ANSWERERS),
    get("/holder/requests/{id}/answer/sent", sent, ANSWERERS),
)

"""An answer as it is typed: kept page by page for the person who types it, and what it comes to when it is sent."""

from datetime import date, timedelta
from typing import Final

from contracts.agreement import Agreement, PurposeRule
from contracts.messages.contact_answer import Consent
from contracts.vocabulary import SEALED_SIZES, Field
from gateway.decide.calendar import begins, due
from gateway.desk import approach
from gateway.desk.answering import Answer, Scope
from gateway.desk.approaching import GivenBy, How
from gateway.desk.case import Case
from gateway.desk.pages import kept
from gateway.desk.pages.form import Form
from gateway.desk.pages.holder import answer_words as words
from gateway.desk.pages.holder import reasons
from gateway.desk.pages.kept import Draft
from gateway.desk.pages.times import day, local_day
from gateway.desk.pages.visit import Visit

NOON: Final = 12 * 3600
ROOM: Final = 16
NEEDED: Final[frozenset[Field]] = frozenset(
    {"preferred_name", "contact_channel", "representative_name", "representative_channel", "exclusion"}
)


def kind(case: Case) -> str:
    """The drafts of answers to one case."""
    return f"answer {case.exchange}"


async def mine(visit: Visit, case: Case) -> Draft:
    """This person's answer to this case as it stands; a new one where there is none."""
    found = await kept.drafts(visit.agency, visit.staff, kind(case))
    return found[0] if found else await kept.begin(visit.agency, visit.staff, kind(case))


async def keep(visit: Visit, draft: Draft, *names: str) -> Draft:
    """With what was typed on this page; what was unticked is gone."""
    typed = {name: visit.form.every(name) for name in names}
    return await kept.keep(visit.agency, visit.staff, draft, typed)


async def drop(visit: Visit, case: Case) -> None:
    """It was sent."""
    for each in await kept.drafts(visit.agency, visit.staff, kind(case)):
        await kept.throw_away(visit.agency, visit.staff, each.id)


def use(visit: Visit, draft: Draft) -> None:
    """Show what was typed before, unless something was typed just now."""
    if not visit.form.values:
        visit.form = draft.form()


async def prefilled(visit: Visit, case: Case, draft: Draft) -> None:
    """The yes as the approach has it, unless it was typed already."""
    if visit.form.values:
        return
    use(visit, draft)
    if visit.form.value("how"):
        return
    agreement = visit.known.agreement
    recorded = (await approach.of(visit.agency, case.exchange)).consent(case, agreement)
    given_at = recorded.given_at if recorded else visit.now
    until = recorded.valid_until if recorded else due(visit.now, agreement.consent.longest)
    values = {name: tuple(typed) for name, typed in visit.form.values.items()}
    values |= dated("given", local_day(given_at)) | dated("until", local_day(until))
    if recorded:
        values |= {"how": (recorded.how,), "given_by": (recorded.given_by,), "told": tuple(recorded.informed)}
    visit.form = Form(values)


def dated(name: str, what: date) -> dict[str, tuple[str, ...]]:
    """A day as three fields hold it."""
    return {f"{name}-day": (str(what.day),), f"{name}-month": (str(what.month),), f"{name}-year": (str(what.year),)}


def consent(form: Form, case: Case, agreement: Agreement, now: int) -> Consent | None:
    """The yes as it was typed; None with what has to change left in the form."""
    rule = agreement.rule(case.request.purpose)
    allowed = rule.consent_by if rule else ()
    told = form.some("told", words.INFORMED)
    if set(agreement.consent.informed) - set(told):
        form.fault("told", words.NOT_TOLD)
    by = allowed[0] if len(allowed) == 1 else form.one("given_by", allowed, words.CHOOSE_BY)
    how = form.one("how", words.HOW, words.CHOOSE_HOW)
    given = form.day("given", words.GIVEN_WHEN)
    until = form.day("until", words.UNTIL)
    given_at = _given_at(form, given, now)
    ends = _ends(form, given_at, until, agreement, now)
    if form.faults or given_at is None or ends is None:
        return None
    chosen_by: GivenBy = next(word for word in words.GIVEN_BY if word == by)
    chosen_how: How = next(word for word in words.HOW if word == how)
    letter = case.request.letter.sha256 if case.request.letter else None
    return Consent(
        given_at=given_at, given_by=chosen_by, how=chosen_how, informed=told, valid_until=ends, letter=letter
    )


def asked_for(case: Case, rule: PurposeRule | None) -> tuple[Field, ...]:
    """The details that travel with a yes: those that were asked for, and that the agreement permits."""
    return tuple(field for field in case.request.fields if rule and field in rule.fields)


def values(form: Form, fields: tuple[Field, ...]) -> dict[str, str]:
    """The details as they were typed; what is missing or too long is left in the form as a fault."""
    typed: dict[str, str] = {}
    for field in fields:
        text = form.text(field, words.EMPTY if field in NEEDED else None, most=SEALED_SIZES[field])
        if len(text.encode()) > SEALED_SIZES[field] - ROOM:
            form.fault(field, words.LONG)
        typed[field] = text
    return typed


def answer(form: Form, case: Case, visit: Visit) -> Answer:
    """What is sent. The draft has been checked page by page; what has become wrong since is a fault in the form."""
    agreement, decision = visit.known.agreement, form.value("decision")
    if decision == "yes":
        fields = asked_for(case, agreement.rule(case.request.purpose))
        return Answer(
            staff=visit.staff,
            outcome="shared" if fields else "agreed",
            values=values(form, fields),
            consent=consent(form, case, agreement, visit.now),
            supersedes=case.answer,
        )
    if decision == "elsewhere":
        other = visit.known.directory.agency(form.text("held_by", words.CHOOSE_AGENCY))
        return Answer(
            staff=visit.staff,
            outcome="held-elsewhere",
            code="R13" if other and other.kind == "vlu" else "R15",
            held_by=other.id if other else None,
            supersedes=case.answer,
        )
    return _no(form, case, visit, decision)


def _no(form: Form, case: Case, visit: Visit, decision: str) -> Answer:
    scopes: dict[str, Scope | None] = {"whole-case": "whole-case", "this-purpose": "this-purpose"}
    chosen = {"no": reasons.NO, "not-reached": reasons.NOT_REACHED}.get(decision) or reasons.by_word(
        form.value("reason")
    )
    if chosen is None:
        form.fault("reason", words.CHOOSE_REASON)
    return Answer(
        staff=visit.staff,
        outcome="cannot-proceed",
        code=chosen.code if chosen else None,
        supersedes=case.answer,
        standing_instruction=(scopes.get(form.value("scope")) or "none") if decision == "no" else None,
    )


def _given_at(form: Form, given: date | None, now: int) -> int | None:
    if given is None:
        return None
    today = local_day(now)
    if given > today:
        form.fault("given", words.TO_COME)
        return None
    return now if given == today else begins(given) + NOON


def _ends(form: Form, given_at: int | None, until: date | None, agreement: Agreement, now: int) -> int | None:
    if given_at is None or until is None:
        return None
    latest = due(given_at, agreement.consent.longest)
    if until > local_day(latest):
        form.fault("until", words.TOO_LONG.format(longest=agreement.consent.longest, day=day(local_day(latest))))
        return None
    ends = min(begins(until + timedelta(days=1)) - 1, latest)
    if ends <= now:
        form.fault("until", words.OVER)
        return None
    return ends

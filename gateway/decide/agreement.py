"""The agreement applied to a contact-request: the first finding refuses, in the agreement's order (part 9).

Told at once, because computed from the requester's own message: R05, R04, R03, R12, R17, R10, R21.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime

from contracts.agreement import Agreement, PurposeRule
from contracts.directory import Agency
from contracts.messages.actor import Actor, Person
from contracts.messages.contact_request import ContactRequest
from contracts.vocabulary import TRAINING_LADDER, Role, Training
from gateway.decide.exchange import Refused, Situation


def in_force(agreement: Agreement, now: int) -> bool:
    """Whether the agreement is in force on the UTC date of `now` (seconds)."""
    return agreement.in_force <= _day(now) <= agreement.ends


def trained(person: Person, least: Training, now: int) -> bool:
    """Whether the person's training reaches `least` and has not expired."""
    if person.trained_until is not None and person.trained_until < _day(now).isoformat():
        return least == "none"
    return TRAINING_LADDER.index(person.training) >= TRAINING_LADDER.index(least)


def may_act(actor: Actor, roles: tuple[Role, ...], least: Training, now: int) -> bool:
    """Whether the actor is a person in one of the roles, trained well enough. A system never may (clause 4.5)."""
    return isinstance(actor, Person) and actor.role in roles and trained(actor, least, now)


def sensitive(asked: ContactRequest, agreement: Agreement) -> bool:
    """Whether the case goes to review: by a flag, or by the group of the offence code (part 7)."""
    rule = agreement.reviewing
    return bool(
        set(asked.sensitivities) & set(rule.sensitivities) or set(asked.offence_groups) & set(rule.offence_groups)
    )


def refusal(asked: ContactRequest, asker: Agency, holder: Agency, actor: Actor, situation: Situation) -> Refused | None:
    """The first reason for which the agreement refuses this request, or None."""
    return next(findings(asked, asker, holder, actor, situation), None)


def findings(
    asked: ContactRequest, asker: Agency, holder: Agency, actor: Actor, situation: Situation
) -> Iterator[Refused]:
    """Every reason for which the agreement refuses this request, in the agreement's order."""
    agreement, now = situation.agreement, situation.now
    if not in_force(agreement, now):
        yield _refuse(agreement, "R05", "The agreement is not in force today.", agreement.term_clause)
    if not all(situation.directory.acceded(agency.id, situation.agreement_digest) for agency in (asker, holder)):
        yield not_joined(situation)
    if asker.kind not in agreement.asking.kinds:
        yield _refuse(agreement, "R04", "Your agency may not ask under this agreement.", agreement.asking.clause)
    if holder.kind not in agreement.answering.kinds:
        yield _refuse(agreement, "R04", "The agency in `to` is not one that may be asked.", agreement.answering.clause)
    if not may_act(actor, agreement.asking.roles, agreement.asking.training, now):
        yield _refuse(
            agreement,
            "R04",
            "This person may not ask: the agreement asks for another role, or for training that is in date. "
            "Have a trained restorative justice coordinator send the request.",
            agreement.asking.clause,
        )
    rule = agreement.rule(asked.purpose)
    if rule is None:
        clause = agreement.reason_for("R03").clause
        yield _refuse(agreement, "R03", "The agreement does not permit this purpose.", clause)
    else:
        yield from _purpose_findings(asked, rule, agreement)


def not_joined(situation: Situation) -> Refused:
    """Refuse (R05) an agency that has not joined (clause 1.4)."""
    clause = situation.agreement.term_clause
    return _refuse(situation.agreement, "R05", "An agency in this exchange has not signed this agreement.", clause)


def _purpose_findings(asked: ContactRequest, rule: PurposeRule, agreement: Agreement) -> Iterator[Refused]:
    if "child-victim" in asked.sensitivities and rule.name != agreement.children.purpose:
        yield _refuse(
            agreement,
            "R12",
            "The victim is a child: ask for the purpose that reaches a guardian instead.",
            agreement.children.clause,
        )
    if extra := [field for field in asked.fields if field not in rule.fields]:
        words = ", ".join(extra)
        yield _refuse(agreement, "R17", f"This purpose does not allow: {words}. Take it out.", rule.fields_clause)
    attested = {attestation.ground for attestation in asked.grounds}
    if missing := [ground for ground in rule.grounds if ground not in attested]:
        code = "R10" if "responsibility-accepted" in missing else "R21"
        words = ", ".join(missing)
        yield _refuse(agreement, code, f"A ground that must be attested is missing: {words}.", rule.grounds_clause)
    if rule.letter and asked.letter is None:
        yield Refused(
            slug="unfit",
            detail="Say which letter is offered: its id and digest.",
            clauses=(rule.clause,),
            where="letter",
        )


def _refuse(agreement: Agreement, code: str, detail: str, clause: str) -> Refused:
    reason = agreement.reason_for(code)  # type: ignore[arg-type]  # the callers above name only known codes
    clauses = (clause,) if clause == reason.clause else (clause, reason.clause)
    return Refused(slug="not-permitted", code=reason.code, detail=detail, clauses=clauses)


def _day(now: int) -> date:
    return datetime.fromtimestamp(now, UTC).date()

"""A contact-answer: the review, the consent and the fields that it must respect (agreement parts 6 to 9)."""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from contracts.agreement import PurposeRule
from contracts.envelope import CLOCK_SKEW, Claims
from contracts.messages import Body
from contracts.messages.contact_answer import Consent, ContactAnswer, Exact
from contracts.vocabulary import AgencyKind, ReasonCode
from gateway.decide import agreement as terms
from gateway.decide.calendar import due
from gateway.decide.ending import ended, erasure
from gateway.decide.exchange import Applied, Delivery, Exchange, Refused, Situation
from gateway.decide.minimise import minimise

NEGATIVE: Final[tuple[ReasonCode, ...]] = (
    "R02", "R06", "R07", "R08", "R09", "R11", "R12", "R14", "R16", "R18", "R19", "R20",
)  # fmt: skip
ELSEWHERE: Final[dict[str | None, AgencyKind]] = {"R13": "vlu", "R15": "police"}
"""Who holds it instead: the victim liaison unit in a Victim Contact Scheme case, otherwise another force."""


def answered(
    exchange: Exchange, claims: Claims[Body], said: ContactAnswer, exact: Exact | None, situation: Situation
) -> Applied | Refused:
    """What the holder's answer makes of the exchange."""
    code = exact.code if exact else None
    supersedes = exact.supersedes if exact else None
    refused = next(_faults(exchange, said, code, supersedes), None)
    if refused is not None:
        return refused
    if said.outcome == "cannot-proceed":
        return _declined(exchange, claims, said, code, situation)
    if said.outcome == "held-elsewhere":
        return _elsewhere(exchange, claims, said, code, situation)
    return _agreed(exchange, claims, said, situation)


def _faults(
    exchange: Exchange, said: ContactAnswer, code: ReasonCode | None, supersedes: str | None
) -> Iterator[Refused]:
    if exchange.review == "declined":
        yield Refused(slug="wrong-state", detail="Your agency's reviewer has declined this case: that is its answer.")
    if exchange.answer is not None and supersedes != exchange.answer:
        yield _unfit(
            "Your agency has answered. Name that answer in `exact.supersedes` to correct it.", "exact.supersedes"
        )
    if exchange.answer is None and supersedes is not None:
        yield _unfit("There is no earlier answer to supersede.", "exact.supersedes")
    if exchange.stage != "with-police" and said.outcome not in ("shared", "agreed"):
        yield Refused(slug="wrong-state", detail="What was agreed is withdrawn by a recall, not by another answer.")
    allowed: dict[str, tuple[str | None, ...]] = {"cannot-proceed": NEGATIVE, "held-elsewhere": tuple(ELSEWHERE)}
    if code not in allowed.get(said.outcome, (None,)):
        yield _unfit("The exact reason does not fit the outcome.", "exact.code")
    if said.outcome not in ("shared", "agreed") and said.consent is not None:
        yield _unfit("An answer without a yes carries no consent. Take it out.", "consent")
    if said.outcome != "held-elsewhere" and said.held_by is not None:
        yield _unfit("Only `held-elsewhere` names another agency. Take it out.", "held_by")


def _declined(
    exchange: Exchange, claims: Claims[Body], said: ContactAnswer, code: ReasonCode | None, situation: Situation
) -> Applied:
    """A "no": nothing travels before the end of the answer window, and nothing differs then from a silence."""
    reason = situation.agreement.reason_for(code)  # type: ignore[arg-type]  # _faults has checked the code
    changed = replace(
        exchange,
        ended_no=True,
        code=reason.code,
        clauses=(reason.clause,),
        answer=claims.jti,
    )
    return Applied(exchange=changed, clauses=(reason.clause,), code=reason.code, withheld=tuple(claims.sealed))


def _elsewhere(
    exchange: Exchange, claims: Claims[Body], said: ContactAnswer, code: ReasonCode | None, situation: Situation
) -> Applied | Refused:
    other = situation.directory.agency(said.held_by) if said.held_by else None
    if other is None or other.id == exchange.holder or other.kind != ELSEWHERE[code]:
        return _unfit("Name in `held_by` the other force or victim liaison unit that holds the case.", "held_by")
    reason = situation.agreement.reason_for(code)  # type: ignore[arg-type]  # _faults has checked the code
    changed = replace(
        ended(exchange, "held-elsewhere", situation),
        ended_no=False,
        code=reason.code,
        clauses=(reason.clause,),
        told=(reason.clause,),
        answer=claims.jti,
        held_by=other.id,
    )
    return Applied(
        exchange=changed,
        clauses=(reason.clause,),
        code=reason.code,
        withheld=tuple(claims.sealed),
        deliver=(Delivery(to=exchange.requester),),
        erase=erasure(exchange, situation),
    )


def _agreed(exchange: Exchange, claims: Claims[Body], said: ContactAnswer, situation: Situation) -> Applied | Refused:
    """A yes: by a person, after any review, with an informed consent, and no field more than is permitted."""
    agreement = situation.agreement
    rule = agreement.rule(exchange.purpose)
    if rule is None:
        return Refused(slug="not-permitted", code="R03", detail="The agreement no longer permits this purpose.")
    refused = (
        _unreviewed(exchange, situation)
        or _not_theirs_to_say(exchange, claims, situation)
        or _consent_faults(said.consent, rule, exchange, situation)
    )
    if refused is not None or said.consent is None:
        return refused or _unfit("A yes carries the victim's consent.", "consent")
    kept, withheld, absent = minimise(tuple(claims.sealed), exchange.fields, rule.fields)
    if absent:
        return _unfit(f"Seal every field that was asked for, empty if there is nothing: {', '.join(absent)}.", "sealed")
    if said.outcome != ("shared" if kept else "agreed"):
        words = "`shared`" if kept else "`agreed`"
        return _unfit(f"For this request a yes is {words}.", "outcome")
    open_until = min(said.consent.valid_until, due(situation.now, agreement.retention.values))
    changed = replace(
        exchange,
        stage="shared" if kept else "agreed",
        ended_no=False,
        code=None,
        clauses=(rule.clause, rule.fields_clause, agreement.consent.clause),
        answer=claims.jti,
        shared=kept,
        withheld=withheld,
        open_until=open_until,
        accept_by=None,
        review_by=None,
        outcome_by=due(situation.now, agreement.windows.outcome),
    )
    told = (Delivery(to=exchange.requester, withheld=len(withheld)),)
    return Applied(
        exchange=changed,
        clauses=changed.clauses,
        keep=kept,
        withheld=withheld,
        drop=exchange.answer,
        deliver=told,
    )


def _unreviewed(exchange: Exchange, situation: Situation) -> Refused | None:
    if exchange.review in ("not-needed", "proceed"):
        return None
    rule = situation.agreement.reviewing
    detail = (
        "This is a sensitive case: a reviewer with advanced training decides it before the victim's yes can travel."
    )
    return Refused(slug="not-permitted", code="R08", detail=detail, clauses=(rule.clause,))


def _not_theirs_to_say(exchange: Exchange, claims: Claims[Body], situation: Situation) -> Refused | None:
    rule = situation.agreement.answering
    if claims.actor.id in exchange.reviewed_by:
        return Refused(
            slug="not-permitted",
            code="R04",
            detail="Who reviewed the case does not also record the victim's yes. Have a colleague do it.",
            clauses=(situation.agreement.reviewing.own_case_clause,),
        )
    if terms.may_act(claims.actor, rule.roles, "none", situation.now):
        return None
    return Refused(
        slug="not-permitted",
        code="R04",
        detail="A victim's yes is recorded by a person of the police or the victim liaison unit.",
        clauses=(rule.clause,),
    )


def _consent_faults(
    consent: Consent | None, rule: PurposeRule, exchange: Exchange, situation: Situation
) -> Refused | None:
    terms_of = situation.agreement.consent
    now = situation.now
    if consent is None:
        return _unfit("A yes carries the victim's consent.", "consent")
    if set(terms_of.informed) - set(consent.informed):
        return _unfit(
            "The victim chooses informed: say that each of the three things was explained.", "consent.informed"
        )
    if consent.given_by not in rule.consent_by:
        return _unfit("For this purpose consent is given by somebody else.", "consent.given_by")
    if consent.given_at > now + CLOCK_SKEW:
        return _unfit("The consent is dated in the future.", "consent.given_at")
    if not now < consent.valid_until <= due(consent.given_at, terms_of.longest):
        return _unfit("The consent has ended, or lasts longer than the agreement allows.", "consent.valid_until")
    if consent.letter != (exchange.letter if rule.letter else None):
        return _unfit("The yes must be to the very letter that was offered.", "consent.letter")
    return None


def _unfit(detail: str, where: str) -> Refused:
    return Refused(slug="unfit", detail=detail, where=where)

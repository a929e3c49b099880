"""Sensitive cases: what the holder finds, and a reviewer's decision on the merits (agreement part 7)."""

from typing import Final

from msgspec.structs import replace

from contracts.envelope import Claims
from contracts.messages import Body
from contracts.messages.review import Review
from contracts.messages.sensitivity import SensitivityFound
from contracts.vocabulary import Sensitivity, canonical
from gateway.decide import agreement as terms
from gateway.decide.calendar import due
from gateway.decide.exchange import Applied, Exchange, Refused, Situation

SENSITIVITIES: Final[tuple[Sensitivity, ...]] = Sensitivity.__args__  # type: ignore[attr-defined]  # a Literal's words


def found_sensitive(exchange: Exchange, said: SensitivityFound, situation: Situation) -> Applied:
    """From now on the case needs a review, unless one has decided already on these very sensitivities."""
    known = set(exchange.sensitivities)
    changed = replace(exchange, sensitivities=canonical((*exchange.sensitivities, *said.found), SENSITIVITIES))
    if not set(said.found) <= known or exchange.review == "not-needed":
        owed = due(situation.now, situation.agreement.windows.review)
        changed = replace(changed, review="needed", review_by=exchange.review_by or owed, review_owed=owed)
    return Applied(exchange=changed, clauses=(situation.agreement.reviewing.clause,))


def reviewed(exchange: Exchange, claims: Claims[Body], said: Review, situation: Situation) -> Applied | Refused:
    """A decision on the merits, by somebody with advanced training who did not ask."""
    refused = _unfit_reviewer(exchange, claims, situation)
    if refused is not None:
        return refused
    clauses = (situation.agreement.reviewing.clause,)
    considered = replace(
        exchange,
        reviews=(*exchange.reviews, claims.jti),
        reviewed_by=(*exchange.reviewed_by, claims.actor.id),
    )
    if said.decision == "proceed":
        return Applied(exchange=replace(considered, review="proceed"), clauses=clauses, keep=("reasons",))
    declined = replace(considered, review="declined", ended_no=True, code="R08", clauses=clauses)
    return Applied(exchange=declined, clauses=clauses, code="R08", keep=("reasons",))


def _unfit_reviewer(exchange: Exchange, claims: Claims[Body], situation: Situation) -> Refused | None:
    rule = situation.agreement.reviewing
    if exchange.review != "needed":
        return Refused(slug="wrong-state", detail="This exchange does not wait for a review.", clauses=(rule.clause,))
    if claims.actor.id in exchange.asked_by:
        detail = "Nobody may review a case that they asked about or attested. Have another reviewer decide it."
        return Refused(slug="not-permitted", code="R04", detail=detail, clauses=(rule.own_case_clause,))
    if not terms.may_act(claims.actor, rule.roles, rule.training, situation.now):
        detail = "A sensitive case is decided by a reviewer whose advanced training is in date."
        return Refused(slug="not-permitted", code="R11", detail=detail, clauses=(rule.clause,))
    return None

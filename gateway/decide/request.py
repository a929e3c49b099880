"""A contact-request, which begins an exchange and makes it its sender's; and the supplement that corrects it."""

from typing import Final

from msgspec.structs import replace

from contracts.directory import Agency
from contracts.envelope import Claims
from contracts.messages import Body
from contracts.messages.contact_request import ContactRequest
from contracts.vocabulary import Field, canonical
from gateway.decide import agreement as terms
from gateway.decide.calendar import due
from gateway.decide.ending import ended
from gateway.decide.exchange import Applied, Delivery, Exchange, Refused, Situation
from gateway.decide.turn import NOT_THERE, wrong_version

FIELDS: Final[tuple[Field, ...]] = Field.__args__  # type: ignore[attr-defined]  # a Literal's words


def requested(
    exchange: Exchange | None, claims: Claims[Body], asked: ContactRequest, sender: Agency, situation: Situation
) -> Applied | Refused:
    """The first message of an exchange."""
    if exchange is not None:
        if sender.id != exchange.requester:
            return NOT_THERE
        return Refused(slug="wrong-state", detail="This exchange has its request already. Start a new exchange.")
    holder = situation.directory.agency(claims.to)
    if holder is None:
        return Refused(slug="unfit", detail="The directory has no agency of the name in `to`.", where="to")
    first = _first(claims, asked, situation)
    refused = wrong_version(claims, situation) or terms.refusal(asked, sender, holder, claims.actor, situation)
    if refused is not None:
        told = replace(ended(first, "refused", situation), code=refused.code)
        return replace(refused, exchange=replace(told, clauses=refused.clauses, told=refused.clauses))
    begun = _begun(first, asked, situation)
    return Applied(exchange=begun, clauses=begun.clauses, keep=("subject",), deliver=(Delivery(to=holder.id),))


def supplemented(exchange: Exchange, claims: Claims[Body], situation: Situation) -> Applied | Refused:
    """The whole subject anew, in the place of the earlier one."""
    if not exchange.missing:
        return Refused(slug="wrong-state", detail="The police have not asked for anything more on this exchange.")
    return Applied(
        exchange=replace(exchange, missing=(), subject=claims.jti),
        clauses=(situation.agreement.windows.clause,),
        keep=("subject",),
        drop=exchange.subject,
        deliver=(Delivery(to=exchange.holder),),
    )


def _first(claims: Claims[Body], asked: ContactRequest, situation: Situation) -> Exchange:
    return Exchange(
        id=claims.exchange,
        requester=claims.iss,
        holder=claims.to,
        purpose=asked.purpose,
        fields=canonical(asked.fields, FIELDS),
        offence_groups=asked.offence_groups,
        sensitivities=asked.sensitivities,
        asked_by=(claims.actor.id, *(attested.by for attested in asked.grounds)),
        asked_at=situation.now,
        answer_by=due(situation.now, situation.agreement.windows.answer),
        subject=claims.jti,
        agreement=situation.agreement_digest,
        letter=asked.letter.sha256 if asked.letter else None,
        follows=asked.follows,
    )


def _begun(first: Exchange, asked: ContactRequest, situation: Situation) -> Exchange:
    """With the police: an office is to be named, and a sensitive case reviewed, each in its own time."""
    agreement, windows = situation.agreement, situation.agreement.windows
    rule = agreement.rule(asked.purpose)
    clauses = tuple(dict.fromkeys((rule.clause, rule.fields_clause, rule.grounds_clause))) if rule else ()
    begun = replace(
        first,
        clauses=clauses,
        accept_by=due(situation.now, windows.accept),
        review_by=due(situation.now, windows.review),
    )
    if not terms.sensitive(asked, agreement):
        return begun
    sensitive = (*clauses, agreement.reviewing.clause)
    return replace(begun, clauses=sensitive, review="needed", review_owed=begun.review_by)

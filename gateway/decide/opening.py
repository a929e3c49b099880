"""`open`: who may be handed which sealed values now (agreement part 8)."""

from contracts.directory import Agency
from contracts.envelope import Claims
from contracts.messages import Body
from contracts.messages.actor import Person
from contracts.messages.open_ import Open
from contracts.vocabulary import SealedField
from gateway.decide import agreement as terms
from gateway.decide.calendar import due
from gateway.decide.exchange import Applied, Delivery, Exchange, Refused, Situation


def opened(
    exchange: Exchange, claims: Claims[Body], wanted: Open, reader: Agency, situation: Situation
) -> Applied | Refused | None:
    """What the reader is handed, why not, or None where the exchange is none of theirs."""
    inspector = reader.kind in situation.agreement.inspecting.kinds
    if reader.id not in (exchange.requester, exchange.holder) and not inspector:
        return None
    refused = _unfit_reader(claims, situation) or _not_now(exchange, wanted, reader, situation)
    if refused is not None:
        return refused
    rule = situation.agreement.opening
    fields = tuple(dict.fromkeys(wanted.fields))
    told = _sealer(exchange, reader)
    notice = Delivery(to=told, notice="opened", fields=fields, why=wanted.why)
    return Applied(exchange=exchange, clauses=(rule.clause,), hand_over=fields, deliver=(notice,))


def readable(exchange: Exchange, reader: Agency) -> tuple[str | None, tuple[SealedField, ...]]:
    """The message whose sealed values this reader may open, and which of them."""
    if reader.id == exchange.requester:
        return exchange.answer, exchange.shared
    if reader.id == exchange.holder:
        return exchange.subject, ("subject",)
    return exchange.review_message, ("reasons",)


def _sealer(exchange: Exchange, reader: Agency) -> str:
    """The agency that sealed what this reader opens: it is told of every hand-over."""
    return exchange.requester if reader.id == exchange.holder else exchange.holder


def _unfit_reader(claims: Claims[Body], situation: Situation) -> Refused | None:
    rule, now, actor = situation.agreement.opening, situation.now, claims.actor
    if not isinstance(actor, Person) or not terms.may_act(actor, rule.roles, rule.training, now):
        detail = "Only a person in a role that the agreement names, with training in date, may open details."
        return Refused(slug="not-permitted", code="R04", detail=detail, clauses=(rule.clause,))
    if rule.multi_factor and "mfa" not in actor.amr:
        detail = "Sign in with a second factor before you open details."
        return Refused(slug="not-permitted", code="R04", detail=detail, clauses=(rule.clause,))
    if now > due(actor.auth_time, rule.signed_in_within):
        detail = "You signed in too long ago to open details. Sign in again."
        return Refused(slug="not-permitted", code="R04", detail=detail, clauses=(rule.clause,))
    return None


def _not_now(exchange: Exchange, wanted: Open, reader: Agency, situation: Situation) -> Refused | None:
    """Nothing is handed over after recall, expiry, closing, cancellation or freezing; nor what was never released."""
    of, fields = readable(exchange, reader)
    rule = situation.agreement.opening
    is_reasons = of == exchange.review_message and of is not None
    if exchange.frozen:
        return Refused(
            slug="wrong-state", detail="The exchange is frozen by the gateway's operator. Ring the operator."
        )
    if not is_reasons and _over(exchange, reader, situation.now):
        return Refused(
            slug="wrong-state",
            detail="There are no details to open on this exchange now.",
            clauses=(rule.ended_clause,),
        )
    if wanted.of != of:
        return Refused(slug="unfit", detail="Name in `of` the message that sealed the current values.", where="of")
    if set(wanted.fields) - set(fields):
        detail = "Some of these fields were not released to you. Ask for those that were."
        return Refused(slug="not-permitted", code="R17", detail=detail, clauses=(rule.clause,))
    return None


def _over(exchange: Exchange, reader: Agency, now: int) -> bool:
    if exchange.erased:
        return True
    if reader.id == exchange.requester:
        return exchange.stage != "shared" or exchange.open_until is None or now >= exchange.open_until
    if exchange.stage == "with-police":
        return now >= exchange.answer_by
    return exchange.stage not in ("shared", "agreed") or exchange.open_until is None or now >= exchange.open_until

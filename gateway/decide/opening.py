"""`open`: who may be handed which sealed values now (agreement part 8)."""

from contracts.directory import Agency
from contracts.envelope import CLOCK_SKEW, Claims
from contracts.messages import Body
from contracts.messages.actor import Person
from contracts.messages.open_ import Open
from contracts.vocabulary import SealedField
from gateway.decide import agreement as terms
from gateway.decide.calendar import due
from gateway.decide.exchange import STAGES, Applied, Delivery, Exchange, Refused, Situation, Stage


def opened(
    exchange: Exchange, claims: Claims[Body], wanted: Open, reader: Agency, situation: Situation
) -> Applied | Refused:
    """What a reader for whom the exchange exists is handed, or why not."""
    refused = _unfit_reader(claims, situation) or _not_now(exchange, wanted, reader, situation)
    if refused is not None:
        return refused
    rule = situation.agreement.opening
    fields = tuple(dict.fromkeys(wanted.fields))
    told = _told(exchange, reader, fields, claims, wanted)
    return Applied(exchange=exchange, clauses=(rule.clause,), hand_over=fields, deliver=told)


def readable(exchange: Exchange, reader: Agency) -> tuple[tuple[str | None, ...], tuple[SealedField, ...]]:
    """The messages whose sealed values this reader may open, and which of them. Inspectors open reasons, no details."""
    if reader.id == exchange.requester:
        return (exchange.answer,), exchange.shared
    if reader.id == exchange.holder:
        return (exchange.subject,), ("subject",)
    return exchange.reviews, ("reasons",)


def _told(
    exchange: Exchange, reader: Agency, fields: tuple[SealedField, ...], claims: Claims[Body], wanted: Open
) -> tuple[Delivery, ...]:
    """The holder is told of every hand-over of what it sealed, in which role and at what kind of agency (13.7).

    The requester is not told when and why the police read its subject: the rhythm of that would tell a "no" from a
    silence, and `review-case` would tell of a review.
    """
    if reader.id == exchange.holder:
        return ()
    role = claims.actor.role if isinstance(claims.actor, Person) else None
    told = Delivery(
        to=exchange.holder,
        notice="opened",
        fields=fields,
        why=wanted.why,
        by_kind=reader.kind,
        role=role,
        copy=wanted.copy,
    )
    return (told,)


def _unfit_reader(claims: Claims[Body], situation: Situation) -> Refused | None:
    rule, now, actor = situation.agreement.opening, situation.now, claims.actor
    if not isinstance(actor, Person) or not terms.may_act(actor, rule.roles, rule.training, now):
        detail = "Only a person in a role that the agreement names, with training in date, may open details."
    elif rule.multi_factor and "mfa" not in actor.amr:
        detail = "Sign in with a second factor before you open details."
    elif actor.auth_time > now + CLOCK_SKEW:
        detail = "The sign-in is dated in the future. Set the clock of the system that signs people in."
    elif now > due(actor.auth_time, rule.signed_in_within):
        detail = "You signed in too long ago to open details. Sign in again."
    else:
        return None
    return Refused(slug="not-permitted", code="R04", detail=detail, clauses=(rule.clause,))


def _not_now(exchange: Exchange, wanted: Open, reader: Agency, situation: Situation) -> Refused | None:
    """Nothing is handed over after recall, expiry, closing or cancellation; nor what was never released."""
    of, fields = readable(exchange, reader)
    rule = situation.agreement.opening
    if exchange.stage_at(situation.now) not in _stages(exchange, reader):
        detail = "There are no details to open on this exchange now."
        return Refused(slug="wrong-state", detail=detail, clauses=(rule.ended_clause,))
    if wanted.of not in of:
        return Refused(slug="unfit", detail="Name in `of` the message that sealed the current values.", where="of")
    if set(wanted.fields) - set(fields):
        detail = "Some of these fields were not released to you. Ask for those that were."
        return Refused(slug="not-permitted", code="R17", detail=detail, clauses=(rule.clause,))
    return None


def _stages(exchange: Exchange, reader: Agency) -> tuple[Stage, ...]:
    """When there is something to open: a victim's details while shared, the request while it is dealt with.

    A reviewer's reasons stay open to inspectors as long as the record.
    """
    if reader.id == exchange.requester:
        return ("shared",)
    if reader.id == exchange.holder:
        return ("with-police", "shared", "agreed")
    return STAGES

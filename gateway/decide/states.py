"""The state machine: who may speak and when (a table), and what each message means for its exchange (`apply`).

Pure: the same exchange, message and situation always give the same answer. A refusal names its clauses.
"""

from typing import Final, assert_never

from msgspec.structs import replace

from contracts.directory import Agency
from contracts.envelope import Claims
from contracts.messages import BY_BODY, Body
from contracts.messages.accepted import Accepted
from contracts.messages.cancellation import Cancellation
from contracts.messages.contact_answer import ContactAnswer
from contracts.messages.contact_request import ContactRequest
from contracts.messages.documents import Amendment, DirectoryChange
from contracts.messages.log_search import LogSearch
from contracts.messages.more_needed import MoreNeeded
from contracts.messages.open_ import Open
from contracts.messages.outcome import Outcome
from contracts.messages.recall import Recall, RecallAcknowledged
from contracts.messages.review import Review
from contracts.messages.sensitivity import SensitivityFound
from contracts.messages.supplement import Supplement
from contracts.vocabulary import Field, Sensitivity, canonical
from gateway.decide import agreement as terms
from gateway.decide.answer import answered
from gateway.decide.calendar import due
from gateway.decide.ending import ended
from gateway.decide.exchange import Applied, Delivery, Exchange, Refused, Situation, Stage
from gateway.decide.opening import opened

SPEAKS: Final[dict[type, tuple[str, tuple[Stage, ...]]]] = {
    Accepted: ("holder", ("with-police",)),
    MoreNeeded: ("holder", ("with-police",)),
    SensitivityFound: ("holder", ("with-police",)),
    Review: ("holder", ("with-police",)),
    ContactAnswer: ("holder", ("with-police", "shared", "agreed")),
    Recall: ("holder", ("shared", "agreed", "expired", "closed")),
    Supplement: ("requester", ("with-police",)),
    Cancellation: ("requester", ("with-police", "shared", "agreed")),
    Outcome: ("requester", ("shared", "agreed", "expired")),
    RecallAcknowledged: ("requester", ("withdrawn",)),
}
"""Who may send a message, and at which stages of the exchange. `Open` has a rule of its own."""

UNDER_ANY_VERSION: Final = (Recall, RecallAcknowledged, Cancellation)
"""Accepted during suspension and lapse, under any version of the agreement (clause 12.3); a negative answer too."""

FIELDS: Final[tuple[Field, ...]] = Field.__args__  # type: ignore[attr-defined]  # a Literal's words
NOT_THERE: Final = Refused(
    slug="not-found",
    detail="There is no such exchange for your agency. Check the exchange's id.",
)
NO_ROLE: Final = "Your agency has no part in this exchange that lets it send this message."
SENSITIVITIES: Final[tuple[Sensitivity, ...]] = Sensitivity.__args__  # type: ignore[attr-defined]  # a Literal's words


def apply(exchange: Exchange | None, claims: Claims[Body], code: str | None, situation: Situation) -> Applied | Refused:
    """What becomes of the exchange by this message. `code` is the exact reason of a contact-answer, else None."""
    sender = situation.directory.agency(claims.iss)
    if sender is None:
        return NOT_THERE
    match claims.body:
        case ContactRequest() as asked:
            return _requested(exchange, claims, asked, sender, situation)
        case LogSearch():
            return _searched(claims, sender, situation)
        case Amendment() | DirectoryChange():
            return _document(claims, sender, situation)
        case _ if exchange is None:
            return NOT_THERE
        case Open() as wanted:
            return opened(exchange, claims, wanted, sender, situation) or NOT_THERE
        case _:
            return (
                _outdated(claims, situation)
                or _out_of_turn(exchange, claims, sender, situation)
                or _spoken(exchange, claims, code, situation)
            )


def _spoken(exchange: Exchange, claims: Claims[Body], code: str | None, situation: Situation) -> Applied | Refused:
    """What each message means, once its sender may speak."""
    match claims.body:
        case Accepted() as said:
            return _accepted(exchange, said, situation)
        case MoreNeeded() as said:
            return _to_requester(exchange, replace(exchange, missing=said.missing, holder_due=None), situation)
        case Supplement():
            return _supplemented(exchange, claims, situation)
        case SensitivityFound() as said:
            return _found_sensitive(exchange, said, situation)
        case Review() as said:
            return _reviewed(exchange, claims, said, situation)
        case ContactAnswer() as said:
            return answered(exchange, claims, said, code, situation)
        case Outcome() as said:
            return _outcome(exchange, said, situation)
        case Cancellation():
            return _cancelled(exchange, situation)
        case Recall() as said:
            return _recalled(exchange, said, situation)
        case RecallAcknowledged() as said:
            return _acknowledged(exchange, said, situation)
        case ContactRequest() | Open() | LogSearch() | Amendment() | DirectoryChange():
            return NOT_THERE
        case never:
            assert_never(never)


def _outdated(claims: Claims[Body], situation: Situation) -> Refused | None:
    """A message under another version of the agreement, or outside its term, unless clause 12.3 lets it through."""
    body = claims.body
    negative = isinstance(body, ContactAnswer) and body.outcome == "cannot-proceed"
    if negative or isinstance(body, UNDER_ANY_VERSION):
        return None
    return wrong_version(claims, situation)


def wrong_version(claims: Claims[Body], situation: Situation) -> Refused | None:
    """Refuse (R05) what is sent under another version of the agreement or outside its term."""
    agreement = situation.agreement
    current = claims.agreement.digest == situation.agreement_digest and claims.agreement.id == agreement.id
    if current and claims.agreement.version == agreement.version and terms.in_force(agreement, situation.now):
        return None
    return Refused(
        slug="not-permitted",
        code="R05",
        detail="This message names another version of the agreement, or the agreement is not in force. "
        "Fetch the current one and send the message again.",
        clauses=(agreement.term_clause,),
    )


def _out_of_turn(exchange: Exchange, claims: Claims[Body], sender: Agency, situation: Situation) -> Refused | None:
    """Refuse who has no part, then who speaks out of turn. The window's end is exact, whether or not it was swept."""
    side, stages = SPEAKS[type(claims.body)]
    if sender.id not in (exchange.requester, exchange.holder):
        return NOT_THERE
    if sender.id != getattr(exchange, side):
        return Refused(slug="not-permitted", code="R04", detail=NO_ROLE, clauses=(situation.agreement.asking.clause,))
    name = BY_BODY[type(claims.body)].name
    if exchange.stage not in stages or (exchange.stage == "with-police" and situation.now >= exchange.answer_by):
        return Refused(slug="wrong-state", detail=f"The exchange is past the point where `{name}` can be sent.")
    if exchange.frozen and not isinstance(claims.body, UNDER_ANY_VERSION):
        return Refused(
            slug="wrong-state", detail="The exchange is frozen by the gateway's operator. Ring the operator."
        )
    if exchange.ended_no and side == "holder" and not isinstance(claims.body, ContactAnswer):
        return Refused(
            slug="wrong-state", detail="Your agency has answered. Correct the answer with one that supersedes it."
        )
    return None


def _requested(
    exchange: Exchange | None, claims: Claims[Body], asked: ContactRequest, sender: Agency, situation: Situation
) -> Applied | Refused:
    """The first message of an exchange, which makes the exchange its sender's."""
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
        told = replace(ended(first, "refused", situation), code=refused.code, clauses=refused.clauses)
        return replace(refused, exchange=told)
    rule = situation.agreement.rule(asked.purpose)
    clauses = (rule.clause, rule.fields_clause, rule.grounds_clause) if rule else ()
    windows = situation.agreement.windows
    begun = replace(first, clauses=clauses, holder_due=due(situation.now, windows.accept))
    if terms.sensitive(asked, situation.agreement):
        review_due = due(situation.now, windows.review)
        begun = replace(begun, review="needed", holder_due=min(review_due, begun.holder_due or review_due))
        clauses = (*clauses, situation.agreement.reviewing.clause)
    return Applied(exchange=begun, clauses=clauses, keep=("subject",), deliver=(Delivery(to=holder.id),))


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


def _accepted(exchange: Exchange, said: Accepted, situation: Situation) -> Applied | Refused:
    if situation.directory.office(exchange.holder, said.office) is None:
        return Refused(slug="unfit", detail="The directory has no office of this name at your agency.", where="office")
    waiting = exchange.holder_due if exchange.review == "needed" else None
    return _to_requester(exchange, replace(exchange, office=said.office, holder_due=waiting), situation)


def _to_requester(exchange: Exchange, changed: Exchange, situation: Situation) -> Applied:
    clauses = (situation.agreement.windows.clause,)
    return Applied(exchange=changed, clauses=clauses, deliver=(Delivery(to=exchange.requester),))


def _supplemented(exchange: Exchange, claims: Claims[Body], situation: Situation) -> Applied | Refused:
    if not exchange.missing:
        return Refused(slug="wrong-state", detail="The police have not asked for anything more on this exchange.")
    changed = replace(exchange, missing=(), subject=claims.jti)
    clauses = (situation.agreement.windows.clause,)
    return Applied(exchange=changed, clauses=clauses, keep=("subject",), deliver=(Delivery(to=exchange.holder),))


def _found_sensitive(exchange: Exchange, said: SensitivityFound, situation: Situation) -> Applied:
    """From now on the case needs a review, unless one has decided already on these very sensitivities."""
    known = set(exchange.sensitivities)
    changed = replace(exchange, sensitivities=canonical((*exchange.sensitivities, *said.found), SENSITIVITIES))
    if not set(said.found) <= known or exchange.review == "not-needed":
        review_due = due(situation.now, situation.agreement.windows.review)
        changed = replace(changed, review="needed", holder_due=review_due)
    return Applied(exchange=changed, clauses=(situation.agreement.reviewing.clause,))


def _reviewed(exchange: Exchange, claims: Claims[Body], said: Review, situation: Situation) -> Applied | Refused:
    """A decision on the merits, by somebody with advanced training who did not ask (part 7)."""
    rule = situation.agreement.reviewing
    if exchange.review != "needed":
        return Refused(slug="wrong-state", detail="This exchange does not wait for a review.", clauses=(rule.clause,))
    if claims.actor.id in exchange.asked_by:
        return Refused(
            slug="not-permitted",
            code="R04",
            detail="Nobody may review a case that they asked about or attested. Have another reviewer decide it.",
            clauses=(rule.own_case_clause,),
        )
    if not terms.may_act(claims.actor, rule.roles, rule.training, situation.now):
        return Refused(
            slug="not-permitted",
            code="R11",
            detail="A sensitive case is decided by a reviewer whose advanced training is in date.",
            clauses=(rule.clause,),
        )
    considered = replace(exchange, review_message=claims.jti, reviewed_by=claims.actor.id, holder_due=None)
    if said.decision == "proceed":
        changed = replace(considered, review="proceed")
        return Applied(exchange=changed, clauses=(rule.clause,), keep=("reasons",))
    changed = replace(considered, review="declined", ended_no=True, code="R08", clauses=(rule.clause,))
    return Applied(exchange=changed, clauses=(rule.clause,), code="R08", keep=("reasons",))


def _outcome(exchange: Exchange, said: Outcome, situation: Situation) -> Applied:
    changed = replace(exchange, outcome_by=None, outcome_recorded=True)
    told = (Delivery(to=exchange.holder),)
    clauses = (situation.agreement.windows.clause,)
    if not said.final:
        return Applied(exchange=changed, clauses=clauses, deliver=told)
    closed = replace(ended(changed, "closed", situation), open_until=None)
    return Applied(exchange=closed, clauses=clauses, deliver=told, erase=situation.agreement.retention.clause)


def _cancelled(exchange: Exchange, situation: Situation) -> Applied:
    cancelled = ended(exchange, "cancelled", situation)
    clause = situation.agreement.retention.clause
    return Applied(exchange=cancelled, clauses=(clause,), deliver=(Delivery(to=exchange.holder),), erase=clause)


def _recalled(exchange: Exchange, said: Recall, situation: Situation) -> Applied | Refused:
    if said.of != exchange.answer:
        return Refused(slug="unfit", detail="Name in `of` the answer that is current on this exchange.", where="of")
    acknowledge_by = due(situation.now, situation.agreement.windows.acknowledge_recall)
    withdrawn = replace(
        ended(exchange, "withdrawn", situation), open_until=None, outcome_by=None, acknowledge_by=acknowledge_by
    )
    clause = situation.agreement.retention.clause
    told = (Delivery(to=exchange.requester, due=acknowledge_by),)
    return Applied(exchange=withdrawn, clauses=(clause,), deliver=told, erase=clause)


def _acknowledged(exchange: Exchange, said: RecallAcknowledged, situation: Situation) -> Applied | Refused:
    if said.of != exchange.answer:
        return Refused(slug="unfit", detail="Name in `of` the answer that was recalled.", where="of")
    if exchange.acknowledge_by is None:
        return Refused(slug="wrong-state", detail="This recall is acknowledged already.")
    changed = replace(exchange, acknowledge_by=None)
    return _to_holder(exchange, changed, situation)


def _to_holder(exchange: Exchange, changed: Exchange, situation: Situation) -> Applied:
    clauses = (situation.agreement.windows.clause,)
    return Applied(exchange=changed, clauses=clauses, deliver=(Delivery(to=exchange.holder),))


def _searched(claims: Claims[Body], sender: Agency, situation: Situation) -> Applied | Refused:
    rule = situation.agreement.inspecting
    if sender.kind not in rule.kinds or not terms.may_act(claims.actor, rule.roles, "none", situation.now):
        return Refused(
            slug="not-permitted", code="R04", detail="Only an inspector may search the log.", clauses=(rule.clause,)
        )
    return Applied(exchange=None, clauses=(rule.clause,))


def _document(claims: Claims[Body], sender: Agency, situation: Situation) -> Applied | Refused:
    clause = situation.agreement.term_clause
    if sender.kind != "party":
        return Refused(slug="not-permitted", code="R04", detail="Only a party may order this.", clauses=(clause,))
    return Applied(exchange=None, clauses=(clause,))

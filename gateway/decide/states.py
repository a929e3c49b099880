"""The state machine: who may say what and when (a table), and what each message means for its exchange.

Pure: the same exchange, message and situation always give the same answer. A refusal names its clauses.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, assert_never

from msgspec.structs import replace

from contracts.directory import Agency
from contracts.envelope import Claims
from contracts.messages import Body
from contracts.messages.accepted import Accepted
from contracts.messages.cancellation import Cancellation
from contracts.messages.contact_answer import ContactAnswer, Exact
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
from gateway.decide import agreement as terms
from gateway.decide.answer import answered
from gateway.decide.ending import ended, erasure
from gateway.decide.exchange import Applied, Delivery, Exchange, Refused, Situation
from gateway.decide.opening import opened
from gateway.decide.request import requested, supplemented
from gateway.decide.review import found_sensitive, reviewed
from gateway.decide.turn import NOT_THERE, Turn, out_of_turn, outdated, to_gateway
from gateway.decide.views import exists_for
from gateway.decide.withdrawal import acknowledged, cancelled, recalled

SPEAKS: Final[Mapping[type, Turn]] = MappingProxyType(
    {
        Accepted: Turn("holder", "requester", ("with-police",)),
        MoreNeeded: Turn("holder", "requester", ("with-police",)),
        SensitivityFound: Turn("holder", "gateway", ("with-police",)),
        Review: Turn("holder", "inspectorate", ("with-police",)),
        ContactAnswer: Turn("holder", "requester", ("with-police", "shared", "agreed")),
        Recall: Turn("holder", "requester", ("shared", "agreed", "expired", "closed", "cancelled")),
        Supplement: Turn("requester", "holder", ("with-police",)),
        Cancellation: Turn("requester", "holder", ("with-police", "shared", "agreed")),
        Outcome: Turn("requester", "holder", ("shared", "agreed", "expired")),
        RecallAcknowledged: Turn("requester", "holder", ("withdrawn",)),
    }
)
"""`Open` has a rule of its own. A recall is heard wherever there was a yes: copies may be left to destroy."""


def apply(
    exchange: Exchange | None, claims: Claims[Body], exact: Exact | None, situation: Situation
) -> Applied | Refused:
    """What becomes of the exchange by this message. `exact` goes with a contact-answer and with nothing else."""
    sender = situation.directory.agency(claims.iss)
    if sender is None:
        return NOT_THERE
    match claims.body:
        case ContactRequest() as asked:
            return requested(exchange, claims, asked, sender, situation)
        case LogSearch():
            return to_gateway(claims) or _searched(claims, sender, situation)
        case Amendment() | DirectoryChange():
            return to_gateway(claims) or _document(sender, situation)
        case body:
            inspects = situation.agreement.inspects(sender)
            if exchange is None or not exists_for(exchange, sender, inspects=inspects):
                return NOT_THERE
            if isinstance(body, Open):
                refused = outdated(claims, sender, situation) or to_gateway(claims)
                return refused or opened(exchange, claims, body, sender, situation)
            turn = SPEAKS[type(body)]
            refused = outdated(claims, sender, situation) or out_of_turn(turn, exchange, claims, sender, situation)
            return refused or _spoken(exchange, claims, exact, situation)


def _spoken(exchange: Exchange, claims: Claims[Body], exact: Exact | None, situation: Situation) -> Applied | Refused:
    """What each message means, once its sender may speak."""
    match claims.body:
        case Accepted() as said:
            return _accepted(exchange, said, situation)
        case MoreNeeded() as said:
            changed = replace(exchange, missing=said.missing, taken_up=True)
            return _heard(changed, exchange.requester, situation)
        case Supplement():
            return supplemented(exchange, claims, situation)
        case SensitivityFound() as said:
            return found_sensitive(exchange, said, situation)
        case Review() as said:
            return reviewed(exchange, claims, said, situation)
        case ContactAnswer() as said:
            return answered(exchange, claims, said, exact, situation)
        case Outcome() as said:
            return _outcome(exchange, said, situation)
        case Cancellation():
            return cancelled(exchange, situation)
        case Recall() as said:
            return recalled(exchange, said, situation)
        case RecallAcknowledged() as said:
            return acknowledged(exchange, said, situation)
        case ContactRequest() | Open() | LogSearch() | Amendment() | DirectoryChange():
            return NOT_THERE
        case never:  # pragma: no cover  # mypy shows that no body is left
            assert_never(never)


def _accepted(exchange: Exchange, said: Accepted, situation: Situation) -> Applied | Refused:
    if situation.directory.office(exchange.holder, said.office) is None:
        return Refused(slug="unfit", detail="The directory has no office of this name at your agency.", where="office")
    return _heard(replace(exchange, office=said.office, taken_up=True), exchange.requester, situation)


def _outcome(exchange: Exchange, said: Outcome, situation: Situation) -> Applied:
    changed = replace(exchange, outcome_by=None, outcome_recorded=True)
    if not said.final:
        return _heard(changed, exchange.holder, situation)
    closed = _heard(ended(changed, "closed", situation), exchange.holder, situation)
    return replace(closed, erase=erasure(exchange, situation))


def _heard(changed: Exchange, told: str, situation: Situation) -> Applied:
    return Applied(exchange=changed, clauses=(situation.agreement.windows.clause,), deliver=(Delivery(to=told),))


def _searched(claims: Claims[Body], sender: Agency, situation: Situation) -> Applied | Refused:
    rule = situation.agreement.inspecting
    if sender.kind not in rule.kinds or not terms.may_act(claims.actor, rule.roles, "none", situation.now):
        return Refused(
            slug="not-permitted", code="R04", detail="Only an inspector may search the log.", clauses=(rule.clause,)
        )
    return Applied(exchange=None, clauses=(rule.clause,))


def _document(sender: Agency, situation: Situation) -> Applied | Refused:
    clause = situation.agreement.term_clause
    if sender.kind != "party":
        return Refused(slug="not-permitted", code="R04", detail="Only a party may order this.", clauses=(clause,))
    return Applied(exchange=None, clauses=(clause,))

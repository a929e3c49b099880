"""Whose turn it is: who may send a message, to whom, at which stages of the exchange, and under which agreement."""

from typing import Final, Literal, NamedTuple

from contracts.directory import Agency
from contracts.envelope import GATEWAY, Claims
from contracts.messages import BY_BODY, Body
from contracts.messages.cancellation import Cancellation
from contracts.messages.contact_answer import ContactAnswer
from contracts.messages.recall import Recall, RecallAcknowledged
from gateway.decide import agreement as terms
from gateway.decide.exchange import Exchange, Refused, Situation, Stage

Side = Literal["requester", "holder"]


class Turn(NamedTuple):
    """Who says it, to whom, and at which stages."""

    by: Side
    to: Literal["requester", "holder", "gateway", "inspectorate"]
    stages: tuple[Stage, ...]


NOT_THERE: Final = Refused(
    slug="not-found",
    detail="There is no such exchange for your agency. Check the exchange's id.",
)
NO_ROLE: Final = "Your agency has no part in this exchange that lets it send this message."
ANSWERED: Final = "Your agency has answered that it cannot proceed. Correct that with an answer that supersedes it."
MISADDRESSED: Final = Refused(
    slug="unfit", detail="`to` is not the agency that this message is for. Correct it, and seal the values anew.",
    where="to",
)  # fmt: skip


def protects(body: Body) -> bool:
    """Heard under any version, during suspension and lapse: what protects a person (clause 12.3)."""
    if isinstance(body, ContactAnswer):
        return body.outcome not in ("shared", "agreed")
    return isinstance(body, Recall | RecallAcknowledged | Cancellation)


def outdated(claims: Claims[Body], sender: Agency, situation: Situation) -> Refused | None:
    """Refuse (R05) what is sent under another version of the agreement, outside its term, or without having joined.

    Inspectors do not join: they are there by law (clauses 1.4, 12.1, 14.1).
    """
    if protects(claims.body):
        return None
    inspects = situation.agreement.inspects(sender)
    if inspects or situation.directory.acceded(sender.id, situation.agreement_digest):
        return wrong_version(claims, situation)
    return terms.not_joined(situation)


def wrong_version(claims: Claims[Body], situation: Situation) -> Refused | None:
    """Refuse (R05) what is sent under another version of the agreement or outside its term."""
    agreement, named = situation.agreement, claims.agreement
    current = (agreement.id, agreement.version, situation.agreement_digest)
    if (named.id, named.version, named.digest) == current and terms.in_force(agreement, situation.now):
        return None
    return Refused(
        slug="not-permitted",
        code="R05",
        detail="This message names another version of the agreement, or the agreement is not in force. "
        "Fetch the current one and send the message again.",
        clauses=(agreement.term_clause,),
    )


def out_of_turn(
    turn: Turn, exchange: Exchange, claims: Claims[Body], sender: Agency, situation: Situation
) -> Refused | None:
    """Refuse who may not send this, then what is addressed wrongly, then what comes too late."""
    if sender.id != getattr(exchange, turn.by):
        return Refused(slug="not-permitted", code="R04", detail=NO_ROLE, clauses=(situation.agreement.asking.clause,))
    if not _addressed(turn, exchange, claims.to, situation):
        return MISADDRESSED
    if exchange.stage_at(situation.now) not in turn.stages:
        name = BY_BODY[type(claims.body)].name
        return Refused(slug="wrong-state", detail=f"The exchange is past the point where `{name}` can be sent.")
    # Nor is a "no" recalled: that alone would tell the requester of it.
    if exchange.ended_no and turn.by == "holder" and not isinstance(claims.body, ContactAnswer):
        return Refused(slug="wrong-state", detail=ANSWERED)
    return None


def to_gateway(claims: Claims[Body]) -> Refused | None:
    """Refuse what no agency receives but is addressed to one."""
    return None if claims.to == GATEWAY else MISADDRESSED


def _addressed(turn: Turn, exchange: Exchange, to: str, situation: Situation) -> bool:
    if turn.to == "gateway":
        return to == GATEWAY
    if turn.to == "inspectorate":
        return situation.agreement.inspects(situation.directory.agency(to))
    return to == (exchange.requester if turn.to == "requester" else exchange.holder)

"""A message on its way: posted, and the gateway's answer to it believed or not."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from contracts.messages.contact_answer import Exact
from contracts.messages.recall import Recall
from contracts.reply import DecisionClaims, HandedOver, LineFound, Problem, Reply
from contracts.vocabulary import SealedField
from gateway.desk import receipts, words
from gateway.desk.agency import Agency
from gateway.desk.errors import GatewayAway, NotBelieved, NotTaken, Refused, Why
from gateway.desk.heard import own
from gateway.desk.receipts import Posted, Receipt
from gateway.desk.sealer import Draft, Written

PROBLEM: Final = "urn:rj:problem:"
SETTLED_UNSIGNED: Final = ("known-id", "unfit", "too-large")
"""What the gateway refuses without a decision and would refuse for ever."""

DOUBTED: Final[Mapping[str, Why]] = MappingProxyType({"stale": "not-fresh", "not-verified": "not-verified"})
"""What it may take once clock or keys are put right, and the message is signed anew."""


class Posting(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message on its way. `plain` and `exact` are what it must be written from again, should it have to be.

    `client` is the client of the local API by which it was said.

    `name` is the id under which it was first said: signed anew, it keeps its place in the queue. `why` is why it has
    not left yet.
    """

    name: str
    jti: str
    exchange: str
    token: str
    envelope: str
    exp: int
    plain: dict[SealedField, str] = {}
    exact: Exact | None = None
    why: Why | None = None
    client: str | None = None

    @property
    def doubted(self) -> bool:
        """Whether the gateway does not take this very token."""
        return self.why in DOUBTED.values()

    @property
    def urgent(self) -> bool:
        """Whether it goes before everything else, and behind nothing that is stuck: a recall."""
        return isinstance(own(self.token).claims.body, Recall)

    @classmethod
    def of(cls, draft: Draft, written: Written, name: str | None = None, client: str | None = None) -> "Posting":
        """The posting of a message as it was written, in the place of the one of this name."""
        return cls(
            name=name or written.claims.jti,
            jti=written.claims.jti,
            exchange=draft.exchange,
            token=written.token,
            envelope=written.envelope.decode(),
            exp=written.claims.exp,
            plain=draft.plain,
            exact=draft.exact,
            client=client,
        )


class Sent(Struct, frozen=True, kw_only=True):
    """What became of a message: on record at `leaf`, or waiting for the gateway (`leaf` None)."""

    jti: str
    exchange: str
    leaf: int | None = None
    withheld: tuple[SealedField, ...] = ()
    handed_over: HandedOver | None = None
    found: tuple[LineFound, ...] = ()
    looked_to: int | None = None

    @property
    def queued(self) -> bool:
        """Whether it waits for the gateway."""
        return self.leaf is None


class Outcome(Struct, frozen=True, kw_only=True):
    """What the gateway decided, believed."""

    reply: Reply | None = None
    decision: DecisionClaims | None = None
    receipt: Receipt | None = None
    problem: Problem | None = None


async def post(agency: Agency, posting: Posting) -> Outcome:
    """The gateway's answer, believed. Raises GatewayAway, NotTaken, NotBelieved.

    Of a refusal only what is signed counts. One that is not on record is nobody's word: it carries no code, and unless
    the same message could never be taken, it settles nothing.
    """
    try:
        answer = await agency.client.post(posting.envelope.encode())
    except NotTaken:
        raise
    except GatewayAway:
        agency.unanswered()
        raise
    agency.answered()
    if isinstance(answer, Problem) and (answer.decision is None or answer.receipt is None):
        return Outcome(problem=_unsigned(answer))
    if answer.decision is None or answer.receipt is None:
        raise NotBelieved("The gateway's answer is neither a decision nor a refusal.")
    about = Posted(
        jti=posting.jti,
        exchange=posting.exchange,
        iss=agency.id,
        token=posting.token,
        message=own(posting.token).spec.name,
    )
    decision, receipt = receipts.believed(about, answer.decision, answer.receipt, agency.gateway)
    if decision.decision == "refused":
        status = answer.status if isinstance(answer, Problem) else HTTPStatus.FORBIDDEN
        return Outcome(problem=_signed(decision, status), decision=decision, receipt=receipt)
    return Outcome(reply=answer if isinstance(answer, Reply) else None, decision=decision, receipt=receipt)


def _unsigned(problem: Problem) -> Problem:
    slug = problem.type.removeprefix(PROBLEM)
    if slug not in SETTLED_UNSIGNED:
        why = DOUBTED.get(slug, "no-decision")
        raise NotTaken(words.WAITS[why], why)
    return replace(problem, code=None, clauses=(), exchange=None)


def _signed(decision: DecisionClaims, status: int) -> Problem:
    """A refusal on record, in the words of the decision; the same whether it is told at once or again."""
    return Problem(
        type=f"urn:rj:problem:{decision.problem or 'refused'}",
        title="Refused",
        status=status,
        detail=decision.detail or "The gateway has refused this message.",
        code=decision.code,
        clauses=decision.clauses,
        exchange=decision.exchange,
        where=decision.where,
    )


def told(posting: Posting, outcome: Outcome) -> Sent:
    """What became of the message, for whoever sent it. Raises Refused, NotBelieved."""
    if outcome.problem is not None:
        problem = replace(outcome.problem, exchange=posting.exchange)
        raise Refused(problem, posting.jti, on_record=outcome.receipt is not None)
    if outcome.decision is None or outcome.reply is None:
        raise NotBelieved("The gateway's answer is neither a decision nor a refusal.")
    return Sent(
        jti=posting.jti,
        exchange=posting.exchange,
        leaf=outcome.decision.leaf,
        withheld=outcome.decision.withheld,
        handed_over=outcome.reply.handed_over,
        found=outcome.reply.found or (),
        looked_to=outcome.reply.looked_to,
    )

"""A message on its way: posted, and the gateway's answer to it believed or not."""

from http import HTTPStatus

from msgspec import Struct
from msgspec.structs import replace

from contracts.messages.contact_answer import Exact
from contracts.reply import DecisionClaims, HandedOver, LineFound, Problem, Reply
from contracts.vocabulary import SealedField
from gateway.desk import receipts
from gateway.desk.agency import Agency
from gateway.desk.errors import NotBelieved, Refused
from gateway.desk.heard import own
from gateway.desk.receipts import Posted, Receipt
from gateway.desk.sealer import Draft, Written


class Posting(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A message on its way. `plain` and `exact` are what it must be written from again, should it have to be."""

    jti: str
    exchange: str
    token: str
    envelope: str
    exp: int
    plain: dict[SealedField, str] = {}
    exact: Exact | None = None

    @classmethod
    def of(cls, draft: Draft, written: Written) -> "Posting":
        """The posting of a message as it was written."""
        return cls(
            jti=written.claims.jti,
            exchange=draft.exchange,
            token=written.token,
            envelope=written.envelope.decode(),
            exp=written.claims.exp,
            plain=draft.plain,
            exact=draft.exact,
        )


class Sent(Struct, frozen=True, kw_only=True):
    """What became of a message: on record at `leaf`, or waiting for the gateway (`leaf` None)."""

    jti: str
    exchange: str
    leaf: int | None = None
    withheld: tuple[SealedField, ...] = ()
    handed_over: HandedOver | None = None
    found: tuple[LineFound, ...] = ()

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
    """The gateway's answer, believed. Raises GatewayAway, NotBelieved.

    Of a refusal only what is signed counts. One that is not on record, for a message that the gateway could not read
    or verify, is nobody's word: it carries no code.
    """
    answer = await agency.client.post(posting.envelope.encode())
    if answer.decision is None or answer.receipt is None:
        return Outcome(problem=_unsigned(answer) if isinstance(answer, Problem) else None)
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
    )

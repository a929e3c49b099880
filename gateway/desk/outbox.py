"""What is sent: first kept, then posted, then believed, then done with.

1. keep     the signed message and what it is about, in one transaction with the case
2. post     the very same token until the gateway answers; past its end, ask what became of it, and only if the
            gateway never had it, sign anew
3. believe  the decision and the receipt, or nothing
4. settle   receipt kept, case moved on, message done with: one transaction, once

If the desk dies after 1 the message goes out at the next start; after 2 or 3 the same token is posted again and gets
the same answer; after 4 there is nothing to repeat.
"""

from typing import Final

import msgspec
import structlog
from msgspec import Struct
from msgspec.structs import replace

from contracts.messages import Body
from contracts.messages.contact_answer import Exact
from contracts.reply import DecisionClaims, HandedOver, LineFound, Problem, Reply
from contracts.vocabulary import ReasonCode, SealedField
from gateway.desk import case as cases
from gateway.desk import happenings, progress, receipts
from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.case import Case
from gateway.desk.errors import DeskError, GatewayAway, NotBelieved, Refused
from gateway.desk.heard import Heard, own
from gateway.desk.ids import now
from gateway.desk.progress import Recorded
from gateway.desk.receipts import Posted, Receipt
from gateway.desk.sealer import Draft, Written

KIND: Final = "outbox"
GRACE_SECONDS: Final = 15
"""So close to its end a token is not posted: it may come too late, or still be on its way into the log just after."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


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


def keep(drawer: Drawer, posting: Posting) -> None:
    """Step 1, inside the transaction that changes the case."""
    drawer.put(KIND, posting.jti, posting, (posting.exchange,))


async def send(agency: Agency, posting: Posting) -> Sent:
    """Post what has been kept. Where the gateway is away, or earlier messages of the exchange wait, it waits too.

    Raises Refused, NotBelieved.
    """
    if await _others_wait(agency, posting):
        agency.to_send.ring()
        return Sent(jti=posting.jti, exchange=posting.exchange)
    try:
        return await deliver(agency, posting)
    except GatewayAway:
        agency.to_send.ring()
        return Sent(jti=posting.jti, exchange=posting.exchange)


async def send_now(agency: Agency, draft: Draft) -> Sent:
    """Post what makes no sense later: a look, a search. Raises Refused, GatewayAway, NotBelieved."""
    known = await agency.known()
    posting = Posting.of(draft, agency.hand.write(draft, known, now()))
    outcome = await _posted(agency, posting)
    if outcome.receipt is not None:
        receipt = outcome.receipt
        await agency.cabinet.change(lambda drawer: _file(drawer, receipt))
    return _told(posting, outcome)


async def deliver(agency: Agency, posting: Posting) -> Sent:
    """Steps 2 to 4. Raises Refused, GatewayAway, NotBelieved."""
    agency.in_flight.add(posting.jti)
    try:
        posting = await _renewed(agency, posting)
        outcome = await _posted(agency, posting)
    finally:
        agency.in_flight.discard(posting.jti)
    heard = own(posting.token)
    await agency.cabinet.change(lambda drawer: _settle(drawer, posting, heard, outcome))
    agency.bell.ring()
    return _told(posting, outcome)


async def waiting(agency: Agency) -> list[Posting]:
    """What has not been settled and is not on its way at this moment, oldest first."""
    found = await agency.cabinet.change(lambda drawer: [each for _, each in drawer.each(KIND, Posting)])
    return [posting for posting in found if posting.jti not in agency.in_flight]


async def _others_wait(agency: Agency, posting: Posting) -> bool:
    """Whether an earlier message of the exchange must go first."""
    found = await agency.cabinet.change(lambda drawer: drawer.find(KIND, posting.exchange, Posting, limit=1))
    return bool(found) and found[0][1].jti != posting.jti


async def _posted(agency: Agency, posting: Posting) -> Outcome:
    """Steps 2 and 3: the gateway's answer, believed."""
    answer = await agency.client.post(posting.envelope.encode())
    heard = own(posting.token)
    if isinstance(answer, Problem):
        if answer.decision is None or answer.receipt is None:
            return Outcome(problem=answer)
        decision, receipt = _believed(agency, posting, heard, answer.decision, answer.receipt)
        return Outcome(problem=answer, decision=decision, receipt=receipt)
    decision, receipt = _believed(agency, posting, heard, answer.decision, answer.receipt)
    if decision.decision == "refused":
        return Outcome(problem=_as_problem(decision), decision=decision, receipt=receipt)
    return Outcome(reply=answer, decision=decision, receipt=receipt)


def _believed(
    agency: Agency, posting: Posting, heard: Heard, decision: str, receipt: str
) -> tuple[DecisionClaims, Receipt]:
    about = Posted(
        jti=posting.jti,
        exchange=posting.exchange,
        iss=agency.id,
        token=posting.token,
        message=heard.spec.name,
    )
    return receipts.believed(about, decision, receipt, agency.gateway)


def _as_problem(decision: DecisionClaims) -> Problem:
    """A refusal on record, as it is told again for the same token."""
    return Problem(
        type="urn:rj:problem:refused",
        title="Refused",
        status=403,
        detail=decision.detail or "The gateway has refused this message.",
        code=decision.code,
        clauses=decision.clauses,
        exchange=decision.exchange,
    )


async def _renewed(agency: Agency, posting: Posting) -> Posting:
    """The posting itself while its token may be taken; after that, and if the gateway never had it, one signed anew."""
    if now() < posting.exp - GRACE_SECONDS:
        return posting
    if now() < posting.exp + GRACE_SECONDS:
        raise GatewayAway
    if await agency.became_of(posting.jti) is not None:
        return posting
    claims = own(posting.token).claims
    draft = Draft(
        to=claims.to,
        exchange=claims.exchange,
        actor=claims.actor,
        body=claims.body,
        plain=posting.plain,
        exact=posting.exact,
    )
    renewed = Posting.of(draft, agency.hand.write(draft, await agency.known(), now()))
    await agency.cabinet.change(lambda drawer: _exchange_postings(drawer, posting, renewed))
    agency.in_flight.discard(posting.jti)
    agency.in_flight.add(renewed.jti)
    return renewed


def _exchange_postings(drawer: Drawer, old: Posting, new: Posting) -> None:
    drawer.remove(KIND, old.jti)
    keep(drawer, new)


def _settle(drawer: Drawer, posting: Posting, heard: Heard, outcome: Outcome) -> None:
    """Step 4. Whoever comes second, after a crash or beside another, finds the posting gone and changes nothing."""
    if outcome.receipt is not None:
        _file(drawer, outcome.receipt)
    if not drawer.remove(KIND, posting.jti):
        return
    case = drawer.get(cases.KIND, posting.exchange, Case)
    if case is None:
        return
    changed, event = _moved_on(case, posting, heard, outcome)
    drawer.put(cases.KIND, changed.exchange, changed, changed.words)
    happenings.note(drawer, event, changed)


def _moved_on(case: Case, posting: Posting, heard: Heard, outcome: Outcome) -> tuple[Case, str]:
    if outcome.problem is not None:
        body: Body = heard.claims.body
        code: ReasonCode | None = outcome.problem.code
        return progress.refused(case, body, code, outcome.problem.clauses), "refused"
    decision = outcome.decision
    if decision is None:
        return case, "not-sent"
    dropped = decision.withheld
    recorded = Recorded(at=decision.at, withheld=len(dropped), withheld_fields=dropped)
    moved = progress.said(case, heard.claims, recorded)
    if posting.exact is not None:
        moved = replace(moved, code=posting.exact.code)
    return moved, heard.spec.name


def _file(drawer: Drawer, receipt: Receipt) -> None:
    drawer.put(receipts.KIND, receipt.jti, receipt, (receipt.exchange,))


def _told(posting: Posting, outcome: Outcome) -> Sent:
    if outcome.problem is not None:
        problem = outcome.problem
        if problem.exchange is None:
            problem = msgspec.structs.replace(problem, exchange=posting.exchange)
        raise Refused(problem, posting.jti)
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


async def send_waiting(agency: Agency) -> bool:
    """Post all that waits, oldest first. False where the gateway is still away."""
    blocked: set[str] = set()
    for posting in await waiting(agency):
        if posting.exchange in blocked:
            continue
        try:
            await deliver(agency, posting)
            log.info("outbox.sent_later", agency=agency.id, exchange=posting.exchange, jti=posting.jti)
        except GatewayAway:
            return False
        except Refused as refused:
            log.info("outbox.refused_later", agency=agency.id, exchange=posting.exchange, code=refused.code)
        except DeskError as error:
            # Kept, and tried again: what does not verify today may verify with the next directory.
            blocked.add(posting.exchange)
            log.warning("outbox.kept", agency=agency.id, exchange=posting.exchange, why=error.slug)
    return True

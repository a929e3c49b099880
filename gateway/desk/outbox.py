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

import structlog
from msgspec.structs import replace

from gateway.desk import case as cases
from gateway.desk import happenings, progress, receipts
from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.case import Case
from gateway.desk.errors import DeskError, GatewayAway, Refused
from gateway.desk.heard import Heard, own
from gateway.desk.ids import now
from gateway.desk.posting import Outcome, Posting, Sent, post, told
from gateway.desk.progress import Recorded
from gateway.desk.receipts import Receipt
from gateway.desk.sealer import Draft

KIND: Final = "outbox"
GRACE_SECONDS: Final = 15
"""So close to its end a token is not posted: it may come too late, or still be on its way into the log just after."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


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
    outcome = await post(agency, posting)
    if outcome.receipt is not None:
        receipt = outcome.receipt
        await agency.cabinet.change(lambda drawer: _file(drawer, receipt))
    return told(posting, outcome)


async def deliver(agency: Agency, posting: Posting) -> Sent:
    """Steps 2 to 4. Raises Refused, GatewayAway, NotBelieved."""
    agency.in_flight.add(posting.jti)
    try:
        posting = await _renewed(agency, posting)
        outcome = await post(agency, posting)
    finally:
        agency.in_flight.discard(posting.jti)
    heard = own(posting.token)
    await agency.cabinet.change(lambda drawer: _settle(drawer, posting, heard, outcome))
    agency.bell.ring()
    return told(posting, outcome)


async def waiting(agency: Agency) -> list[Posting]:
    """What has not been settled and is not on its way at this moment, oldest first."""
    found = await agency.cabinet.change(lambda drawer: [each for _, each in drawer.each(KIND, Posting)])
    return [posting for posting in found if posting.jti not in agency.in_flight]


async def _others_wait(agency: Agency, posting: Posting) -> bool:
    """Whether an earlier message of the exchange must go first."""
    found = await agency.cabinet.change(lambda drawer: drawer.find(KIND, posting.exchange, Posting, limit=1))
    return bool(found) and found[0][1].jti != posting.jti


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
        problem = outcome.problem
        return progress.refused(case, heard.claims.body, problem.code, problem.clauses), "refused"
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

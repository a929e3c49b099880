"""What is sent: first kept, then posted, then believed, then done with.

1. keep     the signed message and what it is about, in one transaction with the case
2. post     the very same token until the gateway answers; past its end, or where it is not taken, ask what became of
            it, and only if the gateway never had it, sign anew
3. believe  the decision and the receipt, or nothing
4. settle   receipt kept, case moved on, message done with: one transaction, once

Only a signed decision settles a message, or a refusal of what could never be taken. Everything else puts it off and
says why. Messages of an exchange go in order, but a recall waits behind nothing.

If the desk dies after 1 the message goes out at the next start; after 2 or 3 the same token is posted again and gets
the same answer; after 4 there is nothing to repeat.
"""

from collections.abc import Callable
from typing import Final

import structlog
from msgspec.structs import replace

from contracts.messages.actor import Person
from gateway.desk import case as cases
from gateway.desk import happenings, progress, receipts, repeats, words
from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.case import Case
from gateway.desk.errors import DeskError, GatewayAway, NotBelieved, NotTaken, Refused, Why
from gateway.desk.heard import Heard, own
from gateway.desk.ids import now
from gateway.desk.posting import Outcome, Posting, Sent, post, told
from gateway.desk.progress import Recorded
from gateway.desk.sealer import Draft

KIND: Final = "outbox"
GRACE_SECONDS: Final = 15
"""So close to its end a token is not posted: it may come too late, or still be on its way into the log just after."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


def keep(drawer: Drawer, posting: Posting) -> None:
    """Step 1, inside the transaction that changes the case."""
    drawer.put(KIND, posting.name, posting, (posting.exchange,))


async def send(agency: Agency, posting: Posting) -> Sent:
    """Post what has been kept. Where the gateway does not take it, or earlier messages of the exchange wait, it waits.

    Raises Refused, NotBelieved.
    """
    if not posting.urgent and await _others_wait(agency, posting):
        await agency.cabinet.change(lambda drawer: _put_off(drawer, posting, "behind"))
    else:
        try:
            return await deliver(agency, posting)
        except GatewayAway:
            pass
    agency.to_send.ring()
    return Sent(jti=posting.jti, exchange=posting.exchange)


async def send_now(agency: Agency, draft: Draft, beside: Callable[[Drawer, Posting], None] | None = None) -> Sent:
    """Post what makes no sense later: a look, a search. What `beside` keeps of it is on disk before it leaves.

    Raises Refused, GatewayAway, NotBelieved.
    """
    known = await agency.known()
    posting = Posting.of(draft, agency.hand.write(draft, known, now()))
    if beside is not None:
        kept = beside
        await agency.cabinet.change(lambda drawer: kept(drawer, posting))
    outcome = await post(agency, posting)
    if outcome.receipt is not None:
        receipt = outcome.receipt
        await agency.cabinet.change(lambda drawer: receipts.keep(drawer, receipt))
    return told(posting, outcome)


async def deliver(agency: Agency, posting: Posting) -> Sent:
    """Steps 2 to 4. Raises Refused, GatewayAway, NotTaken, NotBelieved: then it waits, and its case says why."""
    agency.in_flight.add(posting.name)
    try:
        posting = await _renewed(agency, posting)
        outcome = await post(agency, posting)
    except (GatewayAway, NotBelieved) as error:
        kept, why = posting, error.why
        await agency.cabinet.change(lambda drawer: _put_off(drawer, kept, why))
        agency.bell.ring()
        raise
    finally:
        agency.in_flight.discard(posting.name)
    heard = own(posting.token)
    await agency.cabinet.change(lambda drawer: _settle(drawer, posting, heard, outcome))
    agency.bell.ring()
    return told(posting, outcome)


async def waiting(agency: Agency) -> list[Posting]:
    """What has not been settled and is not on its way at this moment, oldest first."""
    found = await agency.cabinet.change(lambda drawer: [each for _, each in drawer.each(KIND, Posting)])
    return [posting for posting in found if posting.name not in agency.in_flight]


async def unsent(agency: Agency, exchange: str) -> tuple[str, ...]:
    """The names of what was said on a case and has not been settled, oldest first."""
    found = await agency.cabinet.change(lambda drawer: drawer.find(KIND, exchange, Posting))
    return tuple(own(posting.token).spec.name for _, posting in found)


async def _others_wait(agency: Agency, posting: Posting) -> bool:
    """Whether an earlier message of the exchange must go first."""
    found = await agency.cabinet.change(lambda drawer: drawer.find(KIND, posting.exchange, Posting, limit=1))
    return bool(found) and found[0][1].name != posting.name


async def _renewed(agency: Agency, posting: Posting) -> Posting:
    """The posting itself while its token may be taken; after that, and if the gateway never had it, one signed anew."""
    if not posting.doubted:
        if now() < posting.exp - GRACE_SECONDS:
            return posting
        if now() < posting.exp + GRACE_SECONDS:
            raise NotTaken(words.WAITS["busy"], why="busy")
    if await _may_be_there(agency, posting):
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
    renewed = Posting.of(draft, agency.hand.write(draft, await agency.known(), now()), posting.name, posting.client)
    await agency.cabinet.change(lambda drawer: keep(drawer, renewed))
    return renewed


async def _may_be_there(agency: Agency, posting: Posting) -> bool:
    """Whether the gateway may have the message. It may where it does not let us look, as while the clocks differ."""
    try:
        return await agency.became_of(posting.jti) is not None
    except NotBelieved:
        return True


def _put_off(drawer: Drawer, posting: Posting, why: Why) -> None:
    """Say why the message waits, on its case too; unless somebody else has settled it."""
    kept = drawer.get(KIND, posting.name, Posting)
    if kept is None:
        return
    if kept.why != why:
        keep(drawer, replace(kept, why=why))
    case = drawer.get(cases.KIND, posting.exchange, Case)
    if case is None or case.waiting == why or (case.waiting and why == "behind"):
        return
    waits = replace(case, waiting=why)
    cases.keep(drawer, waits)
    happenings.note(drawer, "waiting", waits, client=posting.client)


def _settle(drawer: Drawer, posting: Posting, heard: Heard, outcome: Outcome) -> None:
    """Step 4. Whoever comes second, after a crash or beside another, finds the posting gone and changes nothing."""
    if outcome.receipt is not None:
        receipts.keep(drawer, outcome.receipt)
    if not drawer.remove(KIND, posting.name):
        return
    repeats.settled(drawer, posting, outcome)
    case = drawer.get(cases.KIND, posting.exchange, Case)
    if case is None:
        return
    changed, event = _moved_on(case, posting, heard, outcome)
    others = drawer.find(KIND, posting.exchange, Posting)
    changed = replace(changed, waiting=next((other.why for _, other in others), None))
    cases.keep(drawer, changed)
    leaf, actor = outcome.decision.leaf if outcome.decision else None, heard.claims.actor
    by = actor.id if isinstance(actor, Person) else None
    happenings.note(drawer, event, changed, leaf, by=by, client=posting.client)


def _moved_on(case: Case, posting: Posting, heard: Heard, outcome: Outcome) -> tuple[Case, str]:
    if outcome.problem is not None:
        problem, at = outcome.problem, outcome.decision.at if outcome.decision else now()
        return progress.refused(case, heard.claims.body, problem.code, problem.clauses, at), "refused"
    decision = outcome.decision
    if decision is None:
        return case, "not-sent"
    dropped = decision.withheld
    recorded = Recorded(at=decision.at, leaf=decision.leaf, withheld=len(dropped), withheld_fields=dropped)
    moved = progress.said(case, heard.claims, recorded)
    if posting.exact is not None:
        moved = replace(moved, code=posting.exact.code)
    return moved, heard.spec.name


async def recall_waits(agency: Agency) -> bool:
    """Whether a recall has not left yet: until it has, the details that it takes back can be opened."""
    return any(posting.urgent for posting in await waiting(agency))


async def send_waiting(agency: Agency) -> bool:
    """Post all that waits: recalls first, then the oldest. False where something still waits."""
    stuck: set[str] = set()
    for posting in sorted(await waiting(agency), key=lambda each: not each.urgent):
        if posting.exchange in stuck and not posting.urgent:
            continue
        try:
            await deliver(agency, posting)
            log.info("outbox.sent_later", agency=agency.id, exchange=posting.exchange, jti=posting.jti)
        except Refused as refused:
            log.info("outbox.refused_later", agency=agency.id, exchange=posting.exchange, code=refused.code)
        except DeskError as error:
            if isinstance(error, GatewayAway) and not isinstance(error, NotTaken):
                return False
            # Kept, and tried again: what does not verify today may verify with the next directory.
            stuck.add(posting.exchange)
            log.warning("outbox.kept", agency=agency.id, exchange=posting.exchange, why=error.slug)
    return not stuck

"""The requester's services: prison, youth offending team, probation."""

from typing import Final

import structlog
from msgspec.structs import replace

from contracts.codec import encode
from contracts.messages import Body
from contracts.messages.actor import Actor
from contracts.messages.cancellation import Cancellation
from contracts.messages.contact_request import ContactRequest, Follows
from contracts.messages.outcome import Outcome
from contracts.messages.recall import RecallAcknowledged
from contracts.messages.supplement import Supplement
from contracts.vocabulary import SealedField
from gateway.desk import case as cases
from gateway.desk import copies, duplicates, happenings, letters, opening
from gateway.desk.agency import NO_SUCH_CASE, Agency
from gateway.desk.asking import Acknowledge, Ask, Came, Cancel, Correct, Look
from gateway.desk.cabinet import Drawer
from gateway.desk.case import ELSEWHERE, KIND, Case
from gateway.desk.errors import DeskError, Fault, NotThere, OutOfTurn, Typed
from gateway.desk.ids import new_id, now
from gateway.desk.opening import Looked
from gateway.desk.request import request_of, subject_of
from gateway.desk.sealer import Draft
from gateway.desk.speaking import Said, say
from gateway.desk.subject import Subject

NOTHING_SHARED: Final = "There are no details to open on this case now."
NO_ANSWER: Final = "No details have been shared on this case, so there is nothing to acknowledge."
NO_SUCH_HOLDER: Final = Fault(name="holder", detail="The agency directory has no agency of this name. Check its id.")
DUPLICATE: Final = "Your agency has a live request for the same person, crime and purpose. Carry on with that one."

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def ask(agency: Agency, wanted: Ask) -> Said:
    """A new request. Raises Typed (R01, R17; another letter), OutOfTurn (R16: its own live duplicate), Refused."""
    subject = await subject_of(agency, wanted, wanted.grounds)
    if (await agency.known()).directory.agency(wanted.holder) is None:
        raise Typed(NO_SUCH_HOLDER)
    request = request_of(agency, wanted, subject)
    draft = Draft(
        to=wanted.holder,
        exchange=new_id(),
        actor=agency.actor(wanted.staff),
        body=request,
        plain=_sealed(subject),
    )
    client = agency.client_name
    return await say(agency, draft, lambda drawer: _begin(drawer, _case(agency, draft, request, subject), client))


async def supplement(agency: Agency, exchange: str, wanted: Correct) -> Said:
    """What was missing, corrected: the whole subject anew. Raises Typed, Refused."""
    case = await own(agency, exchange)
    subject = await subject_of(agency, wanted, ())
    body = Supplement(corrected=wanted.corrected)
    draft = _draft(agency.actor(wanted.staff), case, body, _sealed(subject))
    return await say(agency, draft, lambda drawer: _correct(drawer, exchange, subject))


async def open_details(agency: Agency, exchange: str, wanted: Look) -> Looked:
    """The values that the victim agreed to share, in memory only; with `copy`, to go onto paper.

    Raises Typed, OutOfTurn, Refused, GatewayAway.
    """
    case = await own(agency, exchange)
    fields = case.shared if wanted.fields is None else tuple(f for f in case.request.fields if f in wanted.fields)
    if case.answer is None or not fields:
        raise OutOfTurn(NOTHING_SHARED, exchange=exchange)
    looked = await opening.look(agency, exchange, case.answer, fields, wanted, by=case.holder)
    await agency.cabinet.change(lambda drawer: _read(drawer, agency, looked, wanted))
    agency.bell.ring()
    if wanted.copy is not None:
        await copies.note(agency, looked.sent, fields, wanted)
    return looked


async def record_outcome(agency: Agency, exchange: str, wanted: Came) -> Said:
    """What came of it; only `final` closes the case. Raises Refused."""
    case = await own(agency, exchange)
    body = Outcome(
        contact=wanted.contact,
        chose=wanted.chose,
        feedback=wanted.feedback,
        needed_by_met=wanted.needed_by_met,
        status=wanted.status,
        disclosure=wanted.disclosure,
        final=wanted.final,
    )
    return await say(agency, _draft(agency.actor(wanted.staff), case, body))


async def cancel(agency: Agency, exchange: str, wanted: Cancel) -> Said:
    """The request is withdrawn by the side that made it. Raises Refused."""
    case = await own(agency, exchange)
    return await say(agency, _draft(agency.actor(wanted.staff), case, Cancellation(why=wanted.why)))


async def acknowledge_recall(agency: Agency, exchange: str, wanted: Acknowledge) -> Said:
    """Contact has stopped and copies are destroyed: who attests it, and when. Raises OutOfTurn, Refused."""
    case = await own(agency, exchange)
    if case.answer is None:
        raise OutOfTurn(NO_ANSWER, exchange=exchange)
    body = RecallAcknowledged(
        of=case.answer,
        contact=wanted.contact,
        copies=wanted.copies,
        by=agency.pseudonym(wanted.staff.id),
        at=now() if wanted.at is None else wanted.at,
    )
    return await say(agency, _draft(agency.actor(wanted.staff), case, body))


async def ask_elsewhere(agency: Agency) -> None:
    """Ask again, under linked exchanges, where the holder said that another agency holds the case.

    Called after each delivery and at each start, so that it is done once and never forgotten. The person who asked
    first asks again: nothing about the request has changed but its addressee.
    """
    found = await agency.cabinet.change(lambda drawer: [case for _, case in drawer.find(KIND, ELSEWHERE, Case)])
    for case in found:
        try:
            await _ask_again(agency, case)
        except DeskError as error:
            log.warning("case.not_asked_again", agency=agency.id, exchange=case.exchange, why=error.slug)


async def own(agency: Agency, exchange: str) -> Case:
    """The case, if this agency is the one that asked. Raises NotThere."""
    case = await agency.case(exchange)
    if case.side != "requester":
        raise NotThere(NO_SUCH_CASE)
    return case


async def _ask_again(agency: Agency, case: Case) -> None:
    if case.subject is None or case.actor is None or case.held_by is None:
        return
    request = replace(case.request, follows=Follows(exchange=case.exchange, why="re-route"))
    draft = Draft(to=case.held_by, exchange=new_id(), actor=case.actor, body=request, plain=_sealed(case.subject))
    fresh = replace(_case(agency, draft, request, case.subject), asked_before=(*case.asked_before, case.holder))
    await say(agency, draft, lambda drawer: _continue(drawer, case.exchange, fresh))
    agency.bell.ring()


def _case(agency: Agency, draft: Draft, request: ContactRequest, subject: Subject) -> Case:
    return Case(
        exchange=draft.exchange,
        side="requester",
        requester=agency.id,
        holder=draft.to,
        request=request,
        state="queued",
        asked_at=now(),
        sealed_by="",
        actor=draft.actor,
        subject=subject,
    )


def _begin(drawer: Drawer, case: Case, client: str | None) -> None:
    """Keep the new case unless it is a duplicate of this agency's own. Raises OutOfTurn."""
    marked = _marked(drawer, case)
    if twin := duplicates.earlier(drawer, marked):
        raise OutOfTurn(DUPLICATE, code="R16", exchange=twin.exchange)
    cases.keep(drawer, marked)
    letters.offer(drawer, marked, client)


def _continue(drawer: Drawer, exchange: str, fresh: Case) -> None:
    """Keep the new case and that it follows the old one, which is then no longer found as one to be asked again."""
    before = drawer.get(KIND, exchange, Case)
    if before is None or before.followed_by is not None:
        raise OutOfTurn(DUPLICATE, exchange=exchange)
    cases.keep(drawer, replace(before, followed_by=fresh.exchange))
    marked = _marked(drawer, fresh)
    cases.keep(drawer, marked)
    letters.offer(drawer, marked)
    happenings.note(drawer, "asked-again", marked)


def _correct(drawer: Drawer, exchange: str, subject: Subject) -> None:
    case = drawer.get(KIND, exchange, Case)
    if case is not None:
        cases.keep(drawer, _marked(drawer, replace(case, subject=subject)))


def _read(drawer: Drawer, agency: Agency, looked: Looked, wanted: Look) -> None:
    """Somebody has read what was shared: the case waits for no reader any longer."""
    case = drawer.get(KIND, looked.sent.exchange, Case)
    if case is not None:
        cases.keep(drawer, replace(case, read_of=case.answer))
        by, event = agency.pseudonym(wanted.staff.id), "print" if wanted.copy else "open"
        happenings.note(drawer, event, case, looked.sent.leaf, by=by, client=agency.client_name)


def _marked(drawer: Drawer, case: Case) -> Case:
    if case.subject is None:
        return case
    return replace(case, marks=duplicates.marks(drawer, case.subject, case.request.purpose))


def _sealed(subject: Subject) -> dict[SealedField, str]:
    return {"subject": encode(subject).decode()}


def _draft(actor: Actor, case: Case, body: Body, plain: dict[SealedField, str] | None = None) -> Draft:
    return Draft(to=case.holder, exchange=case.exchange, actor=actor, body=body, plain=plain or {})

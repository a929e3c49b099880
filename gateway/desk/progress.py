"""What each thing said makes of a case: pure, and the same whether this side said it or heard it.

What this side says and what it hears come by two ways, each in its order, and a reply may come long after what was
recorded later. So where a case stands is decided by the line of the log that was recorded last, not by the one that
came last: a request whose reply was lost does not undo an answer, nor an outcome a recall.
"""

from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from contracts.envelope import Claims
from contracts.messages import Body
from contracts.messages.accepted import Accepted
from contracts.messages.cancellation import Cancellation
from contracts.messages.contact_answer import ContactAnswer
from contracts.messages.contact_request import ContactRequest
from contracts.messages.more_needed import MoreNeeded
from contracts.messages.outcome import Outcome
from contracts.messages.recall import Recall, RecallAcknowledged
from contracts.messages.review import Review
from contracts.messages.sensitivity import SensitivityFound
from contracts.messages.supplement import Supplement
from contracts.reply import ExchangeView, NoticeClaims
from contracts.vocabulary import AnswerOutcome, ReasonCode, SealedField
from gateway.desk.case import ENDED, OPEN, YES, Case, CaseState

AFTER: dict[AnswerOutcome, CaseState] = {
    "shared": "details-shared",
    "agreed": "agreed",
    "cannot-proceed": "cannot-proceed",
    "held-elsewhere": "held-elsewhere",
}

MOVING = (ContactRequest, Supplement, MoreNeeded, ContactAnswer, Outcome, Cancellation, Recall)
"""What decides where a case stands, beside some of what the gateway tells of itself.

A review that declines needs no place here: nothing that was recorded before a "no" undoes it.
"""

AskerBody = ContactRequest | Supplement | Outcome | Cancellation | RecallAcknowledged


class Recorded(Struct, frozen=True, kw_only=True):
    """When and where the gateway recorded a message, and what it dropped: by name to its sender, by count to others."""

    at: int
    leaf: int
    withheld: int = 0
    withheld_fields: tuple[SealedField, ...] = ()


def said(case: Case, claims: Claims[Body], recorded: Recorded) -> Case:
    """The case after a message that the gateway accepted."""
    after = _said(case, claims, recorded)
    if recorded.leaf < case.moved_by or case.state == "withdrawn":
        after = _late(case, after)
    elif isinstance(claims.body, MOVING):
        after = replace(after, moved_by=recorded.leaf)
    lacks = after.missing if after.state == "more-needed" else ()
    return _timed(case, replace(after, missing=lacks), recorded.at)


def _late(case: Case, after: Case) -> Case:
    """What was recorded later has decided where the case stands; only that a correction does not undo a "no"."""
    state = after.state if after.ruled_out and case.state in OPEN else case.state
    return replace(after, state=state, shared=after.shared if state in YES else (), missing=case.missing)


def _said(case: Case, claims: Claims[Body], recorded: Recorded) -> Case:
    match claims.body:
        case ContactRequest() | Supplement() | Outcome() | Cancellation() | RecallAcknowledged() as asker:
            return _asker_said(case, asker, claims.jti, recorded)
        case Accepted(office=office):
            return replace(case, office=office)
        case MoreNeeded(missing=missing):
            return replace(case, missing=missing, state="more-needed")
        case SensitivityFound(found=found):
            return replace(case, found=tuple(dict.fromkeys((*case.found, *found))), review="needed")
        case Review() as review:
            return _reviewed(case, review, claims)
        case ContactAnswer() as answer:
            return _answered(case, answer, claims, recorded)
        case Recall():
            return replace(case, state="withdrawn", shared=(), withdrawn_at=recorded.at)
        case _:  # what else is said changes nothing at a desk
            return case


def _asker_said(case: Case, body: AskerBody, jti: str, recorded: Recorded) -> Case:
    match body:
        case ContactRequest():
            state: CaseState = "with-police" if case.state == "queued" else case.state
            return replace(case, state=state, asked_at=recorded.at, sealed_by=case.sealed_by or jti)
        case Supplement():
            return _supplemented(replace(case, missing=(), sealed_by=jti))
        case Outcome(final=True):
            return replace(case, state="closed", shared=(), outcome_recorded=True)
        case Outcome():
            return replace(case, state="outcome-recorded", outcome_recorded=True)
        case Cancellation():
            return replace(case, state="cancelled", shared=())
        case RecallAcknowledged():
            return replace(case, acknowledged=True)
        case never:
            assert_never(never)


def _supplemented(case: Case) -> Case:
    """The case with its new subject, to be read again.

    The requester may not know of a "no", so its correction can come after one. It opens nothing again: who was ruled
    out stays so, under the code of the "no", until the holder itself says otherwise.
    """
    return case if case.ruled_out else replace(case, state="with-police", reading=0, findings=(), perhaps=False)


def refused(case: Case, body: Body, code: ReasonCode | None, clauses: tuple[str, ...], at: int) -> Case:
    """The case after a message that the gateway refused: only a first request leaves anything."""
    if not isinstance(body, ContactRequest):
        return case
    return replace(case, state="refused", code=code, clauses=clauses, ended_at=at)


def noticed(case: Case, notice: NoticeClaims) -> Case:
    """The case after the gateway's own word."""
    after = _noticed(case, notice)
    if after.state != case.state:
        late = notice.leaf < case.moved_by
        ended = case.ended_at or notice.at
        after = replace(after, state=case.state, ended_at=ended) if late else replace(after, moved_by=notice.leaf)
    return _timed(case, after, notice.at)


def _noticed(case: Case, notice: NoticeClaims) -> Case:
    match notice.notice:
        case "overdue" | "outcome-overdue":
            return replace(case, overdue=True)
        case "cannot-proceed":
            # For the requester one instant and one form, whatever the code; a holder that answered knows more.
            if case.state == "cannot-proceed":
                return replace(case, ended_at=notice.at)
            return replace(case, state="cannot-proceed", missing=()) if case.state in OPEN else case
        case "expired":
            return replace(case, state="expired", shared=()) if case.state in YES | OPEN else replace(case, shared=())
        case "erased":
            return replace(case, shared=())
        case "withdrawn":
            return replace(case, state="withdrawn", shared=(), withdrawn_at=notice.at)
        case "opened":
            return case
        case never:
            assert_never(never)


def seen(case: Case, view: ExchangeView, at: int) -> Case:
    """The case as the gateway sees it this second."""
    ended = view.state not in ("details-shared", "agreed", "outcome-recorded")
    looked = replace(
        case,
        state=view.state,
        office=view.office,
        missing=view.missing,
        answer=view.answer or case.answer,
        shared=() if ended or view.erased else view.shared,
        withheld=view.withheld,
        withheld_fields=view.withheld_fields,
        open_until=view.open_until,
        held_by=view.held_by,
        code=view.code,
        clauses=view.clauses,
        review=view.review or case.review,
        overdue=bool(view.overdue) or case.overdue,
    )
    return _timed(case, looked, at)


def _timed(before: Case, after: Case, at: int) -> Case:
    """With when it ended: the agreement counts retention from then. A yes after a hidden "no" takes it back."""
    if after.state == "outcome-recorded" or (after.state == before.state and after.ended_at is not None):
        return after
    return replace(after, ended_at=at if after.state in ENDED else None)


def _reviewed(case: Case, review: Review, claims: Claims[Body]) -> Case:
    reviewed = replace(case, reviewed_by=claims.actor.id)
    if review.decision == "proceed":
        return replace(reviewed, review="proceed")
    return replace(reviewed, review="declined", state="cannot-proceed", outcome="cannot-proceed", code="R08")


def _answered(case: Case, answer: ContactAnswer, claims: Claims[Body], recorded: Recorded) -> Case:
    sealed = (field for field in case.request.fields if field in claims.sealed)
    kept = tuple(field for field in sealed if field not in recorded.withheld_fields)
    return replace(
        case,
        state=AFTER[answer.outcome],
        outcome=answer.outcome,
        answer=claims.jti,
        answered_at=recorded.at,
        shared=kept if answer.outcome == "shared" else (),
        withheld=recorded.withheld,
        withheld_fields=recorded.withheld_fields,
        open_until=answer.consent.valid_until if answer.consent else None,
        held_by=answer.held_by,
        code=None,
    )

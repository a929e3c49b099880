"""A case as it is shown to its agency: words beside the facts, and on a requester's screen nothing of a "no"."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from contracts.agreement import Windows
from contracts.directory import Office
from contracts.messages.contact_request import Attested, Letter
from contracts.vocabulary import (
    AnswerOutcome,
    Field,
    Missing,
    OffenceGroup,
    Purpose,
    ReasonCode,
    SealedField,
    Sensitivity,
)
from gateway.desk import words
from gateway.desk.case import OPEN, YES, Case, CaseState, Review, Side
from gateway.desk.due_next import Awaited, next_due
from gateway.desk.errors import Why
from gateway.desk.trust import Known
from keys.directory import KnownDirectory

Doing = Literal[
    "accept", "read", "more-needed", "sensitivity", "review", "answer", "recall",
    "supplement", "open", "outcome", "cancel", "acknowledge-recall",
]  # fmt: skip

TOLD_CODES: Final = ("refused", "held-elsewhere")


class Due(Struct, frozen=True, kw_only=True):
    """What is due next, when (UTC seconds), and that in words."""

    what: Awaited
    at: int
    words: str


class Finding(Struct, frozen=True, kw_only=True):
    """What the holder's own desk found. Without a code it stops nothing, and asks for a look."""

    code: ReasonCode | None
    words: str


class Waiting(Struct, frozen=True, kw_only=True):
    """Why something that was said on a case has not left yet."""

    why: Why
    words: str


class Shown(Struct, frozen=True, kw_only=True):
    """A case. Members that this side may not know are null or empty."""

    exchange: str
    side: Side
    state: CaseState
    state_words: str
    requester: str
    requester_name: str | None
    holder: str
    holder_name: str | None
    purpose: Purpose
    fields: tuple[Field, ...]
    sensitivities: tuple[Sensitivity, ...]
    offence_groups: tuple[OffenceGroup, ...]
    grounds: tuple[Attested, ...]
    needed_by: str | None
    letter: Letter | None
    asked_at: int
    due: Due | None
    office: str | None
    ring: Office | None
    what_may_be_told: str | None
    next: tuple[Doing, ...]
    answer: str | None
    shared: tuple[Field, ...]
    withheld: int
    open_until: int | None
    missing: tuple[Missing, ...]
    follows: str | None
    followed_by: str | None
    held_by: str | None
    code: ReasonCode | None
    clauses: tuple[str, ...]
    overdue: bool
    waiting: Waiting | None
    read: bool | UnsetType = UNSET
    review: Review | UnsetType = UNSET
    findings: tuple[Finding, ...] | UnsetType = UNSET
    found: tuple[Sensitivity, ...] | UnsetType = UNSET
    outcome: AnswerOutcome | UnsetType | None = UNSET
    withheld_fields: tuple[SealedField, ...] | UnsetType = UNSET


def show(case: Case, known: Known) -> Shown:
    """The case as its own agency may see it."""
    asks = case.side == "requester"
    told = not asks or case.state in TOLD_CODES
    request, directory = case.request, known.directory
    shown = Shown(
        exchange=case.exchange,
        side=case.side,
        state=case.state,
        state_words=words.state(case.side, case.state),
        requester=case.requester,
        requester_name=_name(directory, case.requester),
        holder=case.holder,
        holder_name=_name(directory, case.holder),
        purpose=request.purpose,
        fields=request.fields,
        sensitivities=request.sensitivities,
        offence_groups=request.offence_groups,
        grounds=request.grounds,
        needed_by=request.needed_by,
        letter=request.letter,
        asked_at=case.asked_at,
        due=_due(case, known.agreement.windows),
        office=case.office,
        ring=office(case, directory),
        what_may_be_told=words.may_be_told(case.state) if asks else None,
        next=_next(case),
        answer=case.answer,
        shared=case.shared,
        withheld=case.withheld,
        open_until=case.open_until,
        missing=case.missing,
        follows=request.follows.exchange if request.follows else None,
        followed_by=case.followed_by,
        held_by=case.held_by,
        code=case.code if told else None,
        clauses=case.clauses if told else (),
        overdue=case.overdue,
        waiting=Waiting(why=case.waiting, words=words.WAITS[case.waiting]) if case.waiting else None,
    )
    return shown if asks else _with_own_side(shown, case)


def _with_own_side(shown: Shown, case: Case) -> Shown:
    """The holder knows all of its own side."""
    return replace(
        shown,
        read=case.read,
        review=case.review,
        findings=findings(case),
        found=case.found,
        outcome=case.outcome,
        withheld_fields=case.withheld_fields,
    )


def findings(case: Case) -> tuple[Finding, ...]:
    """What the holder's own desk found, the softer last."""
    hard = tuple(Finding(code=code, words=words.finding(code)) for code in case.findings)
    return (*hard, Finding(code=None, words=words.PERHAPS)) if case.perhaps else hard


def _name(directory: KnownDirectory, agency: str) -> str | None:
    listed = directory.agency(agency)
    return listed.name if listed else None


def office(case: Case, directory: KnownDirectory) -> Office | None:
    """Whom to ring: the office that took the case, or the other agency's first."""
    other = case.holder if case.side == "requester" else case.requester
    if case.side == "requester" and case.office and (taken := directory.office(other, case.office)):
        return taken
    listed = directory.agency(other)
    return next(iter(listed.offices), None) if listed else None


def _due(case: Case, windows: Windows) -> Due | None:
    found = next_due(case, windows)
    return Due(what=found[0], at=found[1], words=words.by(found[1])) if found else None


ASKER_NEXT: Final[Mapping[CaseState, tuple[Doing, ...]]] = MappingProxyType(
    {
        "with-police": ("cancel",),
        "more-needed": ("supplement", "cancel"),
        "details-shared": ("open", "outcome", "cancel"),
        "agreed": ("outcome", "cancel"),
        "outcome-recorded": ("open", "outcome", "cancel"),
        "expired": ("outcome",),
    }
)


def _next(case: Case) -> tuple[Doing, ...]:
    """What this side may do now; the gateway has the last word."""
    if case.side == "requester":
        if case.state == "withdrawn" and not case.acknowledged:
            return ("acknowledge-recall",)
        return ASKER_NEXT.get(case.state, ())
    if case.state in OPEN:
        accept: tuple[Doing, ...] = () if case.office else ("accept",)
        review: tuple[Doing, ...] = ("review",) if case.review == "needed" and case.read else ()
        return (*accept, "read", "more-needed", "sensitivity", *review, "answer")
    return ("recall", "answer") if case.outcome in ("shared", "agreed") and case.state in YES else ()

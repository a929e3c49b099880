"""What a holder's system or page says: plain data."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from contracts.messages.contact_answer import Consent
from contracts.text import AgencyId, Day, Id, OfficeId
from contracts.vocabulary import (
    AnswerOutcome,
    DelayReason,
    IdentityCheck,
    Missing,
    OpenReason,
    Purpose,
    ReasonCode,
    Sensitivity,
)
from gateway.desk.staff import Staff

Scope = Literal["whole-case", "this-purpose"]


class Accept(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """This office deals with it; left out, the agency's first."""

    staff: Staff | None = None
    office: OfficeId | None = None


class Read(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A person reads the request: an `open` of its subject."""

    staff: Staff
    no_conflict: bool
    why: OpenReason = "read-request"


class NeedMore(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is missing."""

    staff: Staff | None = None
    missing: Annotated[tuple[Missing, ...], Meta(min_length=1, max_length=5)]


class Find(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sensitivity that the requester could not know."""

    staff: Staff
    found: Annotated[tuple[Sensitivity, ...], Meta(min_length=1, max_length=6)]


class Decide(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The reviewer's decision on the merits; `reasons` are sealed for inspectors."""

    staff: Staff
    decision: Literal["proceed", "decline"]
    reasons: Annotated[str, Meta(min_length=1, max_length=4000)]
    co_worked: bool = False


class Answer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the victim chose, or why nothing can be done. `standing_instruction` is for a no (R19)."""

    staff: Staff | None = None
    outcome: AnswerOutcome
    values: Annotated[
        dict[Annotated[str, Meta(max_length=40)], Annotated[str, Meta(max_length=2000)]], Meta(max_length=12)
    ] = {}
    consent: Consent | None = None
    code: ReasonCode | None = None
    held_by: AgencyId | None = None
    supersedes: Id | None = None
    standing_instruction: Scope | Literal["none"] | None = None


class CallBack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The values are withdrawn. No reason is asked."""

    staff: Staff | None = None


class Instruct(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No further contact with the victim of this crime."""

    staff: Staff
    crime_reference: Annotated[str, Meta(max_length=200)]
    scope: Scope = "whole-case"
    purpose: Purpose | None = None


class AskReport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A victim asks who looked at their details. `exchanges`: their cases, where the reference alone does not tell."""

    staff: Staff
    crime_reference: Annotated[str, Meta(max_length=200)]
    identity_checked: IdentityCheck | None = None
    exchanges: Annotated[tuple[Id, ...], Meta(max_length=50)] = ()


class DelayShowing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Hand-overs of a case are not shown to the victim before the day `until`; without `lines`, none of them is."""

    staff: Staff
    exchange: Id
    reason: DelayReason
    until: Day
    lines: Annotated[tuple[Annotated[int, Meta(ge=0)], ...], Meta(max_length=100)] = ()


class EndDelay(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """They are shown from now on."""

    staff: Staff


class Lift(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The victim has come back."""

    staff: Staff

"""What residential staff and the coordinator say of referrals: plain data, as staff type it."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from contracts.text import Day, Id
from gateway.desk.staff import Staff
from gateway.desk.subject import Typing

Kind = Literal["referred", "course-completed", "letter"]
"""`course-completed`: a victim-awareness course, which leads to an offer. `letter`: the prisoner has written one."""

CloseReason = Literal["not-suitable-now", "prisoner-changed-mind", "no-identifiable-victim", "duplicate", "other"]
Why = Annotated[str, Meta(max_length=600)]


class Refer(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A prisoner who may want to make amends. `course` and `completed_on` belong to a course that was completed."""

    staff: Staff
    kind: Kind = "referred"
    prison_number: Typing | None = None
    offender: Typing | None = None
    why: Why = ""
    course: Typing | None = None
    completed_on: Day | None = None


class Take(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The coordinator deals with it: in a draft, or by a request that has been made."""

    staff: Staff
    draft: Id | None = None
    exchange: Id | None = None


class PutBack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It waits again: the draft has been given up."""

    staff: Staff


class CloseReferral(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """No request comes of it."""

    staff: Staff
    reason: CloseReason


class OwnReferrals(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What this person has referred."""

    staff: Staff

"""What a requester's system or page says: plain data, as staff type it."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from contracts.messages.contact_request import Follows, Letter
from contracts.text import AgencyId, Day, Instant
from contracts.vocabulary import CancellationReason, Copy, Ground, Missing, OpenReason, Sensitivity
from gateway.desk.staff import Staff, StaffId
from gateway.desk.subject import Note, Offence, Offender, Victim


class Grounded(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ground that somebody attests; left out, `by` is the acting member of staff and `on` today."""

    ground: Ground
    by: StaffId | None = None
    on: Day | None = None


class TypedOffender(Offender, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An offender as typed. A misspelt member is refused here, where it can be mended; a receiver would ignore it."""


class TypedOffence(Offence, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An offence as typed."""


class TypedVictim(Victim, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A victim as typed."""


class About(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who and what a request is about."""

    staff: Staff
    offender: TypedOffender
    offence: TypedOffence
    victim: TypedVictim = TypedVictim()
    note: Note | None = None


class Ask(About, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new request to a holder. Purpose and fields are any words: one that nobody knows is refused."""

    holder: AgencyId
    purpose: Annotated[str, Meta(max_length=40)]
    fields: Annotated[tuple[Annotated[str, Meta(max_length=40)], ...], Meta(max_length=12)] = ()
    grounds: Annotated[tuple[Grounded, ...], Meta(max_length=4)] = ()
    sensitivities: Annotated[tuple[Sensitivity, ...], Meta(max_length=6)] = ()
    needed_by: Day | None = None
    letter: Letter | None = None
    follows: Follows | None = None


class Correct(About, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole subject anew, because the holder asked for more."""

    corrected: Annotated[tuple[Missing, ...], Meta(min_length=1, max_length=5)]


class Look(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A look at sealed values. `no_conflict`: they know neither victim nor offender outside work (clause 8.3).

    `copy`: they are opened to be printed, which is a line of its own, and noted in the case (clause 8.4).
    """

    staff: Staff
    why: OpenReason
    no_conflict: bool
    fields: Annotated[tuple[Annotated[str, Meta(max_length=40)], ...], Meta(max_length=12)] | None = None
    copy: Copy | None = None


class Came(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of it (`contracts.messages.outcome`)."""

    staff: Staff
    contact: Literal["made", "not-made"]
    chose: Literal["conference", "letter", "shuttle", "nothing-further", "undecided"]
    status: Literal["completed", "in-progress", "did-not-happen"]
    disclosure: Literal["not-disclosable", "on-prison-record-only", "on-police-record"]
    final: bool
    feedback: Literal["very-satisfied", "satisfied", "neither", "dissatisfied", "very-dissatisfied"] | None = None
    needed_by_met: bool | None = None


class Cancel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The request is withdrawn by the side that made it."""

    staff: Staff | None = None
    why: CancellationReason


class Acknowledge(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Contact has stopped and copies are destroyed; `at` null means now."""

    staff: Staff
    contact: Literal["stopped", "none-begun"]
    copies: Literal["destroyed", "none-made"]
    at: Instant | None = None

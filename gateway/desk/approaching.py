"""What staff of a police force or a victim liaison unit say of an approach to a victim: plain data."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from contracts.text import Instant
from contracts.vocabulary import Informed
from gateway.desk.staff import Staff

Channel = Literal["in-person", "phone", "letter", "through-vlo"]
Result = Literal["reached", "not-reached", "asked-to-call-later"]
Decision = Literal["thinking", "yes", "no", "none"]
GivenBy = Literal["victim", "guardian", "family-spokesperson"]
How = Literal["in-person", "by-phone", "by-video", "in-writing"]
Times = Annotated[str, Meta(max_length=300)]


class Plan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How and when the victim wants to be asked, in their words."""

    staff: Staff
    channel: Channel
    times: Times = ""


class Tried(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody tried to reach the victim; `at` left out is now."""

    staff: Staff
    how: Channel
    result: Result
    at: Instant | None = None


class Tick(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The victim has been told these things; `at` left out is now."""

    staff: Staff
    told: Annotated[tuple[Informed, ...], Meta(min_length=1, max_length=3)]
    at: Instant | None = None


class Said(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the victim says so far. The details of a yes fill in the answer; they are sent with it and not before."""

    staff: Staff
    decision: Decision
    given_by: GivenBy | None = None
    how: How | None = None
    valid_until: Instant | None = None

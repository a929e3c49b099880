"""What staff say of letters of apology, at the side that holds one and at the office that hands it over: plain data."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from contracts.text import Day, Id
from gateway.desk.staff import Staff
from gateway.desk.subject import Typing

SCAN_BYTES_MAX: Final = 4 * 1024 * 1024
LETTER_BODY_MAX: Final = 6 * 1024 * 1024
"""A scan in base64, and what stands around it."""

Text = Annotated[str, Meta(max_length=40_000)]
Concern = Literal["blames-victim", "asks-for-something", "names-others", "graphic-detail", "contact-details", "other"]
HandedHow = Literal["in-person", "by-post-with-agreement", "by-liaison-officer"]
Kept = Literal["kept-safely", "returned"]


class Hold(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A letter is held: its text, or a scan of it (PDF, JPEG or PNG, in base64 here)."""

    staff: Staff
    prison_number: Typing | None = None
    offender: Typing | None = None
    referral: Id | None = None
    text: Text | None = None
    scan: bytes | None = None


class ChangeLetter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The letter was written anew."""

    staff: Staff
    text: Text | None = None
    scan: bytes | None = None


class SendOn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It has gone to the office, on this day; left out, today."""

    staff: Staff
    on: Day | None = None


class EndLetter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It is held no longer."""

    staff: Staff
    how: Literal["destroyed", "returned"]


class Receive(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The letter has come, with the check code that its cover sheet shows."""

    staff: Staff
    check_code: Typing
    on: Day | None = None


class ReadLetter(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody has read it before the victim does."""

    staff: Staff
    suitable: bool
    concerns: Annotated[tuple[Concern, ...], Meta(max_length=6)] = ()


class HandOver(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The victim has it."""

    staff: Staff
    how: HandedHow
    on: Day | None = None


class PutAway(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The victim does not have it: it is kept safely or given back. `wants_later`: they may ask for it some day."""

    staff: Staff
    how: Kept
    wants_later: bool = False

"""A case record: what an inspector counts a case by. No name, no number, no prose; of most messages only their time.

Figures come from case records and never from the log of who looked at what, whose use is limited (Data Protection Act
2018 s.62(4)). A record is made of the exchange's own state and of what its two sides said in it.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from contracts.messages.contact_request import Follows
from contracts.messages.outcome import Outcome
from contracts.reply import State
from contracts.text import AgencyId, Day, Digest, Id, Instant, OfficeId, Pseudonym
from contracts.vocabulary import Field, OffenceGroup, Purpose, ReasonCode, SealedField, Sensitivity

CASES_PAGE: Final = 500
"""Cases that one answer looks at, at the most."""


class Reviewed(Struct, frozen=True, kw_only=True):
    """A review: when, by whom, and what was decided. The reasons are sealed, and opened one by one."""

    at: Instant
    by: Pseudonym
    decision: Literal["proceed", "decline"]
    co_worked: bool


class CaseRecord(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One exchange, as it stands. Times are UTC seconds; what has not happened, or is not known any more, is absent.

    `flagged` are the requester's sensitivities, `found` the holder's. `permitted` are the fields that the agreement
    allows for the purpose, `fields` those asked for, `released` those handed on, `dropped` those that the gateway kept
    back. `answered_at` is the holder's first answer, `agreed_at` the yes that stands or stood. `outcome_at` is the
    first outcome, `outcome` the latest. `erased_at`: the details; `erase_due`: the record.
    """

    exchange: Id
    requester: AgencyId
    holder: AgencyId
    purpose: Purpose
    offence_groups: tuple[OffenceGroup, ...]
    agreement: Digest
    state: State
    asked_by: Pseudonym | None = None
    asked_at: Instant
    answer_due: Instant
    flagged: tuple[Sensitivity, ...] = ()
    found: tuple[Sensitivity, ...] = ()
    fields: tuple[Field, ...] = ()
    permitted: tuple[Field, ...] = ()
    released: tuple[Field, ...] = ()
    dropped: tuple[SealedField, ...] = ()
    needed_by: Day | None = None
    letter: Digest | None = None
    follows: Follows | None = None
    office: OfficeId | None = None
    accept_due: Instant | None = None
    accepted_at: Instant | None = None
    more_needed_at: tuple[Instant, ...] = ()
    supplemented_at: tuple[Instant, ...] = ()
    review: Literal["not-needed", "needed", "proceed", "declined"] = "not-needed"
    review_needed_at: Instant | None = None
    review_due: Instant | None = None
    reviews: tuple[Reviewed, ...] = ()
    answers: Annotated[int, Meta(ge=0)] = 0
    answered_at: Instant | None = None
    agreed_at: Instant | None = None
    code: ReasonCode | None = None
    held_by: AgencyId | None = None
    outcome_due: Instant | None = None
    outcome_at: Instant | None = None
    outcome: Outcome | None = None
    recalled_at: Instant | None = None
    acknowledge_due: Instant | None = None
    acknowledged_at: Instant | None = None
    open_until: Instant | None = None
    ended_at: Instant | None = None
    erased_at: Instant | None = None
    erase_due: Instant | None = None


class CaseRecords(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What `GET /v1/case-records` answers: the cases, in the order of their ids, whose request the search describes.

    `looked` is how many cases were looked at for them, `next` the `after` of the next page where there is one, `at` the
    gateway's time. A case whose record has been erased is in no page: a search for `record-erased` tells how many.
    """

    v: Literal[1] = 1
    at: Instant
    records: Annotated[tuple[CaseRecord, ...], Meta(max_length=CASES_PAGE)]
    looked: Annotated[int, Meta(ge=0, le=CASES_PAGE)]
    next: Id | None = None

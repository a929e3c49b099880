"""An exchange as the gateway keeps it: no name, no number, no prose; and what a message or a due date makes of it."""

from typing import Final, Literal, get_args

from msgspec import Struct

from contracts.agreement import Agreement
from contracts.messages.contact_request import Follows
from contracts.reply import NoticeKind
from contracts.vocabulary import (
    AgencyKind,
    Copy,
    Field,
    Missing,
    OffenceGroup,
    Purpose,
    ReasonCode,
    Role,
    SealedField,
    Sensitivity,
)
from keys.directory import KnownDirectory

Stage = Literal[
    "with-police",
    "shared",
    "agreed",
    "cannot-proceed",
    "held-elsewhere",
    "refused",
    "cancelled",
    "withdrawn",
    "expired",
    "closed",
]
"""What the requester's side of the exchange stands at. The holder's "no" is not a stage before the window has ended."""

STAGES: Final[tuple[Stage, ...]] = get_args(Stage)

ReviewState = Literal["not-needed", "needed", "proceed", "declined"]


class Exchange(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One exchange. Times are UTC seconds.

    `ended_no` is the holder's "no" before the requester may know it; every rule about the requester's own messages
    looks at `stage` alone, so that a "no" and a silence cannot be told apart.
    `asked_by`: the person who asked and all who attested a ground: none of them may review the case (clause 7.4).
    `subject` and `answer` are the ids of the messages whose sealed values are current; `reviews` those of every review.
    `told`: the clauses that the requester is told; `clauses` are the exact ones, for the holder and inspectors.
    `accept_by` and `review_by` are looked at once each while the exchange is with the police, whatever has been said,
    and cleared then: a line missing from the public log would tell of a "no". `taken_up`: the holder has spoken.
    `review_owed` is when a review that is needed is owed: a finding that comes later gives the reviewer the whole time.
    `outcome_by` is cleared once its notice has gone out; `acknowledge_by` stands until the recall is acknowledged, and
    `chased` says that its notice has gone out.
    """

    id: str
    requester: str
    holder: str
    purpose: Purpose
    fields: tuple[Field, ...]
    offence_groups: tuple[OffenceGroup, ...]
    sensitivities: tuple[Sensitivity, ...]
    asked_by: tuple[str, ...]
    asked_at: int
    answer_by: int
    subject: str
    agreement: str
    stage: Stage = "with-police"
    review: ReviewState = "not-needed"
    reviews: tuple[str, ...] = ()
    reviewed_by: tuple[str, ...] = ()
    letter: str | None = None
    follows: Follows | None = None
    office: str | None = None
    missing: tuple[Missing, ...] = ()
    taken_up: bool = False
    ended_no: bool = False
    code: ReasonCode | None = None
    clauses: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    answer: str | None = None
    shared: tuple[Field, ...] = ()
    withheld: tuple[SealedField, ...] = ()
    held_by: str | None = None
    open_until: int | None = None
    accept_by: int | None = None
    review_by: int | None = None
    review_owed: int | None = None
    acknowledge_by: int | None = None
    chased: bool = False
    outcome_by: int | None = None
    outcome_recorded: bool = False
    ended_at: int | None = None
    erase_at: int | None = None
    overdue: bool = False
    erased: bool = False

    def stage_at(self, now: int) -> Stage:
        """The stage at this instant: a window ends exactly, whether or not the sweep has come by."""
        if self.stage == "with-police" and now >= self.answer_by:
            return "cannot-proceed"
        if self.open_until is not None and now >= self.open_until:
            return "expired"
        return self.stage


class Situation(Struct, frozen=True, kw_only=True):
    """What a decision is made under: the agreement and directory current in the transaction, and log time."""

    agreement: Agreement
    agreement_digest: str
    directory: KnownDirectory
    now: int


class Delivery(Struct, frozen=True, kw_only=True):
    """Something for an inbox: the message itself (`notice` null) or a notice of the gateway; `at` is log time.

    `by_kind` and `role` say what kind of agency and whose role opened what the holder sealed, `copy` that they copied.
    """

    to: str
    at: int = 0
    notice: NoticeKind | None = None
    fields: tuple[SealedField, ...] = ()
    why: str | None = None
    by_kind: AgencyKind | None = None
    role: Role | None = None
    copy: Copy | None = None
    due: int | None = None
    withheld: int = 0


class Applied(Struct, frozen=True, kw_only=True):
    """What a permitted message or a due date makes of its exchange.

    `keep`: sealed values to store · `withheld`: dropped, never stored · `hand_over`: values to hand to the sender ·
    `drop`: the message whose sealed values these replace · `erase`: the rule under which all sealed values of the
    exchange are destroyed now.
    """

    exchange: Exchange | None
    clauses: tuple[str, ...]
    code: ReasonCode | None = None
    keep: tuple[SealedField, ...] = ()
    withheld: tuple[SealedField, ...] = ()
    hand_over: tuple[SealedField, ...] = ()
    drop: str | None = None
    deliver: tuple[Delivery, ...] = ()
    erase: str | None = None
    erase_record: bool = False


class Refused(Struct, frozen=True, kw_only=True):
    """A refusal on record: why, in plain English, with its clauses. A refused first request keeps its `exchange`."""

    slug: Literal["not-permitted", "wrong-state", "not-found", "unfit"]
    detail: str
    code: ReasonCode | None = None
    clauses: tuple[str, ...] = ()
    exchange: Exchange | None = None
    where: str | None = None

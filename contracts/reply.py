"""What the gateway says: decision, receipt, notice, inbox, an exchange as its reader may see it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from contracts.text import AgencyId, ClauseNumber, Digest, Id, OfficeId, Origin
from contracts.vocabulary import (
    AgencyKind,
    AnswerOutcome,
    Copy,
    Field,
    Missing,
    Purpose,
    ReasonCode,
    Role,
    SealedField,
    Sensitivity,
)

State = Literal[
    "with-police",
    "more-needed",
    "details-shared",
    "agreed",
    "cannot-proceed",
    "held-elsewhere",
    "refused",
    "cancelled",
    "withdrawn",
    "expired",
    "outcome-recorded",
    "closed",
]
"""An exchange as its reader may see it; an inspector sees `expired` where a requester sees `cannot-proceed`."""


class DecisionClaims(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The gateway's decision about one message, signed as `rj.decision.v1+jwt`.

    `leaf` is the index in the log; `withheld` names the fields that were dropped (for their sender only).
    """

    iss: Origin
    to: AgencyId
    jti: Id
    exchange: Id
    at: int
    decision: Literal["accepted", "refused"]
    agreement: Digest
    leaf: int
    state: State | None = None
    code: ReasonCode | None = None
    clauses: tuple[ClauseNumber, ...] = ()
    problem: str | None = None
    detail: str | None = None
    where: str | None = None
    withheld: tuple[SealedField, ...] = ()


DECISION_TYP = "rj.decision.v1+jwt"
NOTICE_TYP = "rj.notice.v1+jwt"


class HandedOver(Struct, frozen=True, kw_only=True):
    """Sealed values handed over for one `open`, once: base64url, with the token that sealed them."""

    token: str
    values: dict[SealedField, str]


class LineFound(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the log that an inspector's search found: the leaf and both openings (base64url), unless erased."""

    index: int
    leaf: str
    shared: str | None = None
    shared_salt: str | None = None
    exact: str | None = None
    exact_salt: str | None = None


class Reply(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to `POST /v1/messages`: the decision (a JWS of the gateway) and its receipt (a C2SP tlog-proof).

    `looked_to`: a search has not come to the end of the log, and goes on after this line.
    """

    decision: str
    receipt: str
    handed_over: HandedOver | None = None
    found: tuple[LineFound, ...] | None = None
    looked_to: int | None = None


NoticeKind = Literal["overdue", "cannot-proceed", "expired", "erased", "opened", "withdrawn", "outcome-overdue"]


TELLS_OF: Final[Mapping[NoticeKind, tuple[str, ...]]] = MappingProxyType(
    {
        "overdue": ("overdue", "time-checked"),
        "outcome-overdue": ("outcome-overdue",),
        "cannot-proceed": ("window-ended",),
        "expired": ("expired",),
        "erased": ("erased",),
        "opened": ("open",),
        "withdrawn": ("recall",),
    }
)
"""The events of the log that a notice may tell of. That a holder is late stands on a line that every exchange has."""


class NoticeClaims(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the gateway tells an agency of its own accord, signed as `rj.notice.v1+jwt`.

    `by_kind`, `role` and `copy` go with `opened`, to the holder alone: for its report to a victim, who is never told
    which agency or who it was. A notice of before they were recorded has none of them.
    """

    iss: Origin
    to: AgencyId
    exchange: Id
    at: int
    leaf: int
    notice: NoticeKind
    fields: tuple[SealedField, ...] = ()
    why: str | None = None
    by_kind: AgencyKind | None = None
    role: Role | None = None
    copy: Copy | None = None
    due: int | None = None


class InboxItem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One delivery. `index` is the leaf index and the cursor; never sealed values.

    `token` is the sender's message or the gateway's notice; `withheld` counts the fields that were dropped from it;
    `receipt` proves its line in the log and opens the `shared` part.
    """

    index: int
    exchange: Id
    typ: str
    token: str
    receipt: str
    withheld: int = 0


class Inbox(Struct, frozen=True, kw_only=True):
    """`next` is the cursor for the next call: nothing is consumed."""

    items: tuple[InboxItem, ...]
    next: int


class LogKey(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A key that signs the log. `receipt` proves the line that says so; the log began with the one that has none."""

    vkey: str
    receipt: str | None = None


class LogKeys(Struct, frozen=True, kw_only=True):
    """`GET /v1/log-keys`: every key that ever signed the log, the oldest first; the last may not be the only one."""

    keys: tuple[LogKey, ...]


class ExchangeView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An exchange as this reader may see it. Times are UTC seconds. Members the reader may not know are absent."""

    exchange: Id
    requester: AgencyId
    holder: AgencyId
    purpose: Purpose
    fields: tuple[Field, ...]
    state: State
    asked_at: int
    answer_by: int
    office: OfficeId | None = None
    answer: Id | None = None
    shared: tuple[Field, ...] = ()
    withheld: Annotated[int, Meta(ge=0)] = 0
    open_until: int | None = None
    follows: Id | None = None
    held_by: AgencyId | None = None
    missing: tuple[Missing, ...] = ()
    acknowledge_by: int | None = None
    code: ReasonCode | None = None
    clauses: tuple[ClauseNumber, ...] = ()
    # for the holder and inspectors only
    review: Literal["not-needed", "needed", "proceed", "declined"] | None = None
    sensitivities: tuple[Sensitivity, ...] = ()
    outcome: AnswerOutcome | None = None
    overdue: bool | None = None
    erased: bool | None = None
    withheld_fields: tuple[SealedField, ...] = ()


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457 problem details; nothing of the input is echoed. A refusal on record has `decision` and `receipt`."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    code: ReasonCode | None = None
    exchange: Id | None = None
    clauses: tuple[ClauseNumber, ...] = ()
    where: str | None = None
    decision: str | None = None
    receipt: str | None = None

"""What a desk's local API says, as far as the demonstration reads it; members it does not name are ignored."""

from typing import Literal

from msgspec import Struct

Json = dict[str, object]


class Fault(Struct, frozen=True, kw_only=True):
    """One thing that was typed and needs changing."""

    name: str
    detail: str
    code: str | None = None


class Problem(Struct, frozen=True, kw_only=True):
    """What a desk says when it does not do what was asked (RFC 9457)."""

    status: int
    title: str = ""
    detail: str = ""
    code: str | None = None
    exchange: str | None = None
    clauses: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


class Case(Struct, frozen=True, kw_only=True):
    """A case as the agency's own desk shows it."""

    exchange: str
    side: Literal["requester", "holder"]
    state: str
    state_words: str
    requester: str
    holder: str
    holder_name: str = ""
    what_may_be_told: str | None = None
    shared: tuple[str, ...] = ()
    withheld: int = 0
    withheld_fields: tuple[str, ...] = ()
    followed_by: str | None = None
    held_by: str | None = None
    code: str | None = None
    review: str | None = None
    office: str | None = None


class Said(Struct, frozen=True, kw_only=True):
    """Something was said to the gateway and is on record at `leaf`, or waits at the desk."""

    queued: bool
    jti: str
    leaf: int | None
    withheld: tuple[str, ...] = ()
    case: Case


class Opened(Struct, frozen=True, kw_only=True):
    """Values that were handed over and opened, in memory."""

    values: dict[str, str]
    jti: str
    leaf: int


class Finding(Struct, frozen=True, kw_only=True):
    """Something the holder's desk knows that stands against approaching anyone."""

    code: str | None
    words: str


class Read(Struct, frozen=True, kw_only=True):
    """A request as the holder read it."""

    subject: Json
    findings: tuple[Finding, ...]
    review: str
    jti: str
    leaf: int


class Line(Struct, frozen=True, kw_only=True):
    """A line of the log as an inspector reads it: what both sides know, and what only inspectors may."""

    index: int
    shared: Json | None = None
    exact: Json | None = None


class Found(Struct, frozen=True, kw_only=True):
    """What a search of the log found; the search itself is the line `leaf`."""

    lines: tuple[Line, ...]
    next: int
    jti: str
    leaf: int


class Receipt(Struct, frozen=True, kw_only=True):
    """The gateway's word on one message, and the proof that it is in the log."""

    jti: str
    exchange: str
    message: str
    leaf: int
    decision: Json
    receipt: str


class ReceiptName(Struct, frozen=True, kw_only=True):
    """A receipt that the desk keeps."""

    n: int
    jti: str


class Receipts(Struct, frozen=True, kw_only=True):
    """A page of them."""

    receipts: tuple[ReceiptName, ...]
    next: int


class Event(Struct, frozen=True, kw_only=True):
    """Something came or was said on an exchange."""

    n: int
    exchange: str
    event: str


class Events(Struct, frozen=True, kw_only=True):
    """What happened since the last look."""

    events: tuple[Event, ...]
    next: int

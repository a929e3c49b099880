"""What the local API answers: plain JSON, one struct for each shape (docs/local-api.md)."""

from msgspec import Struct

from contracts.event import Exact, Shared
from contracts.reply import DecisionClaims
from contracts.vocabulary import SealedField
from gateway.desk import words
from gateway.desk.case import Case
from gateway.desk.delays import Delay
from gateway.desk.deliveries import Alarm, Delivery
from gateway.desk.happenings import Happening
from gateway.desk.holder import ReadRequest
from gateway.desk.inspector import Found
from gateway.desk.instructions import Instruction
from gateway.desk.opening import Looked
from gateway.desk.receipts import Receipt, decision_of
from gateway.desk.showing import Finding, Shown, findings, show
from gateway.desk.speaking import Said
from gateway.desk.subject import Subject
from gateway.desk.trust import Known


class Spoken(Struct, frozen=True, kw_only=True):
    """Something was said. `leaf` is null while it waits for the gateway; `withheld` is what the gateway dropped."""

    queued: bool
    jti: str
    leaf: int | None
    withheld: tuple[SealedField, ...]
    case: Shown

    @classmethod
    def of(cls, said: Said, known: Known) -> "Spoken":
        """As the local API says it."""
        sent = said.sent
        return cls(
            queued=sent.queued, jti=sent.jti, leaf=sent.leaf, withheld=sent.withheld, case=show(said.case, known)
        )


class Opened(Struct, frozen=True, kw_only=True):
    """Values that were opened, once."""

    values: dict[SealedField, str]
    jti: str
    leaf: int | None
    case: Shown

    @classmethod
    def of(cls, looked: Looked, case: Case, known: Known) -> "Opened":
        """As the local API says it."""
        return cls(values=looked.values, jti=looked.sent.jti, leaf=looked.sent.leaf, case=show(case, known))


class Reasons(Struct, frozen=True, kw_only=True):
    """A reviewer's reasons."""

    reasons: str
    jti: str
    leaf: int | None

    @classmethod
    def of(cls, looked: Looked) -> "Reasons":
        """As the local API says it."""
        return cls(reasons=looked.values["reasons"], jti=looked.sent.jti, leaf=looked.sent.leaf)


class Request(Struct, frozen=True, kw_only=True):
    """A request as its holder reads it, with what the desk found beside it."""

    subject: Subject
    findings: tuple[Finding, ...]
    review: str
    jti: str
    leaf: int | None
    case: Shown

    @classmethod
    def of(cls, read: ReadRequest, known: Known) -> "Request":
        """As the local API says it."""
        return cls(
            subject=read.subject,
            findings=findings(read.case),
            review=read.case.review,
            jti=read.sent.jti,
            leaf=read.sent.leaf,
            case=show(read.case, known),
        )


class Line(Struct, frozen=True, kw_only=True):
    """A line of the log; both parts are null where its record has been erased."""

    index: int
    shared: Shared | None
    exact: Exact | None


class Lines(Struct, frozen=True, kw_only=True):
    """What a search found. Unless it is `complete`, it goes on `after` `next`; the search itself is line `leaf`."""

    lines: tuple[Line, ...]
    next: int
    complete: bool
    jti: str
    leaf: int | None

    @classmethod
    def of(cls, found: Found, after: int) -> "Lines":
        """As the local API says it."""
        lines = tuple(Line(index=line.index, shared=line.shared, exact=line.exact) for line in found.lines)
        last, to = lines[-1].index if lines else after, found.sent.looked_to
        goes_on = last if to is None else to
        return cls(lines=lines, next=goes_on, complete=to is None, jti=found.sent.jti, leaf=found.sent.leaf)


class Event(Struct, frozen=True, kw_only=True):
    """What happened on a case, or to a `record` of the desk's own; `leaf` is its line of the log, where it has one.

    `client` is the client by whose call it was done, where there was one.
    """

    n: int
    exchange: str | None
    event: str
    side: str
    state: str | None
    at: int
    leaf: int | None
    record: str | None
    client: str | None

    @classmethod
    def of(cls, number: int, happening: Happening) -> "Event":
        """As the local API says it."""
        return cls(
            n=number,
            exchange=happening.exchange,
            event=happening.event,
            side=happening.side,
            state=happening.state,
            at=happening.at,
            leaf=happening.leaf,
            record=happening.record,
            client=happening.client,
        )


class Events(Struct, frozen=True, kw_only=True):
    """A page of them."""

    events: tuple[Event, ...]
    next: int


class Cases(Struct, frozen=True, kw_only=True):
    """A page of cases."""

    cases: tuple[Shown, ...]
    next: int


class StandingInstruction(Struct, frozen=True, kw_only=True):
    """An instruction as staff may know it: without the hashes by which it is found."""

    id: str
    scope: str
    purpose: str | None
    crime_reference: str | None
    since: int
    exchange: str | None
    lifted_at: int | None

    @classmethod
    def of(cls, kept: Instruction) -> "StandingInstruction":
        """As the local API says it."""
        return cls(**{name: getattr(kept, name) for name in cls.__struct_fields__})


class Instructions(Struct, frozen=True, kw_only=True):
    """All standing instructions."""

    standing_instructions: tuple[StandingInstruction, ...]


class VisibilityDelay(Struct, frozen=True, kw_only=True):
    """A delay of what reports to a victim show. No `lines`: every hand-over of the case."""

    id: str
    exchange: str
    lines: tuple[int, ...]
    reason: str
    clause: str
    since: int
    until: int
    until_words: str
    lifted_at: int | None

    @classmethod
    def of(cls, kept: Delay) -> "VisibilityDelay":
        """As the local API says it."""
        return cls(
            id=kept.id,
            exchange=kept.exchange,
            lines=kept.lines,
            reason=kept.reason,
            clause=kept.clause,
            since=kept.since,
            until=kept.until,
            until_words=words.day(kept.until),
            lifted_at=kept.lifted_at,
        )


class VisibilityDelays(Struct, frozen=True, kw_only=True):
    """All of them, those that are over too."""

    visibility_delays: tuple[VisibilityDelay, ...]


class ReceiptName(Struct, frozen=True, kw_only=True):
    """A receipt that is kept."""

    n: int
    jti: str
    exchange: str
    message: str


class Receipts(Struct, frozen=True, kw_only=True):
    """A page of them."""

    receipts: tuple[ReceiptName, ...]
    next: int


class WholeReceipt(Struct, frozen=True, kw_only=True):
    """The gateway's word on one message, and the proof; anyone can check both offline."""

    jti: str
    exchange: str
    message: str
    leaf: int
    decision: DecisionClaims
    decision_token: str
    receipt: str
    witnessed: bool

    @classmethod
    def of(cls, kept: Receipt) -> "WholeReceipt":
        """As the local API says it."""
        return cls(
            jti=kept.jti,
            exchange=kept.exchange,
            message=kept.message,
            leaf=kept.leaf,
            decision=decision_of(kept),
            decision_token=kept.decision,
            receipt=kept.receipt,
            witnessed=kept.witnessed,
        )


class Delivered(Struct, frozen=True, kw_only=True):
    """What came into the inbox, and the proof that it is in the log; anyone can check both offline."""

    leaf: int
    exchange: str
    at: int
    token: str
    receipt: str
    witnessed: bool

    @classmethod
    def of(cls, kept: Delivery) -> "Delivered":
        """As the local API says it."""
        return cls(**{name: getattr(kept, name) for name in cls.__struct_fields__})


class NumberedAlarm(Alarm, frozen=True, kw_only=True):
    """A delivery that was not believed; nothing of it but `why` and `at` is known to be true."""

    n: int


class Alarms(Struct, frozen=True, kw_only=True):
    """A page of them."""

    alarms: tuple[NumberedAlarm, ...]
    next: int


class Health(Struct, frozen=True, kw_only=True):
    """The desk can seal and judge; `alarms` counts the deliveries that were not believed, of all its agencies.

    `webhooks_failing` counts the receivers of webhooks that do not take what is posted to them.
    """

    ready: bool
    alarms: int
    webhooks_failing: int = 0


class Live(Struct, frozen=True, kw_only=True):
    """The desk runs."""

    live: bool = True

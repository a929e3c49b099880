"""A case as one agency keeps it: what was said on an exchange, as this side may know it."""

from typing import Final, Literal

from msgspec import Struct

from contracts.messages.actor import Actor
from contracts.messages.contact_request import ContactRequest
from contracts.reply import State
from contracts.vocabulary import AnswerOutcome, Field, Missing, ReasonCode, SealedField, Sensitivity
from gateway.desk.cabinet import Drawer
from gateway.desk.errors import Why
from gateway.desk.subject import Subject

KIND: Final = "case"

Side = Literal["requester", "holder"]
CaseState = State | Literal["queued"]
Review = Literal["not-needed", "needed", "proceed", "declined"]

OPEN: Final[frozenset[CaseState]] = frozenset({"queued", "with-police", "more-needed"})
YES: Final[frozenset[CaseState]] = frozenset({"details-shared", "agreed", "outcome-recorded"})
LIVE: Final = OPEN | YES
"""A second request for the same offender, crime reference and purpose is a duplicate of these (R16)."""

ENDED: Final[frozenset[CaseState]] = frozenset(
    {"refused", "cannot-proceed", "held-elsewhere", "cancelled", "withdrawn", "expired", "closed"}
)
ELSEWHERE: Final = "to be asked elsewhere"
"""The word by which cases are found that must be asked again of another agency."""

OVER: Final = "over"
"""The word by which cases are found that have ended, and are erased some day."""


class Case(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One exchange. Times are UTC seconds; `reading` counts the requests that this holder has read, from 1.

    `moved_by` is the line of the log that has decided where the case stands: what comes later and was recorded earlier
    does not. `sealed_by` is the message that holds the current subject, `answer` the one that holds the current values.
    `read_of` is the message whose subject, or at the requester whose values, somebody has read. `waiting` is why
    something said on it has not left yet. `asked_before` are the agencies that sent this case elsewhere. `marks`,
    `offender` and `victim_mark` are keyed hashes, so that neither side needs the identifiers again to find a duplicate
    or an instruction; `perhaps` says that an instruction stands for another crime of this offender.
    """

    exchange: str
    side: Side
    requester: str
    holder: str
    request: ContactRequest
    state: CaseState
    asked_at: int
    sealed_by: str
    moved_by: int = -1
    actor: Actor | None = None
    subject: Subject | None = None
    marks: tuple[str, ...] = ()
    offender: tuple[str, ...] = ()
    victim_mark: str | None = None
    office: str | None = None
    missing: tuple[Missing, ...] = ()
    answer: str | None = None
    outcome: AnswerOutcome | None = None
    answered_at: int | None = None
    shared: tuple[Field, ...] = ()
    withheld: int = 0
    withheld_fields: tuple[SealedField, ...] = ()
    open_until: int | None = None
    held_by: str | None = None
    followed_by: str | None = None
    asked_before: tuple[str, ...] = ()
    code: ReasonCode | None = None
    clauses: tuple[str, ...] = ()
    reading: int = 0
    read_of: str | None = None
    asker: tuple[str, ...] = ()
    findings: tuple[ReasonCode, ...] = ()
    perhaps: bool = False
    review: Review = "not-needed"
    reviewed_by: str | None = None
    found: tuple[Sensitivity, ...] = ()
    overdue: bool = False
    withdrawn_at: int | None = None
    acknowledged: bool = False
    outcome_recorded: bool = False
    waiting: Why | None = None
    ended_at: int | None = None

    @property
    def read(self) -> bool:
        """Whether somebody has read the request as it stands now."""
        return self.read_of == self.sealed_by

    @property
    def ruled_out(self) -> bool:
        """Whether this side has decided that nobody is approached, which the other side may not know yet."""
        return self.outcome == "cannot-proceed"

    @property
    def words(self) -> tuple[str, ...]:
        """What the case is found by."""
        plain = (f"state {self.state}", f"side {self.side}", f"state {self.state} side {self.side}", *self.marks)
        victim = (self.victim_mark,) if self.victim_mark else ()
        over = (OVER,) if self.ended_at is not None else ()
        elsewhere = (ELSEWHERE,) if self.to_be_asked_elsewhere else ()
        return (*plain, *victim, *over, *elsewhere)

    @property
    def to_be_asked_elsewhere(self) -> bool:
        """Whether this side asked, another agency is said to hold the case, and it was not among those asked before."""
        waits = self.side == "requester" and self.state == "held-elsewhere" and self.followed_by is None
        return waits and self.held_by is not None and self.held_by not in (*self.asked_before, self.holder)


def keep(drawer: Drawer, case: Case) -> None:
    """Keep a case, found by its words."""
    drawer.put(KIND, case.exchange, case, case.words)

"""What can go wrong at a desk, each in plain English and without a word of what was typed.

DeskError
├── Typed         something typed needs changing; every fault at once
├── NotThere      the case, receipt or instruction is not this agency's
├── OutOfTurn     the case is not in a state for this, or a duplicate stands in the way
├── Forbidden     the desk knows that the agreement refuses it, and sends nothing
├── Refused       the gateway refuses
├── NotKept       the desk could not write it down: nothing was sent
├── Damaged       the desk's own records do not open
├── GatewayAway   the gateway cannot be reached: the same message may be sent again
│   └── NotTaken    the gateway was reached and has decided nothing: what was said is kept and tried again
└── NotBelieved   what came does not verify: nothing of it is used
    └── NotTrusted  the directory or the agreement does not verify: nothing is sealed
"""

from typing import ClassVar, Literal

from msgspec import Struct

from contracts.reply import Problem
from contracts.vocabulary import ReasonCode

Why = Literal["away", "busy", "not-fresh", "not-verified", "no-decision", "not-believed", "behind"]
"""Why something that was said has not left yet: its words are in `words.WAITS`."""


class Fault(Struct, frozen=True, kw_only=True):
    """One thing to change: the input's own name, why, and the reason code where the agreement has one for it."""

    name: str
    detail: str
    code: ReasonCode | None = None


class DeskError(Exception):
    """`detail` is for the person at the screen; `code` and `exchange` where they are known."""

    status: ClassVar[int]
    slug: ClassVar[str]
    title: ClassVar[str]

    def __init__(
        self,
        detail: str,
        *,
        code: ReasonCode | None = None,
        exchange: str | None = None,
        clauses: tuple[str, ...] = (),
    ) -> None:
        super().__init__(detail)
        self.detail, self.code, self.exchange, self.clauses = detail, code, exchange, clauses


class Typed(DeskError):
    """Something typed needs changing."""

    status, slug, title = 422, "typed", "Something needs changing"

    def __init__(self, *faults: Fault) -> None:
        code = next((fault.code for fault in faults if fault.code), None)
        super().__init__(faults[0].detail if len(faults) == 1 else "Change each thing that is listed.", code=code)
        self.faults = faults


class NotThere(DeskError):
    """Not there for this agency, in the same words as something that never was."""

    status, slug, title = 404, "not-found", "Not there"


class OutOfTurn(DeskError):
    """Not now, or not twice."""

    status, slug, title = 409, "wrong-state", "Not possible now"


class Forbidden(DeskError):
    """The agreement refuses it, and only the desk can know."""

    status, slug, title = 403, "not-permitted", "The agreement does not permit this"


class Refused(DeskError):
    """The gateway refuses; `jti` names the message, whose receipt is kept where the refusal is `on_record`."""

    status, slug, title = 403, "refused", "Refused"

    def __init__(self, problem: Problem, jti: str, *, on_record: bool) -> None:
        super().__init__(problem.detail, code=problem.code, exchange=problem.exchange, clauses=problem.clauses)
        self.problem, self.jti, self.on_record = problem, jti, on_record


class GatewayAway(DeskError):
    """Try again, with the same message."""

    status, slug, title = 503, "gateway-away", "The gateway is away"
    why: Why = "away"
    after: float = 0.0
    """Seconds after which it asks to be tried again, where it has said so."""

    def __init__(self, detail: str = "The gateway cannot be reached. Try again in a few minutes.") -> None:
        super().__init__(detail)


class NotTaken(GatewayAway):
    """No decision, and no word that settles it: only a signed one does. Nobody's word makes a message vanish."""

    slug, title = "not-taken", "The gateway has not taken the message"

    def __init__(self, detail: str, why: Why, after: float = 0.0) -> None:
        super().__init__(detail)
        self.why, self.after = why, after


class NotKept(DeskError):
    """The desk's own disk is full, or cannot be written."""

    status, slug, title = 503, "not-kept", "The desk could not write it down"


class Damaged(DeskError):
    """Somebody or something has changed the desk's own records."""

    status, slug, title = 500, "damaged", "The desk's records are damaged"


class NotBelieved(DeskError):
    """What came does not verify."""

    status, slug, title = 502, "not-believed", "The gateway's answer does not verify"
    why: Why = "not-believed"


class NotTrusted(NotBelieved):
    """The directory or the agreement does not verify."""

    status, slug, title = 503, "not-trusted", "The agency directory does not verify"

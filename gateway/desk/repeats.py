"""The same call twice, done once: what an `Idempotency-Key` stands for (draft-ietf-httpapi-idempotency-key-header).

1. begin    nothing is written yet: a call that only finds faults leaves no trace, and its key may be used again
2. do       in the transaction of the first thing that the call changes, its key is written down too; with a message,
            the message's name
3. settle   in the transaction that settles the message, what became of it
4. answer   the answer is kept, to be given again

If the desk dies after 2 the message goes out at the next start, and the same call hears how it stands; what else was
done is done once, and the same call is told so. After 4 the same call gets the same answer. Values that somebody looked
at are never kept. All of it is forgotten after a day.
"""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from contracts.reply import Problem
from gateway.desk.cabinet import Drawer
from gateway.desk.caller import Caller
from gateway.desk.ids import now
from gateway.desk.posting import Outcome, Posting, Sent

KIND: Final = "repeat"
KEPT_SECONDS: Final = 86_400


class Refusal(Struct, frozen=True, kw_only=True):
    """What the gateway refused."""

    problem: Problem
    on_record: bool


class Repeat(Struct, frozen=True, kw_only=True):
    """What is known of a call that was made under a key. `status` is set once it was answered."""

    name: str
    asked: str
    at: int
    posting: str | None = None
    sent: Sent | None = None
    refusal: Refusal | None = None
    status: int | None = None
    media: str = ""
    body: str | None = None
    leaf: int | None = None

    def is_over(self, at: int) -> bool:
        """Whether it is to be forgotten."""
        return self.at + KEPT_SECONDS <= at


def found(drawer: Drawer, caller: Caller) -> Repeat | None:
    """What is known of an earlier call under this key."""
    kept = drawer.get(KIND, caller.name, Repeat)
    return None if kept is None or kept.is_over(now()) else kept


def begun(drawer: Drawer, caller: Caller) -> None:
    """Step 2, where no message is said."""
    if caller.key is not None and found(drawer, caller) is None:
        keep(drawer, Repeat(name=caller.name, asked=caller.asked, at=now()))


def said(drawer: Drawer, caller: Caller | None, posting: Posting) -> None:
    """Step 2, inside the transaction that keeps the message."""
    if caller is None or caller.key is None:
        return
    waits = Sent(jti=posting.jti, exchange=posting.exchange)
    keep(drawer, Repeat(name=caller.name, asked=caller.asked, at=now(), posting=posting.name, sent=waits))


def settled(drawer: Drawer, posting: Posting, outcome: Outcome) -> None:
    """Step 3: what became of the message."""
    decision, problem = outcome.decision, outcome.problem
    sent = Sent(
        jti=posting.jti,
        exchange=posting.exchange,
        leaf=decision.leaf if decision else None,
        withheld=decision.withheld if decision else (),
    )
    refusal = None
    if problem is not None:
        problem = replace(problem, exchange=posting.exchange)
        refusal = Refusal(problem=problem, on_record=outcome.receipt is not None)
    for _, each in drawer.find(KIND, posting.name, Repeat):
        keep(drawer, replace(each, sent=sent, refusal=refusal))


def keep(drawer: Drawer, repeat: Repeat) -> None:
    """Keep it, found by its message, and forgotten with the case."""
    words = [repeat.posting or "", repeat.sent.exchange if repeat.sent else ""]
    drawer.put(KIND, repeat.name, repeat, [word for word in words if word])


def forget(drawer: Drawer, at: int) -> None:
    """Remove what is a day old."""
    for _, each in drawer.each(KIND, Repeat):
        if each.is_over(at):
            drawer.remove(KIND, each.name)

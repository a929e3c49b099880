"""One row of the work list: what of a case, and of whose it is, a list shows, sorts and filters by. Pure."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from contracts.agreement import Windows
from contracts.vocabulary import Purpose
from gateway.desk.case import OPEN, YES, Case, CaseState, Side
from gateway.desk.due_next import Awaited, next_due
from gateway.desk.errors import Why

Group = Literal["open", "yes", "withdrawn", "ended"]
"""`open`: not answered yet. `yes`: details shared or agreed, until it is closed. `withdrawn`: contact must stop, and it
has not been confirmed yet.
"""

Waits = Literal["accept", "read", "review", "answer", "supplement", "open", "outcome", "acknowledge-recall", "send"]
"""What the case waits for that this side does; by the last word of the local API's path for it. `send`: what was said
last has not left yet.
"""

FAR: Final = 1 << 40
"""Later than every due date: what is due on no day comes last."""


class Allocation(Struct, frozen=True, kw_only=True):
    """Whom a case is allocated to, by their staff id and the name that colleagues know; by whom, and when."""

    exchange: str
    to: str
    name: str
    by: str
    at: int


class Row(Struct, frozen=True, kw_only=True, eq=False, gc=False):
    """A case on the list. Who the offender is, is known on the requester's side alone.

    `overdue`: the gateway has told so. `waiting`: why something that was said on it has not left yet. `allocated` is
    the staff id as it is compared. `sensitive`: a reviewer decides it, or has decided it; the holder's side alone.
    """

    exchange: str
    side: Side
    state: CaseState
    group: Group
    purpose: Purpose
    other: str
    asked_at: int
    due: Awaited | None
    due_at: int | None
    waits: Waits | None
    overdue: bool
    waiting: Why | None
    offender: str | None
    prison_number: str | None
    allocated: str | None
    allocated_name: str | None
    sensitive: bool = False

    def given(self, allocated: Allocation | None) -> "Row":
        """The row once the case is somebody else's, or nobody's."""
        to, name = (allocated.to, allocated.name) if allocated else (None, None)
        return replace(self, allocated=to, allocated_name=name)


Key = tuple[int, int, str]


def by_due(row: Row) -> Key:
    """What is due first comes first; of those due together, what was asked first."""
    return (FAR if row.due_at is None else row.due_at, row.asked_at, row.exchange)


def by_newest(row: Row) -> Key:
    """What was asked last comes first."""
    return (-row.asked_at, 0, row.exchange)


def row_of(case: Case, allocated: Allocation | None, windows: Windows) -> Row:
    """The line of a case under the agreement's windows."""
    found, asks = next_due(case, windows), case.side == "requester"
    who = case.subject.offender if asks and case.subject else None
    return Row(
        exchange=case.exchange,
        side=case.side,
        state=case.state,
        group=_group(case),
        purpose=case.request.purpose,
        other=case.holder if asks else case.requester,
        asked_at=case.asked_at,
        due=found[0] if found else None,
        due_at=found[1] if found else None,
        waits=_asker_waits(case) if asks else _holder_waits(case),
        overdue=case.overdue,
        waiting=case.waiting,
        offender=who.name if who else None,
        prison_number=who.prison_number if who else None,
        allocated=allocated.to if allocated else None,
        allocated_name=allocated.name if allocated else None,
        sensitive=not asks and case.review != "not-needed",
    )


def _group(case: Case) -> Group:
    if case.side == "requester" and case.state == "withdrawn" and not case.acknowledged:
        return "withdrawn"
    return "open" if case.state in OPEN else "yes" if case.state in YES else "ended"


ASKER: Final[Mapping[CaseState, Waits]] = MappingProxyType(
    {"more-needed": "supplement", "details-shared": "outcome", "agreed": "outcome"}
)


def _asker_waits(case: Case) -> Waits | None:
    if case.state == "withdrawn":
        return None if case.acknowledged else "acknowledge-recall"
    if case.waiting is not None:
        return "send"
    if case.state == "details-shared" and case.read_of != case.answer:
        return "open"
    return ASKER.get(case.state)


def _holder_waits(case: Case) -> Waits | None:
    """While the requester is asked for more, nothing waits for the holder."""
    if case.state != "with-police":
        return None
    if case.office is None:
        return "accept"
    if not case.read:
        return "read"
    return "review" if case.review == "needed" else "answer"

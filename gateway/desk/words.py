"""What a desk says to people. Texts stand here (what it says to victims in `telling`), so that Welsh can stand beside.

Every "cannot proceed" is said in the same words: nobody can tell from them whether a victim was ever asked.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from contracts.vocabulary import ReasonCode
from gateway.desk.case import CaseState, Side
from gateway.desk.errors import Why

STATES: Final[Mapping[Side, Mapping[CaseState, str]]] = MappingProxyType(
    {
        "requester": {
            "queued": "Waiting to be sent",
            "with-police": "With the police",
            "more-needed": "The police need more from you",
            "details-shared": "Details shared",
            "agreed": "Agreed",
            "cannot-proceed": "Cannot proceed",
            "held-elsewhere": "Held by another agency",
            "refused": "Refused",
            "cancelled": "Request cancelled",
            "withdrawn": "Details withdrawn: do not contact",
            "expired": "Expired",
            "outcome-recorded": "Outcome recorded",
            "closed": "Closed",
        },
        "holder": {
            "queued": "Waiting to be sent",
            "with-police": "To be answered",
            "more-needed": "Waiting for the requester",
            "details-shared": "Details shared",
            "agreed": "Agreed",
            "cannot-proceed": "Cannot proceed",
            "held-elsewhere": "Sent to another agency",
            "refused": "Refused",
            "cancelled": "Request cancelled",
            "withdrawn": "Details withdrawn",
            "expired": "Expired",
            "outcome-recorded": "Outcome recorded",
            "closed": "Closed",
        },
    }
)

NOT_YET: Final = (
    "You may tell the prisoner that the request has been made and that an answer takes time. "
    "Do not say whom the police ask, or whether they ask anyone."
)
TOLD: Final[Mapping[CaseState, str]] = MappingProxyType(
    {
        "queued": "You may tell the prisoner that the request is ready. It has not left yet.",
        "with-police": NOT_YET,
        "more-needed": NOT_YET,
        "details-shared": (
            "You may tell the prisoner that restorative justice can go ahead. Say nothing of the details: no name that "
            "was shared, no number, no place, no times."
        ),
        "agreed": "You may tell the prisoner that the answer is yes, and what happens next. Say nothing else.",
        "cannot-proceed": (
            "You may tell the prisoner: restorative justice cannot go ahead in this case. There are many reasons for "
            "that, and we are not told which. It says nothing about anyone's feelings, and it does not count against "
            "you. Offer support, and other ways of making amends."
        ),
        "held-elsewhere": "You may tell the prisoner that the request has gone to another agency, and takes longer.",
        "refused": "You may tell the prisoner that the request could not be made as it was. It has reached nobody.",
        "cancelled": "You may tell the prisoner that the request has been cancelled.",
        "withdrawn": (
            "Stop all contact now. You may tell the prisoner that restorative justice cannot go ahead. Give no reason: "
            "none was asked for, and none is known."
        ),
        "expired": "You may tell the prisoner that the time for this has ended. A new request can be made.",
        "outcome-recorded": "You may talk with the prisoner about what came of it, as agreed with the facilitator.",
        "closed": "You may talk with the prisoner about what came of it, as agreed with the facilitator.",
    }
)

FINDINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "R16": (
            "There is a live request for the same person, crime and purpose. Approach nobody about this one: "
            "answer that it cannot proceed, with R16."
        ),
        "R06": (
            "The victim has asked for no further contact. Approach nobody: answer that it cannot proceed, with R06. "
            "If the victim has come back, lift the instruction first."
        ),
    }
)

PERHAPS: Final = (
    "Possibly the same victim: check before you approach anyone. An instruction of no further contact stands for "
    "another crime of this person."
)

KEPT: Final = "It is kept, and goes out by itself."
WAITS: Final[Mapping[Why, str]] = MappingProxyType(
    {
        "away": f"The gateway cannot be reached. {KEPT}",
        "busy": f"The gateway could not record it. {KEPT}",
        "not-fresh": (
            "The gateway's clock and this desk's differ, or the key that signed it has ended. Set this desk's clock. "
            f"{KEPT}"
        ),
        "not-verified": (
            "The gateway does not accept this agency's signature. Ask both parties' officers whether this agency's key "
            f"is in the directory. {KEPT}"
        ),
        "no-decision": f"The gateway's answer was no decision. Ring the gateway's operator. {KEPT}",
        "not-believed": f"The gateway's answer does not verify. Tell both parties' officers. {KEPT}",
        "behind": f"Something that was said before it on this case has not left yet. {KEPT}",
    }
)


def state(side: Side, now: CaseState) -> str:
    """A state, as staff of this side would say it."""
    return STATES[side][now]


def may_be_told(now: CaseState) -> str:
    """What the prisoner may be told, and what not."""
    return TOLD[now]


def finding(code: ReasonCode) -> str:
    """What the holder's own desk found, and what to do."""
    return FINDINGS[code]


def by(instant: int) -> str:
    """A due date, in London's time: `by 23:59 on Monday 23 November 2026`."""
    local = datetime.fromtimestamp(instant, _london())
    return f"by {local:%H:%M} on {local:%A} {local.day} {local:%B %Y}"


def when(instant: int) -> str:
    """An instant, in London's time: `Monday 23 November 2026 at 14:05 GMT`."""
    local = datetime.fromtimestamp(instant, _london())
    return f"{local:%A} {local.day} {local:%B %Y} at {local:%H:%M %Z}"


def day(instant: int) -> str:
    """The day of an instant in London: `23 November 2026`."""
    local = datetime.fromtimestamp(instant, _london())
    return f"{local.day} {local:%B %Y}"


def iso_day(instant: int) -> str:
    """The day of an instant in London: `2026-11-23`."""
    return datetime.fromtimestamp(instant, _london()).date().isoformat()


def away(since: int, at: int) -> str:
    """That the gateway does not answer, and since when."""
    began = datetime.fromtimestamp(since, _london())
    moment = f"{began:%H:%M %Z}" if iso_day(since) == iso_day(at) else when(since)
    return f"The gateway has not answered since {moment}. What you send is kept, and goes out by itself."


def queued(count: int) -> str:
    """How much waits for the gateway."""
    return "1 message waits." if count == 1 else f"{count} messages wait."


@cache
def _london() -> ZoneInfo:
    return ZoneInfo("Europe/London")

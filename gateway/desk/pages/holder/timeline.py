"""What happened on a case, as its holder may know it: the newest first, own staff by name, each line with its proof."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from gateway.desk import colleagues, happenings
from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.case import Case
from gateway.desk.colleagues import Colleague
from gateway.desk.deliveries import DELIVERY, Delivery
from gateway.desk.happenings import Happening
from gateway.desk.pages.times import Colour
from gateway.desk.receipts import KIND as RECEIPT
from gateway.desk.receipts import Receipt, decision_of

EVENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "contact-request": "The request came",
        "accepted": "An office took the case",
        "open": "Request read",
        "more-needed": "The prison was asked for more",
        "supplement": "The prison sent what was missing",
        "sensitivity": "The case was marked sensitive",
        "review": "The reviewer decided",
        "contact-answer": "The answer was given",
        "outcome": "The prison said what came of it",
        "cancellation": "The prison cancelled the request",
        "recall": "The details were taken back",
        "recall-acknowledged": "The prison confirmed that contact has stopped",
        "allocated": "The case was given to somebody",
        "approach": "The approach was recorded",
        "letter-in": "The letter was dealt with",
        "access-report": "The victim was told who looked",
        "waiting": "Something waits to be sent",
        "not-sent": "Something could not be sent",
        "refused": "The gateway refused what was sent",
        "not-believed": "Something came that does not verify",
        "seen": "The case was looked up at the gateway",
        "notice-opened": "The prison looked at the details",
        "notice-overdue": "The time to accept or answer passed",
        "notice-outcome-overdue": "The time to report the outcome passed",
        "notice-cannot-proceed": "The answer window ended: the prison was told “cannot proceed”",
        "notice-expired": "The victim’s yes ended with its time",
        "notice-erased": "The details were deleted",
        "notice-withdrawn": "The details were withdrawn",
    }
)
ANSWERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "details-shared": "Answered: yes, details shared",
        "agreed": "Answered: yes",
        "cannot-proceed": "Answered: cannot proceed",
        "held-elsewhere": "Sent to another agency",
    }
)
MORE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "cannot-proceed": "The prison does not know this yet. It is told at the end of the answer window.",
        "details-shared": "The prison sees it at once.",
        "agreed": "The prison sees it at once.",
        "held-elsewhere": "The prison sees it at once, and asks there.",
    }
)
NOT_SHOWN: Final = ("seen",)
NEWEST: Final = 200


class Proof(Struct, frozen=True, kw_only=True):
    """How sure it is that this line is in the log."""

    leaf: int
    words: str
    colour: Colour


class Entry(Struct, frozen=True, kw_only=True):
    """One thing that happened."""

    at: int
    words: str
    more: str
    who: str | None
    proof: Proof | None


class _Kept(Struct, frozen=True):
    """What the cabinet has of a case."""

    happened: list[Happening]
    receipts: Mapping[int, Receipt]
    deliveries: Mapping[int, Delivery]
    hands: Mapping[str, str]
    names: Mapping[str, str]


async def of(agency: Agency, case: Case, other: str) -> list[Entry]:
    """The timeline of a case; `other` is what the other side is called."""
    kept = await agency.cabinet.change(lambda drawer: _kept(drawer, case.exchange))
    every = sorted([*kept.happened, *_looks(kept)], key=lambda each: each.at)
    entries = [_entry(each, kept, other) for each in every if each.event not in NOT_SHOWN]
    return entries[::-1][:NEWEST]


def _looks(kept: _Kept) -> list[Happening]:
    """This side's own looks at what the request says: of them there is a receipt alone."""
    return [
        Happening(exchange=each.exchange, event="open", side="holder", state=None, at=decision_of(each).at, leaf=leaf)
        for leaf, each in kept.receipts.items()
        if each.message == "open" and decision_of(each).decision == "accepted"
    ]


def _kept(drawer: Drawer, exchange: str) -> _Kept:
    return _Kept(
        [each for _, each in drawer.find(happenings.KIND, exchange, Happening)],
        {each.leaf: each for _, each in drawer.find(RECEIPT, exchange, Receipt)},
        {each.leaf: each for _, each in drawer.find(DELIVERY, exchange, Delivery)},
        colleagues.hands(drawer, exchange),
        {each.id: each.name for _, each in drawer.each(colleagues.KIND, Colleague)},
    )


def _entry(happened: Happening, kept: _Kept, other: str) -> Entry:
    words, more = EVENTS.get(happened.event, "Something was recorded"), ""
    if happened.event == "contact-answer" and happened.state is not None:
        words, more = ANSWERS.get(happened.state, words), MORE.get(happened.state, "")
    return Entry(at=happened.at, words=words, more=more, who=_who(happened, kept, other), proof=_proof(happened, kept))


def _who(happened: Happening, kept: _Kept, other: str) -> str | None:
    if happened.leaf is None:
        return None
    receipt = kept.receipts.get(happened.leaf)
    if receipt is not None:
        return kept.names.get(kept.hands.get(receipt.jti, ""), "your agency’s own system")
    return "the gateway" if happened.event.startswith("notice-") else other


def _proof(happened: Happening, kept: _Kept) -> Proof | None:
    if happened.leaf is None:
        return None
    found = kept.receipts.get(happened.leaf) or kept.deliveries.get(happened.leaf)
    if found is None:
        return None
    if found.contradicted:
        return Proof(leaf=found.leaf, words="Contradicted: tell both parties’ officers", colour="red")
    if found.witnessed:
        return Proof(leaf=found.leaf, words="In the log, confirmed by cosigners", colour="green")
    return Proof(leaf=found.leaf, words="In the log", colour="blue")

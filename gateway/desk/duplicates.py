"""Duplicates (R16): the same offender, crime reference and purpose, live. Found by keyed hashes of the identifiers."""

from gateway.desk.cabinet import Drawer
from gateway.desk.case import KIND, LIVE, Case
from gateway.desk.matching import crime_key
from gateway.desk.subject import Subject


def marks(drawer: Drawer, subject: Subject, purpose: str) -> tuple[str, ...]:
    """One word for each identifier of the offender: cases of one person meet on any of them."""
    crime = crime_key(subject.offence.crime_reference)
    return tuple(drawer.mark(f"live {who} {crime} {purpose}").hex() for who in subject.offender_ids)


def earlier(drawer: Drawer, case: Case) -> Case | None:
    """The live case of this agency that this one duplicates.

    At a holder, of two the one that was read first: it is the one in hand, whichever was sent first. So exactly one of
    them is the duplicate, in whatever order they come.
    """
    found = (other for mark in case.marks for _, other in drawer.find(KIND, mark, Case))
    return next((other for other in found if _precedes(other, case)), None)


def _precedes(other: Case, case: Case) -> bool:
    if other.exchange == case.exchange or other.side != case.side or other.state not in LIVE:
        return False
    return case.side == "requester" or 0 < other.reading < case.reading

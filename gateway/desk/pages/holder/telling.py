"""What may be told to the victim and to the prison, and what may not: texts in one place, ready for Welsh.

The agreement rests on it: a "no", a silence and a victim who was never asked look alike (clauses 6.2, 9.4, 9.5).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from contracts.vocabulary import Purpose


class Telling(Struct, frozen=True, kw_only=True):
    """To one of them: what may be said, and what may not."""

    may: tuple[str, ...]
    never: tuple[str, ...]


THREE: Final = "What restorative justice is, what they may gain from it, and that they may stop at any time."
THEIR_CHOICE: Final = (
    "That the choice is theirs alone. If they say no, nothing happens, and the person who harmed them never learns of "
    "it."
)
OFFERS: Final[Mapping[Purpose, str]] = MappingProxyType(
    {
        "approach": "That the person who harmed them takes responsibility and would like to make amends.",
        "letter": "That a letter of apology exists, and that they decide whether to read it. Not what it says.",
        "conference": "That a meeting is possible, prepared with care, and only as they want it.",
        "preparation": "That a facilitator could visit them, where and when they choose.",
        "representative": "That the family, or whoever speaks for the child, may decide whether to take part.",
        "rotl-check": "That a meeting may be held away from the usual places, and that they may name an area to avoid.",
    }
)
VICTIM_NEVER: Final = (
    "Which prison asks, or where the person who harmed them is.",
    "When that person may be released, moved or heard by a court.",
    "What anybody else in the case has said or chosen.",
)
PRISON: Final = Telling(
    may=(
        "That the request has come, and which office deals with it.",
        "What is missing from the request, by “Ask for more”.",
        "“You will hear from us by the date on your screen.”",
    ),
    never=(
        "Whether the victim was asked, could be reached, or what they said.",
        "That there is a review, a court order or an instruction, or why the answer takes time.",
        "Anything about the victim that is not in your answer: not by telephone, and not in a letter.",
    ),
)


RULED_OUT: Final = "Nobody is approached about this request."
OVER: Final = "This request has ended."
REVIEW_FIRST: Final = "A reviewer decides first. Until then nobody is approached."
READ_FIRST: Final = "Read the request first. Only then is it known whether the victim may be approached."


def to_victim(purpose: Purpose) -> Telling:
    """What the victim may be told when they are asked for this purpose."""
    offer = OFFERS.get(purpose)
    return Telling(may=(*((offer,) if offer else ()), THREE, THEIR_CHOICE), never=VICTIM_NEVER)

"""The pack for the victim: one text for each purpose, in one place, so that Welsh can stand beside each sentence.

It names no prison and no person, and says nothing of where the person who harmed them is. Short sentences; nothing is
promised that the agreement does not keep (clauses 6.1 to 6.8, 8.1 to 8.6, 13.7).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from contracts.vocabulary import Field, Purpose


class Part(Struct, frozen=True, kw_only=True):
    """A heading, and what stands under it."""

    title: str
    said: tuple[str, ...]


TITLE: Final = "It is your choice"
FIRST: Final = (
    "You do not have to read this now. You do not have to decide anything today.",
    "This leaflet is about restorative justice. Somebody at our office can read it with you.",
)
WHAT: Final = Part(
    title="What restorative justice is",
    said=(
        "It is a safe way to be in touch with the person who harmed you, if you want that.",
        "It can be a meeting. It can be a letter, or messages that a trained person carries. You choose.",
        "Trained people prepare everything with you. It goes at your pace.",
    ),
)
GAIN: Final = Part(
    title="What you may gain",
    said=(
        "Some people want to ask questions that only that person can answer.",
        "Some want to say what the crime did to them, and be heard.",
        "Some find that it helps them to move on. It is different for everybody.",
        "It can also bring back hard memories. Somebody supports you before, during and after.",
    ),
)
CHOICE: Final = Part(
    title="It is entirely your choice",
    said=(
        "You can say yes, no, or not now. You can take your time.",
        "If you say no, nothing happens to you or your case. The person who harmed you will not learn of it.",
        "If you say yes, you may stop at any time. You need give no reason.",
    ),
)
HELP: Final = Part(
    title="If this is hard to read",
    said=(
        "We can explain it in your language, in large print, in easy words, or on the telephone.",
        "You can have somebody whom you trust with you.",
        "If you are in danger, ring 999.",
    ),
)

WHY: Final[Mapping[Purpose, Part]] = MappingProxyType(
    {
        "approach": Part(
            title="Why we are asking you",
            said=(
                "The person who harmed you accepts that they did it. They would like to make amends.",
                "They cannot get in touch with you. That is why we ask.",
                "We ask one thing: would you like to hear more?",
            ),
        ),
        "letter": Part(
            title="Why we are asking you",
            said=(
                "The person who harmed you has written a letter of apology. It exists, and is kept safely.",
                "You decide whether to read it. Nobody gives it to you unless you say yes to this letter.",
                "If you say yes, we read it first, to make sure that it is fit to give you.",
                "Then you choose how you get it: in person, with somebody beside you, or by post.",
            ),
        ),
        "conference": Part(
            title="Why we are asking you",
            said=(
                "The person who harmed you accepts that they did it. They are willing to meet you, if you want that.",
                "A meeting takes place only after careful preparation. A trained person is there the whole time.",
                "You can bring somebody with you. You can leave whenever you like.",
            ),
        ),
        "preparation": Part(
            title="Why we are asking you",
            said=(
                "Before any meeting, a trained person would like to visit you. They are called a facilitator.",
                "You choose where and when. It need not be your home.",
                "They listen to what you want, and to what you do not want. The visit binds you to nothing.",
            ),
        ),
        "representative": Part(
            title="Why we are asking you",
            said=(
                "We ask you because you speak for a child, or for your family.",
                "The person who did the harm accepts that they did it. They would like to make amends.",
                "A child is heard in their own way, as far as they want to be.",
            ),
        ),
        "rotl-check": Part(
            title="Why we are asking you",
            said=(
                "You may have said that you are open to a meeting. It may be held away from the usual places.",
                "You can tell us whether there is an area that the person who harmed you must keep out of.",
                "You need not say where you live. The name of a whole council area is enough.",
            ),
        ),
    }
)
DETAILS_TITLE: Final = "What happens with your details"
NOTHING_LEAVES: Final = (
    "If you say yes, no detail about you leaves our office. Only your yes is passed on.",
    "If you say no, nothing is passed on at all.",
)
ONLY_THESE: Final = "If you say yes, only this is passed on, and only as you agree it with us:"
AND_NEVER: Final = (
    "Your home address is never asked for. Nor is your date of birth, or a second number.",
    "It is sealed on its way. Whoever opens it must say why, and that is written down for good.",
    "You can ask us at any time who has looked.",
    "If you change your mind, we take it back at once.",
)
ITEMS: Final[Mapping[Field, str]] = MappingProxyType(
    {
        "preferred_name": "the name that you want to be called by",
        "contact_channel": "the one way you choose to be reached",
        "safe_times": "when it is safe to get in touch",
        "access_needs": "the language and the support that you need",
        "meeting_place": "where you want to meet",
        "safety_notes": "what must be known so that you are safe",
        "representative_name": "your name",
        "representative_channel": "the one way you choose to be reached",
        "exclusion": "whether there is an area to keep out of",
    }
)
RING: Final = "Whom you can ring"
"""The office's own name, telephone and hours follow."""

"""What the pages of the approach say: texts in one place, ready for Welsh."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.desk.approaching import Channel, Decision, Result

CHANNELS: Final[Mapping[Channel, str]] = MappingProxyType(
    {
        "in-person": "In person",
        "phone": "By telephone",
        "letter": "By letter",
        "through-vlo": "Through their victim liaison officer",
    }
)
RESULTS: Final[Mapping[Result, str]] = MappingProxyType(
    {
        "reached": "We spoke with them",
        "not-reached": "We could not reach them",
        "asked-to-call-later": "They asked us to come back later",
    }
)
SAYS: Final[Mapping[Decision, str]] = MappingProxyType(
    {
        "thinking": "They are still thinking about it",
        "yes": "Yes",
        "no": "No",
    }
)
SAID: Final[Mapping[Decision, str]] = MappingProxyType({**SAYS, "none": "Nothing yet"})
CHOOSE_CHANNEL: Final = "Choose how the victim wants to be asked."
CHOOSE_HOW: Final = "Choose how you tried."
CHOOSE_RESULT: Final = "Choose what came of it."
WHEN: Final = "Enter the day on which you tried."
TO_COME: Final = "The day is in the future. Check the year."
TICK: Final = "Tick what they were told."
CHOOSE_SAYS: Final = "Choose what they say so far."
PLANNED: Final = "It is kept how the victim wants to be asked."
TRIED: Final = "The try is recorded."
TICKED: Final = "It is recorded what they were told."
RECORDED: Final = "It is recorded what they say so far. Nothing has been sent: the answer does that."

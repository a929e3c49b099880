"""Every measure, in the order in which they are shown. What is printed beside a figure stands here alone."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gateway.desk.figures.measure import Group, Measure
from gateway.desk.figures.measures import asking, deciding, following

ALL: Final[tuple[Measure, ...]] = (*asking.MEASURES, *deciding.MEASURES, *following.MEASURES)

BY_ID: Final[Mapping[str, Measure]] = MappingProxyType({each.id: each for each in ALL})

GROUPS: Final[Mapping[Group, str]] = MappingProxyType(
    {
        "asking": "Requests",
        "time": "How long cases waited",
        "in-time": "Done within the agreement's time",
        "ways": "Requests that went another way",
        "refusals": "Why requests were refused or could not proceed",
        "sensitive": "Sensitive cases, and how each was decided",
        "victims": "Victims who were asked, and what they chose",
        "outcomes": "What came of it",
        "letters": "Letters of apology",
        "withdrawal": "Details withdrawn and details erased",
        "details": "Details shared against details permitted",
        "requesters": "Who asks",
        "feedback": "What victims said afterwards",
    }
)
"""The headings, in order."""

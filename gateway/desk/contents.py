"""What a value may not say: checked at the holder before it is sealed, for after that nobody but the reader can.

A postcode or a street where a meeting place does not belong is how a victim's home leaks.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from contracts.vocabulary import Field
from gateway.desk.errors import Fault

POSTCODE: Final = re.compile(r"\b(GIR ?0AA|[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2})\b", re.IGNORECASE)
STREET: Final = re.compile(
    r"\b(street|st|road|rd|avenue|ave|lane|ln|close|drive|way|court|crescent|cres|place|terrace|gardens|grove|row|square"
    r"|walk|mews|rise|hill|stryd|heol|ffordd)\b",
    re.IGNORECASE,
)
MEASURES: Final = r"(?! *(minutes?|mins?|hours?|hrs?|miles?|metres?|km|days?|weeks?|months?|years?|people|point)\b)"
HOUSE: Final = re.compile(
    rf"\b[0-9]{{1,4}}[a-z]?\b{MEASURES},? +([\w'’-]+ +){{1,4}}?{STREET.pattern}",
    re.IGNORECASE,
)
PHONE: Final = re.compile(r"(?<!\d)(\+ ?44|0)[ ()-]*(\d[ ()-]*){8,10}(?!\d)")
DIGIT: Final = re.compile(r"\d")
LONGEST_AREA: Final = 60

WITH_PHONE: Final[frozenset[Field]] = frozenset({"contact_channel", "representative_channel"})
WITH_PLACE: Final[frozenset[Field]] = frozenset({"meeting_place"})
NEVER_RELEASED: Final[frozenset[Field]] = frozenset({"home_address", "date_of_birth", "second_number"})
"""The gateway drops these by name; what they hold is not looked at."""

HAS_POSTCODE: Final = "There is a postcode here. Take it out: only a meeting place may have one."
HAS_ADDRESS: Final = "There is a house number and street here. Take it out: only a meeting place may have one."
HAS_PHONE: Final = "There is a telephone number here. Take it out: only the one chosen channel may have one."
TWO_PHONES: Final = "There are two telephone numbers here. Keep the one that the victim chose."
TOO_SMALL: Final = "Answer yes or no, or name an area no smaller than a local authority: no street, number or postcode."


def faults(values: Mapping[Field, str]) -> tuple[Fault, ...]:
    """Every value that says what its field may not hold. The value itself is never repeated."""
    return tuple(
        Fault(name=field, detail=detail)
        for field, text in values.items()
        if field not in NEVER_RELEASED
        for detail in _said_too_much(field, text)
    )


def _said_too_much(field: Field, text: str) -> Iterator[str]:
    if field == "exclusion":
        if not _is_area(text):
            yield TOO_SMALL
        return
    if field not in WITH_PLACE and POSTCODE.search(text):
        yield HAS_POSTCODE
    if field not in WITH_PLACE and HOUSE.search(text):
        yield HAS_ADDRESS
    phones = len(PHONE.findall(text))
    if phones and field not in WITH_PHONE:
        yield HAS_PHONE
    if phones > 1 and field in WITH_PHONE:
        yield TWO_PHONES


def _is_area(text: str) -> bool:
    """Yes, no, nothing, or something that could name a local authority: no digits and no street."""
    named = text.strip()
    return len(named) <= LONGEST_AREA and not DIGIT.search(named) and not STREET.search(named)

"""How many people a prison holds, from a table that an agency supplies: what its requests are counted against.

CSV in UTF-8, its first line `prison,population` or `prison,population,eligible`. `prison` is the agency's id in the
directory (`prison-mdi`) or its code (`MDI`). Two or three columns and nothing else: no name finds its way in here.
"""

import csv
import re
from collections.abc import Collection, Iterator
from io import StringIO
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from gateway.desk.errors import Fault, Typed
from gateway.desk.figures.measure import Measure, counting

HEADERS: Final = (["prison", "population"], ["prison", "population", "eligible"])
BYTES_MAX: Final = 256 * 1024
FAULTS_MAX: Final = 20
PEOPLE_MAX: Final = 100_000
NAME: Final = "population"

_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,5}")
_CODE: Final = re.compile(r"[A-Za-z0-9]{2,6}")

PER_THOUSAND: Final = Measure(
    id="per-thousand",
    group="asking",
    name="Requests for each 1,000 prisoners",
    definition=(
        "Requests of a prison for each 1,000 people of the population table that its agency supplied. "
        "Prisons differ in whom they hold; people come and go. It tells how often is asked, not how well."
    ),
    part="requests",
    whole="people in the population table",
    unit="for each 1,000 people",
    made=counting(lambda case, at: True),
)
PER_THOUSAND_ELIGIBLE: Final = Measure(
    id="per-thousand-eligible",
    group="asking",
    name="Requests for each 1,000 prisoners who could take part",
    definition=(
        "Requests of a prison for each 1,000 people whom the population table calls eligible. What counts "
        "as eligible is for the agency that supplied the table to say, beside it."
    ),
    part="requests",
    whole="eligible people in the population table",
    unit="for each 1,000 eligible people",
    made=counting(lambda case, at: True),
)


class Population(Struct, frozen=True, kw_only=True):
    """People by the id of their prison; `eligible` is None where the table has no such column."""

    people: dict[str, int]
    eligible: dict[str, int] | None = None


def read(raw: bytes, prisons: Collection[str]) -> Population:
    """The table, all of it or nothing. Raises Typed with every fault, by its line and never by what stands there."""
    rows = _rows(raw)
    faults: list[Fault] = []
    people: dict[str, int] = {}
    eligible: dict[str, int] = {}
    wide = len(rows[0]) == len(HEADERS[1])
    for number, row in enumerate(rows[1:], start=2):
        found = list(_faults(number, row, rows[0], prisons, people))
        faults += found
        if not found:
            prison = _prison(row[0], prisons)
            people[prison] = int(row[1])
            if wide:
                eligible[prison] = int(row[2])
    if faults:
        raise Typed(*faults[:FAULTS_MAX])
    if not people:
        raise Typed(_fault("The table has a first line and no prison. Add a line for each prison."))
    return Population(people=people, eligible=eligible if wide else None)


def _rows(raw: bytes) -> list[list[str]]:
    if len(raw) > BYTES_MAX:
        raise Typed(_fault("The table is too long: at most 256 KiB. It needs one line for each prison and no more."))
    try:
        rows = [row for row in csv.reader(StringIO(raw.decode("utf-8-sig")), strict=True) if row]
    except (UnicodeDecodeError, csv.Error):
        raise Typed(_fault("This is not a CSV table in UTF-8. Save it as “CSV UTF-8” and try again.")) from None
    if not rows or [cell.strip() for cell in rows[0]] not in HEADERS:
        raise Typed(
            _fault(
                "The first line must be `prison,population` or `prison,population,eligible`, separated by commas. "
                "Take out every other column."
            )
        )
    return rows


def _faults(
    number: int, row: list[str], header: list[str], prisons: Collection[str], known: Collection[str]
) -> Iterator[Fault]:
    if len(row) != len(header):
        yield _fault(f"Line {number}: it has another number of columns than the first line.")
        return
    prison = _prison(row[0], prisons)
    if prison not in prisons:
        yield _fault(f"Line {number}: this prison is not in the agency directory. Write its id or its code.")
    elif prison in known:
        yield _fault(f"Line {number}: this prison has a line already. Give each prison one.")
    for name, cell in zip(header[1:], row[1:], strict=True):
        if not _NUMBER.fullmatch(cell) or int(cell) > PEOPLE_MAX:
            yield _fault(f"Line {number}: `{name.strip()}` must be a whole number in digits alone, up to 100000.")
    if len(row) == len(HEADERS[1]) and all(_NUMBER.fullmatch(cell) for cell in row[1:]) and int(row[2]) > int(row[1]):
        yield _fault(f"Line {number}: more people are eligible than there are.")


def _prison(cell: str, prisons: Collection[str]) -> str:
    """The id in the directory; what is neither that nor a code stays as it is, and is in no directory."""
    typed = cell.strip()
    coded = f"prison-{typed.lower()}" if _CODE.fullmatch(typed) else typed
    return coded if coded in prisons else typed


def _fault(detail: str) -> Fault:
    return Fault(name=NAME, detail=detail)


MEASURES: Final = MappingProxyType({each.id: each for each in (PER_THOUSAND, PER_THOUSAND_ELIGIBLE)})

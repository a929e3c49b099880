"""What came of each case: a line of the report, and how it differs from what was expected."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct

from gateway.demo.cases import Case, Expected


class Result(Struct, frozen=True, kw_only=True):
    """A line of the report. `released` are the fields that could still be opened at the end."""

    case: str
    state: str
    reason: str | None = None
    released: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    via: str | None = None
    pnc_id: str | None = None
    exchange: str | None = None
    requester_saw: str | None = None


class Difference(Struct, frozen=True, kw_only=True):
    """A member of a result that is not as expected."""

    case: str
    member: str
    expected: object
    found: object


def differences(case: Case, result: Result) -> Iterator[Difference]:
    """Only what the case expects is compared; lists as sets."""
    for member in Expected.__struct_fields__ if case.expect else ():
        expected, found = getattr(case.expect, member), getattr(result, member)
        if expected is not msgspec.UNSET and _comparable(expected) != _comparable(found):
            yield Difference(case=case.case, member=member, expected=expected, found=found)


def write(path: Path, results: list[Result]) -> None:
    """The report, one JSON object a line."""
    path.write_bytes(b"".join(msgspec.json.encode(result) + b"\n" for result in results))


def _comparable(value: object) -> object:
    return frozenset(value) if isinstance(value, tuple) else value

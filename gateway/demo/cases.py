"""Cases from a file, one JSON object a line: who asks whom for what, and what the victim chooses."""

from pathlib import Path
from typing import Final, Literal

import msgspec
from msgspec import Struct

from contracts.codec import Malformed, decode_strict
from contracts.identifiers import BadIdentifier, force_code, prison_code
from gateway.errors import CannotStart

LONGEST_LINE: Final = 100_000
VALUES: Final = (
    "preferred_name",
    "contact_channel",
    "safe_times",
    "access_needs",
    "meeting_place",
    "safety_notes",
    "representative_name",
    "representative_channel",
    "exclusion",
)


class CasesRefused(CannotStart):
    """The file cannot be run; the message names the line and what is expected. It never repeats the line."""


class Requester(Struct, frozen=True, kw_only=True):
    """Who asks at the prison."""

    staff_id: str
    role: str = "rj-coordinator"
    training: str = "none"


class Review(Struct, frozen=True, kw_only=True):
    """Who decides a sensitive case at the force, and how."""

    decision: Literal["proceed", "decline"]
    staff_id: str
    training: str = "none"


class Victim(Struct, frozen=True, kw_only=True):
    """What the victim chooses, and what the force would share: what the victim gave, and what it should not add."""

    decision: Literal["yes", "no", "no-reply", "silence"]
    preferred_name: str = ""
    contact_channel: str = ""
    safe_times: str = ""
    access_needs: str = ""
    meeting_place: str = ""
    safety_notes: str = ""
    representative_name: str = ""
    representative_channel: str = ""
    exclusion: str = ""
    extra: dict[str, str] = {}

    def values(self, asked: tuple[str, ...]) -> dict[str, str]:
        """What the force would answer with: the details that were asked for, and the extra ones."""
        return {**{name: getattr(self, name) for name in asked if name in VALUES}, **self.extra}


class Expected(Struct, frozen=True, kw_only=True):
    """A case's `expect`: only what is set is compared."""

    state: str | msgspec.UnsetType | None = msgspec.UNSET
    reason: str | msgspec.UnsetType | None = msgspec.UNSET
    released: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    withheld: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    via: str | msgspec.UnsetType | None = msgspec.UNSET
    pnc_id: str | msgspec.UnsetType | None = msgspec.UNSET


class Case(Struct, frozen=True, kw_only=True):
    """One case.

    `after`: sent once that case has ended. `during`: sent while that case is with the police and not yet answered.
    """

    case: str
    after: str | None = None
    during: str | None = msgspec.field(default=None, name="while")
    prison: str
    force: str
    held_by: str | None = None
    prison_number: str = ""
    pnc_id: str = ""
    offender_name: str | None = None
    offence_code: str = ""
    offence_date: str | None = None
    crime_reference: str = ""
    flags: tuple[str, ...] = ()
    purpose: str
    fields: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()
    requester: Requester
    review: Review | None = None
    victim: Victim
    recall: bool = False
    expect: Expected | None = None

    @property
    def asks(self) -> str | None:
        """The agency that asks; None where there is no such prison code."""
        return _agency("prison", self.prison)

    @property
    def asked(self) -> str | None:
        """The agency that is asked; None where there is no such force code."""
        return _agency("police", self.force)

    @property
    def holds(self) -> str | None:
        """The agency that really holds the record."""
        return _agency("police", self.held_by) if self.held_by else self.asked

    @property
    def needs(self) -> tuple[str, ...]:
        """Every agency that the case needs."""
        return tuple(agency for agency in (self.asks, self.asked, self.holds) if agency is not None)

    @property
    def waits_for(self) -> str | None:
        """The case that must come first."""
        return self.after or self.during


_DECODER: Final = msgspec.json.Decoder(Case)


def read(path: Path) -> list[Case]:
    """The cases of a file, in its order. Raises CasesRefused."""
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise CasesRefused(f"The file of cases cannot be read: {error.strerror}.") from error
    cases = [_case(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    _check_names(cases)
    return cases


def in_order(cases: list[Case]) -> list[Case]:
    """Those that will take longest first: a chain takes an answer window for each link, and each "no" takes one."""
    by_name = {case.case: case for case in cases}
    depth = dict.fromkeys(by_name, 0)
    for case in cases:
        links, before = 0, case
        while before.waits_for is not None:
            links, before = links + 1, by_name[before.waits_for]
            depth[before.case] = max(depth[before.case], links)
    return sorted(cases, key=lambda case: (-depth[case.case], case.victim.decision == "yes"))


def _agency(kind: str, code: str) -> str | None:
    try:
        return f"{kind}-{(prison_code if kind == 'prison' else force_code)(code).lower()}"
    except BadIdentifier:
        return None


def _case(number: int, line: bytes) -> Case:
    try:
        return decode_strict(line, _DECODER, LONGEST_LINE)
    except Malformed as error:
        where = f" at {error.where}" if error.where else ""
        raise CasesRefused(f"Line {number} of the cases is not a case{where}. {error}") from error


def _check_names(cases: list[Case]) -> None:
    """Each case once; each one that is waited for is there; and nobody waits for themselves, however far around."""
    by_name = {case.case: case for case in cases}
    if len(by_name) < len(cases):
        raise CasesRefused("Two cases have one name. Give each its own.")
    for number, case in enumerate(cases, 1):
        seen, before = {case.case}, case.waits_for
        while before is not None:
            if before not in by_name or before in seen:
                raise CasesRefused(f"Case {number} waits for one that is not in the file, or for itself.")
            seen.add(before)
            before = by_name[before].waits_for

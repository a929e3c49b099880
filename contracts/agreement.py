"""The agreement as data: numbered clauses in plain English and, beside them, the tables that the program evaluates.

Deny by default: what a table does not say is refused; a word it does not know is refused when it is loaded.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Annotated, Any, Final, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from contracts.directory import Agency
from contracts.text import ClauseNumber
from contracts.vocabulary import (
    NEVER_RELEASED,
    AgencyKind,
    DelayReason,
    Face,
    Field,
    Ground,
    Informed,
    OffenceGroup,
    Purpose,
    ReasonCode,
    Role,
    Sensitivity,
    Training,
)


class AgreementRefused(ValueError):
    """The agreement cannot be used; the message says where and what to change."""


Span = Annotated[
    str,
    Meta(
        pattern=r"^[1-9][0-9]{0,4} (second|minute|hour|day|working day)s?$(?!\n)",
        max_length=20,
        description="A length of time, such as `5 working days`.",
    ),
]
Sentence = Annotated[str, Meta(min_length=1, max_length=4000)]


class Party(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A party, its successors, and the kinds of agency it answers for."""

    id: Annotated[str, Meta(pattern=r"^[a-z]{2,12}$(?!\n)", max_length=12)]
    name: Sentence
    successor: Sentence
    agencies: tuple[AgencyKind, ...]


class Clause(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A clause as its signatories read it. A number without a dot is the heading of a part."""

    number: ClauseNumber
    text: Sentence


class Definition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A term as the agreement uses it."""

    term: Sentence
    means: Sentence


class Asking(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may ask (R04)."""

    kinds: tuple[AgencyKind, ...]
    roles: tuple[Role, ...]
    training: Training
    clause: ClauseNumber


class Answering(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may be asked, and answer (R04)."""

    kinds: tuple[AgencyKind, ...]
    roles: tuple[Role, ...]
    clause: ClauseNumber


class Reviewing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which cases are sensitive, and who may decide them (R04 self-review, R11 training)."""

    sensitivities: tuple[Sensitivity, ...]
    offence_groups: tuple[OffenceGroup, ...]
    roles: tuple[Role, ...]
    training: Training
    clause: ClauseNumber
    own_case_clause: ClauseNumber


class Opening(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may open sealed values, and how lately they must have signed in."""

    roles: tuple[Role, ...]
    training: Training
    multi_factor: bool
    signed_in_within: Span
    clause: ClauseNumber
    ended_clause: ClauseNumber


class Inspecting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may search the log."""

    kinds: tuple[AgencyKind, ...]
    roles: tuple[Role, ...]
    clause: ClauseNumber


class Children(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A child victim is reached by this purpose only (R12)."""

    purpose: Purpose
    clause: ClauseNumber


class ConsentRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a yes must say, and how long it can last."""

    informed: tuple[Informed, ...]
    longest: Span
    clause: ClauseNumber


class PurposeRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A purpose: what may be released for it and what must be attested. What is not listed is refused."""

    name: Purpose
    clause: ClauseNumber
    fields: tuple[Field, ...]
    fields_clause: ClauseNumber
    grounds: tuple[Ground, ...]
    grounds_clause: ClauseNumber
    consent_by: tuple[Literal["victim", "guardian", "family-spokesperson"], ...]
    letter: bool = False


class Windows(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Due dates, each the agreement's own parameter, counted from the event named in its clause."""

    accept: Span
    review: Span
    answer: Span
    acknowledge_recall: Span
    outcome: Span
    clause: ClauseNumber
    answer_clause: ClauseNumber


class Retention(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long sealed values and case records are kept."""

    values: Span
    record: Span
    clause: ClauseNumber


class Cosigning(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How old the cosigners' last confirmation of the log may be when a strict gateway hands something over."""

    oldest: Span
    clause: ClauseNumber


class Reason(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reason code, its meaning, and what the requester learns of it."""

    code: ReasonCode
    meaning: Sentence
    face: Face
    clause: ClauseNumber


class AccessReport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may give a victim the report of every hand-over, and who may leave one out of it, why and for how long."""

    roles: tuple[Role, ...]
    training: Training
    clause: ClauseNumber
    delay_roles: tuple[Role, ...]
    delay_reasons: tuple[DelayReason, ...]
    delay_longest: Span
    delay_clause: ClauseNumber


class Agreement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of the agreement. In force from the start of `in_force` to the end of `ends` (UTC dates).

    One without `access_report` provides for no report to a victim.
    """

    id: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$(?!\n)", max_length=40)]
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    title: Sentence
    in_force: date
    ends: date
    term_clause: ClauseNumber
    cannot_proceed_clause: ClauseNumber
    party: tuple[Party, ...]
    definition: tuple[Definition, ...]
    clause: tuple[Clause, ...]
    asking: Asking
    answering: Answering
    reviewing: Reviewing
    opening: Opening
    inspecting: Inspecting
    children: Children
    consent: ConsentRule
    purpose: tuple[PurposeRule, ...]
    windows: Windows
    retention: Retention
    reason: tuple[Reason, ...]
    cosigning: Cosigning | None = None
    access_report: AccessReport | None = None

    def rule(self, purpose: Purpose) -> PurposeRule | None:
        """The rule for this purpose, or None: then it is not permitted."""
        return next((rule for rule in self.purpose if rule.name == purpose), None)

    def inspects(self, agency: Agency | None) -> bool:
        """Whether this agency is one that inspects."""
        return agency is not None and agency.kind in self.inspecting.kinds

    def reason_for(self, code: ReasonCode) -> Reason:
        """The agreement's own entry for a code; `check` has made sure that there is one."""
        return next(reason for reason in self.reason if reason.code == code)


CODES: Final[tuple[str, ...]] = get_args(ReasonCode)
_CLAUSE_KEY = re.compile(r"(^|_)clause$")


def load(text: str) -> Agreement:
    """The agreement in this TOML text, checked. Raises AgreementRefused, naming the key and what is expected."""
    try:
        tables = tomllib.loads(text)
        agreement = msgspec.convert(tables, Agreement)
    except tomllib.TOMLDecodeError as error:
        raise AgreementRefused(f"The agreement is not valid TOML: {error}.") from error
    except msgspec.ValidationError as error:
        raise AgreementRefused(f"The agreement says something this program does not know: {error}.") from error
    check(agreement, tables)
    return agreement


def check(agreement: Agreement, tables: dict[str, Any]) -> None:
    """Refuse an agreement that contradicts itself: clauses, codes and purposes must each be there, once."""
    numbers = [clause.number for clause in agreement.clause]
    names = [rule.name for rule in agreement.purpose]
    faults = [
        *_repeated("clause", numbers),
        *_repeated("purpose", names),
        *_repeated("reason", [reason.code for reason in agreement.reason]),
        *(f"reason {code} is missing" for code in CODES if code not in {r.code for r in agreement.reason}),
        *(f"{key} names clause {number}, which does not exist" for key, number in _cited(tables)
          if number not in numbers),
    ]  # fmt: skip
    faults += _granted_to_nobody(agreement)
    if agreement.ends < agreement.in_force:
        faults.append("ends is before in_force")
    if agreement.children.purpose not in names:
        faults.append("children.purpose is not a purpose of the agreement")
    if faults:
        raise AgreementRefused("The agreement contradicts itself: " + "; ".join(faults) + ".")


def _repeated(what: str, names: Sequence[str]) -> list[str]:
    return [f"{what} {name} stands there twice" for name in sorted({n for n in names if names.count(n) > 1})]


def _granted_to_nobody(agreement: Agreement) -> Iterator[str]:
    """Words that are known only so that they can be refused by name: an agreement that grants them is a mistake."""
    granted = {"asking.roles": agreement.asking.roles, "answering.roles": agreement.answering.roles,
               "reviewing.roles": agreement.reviewing.roles, "opening.roles": agreement.opening.roles,
               "inspecting.roles": agreement.inspecting.roles}  # fmt: skip
    if (report := agreement.access_report) is not None:
        granted |= {"access_report.roles": report.roles, "access_report.delay_roles": report.delay_roles}
    yield from (f"{key} names other, which may do nothing" for key in granted if "other" in granted[key])
    for rule in agreement.purpose:
        if rule.name == "other":
            yield "purpose other stands for what is not permitted, and cannot be permitted"
        yield from (f"purpose {rule.name}.fields names {field}, which is never released"
                    for field in NEVER_RELEASED if field in rule.fields)  # fmt: skip


def _cited(tables: Any, path: str = "") -> list[tuple[str, str]]:
    """Every key that cites a clause, with the number it cites."""
    if isinstance(tables, list):
        return [cited for n, item in enumerate(tables, 1) for cited in _cited(item, f"{path}[{n}]")]
    if not isinstance(tables, dict):
        return []
    here = [(f"{path}.{key}".lstrip("."), value) for key, value in tables.items()
            if _CLAUSE_KEY.search(key) and isinstance(value, str)]  # fmt: skip
    below = [cited for key, value in tables.items() for cited in _cited(value, f"{path}.{key}")]
    return here + below

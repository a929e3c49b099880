"""The page that a victim takes home: who looked at their details, when, in which role and why. Pure.

It carries no reference, no name, no line of the log: whoever finds it learns no more than its own words.
"""

from collections import Counter
from textwrap import fill
from typing import Final

from msgspec import Struct

from contracts.agreement import Agreement
from contracts.directory import Office
from contracts.vocabulary import AgencyKind, IdentityCheck, Role
from gateway.desk import telling, words
from gateway.desk.delays import Delay
from gateway.desk.handovers import HandOver

TITLE: Final = "Who looked at your details"
WIDTH: Final = 88


class Forgotten(Struct, frozen=True, kw_only=True):
    """When the last of the cases ended that this desk has erased (UTC seconds). It names none of them."""

    ended_at: int


class Given(Struct, frozen=True, kw_only=True):
    """That a report was given: by whom, and how they made sure who asked. `victim` is a keyed hash."""

    id: str
    at: int
    by: str
    role: Role
    checked: IdentityCheck
    victim: str
    exchanges: tuple[str, ...]
    shown: int


class Surely(Struct, frozen=True, kw_only=True):
    """What the page rests on: this agency's kind and office, the agreement, and whether everything was heard."""

    own: AgencyKind
    office: Office | None
    whole: bool
    agreement: Agreement


class Facts(Struct, frozen=True, kw_only=True):
    """What the page is made of: the hand-overs to show, a delay for each that is not shown, reports given before."""

    at: int
    shown: tuple[HandOver, ...]
    hiding: tuple[Delay, ...]
    earlier: tuple[Given, ...]
    forgotten: Forgotten | None


class Shown(Struct, frozen=True, kw_only=True):
    """One hand-over, in words. `part_of` is what the victim said yes to; null where they have not.

    `copy` says that a copy was made; null where none was.
    """

    at: int
    when: str
    who: str
    what: tuple[str, ...]
    why: str
    part_of: str | None
    copy: str | None = None


class NotShown(Struct, frozen=True, kw_only=True):
    """How many hand-overs are left out until a day, under which clause and why."""

    count: int
    until: int
    clause: str
    reason: str
    words: str


class Told(Struct, frozen=True, kw_only=True):
    """The page: its parts, and `text`, which is all of it. `whole`: the gateway was reached, so none is missing."""

    made_at: int
    made_at_words: str
    clause: str
    hand_overs: tuple[Shown, ...]
    not_shown: tuple[NotShown, ...]
    earlier: tuple[str, ...]
    kept: str
    whole: bool
    text: str


def tell(facts: Facts, surely: Surely) -> Told:
    """The page."""
    agreement = surely.agreement
    lines = tuple(_shown(each, surely.own) for each in facts.shown)
    left_out = _left_out(facts.hiding)
    before = tuple(_before(each, surely.own) for each in facts.earlier)
    gone = words.day(facts.forgotten.ended_at) if facts.forgotten else None
    kept = telling.kept(agreement.retention.record, gone, agreement.retention.clause)
    return Told(
        made_at=facts.at,
        made_at_words=words.when(facts.at),
        clause=agreement.access_report.clause if agreement.access_report else "",
        hand_overs=lines,
        not_shown=left_out,
        earlier=before,
        kept=kept,
        whole=surely.whole,
        text=_text(facts.at, lines, left_out, (*before, kept), surely),
    )


def _before(given: Given, own: AgencyKind) -> str:
    return telling.earlier(words.when(given.at), telling.who(given.role, None, own), given.checked)


def _shown(each: HandOver, own: AgencyKind) -> Shown:
    return Shown(
        at=each.at,
        when=words.when(each.at),
        who=telling.who(each.role, each.by_kind, own if each.own else None),
        what=tuple(telling.FIELDS[field] for field in each.fields),
        why=telling.why(each.why),
        part_of=telling.PURPOSES[each.purpose] if each.purpose else None,
        copy=telling.COPIES[each.copy] if each.copy else None,
    )


def _left_out(hiding: tuple[Delay, ...]) -> tuple[NotShown, ...]:
    counted = Counter((delay.until, delay.clause, delay.reason) for delay in hiding)
    return tuple(
        NotShown(
            count=count,
            until=until,
            clause=clause,
            reason=reason,
            words=telling.not_shown(count, words.day(until), clause, reason),
        )
        for (until, clause, reason), count in sorted(counted.items())
    )


def _text(at: int, lines: tuple[Shown, ...], left_out: tuple[NotShown, ...], more: tuple[str, ...], on: Surely) -> str:
    """What is not on the page is said before what is."""
    parts = [
        f"{TITLE}\nMade for you on {words.when(at)}.",
        *telling.OPENING,
        *(() if on.whole else (telling.NOT_WHOLE,)),
        *(each.words for each in left_out),
        *(_entry(n, line) for n, line in enumerate(lines, 1)),
        *(() if lines else (telling.NOTHING,)),
        *more,
        telling.ELSEWHERE,
        telling.WHAT_NOW,
        telling.ring(on.office),
    ]
    return "\n\n".join(map(_wrapped, parts)) + "\n"


def _entry(number: int, line: Shown) -> str:
    part = f"\n   Part of: {line.part_of}, to which you said yes" if line.part_of else ""
    copy = f"\n   Copy: {line.copy}" if line.copy else ""
    return f"{number}. {line.when}\n   Who: {line.who}\n   What: {'; '.join(line.what)}\n   Why: {line.why}{part}{copy}"


def _wrapped(part: str) -> str:
    """As wide as a sheet of paper."""
    lines = ((line, " " * 9 if line.startswith(" ") else "") for line in part.splitlines())
    return "\n".join(fill(line, WIDTH, subsequent_indent=indent) for line, indent in lines)

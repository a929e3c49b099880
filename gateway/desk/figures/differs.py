"""What one area does differently from the rest, in sentences with their numbers; and what that does not prove."""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from contracts.case_record import CaseRecord
from gateway.desk.figures import facts
from gateway.desk.figures.chance import OUTER, SURE
from gateway.desk.figures.funnel import Funnel, Place, Point
from gateway.desk.figures.tables import AREAS, SMALL, By

WORDS: Final[dict[Place, str]] = {
    "far-below": "much less often than chance would explain",
    "below": "less often than chance would easily explain",
    "above": "more often than chance would easily explain",
    "far-above": "much more often than chance would explain",
}
OUTSIDE: Final[dict[Place, str]] = {
    "far-below": "outside the 99.8% limits",
    "below": "outside the 95% limits, within the 99.8% limits",
    "above": "outside the 95% limits, within the 99.8% limits",
    "far-above": "outside the 99.8% limits",
}
CAUTION: Final = "It is a reason to look, and no proof of a cause: areas differ in the cases they have."


class Difference(Struct, frozen=True, kw_only=True):
    """One thing that an area does differently. `text` is the whole sentence, with numbers, interval and limits."""

    area: str
    measure: str
    place: Place
    text: str


class Differences(Struct, frozen=True, kw_only=True):
    """What stands out of one area, the furthest first; `summary` says it in a sentence, `caution` what was compared."""

    area: str
    name: str
    summary: str
    found: tuple[Difference, ...]
    caution: str


class Alike(Struct, frozen=True, kw_only=True):
    """An area whose decided sensitive cases all ended alike: to be looked at, and not called a rule."""

    area: str
    decided: int
    decision: str
    text: str


def differences(funnels: Sequence[Funnel], area: str, name: str) -> Differences:
    """Everything in which this area stands out of these funnels."""
    seen = [(funnel, point) for funnel in funnels for point in funnel.points if point.area == area]
    outside = [(funnel, point) for funnel, point in seen if point.place != "within"]
    outside.sort(key=lambda pair: (not pair[1].place.startswith("far"), -_distance(pair[1], pair[0])))
    found = tuple(
        Difference(area=area, measure=funnel.table.measure.id, place=point.place, text=_sentence(funnel, point))
        for funnel, point in outside
    )
    return Differences(
        area=area, name=name, summary=_summary(name, outside, len(seen)), found=found, caution=compared(funnels)
    )  # fmt: skip


def compared(funnels: Iterable[Funnel]) -> str:
    """How many comparisons were made, and how many of them would stand out by chance alone."""
    made = sum(len(funnel.points) for funnel in funnels)
    inner, outer = made * (1 - SURE), made * (1 - OUTER)
    return (
        f"{_many(made, 'figure was', 'figures were')} compared. If all areas were alike, {_about(inner)} would be "
        f"outside the 95% limits by chance alone, and {_about(outer)} outside the 99.8% limits. {CAUTION}"
    )


def all_alike(cases: Iterable[CaseRecord], by: By, names: dict[str, str]) -> tuple[Alike, ...]:
    """Areas in which five or more sensitive cases were decided, and all alike."""
    decided: dict[str, list[str]] = {}
    for case in cases:
        if facts.sensitive(case) and case.review in ("proceed", "declined"):
            decided.setdefault(AREAS[by](case), []).append(case.review)
    return tuple(
        _alike(area, names.get(area, area), len(reviews), reviews[0])
        for area, reviews in sorted(decided.items())
        if len(reviews) >= SMALL and len(set(reviews)) == 1
    )


def _alike(area: str, name: str, count: int, decision: str) -> Alike:
    done = "declined" if decision == "declined" else "allowed to proceed"
    text = (
        f"{name}: all {count} sensitive cases that were decided were {done}. That can be right in every one of them. "
        "Each is to be decided on its own merits: open the reasons, one case at a time, before anything is concluded."
    )
    return Alike(area=area, decided=count, decision=decision, text=text)


def percent(share: float) -> str:
    """`68%`; below one and above 99 in a hundred with a decimal, so that few is not none."""
    hundred = 100 * share
    if 0 < hundred < 1 or 99 < hundred < 100:
        return f"{hundred:.1f}%"
    return f"{hundred:.0f}%"


def _sentence(funnel: Funnel, point: Point) -> str:
    measure, cell, rest = funnel.table.measure, point.cell, _rest(funnel, point)
    share, low, high = cell.part / cell.of, cell.low or 0.0, cell.high or 0.0
    others = f"In the other areas together it was {rest}. " if rest else ""
    few = f" It stands on {_many(cell.of, 'case', 'cases')} alone." if point.small else ""
    return (
        f"{point.name}, “{measure.name}”: {cell.part:,} of {cell.of:,} ({percent(share)}; 95% interval {percent(low)} "
        f"to {percent(high)}). {others}That is {WORDS[point.place]} ({OUTSIDE[point.place]}).{few}"
    )


def _rest(funnel: Funnel, point: Point) -> str:
    part, of = funnel.overall.part - point.cell.part, funnel.overall.of - point.cell.of
    return f"{part:,} of {of:,} ({percent(part / of)})" if of > 0 else ""


def _summary(name: str, outside: list[tuple[Funnel, Point]], compared_with: int) -> str:
    if not compared_with:
        return f"{name} has no cases to compare."
    if not outside:
        seen = _many(compared_with, "figure", "figures")
        return f"In {seen}, {name} does nothing differently that chance would not explain."
    first, point = outside[0]
    more = len(outside) - 1
    also = f" {_many(more, 'other figure stands', 'other figures stand')} out too." if more else ""
    return f"What {name} does differently: {_sentence(first, point)}{also}"


def _distance(point: Point, funnel: Funnel) -> float:
    """How far outside, in widths of the funnel there."""
    width = point.limits.high_outer - point.limits.low_outer
    overall = funnel.overall.part / funnel.overall.of
    return abs(point.cell.part / point.cell.of - overall) / width if width else 0.0


def _about(number: float) -> str:
    return "fewer than 1" if number < 0.95 else f"about {number:.0f}"


def _many(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}"

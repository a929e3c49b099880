"""The work list: which cases wait for whom, and until when. Filtered, counted, and paged so that it keeps its place.

A page begins after a key, the one by which its last row was sorted, and not after a number of rows: what comes, goes or
moves in between shifts nothing. The key is a due date and an exchange, so that it may stand in an address.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from operator import attrgetter
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from contracts.text import AgencyId
from contracts.vocabulary import Purpose
from gateway.decide.calendar import begins
from gateway.desk import words
from gateway.desk.agency import Agency
from gateway.desk.errors import Fault, Typed
from gateway.desk.ids import now
from gateway.desk.row import Group, Key, Row, Waits, by_due, by_newest
from gateway.desk.staff import StaffId, same_person

DueSpan = Literal["overdue", "today", "week", "later", "none"]
"""`today` what is still to come of it; `week` the six days after today. In London's time."""

Sort = Literal["due", "newest"]
Cursor = Annotated[str, Meta(max_length=80)]

LONGEST_PAGE: Final = 200
WEEK: Final = timedelta(days=7)
_CURSOR: Final = re.compile(r"(-?[0-9]{1,13})\.([0-9]{1,13})\.([0-9a-f-]{36})")
NO_SUCH_PLACE: Final = Fault(name="after", detail="This is not a place in the list. Begin at its first page.")


class Query(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the list is to show; what is empty filters nothing. Several words of one filter widen it.

    `allocated` is a staff id (for one's own cases one's own), `unallocated` adds those of nobody. `after` is a page's
    `next`, and `before` a page's `previous`; both at once is `after`.
    """

    groups: tuple[Group, ...] = ()
    waits: tuple[Waits, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    others: tuple[AgencyId, ...] = ()
    due: tuple[DueSpan, ...] = ()
    allocated: StaffId | None = None
    unallocated: bool = False
    sensitive: bool = False
    sort: Sort = "due"
    after: Cursor | None = None
    before: Cursor | None = None
    limit: Annotated[int, Meta(ge=1, le=LONGEST_PAGE)] = 25


class Counts(Struct, frozen=True, kw_only=True):
    """How many cases each word of a filter would show, with every other filter as it is set."""

    groups: dict[Group, int]
    waits: dict[Waits, int]
    purposes: dict[Purpose, int]
    others: dict[str, int]
    due: dict[DueSpan, int]
    allocated: dict[str, int]
    unallocated: int
    sensitive: int


class Page(Struct, frozen=True, kw_only=True):
    """A page: its rows, of how many, and from the how manyth (from 1). `next` and `previous` are places in the list."""

    rows: tuple[Row, ...]
    total: int
    first: int
    next: str | None
    previous: str | None
    counts: Counts


class Load(Struct, frozen=True, kw_only=True):
    """How much one person has in hand; `staff` is None for what nobody has. `soon`: due today or in the week after."""

    staff: str | None
    name: str | None
    open: int
    overdue: int
    soon: int


class _Filter:
    """One filter: what of a row it looks at, the words for that, and those of them that were chosen, if any.

    There are few values to ten thousand rows, so that words are found for values and not for rows.
    """

    def __init__(
        self, member: str, chosen: Sequence[object], word: Callable[[Any], object] = lambda value: value
    ) -> None:
        self._get, self._word, self.chosen = attrgetter(member), word, frozenset(chosen)

    def of(self, rows: list[Row]) -> list[Row]:
        """The rows that it lets through."""
        if not self.chosen:
            return rows
        get = self._get
        fit = {value for value in set(map(get, rows)) if self._word(value) in self.chosen}
        return [row for row in rows if get(row) in fit]

    def count(self, rows: list[Row]) -> Counter[object]:
        """How many rows there are of each word."""
        counted = Counter[object]()
        for value, many in Counter(map(self._get, rows)).items():
            counted[self._word(value)] += many
        return counted


async def page(agency: Agency, query: Query) -> Page:
    """A page of the list. Raises Typed for a place that is none."""
    windows = (await agency.known()).agreement.windows
    newest = query.sort == "newest"
    rows = await (agency.index.by_newest(windows) if newest else agency.index.by_due(windows))
    return paged(rows, query, now())


async def withdrawn(agency: Agency) -> tuple[Row, ...]:
    """The cases on which contact must stop, and nobody has confirmed yet that it has."""
    rows = await agency.index.by_due((await agency.known()).agreement.windows)
    return tuple(row for row in rows if row.group == "withdrawn")


async def loads(agency: Agency) -> tuple[Load, ...]:
    """Who has how many open cases in hand, whoever has most overdue first; what nobody has comes last."""
    rows = await agency.index.by_due((await agency.known()).agreement.windows)
    span, names = due_span(now()), dict[str | None, str | None]()
    total, overdue, soon = Counter[str | None](), Counter[str | None](), Counter[str | None]()
    for row in rows:
        if row.group not in ("open", "withdrawn") and row.waits is None:
            continue
        names[row.allocated] = row.allocated_name
        total[row.allocated] += 1
        overdue[row.allocated] += span(row.due_at) == "overdue"
        soon[row.allocated] += span(row.due_at) in ("today", "week")
    found = [Load(staff=s, name=names[s], open=total[s], overdue=overdue[s], soon=soon[s]) for s in total]
    return tuple(sorted(found, key=lambda each: (each.staff is None, -each.overdue, -each.open, each.name or "")))


def paged(rows: list[Row], query: Query, at: int) -> Page:
    """The page of these rows, which are sorted as the query asks. Raises Typed."""
    filters = _filters(query, at)
    fit = _through(rows, filters.values())
    key = by_newest if query.sort == "newest" else by_due
    begin = _begin(fit, query, key)
    shown = fit[begin : begin + query.limit]
    end = begin + len(shown)
    return Page(
        rows=tuple(shown),
        total=len(fit),
        first=begin + 1 if shown else 0,
        next=_place(key(shown[-1])) if shown and end < len(fit) else None,
        previous=_place(key(shown[0])) if shown and begin > 0 else None,
        counts=_counts(rows, fit, filters),
    )


def due_span(at: int) -> Callable[[int | None], DueSpan]:
    """In which span something is due, seen from this instant."""
    today = date.fromisoformat(words.iso_day(at))
    tonight, week = begins(today + timedelta(days=1)), begins(today + WEEK)

    def span(due: int | None) -> DueSpan:
        if due is None:
            return "none"
        if due < at:
            return "overdue"
        if due < tonight:
            return "today"
        return "week" if due < week else "later"

    return span


def _filters(query: Query, at: int) -> dict[str, _Filter]:
    mine = [same_person(query.allocated)] if query.allocated else []
    return {
        "groups": _Filter("group", query.groups),
        "waits": _Filter("waits", query.waits),
        "purposes": _Filter("purpose", query.purposes),
        "others": _Filter("other", query.others),
        "due": _Filter("due_at", query.due, due_span(at)),
        "allocated": _Filter("allocated", [*mine, None] if query.unallocated else mine),
        "sensitive": _Filter("sensitive", [True] if query.sensitive else []),
    }


def _through(rows: list[Row], filters: Iterable[_Filter]) -> list[Row]:
    for each in filters:
        rows = each.of(rows)
    return rows


def _counts(rows: list[Row], fit: list[Row], filters: dict[str, _Filter]) -> Counts:
    """A filter that is set counts what would be there without it; the others count what is there."""
    counted = {}
    for name, each in filters.items():
        others = (other for other in filters.values() if other is not each)
        counted[name] = each.count(_through(rows, others) if each.chosen else fit)
    unallocated = counted["allocated"].pop(None, 0)
    counted["waits"].pop(None, None)
    sensitive = counted.pop("sensitive")[True]
    return msgspec.convert({**counted, "unallocated": unallocated, "sensitive": sensitive}, Counts)


def _begin(fit: list[Row], query: Query, key: Callable[[Row], Key]) -> int:
    """Where in the rows the page begins: a row that has gone still marks its place."""
    if query.after is not None:
        return bisect_right(fit, _key(query.after), key=key)
    if query.before is not None:
        return max(0, bisect_left(fit, _key(query.before), key=key) - query.limit)
    return 0


def _place(key: Key) -> str:
    return ".".join(map(str, key))


def _key(place: str) -> Key:
    """Raises Typed."""
    found = _CURSOR.fullmatch(place)
    if found is None:
        raise Typed(NO_SUCH_PLACE)
    return int(found[1]), int(found[2]), found[3]

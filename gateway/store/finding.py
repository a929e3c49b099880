"""How a search of the log is answered: line by line, opened, for nothing in their rows says what they are.

An index of agencies or reason codes would stand in every backup, and outlive what was erased. So a search reads lines
in portions, narrowed by day and by exchange, and others read in between. What was erased costs it nothing.
"""

from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from contracts.event import Opening
from contracts.messages.log_search import LogSearch
from gateway.store.port import FoundLine, Searched
from gateway.store.sql import DAY_SECONDS, Keys, Row, record, record_place

PORTION: Final = 500
"""How many lines are opened before others may read."""

PORTIONS: Final = 200
"""How many portions one search looks at: 100,000 lines, a second or two. Where it stopped is where the next begins."""

BEYOND: Final = 2**53
"""Past the end of every log."""

BEGINS: Final = "select i from leaf where day >= $1 order by day, i limit 1"
LINES: Final = "select i, body, slot, record from leaf where i > $1 and i < $2 and slot is not null order by i limit $3"
LINES_ABOUT: Final = LINES.replace("order by i limit $3", "and exchange = $3 order by i limit $4")


class Stretch(NamedTuple):
    """Lines of the log: those after one, and before another."""

    after: int
    end: int


Begins = Callable[[int], Awaitable[Row | None]]
"""The first line that is of this day or of a later one, as its row."""

Portion = Callable[[LogSearch, Stretch], Awaitable[tuple[list[FoundLine], int | None]]]
"""Those that fit of the next lines of a stretch, and where the search goes on; None at its end."""


async def searched(search: LogSearch, begins: Begins, portion: Portion) -> Searched:
    """See `Store.search`. Days become places in the log, whose time never goes back."""

    async def first(day: int) -> int:
        row = await begins(day)
        return row[0] if row else BEYOND

    found: list[FoundLine] = []
    end = BEYOND if search.until is None else await first(search.until // DAY_SECONDS + 1)
    start = 0 if search.since is None else await first(search.since // DAY_SECONDS)
    after: int | None = max(search.after, start - 1)
    for _ in range(PORTIONS):
        if after is None or len(found) > search.limit:
            break
        fitting, after = await portion(search, Stretch(after, end))
        found += fitting
    if len(found) > search.limit:
        after = found[search.limit - 1].index
    return Searched(lines=tuple(found[: search.limit]), looked_to=after)


def portion(wanted: LogSearch, stretch: Stretch) -> tuple[str, list[Any]]:
    """The next lines to open, as SQL with its parameters."""
    if wanted.about is None:
        return LINES, [*stretch, PORTION]
    return LINES_ABOUT, [*stretch, wanted.about, PORTION]


class _Openings(Struct, frozen=True):
    """What of a record a search looks at; the rest is not decoded."""

    shared: Opening
    exact: Opening


class _Shared(Struct, frozen=True):
    event: str
    at: int
    iss: str | None = None
    fields: tuple[str, ...] = ()


class _Actor(Struct, frozen=True):
    id: str


class _Exact(Struct, frozen=True):
    actor: _Actor | None = None
    purpose: str | None = None
    code: str | None = None
    clauses: tuple[str, ...] = ()
    state: str | None = None


_openings = msgspec.msgpack.Decoder(_Openings)
_shared = msgspec.json.Decoder(_Shared)
_exact = msgspec.json.Decoder(_Exact)


def fitting(keys: Keys, wanted: LogSearch, rows: list[Row]) -> list[FoundLine]:
    """The lines of a portion that fit, with what they stand for: at most one more than were asked for."""
    return list(islice(_fitting(keys, wanted, rows), wanted.limit + 1))


def _fitting(keys: Keys, wanted: LogSearch, rows: list[Row]) -> Iterator[FoundLine]:
    for index, leaf, slot, wrapped in rows:
        plain = keys.unwrap(slot, "record", wrapped, record_place(index))
        line = None if plain is None else _openings.decode(plain)
        if line is not None and fits(wanted, line.shared.part, line.exact.part):
            yield FoundLine(index=index, leaf=leaf, record=record(keys, slot, index, wrapped))


def fits(wanted: LogSearch, shared_part: bytes, exact_part: bytes) -> bool:
    """Whether a line of these parts is what every member says that is given; `about` and `after` are not looked at."""
    shared = _shared.decode(shared_part)
    if not (_in_time(wanted, shared.at) and wanted.field in (None, *shared.fields)):
        return False
    if not _all_fit((wanted.agency, shared.iss), (wanted.event, shared.event)):
        return False
    exact = _exact.decode(exact_part)
    actor = exact.actor.id if exact.actor else None
    asked = (
        (wanted.person, actor),
        (wanted.purpose, exact.purpose),
        (wanted.code, exact.code),
        (wanted.state, exact.state),
    )
    return _all_fit(*asked) and wanted.clause in (None, *exact.clauses)


def _all_fit(*pairs: tuple[str | None, str | None]) -> bool:
    """Whether whatever is asked for is what was found."""
    return all(asked is None or asked == found for asked, found in pairs)


def _in_time(wanted: LogSearch, at: int) -> bool:
    return (wanted.since is None or at >= wanted.since) and (wanted.until is None or at < wanted.until)

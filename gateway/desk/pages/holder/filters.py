"""What the inbox is to show: read from the address, which holds only words of closed lists and a place in the list."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar
from urllib.parse import urlencode

from msgspec import Struct
from multidict import MultiMapping

from contracts.vocabulary import Purpose
from gateway.desk.board import Counts, DueSpan, Query
from gateway.desk.pages.holder import words
from gateway.desk.row import Group, Waits
from gateway.desk.staff import StaffId

HOME: Final = "/holder"
PAGE: Final = 25
GROUPS: Final[Mapping[str, tuple[Group, ...]]] = {
    "open": ("open",),
    "yes": ("yes",),
    "ended": ("ended", "withdrawn"),
    "all": (),
}
Word = TypeVar("Word", bound=str)


class Tag(Struct, frozen=True, kw_only=True):
    """A filter that is set, and where a click on it leads: the same list without it."""

    words: str
    without: str


class Choice(Struct, frozen=True, kw_only=True):
    """One box of a filter, and how many cases it would show."""

    value: str
    words: str
    count: int | None
    ticked: bool


class Filters(Struct, frozen=True, kw_only=True):
    """The filters as they are set, and the place in the list."""

    stage: str = "open"
    waits: tuple[Waits, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    prisons: tuple[str, ...] = ()
    due: tuple[DueSpan, ...] = ()
    whose: str = ""
    sensitive: bool = False
    sort: str = "due"
    after: str = ""
    before: str = ""

    def query(self, me: StaffId) -> Query:
        """As the board takes it."""
        return Query(
            groups=GROUPS[self.stage],
            waits=self.waits,
            purposes=self.purposes,
            others=self.prisons,
            due=self.due,
            allocated=me if self.whose in ("mine", "mine-or-nobody") else None,
            unallocated=self.whose in ("nobody", "mine-or-nobody"),
            sensitive=self.sensitive,
            sort="newest" if self.sort == "newest" else "due",
            after=self.after or None,
            before=self.before or None,
            limit=PAGE,
        )

    def pairs(self) -> list[tuple[str, str]]:
        """The filters as an address holds them, without the place in the list."""
        every: list[tuple[str, Iterable[str]]] = [
            ("stage", [self.stage] if self.stage != "open" else []),
            ("waits", self.waits),
            ("purpose", self.purposes),
            ("prison", self.prisons),
            ("due", self.due),
            ("whose", [self.whose] if self.whose else []),
            ("sensitive", ["yes"] if self.sensitive else []),
            ("sort", [self.sort] if self.sort != "due" else []),
        ]
        return [(name, value) for name, values in every for value in values]

    def at(self, **place: str | None) -> str:
        """The address of a place in this list."""
        return address([*self.pairs(), *((name, value) for name, value in place.items() if value)])

    @property
    def here(self) -> str:
        """The address of this page of this list."""
        return self.at(after=self.after, before=self.before)

    def tags(self, prisons: Mapping[str, str]) -> tuple[Tag, ...]:
        """Every filter that is set, with the way to take it out."""
        known: dict[str, Mapping[str, str]] = {
            "stage": words.STAGES,
            "waits": dict(words.WAITS.items()),
            "purpose": dict(words.PURPOSES.items()),
            "prison": prisons,
            "due": dict(words.DUE.items()),
            "whose": words.WHOSE,
            "sensitive": {"yes": "Sensitive"},
        }
        set_now = [pair for pair in self.pairs() if pair[0] in known]
        return tuple(
            Tag(words=known[name].get(value, value), without=address([p for p in self.pairs() if p != (name, value)]))
            for name, value in set_now
        )


def address(pairs: Sequence[tuple[str, str]]) -> str:
    """The address of the inbox with these filters."""
    return f"{HOME}?{urlencode(pairs)}" if pairs else HOME


def read(asked: MultiMapping[str], prisons: Iterable[str]) -> Filters:
    """The filters in an address; a word that nobody knows filters nothing."""

    def one(name: str, allowed: Iterable[str], otherwise: str) -> str:
        value = asked.get(name, otherwise)
        return value if value in allowed else otherwise

    def some(name: str, allowed: Iterable[Word]) -> tuple[Word, ...]:
        wanted = asked.getall(name, [])
        return tuple(each for each in allowed if each in wanted)

    return Filters(
        stage=one("stage", words.STAGES, "open"),
        waits=some("waits", words.WAITS),
        purposes=some("purpose", words.PURPOSES),
        prisons=some("prison", prisons),
        due=some("due", words.DUE),
        whose=one("whose", words.WHOSE, ""),
        sensitive=asked.get("sensitive") == "yes",
        sort=one("sort", ("due", "newest"), "due"),
        after=asked.get("after", ""),
        before=asked.get("before", ""),
    )


def choices(
    known: Mapping[Word, str], ticked: Sequence[Word], counts: Mapping[Word, int] | None = None
) -> tuple[Choice, ...]:
    """The boxes of one filter. What is on nothing and is not ticked is left out."""
    every = (
        Choice(value=word, words=said, count=None if counts is None else counts.get(word, 0), ticked=word in ticked)
        for word, said in known.items()
    )
    return tuple(each for each in every if each.ticked or each.count != 0)


def boxes(filters: Filters, counts: Counts, prisons: Mapping[str, str]) -> dict[str, tuple[Choice, ...]]:
    """All filters of the inbox, ready to be shown."""
    return {
        "waits": choices(words.WAITS, filters.waits, counts.waits),
        "due": choices(words.DUE, filters.due, counts.due),
        "whose": choices(words.WHOSE, [filters.whose]),
        "purpose": choices(words.PURPOSES, filters.purposes, counts.purposes),
        "prison": choices(prisons, filters.prisons, counts.others),
        "stage": choices(words.STAGES, [filters.stage]),
    }

"""What the inbox is to show: read from the address, which holds only words of closed lists and a place in the list."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from msgspec import Struct
from multidict import MultiMapping

from contracts.vocabulary import Purpose
from gateway.desk.board import Counts, DueSpan, Query
from gateway.desk.pages.filtering import Choice, Tag, choices, one, some, tags
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
        return tags(self.pairs(), known, address)


def address(pairs: Sequence[tuple[str, str]]) -> str:
    """The address of the inbox with these filters."""
    return f"{HOME}?{urlencode(pairs)}" if pairs else HOME


def read(asked: MultiMapping[str], prisons: Iterable[str]) -> Filters:
    """The filters in an address; a word that nobody knows filters nothing."""
    return Filters(
        stage=one(asked, "stage", words.STAGES, "open"),
        waits=some(asked, "waits", words.WAITS),
        purposes=some(asked, "purpose", words.PURPOSES),
        prisons=some(asked, "prison", prisons),
        due=some(asked, "due", words.DUE),
        whose=one(asked, "whose", words.WHOSE, ""),
        sensitive=asked.get("sensitive") == "yes",
        sort=one(asked, "sort", ("due", "newest"), "due"),
        after=asked.get("after", ""),
        before=asked.get("before", ""),
    )


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

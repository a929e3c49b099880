"""What the coordinator's list is to show: read from the address, which holds words of closed lists and a place."""

from collections.abc import Iterable, Mapping
from typing import Final, Literal
from urllib.parse import urlencode

from msgspec import Struct
from multidict import MultiMapping

from contracts.vocabulary import Purpose
from gateway.desk.board import Counts, DueSpan, Query
from gateway.desk.pages.filtering import Choice, Tag, choices, one, some, tags
from gateway.desk.pages.requester import case_words as words
from gateway.desk.row import Group
from gateway.desk.staff import StaffId

HOME: Final = "/requester"
PAGE: Final = 25
SOUGHT: Final = "sought case"
VIEWS: Final[Mapping["View", str]] = {"waiting": "What waits for us", "all": "All cases"}
LIVE: Final[tuple[Group, ...]] = ("open", "yes", "withdrawn")

View = Literal["waiting", "all"]


class Filters(Struct, frozen=True, kw_only=True):
    """The filters as they are set, and the place in the list."""

    view: View = "waiting"
    states: tuple[Group, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    others: tuple[str, ...] = ()
    due: tuple[DueSpan, ...] = ()
    whose: str = ""
    after: str = ""
    before: str = ""

    def query(self, me: StaffId) -> Query:
        """As the board takes it. Cases that have ended are there for whoever asks for them."""
        return Query(
            groups=self.states or (() if self.view == "waiting" else LIVE),
            waits=tuple(words.WAITS) if self.view == "waiting" else (),
            purposes=self.purposes,
            others=self.others,
            due=self.due,
            allocated=me if self.whose == "mine" else None,
            unallocated=self.whose == "nobody",
            after=self.after or None,
            before=self.before or None,
            limit=PAGE,
        )

    def pairs(self) -> list[tuple[str, str]]:
        """The filters as an address holds them, without the place in the list."""
        every: list[tuple[str, Iterable[str]]] = [
            ("view", [self.view] if self.view != "waiting" else []),
            ("state", self.states),
            ("purpose", self.purposes),
            ("with", self.others),
            ("due", self.due),
            ("whose", [self.whose] if self.whose else []),
        ]
        return [(name, value) for name, values in every for value in values]

    def at(self, **place: str | None) -> str:
        """The address of a place in this list."""
        return address([*self.pairs(), *((name, value) for name, value in place.items() if value)])

    def tags(self, others: Mapping[str, str]) -> tuple[Tag, ...]:
        """Every filter that is set, with the way to take it out."""
        known: dict[str, Mapping[str, str]] = {
            "state": dict(words.GROUPS.items()),
            "purpose": dict(words.PURPOSES.items()),
            "with": others,
            "due": dict(words.DUE.items()),
            "whose": words.WHOSE,
        }
        return tags(self.pairs(), known, address)


def address(pairs: Iterable[tuple[str, str]]) -> str:
    """The address of the list with these filters."""
    asked = urlencode(list(pairs))
    return f"{HOME}?{asked}" if asked else HOME


def read(asked: MultiMapping[str], others: Iterable[str]) -> Filters:
    """The filters in an address; a word that nobody knows filters nothing."""
    return Filters(
        view="all" if asked.get("view") == "all" else "waiting",
        states=some(asked, "state", words.GROUPS),
        purposes=some(asked, "purpose", words.PURPOSES),
        others=some(asked, "with", others),
        due=some(asked, "due", words.DUE),
        whose=one(asked, "whose", words.WHOSE, ""),
        after=asked.get("after", ""),
        before=asked.get("before", ""),
    )


def boxes(filters: Filters, counts: Counts, others: Mapping[str, str], me: str) -> dict[str, tuple[Choice, ...]]:
    """All filters of the list, ready to be shown; what is on nothing and is not ticked is left out."""
    whose = {"mine": counts.allocated.get(me, 0), "nobody": counts.unallocated}
    return {
        "whose": choices({"": "Everybody’s", **words.WHOSE}, [filters.whose], {"": -1, **whose}),
        "due": choices(words.DUE, filters.due, counts.due),
        "state": choices(words.GROUPS, filters.states, counts.groups),
        "purpose": choices(words.PURPOSES, filters.purposes, counts.purposes),
        "with": choices(others, filters.others, counts.others),
    }

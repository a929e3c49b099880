"""Filters of a list: words of closed lists in its address, tags to take them out, boxes with what they would show."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct
from multidict import MultiMapping

Word = TypeVar("Word", bound=str)
Pair = tuple[str, str]


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


def one(asked: MultiMapping[str], name: str, allowed: Iterable[str], otherwise: str) -> str:
    """The word that stands in an address under this name; one that nobody knows filters nothing."""
    value = asked.get(name, otherwise)
    return value if value in allowed else otherwise


def some(asked: MultiMapping[str], name: str, allowed: Iterable[Word]) -> tuple[Word, ...]:
    """The words that stand in an address under this name; one that nobody knows filters nothing."""
    wanted = asked.getall(name, [])
    return tuple(each for each in allowed if each in wanted)


def tags(
    pairs: Sequence[Pair], known: Mapping[str, Mapping[str, str]], address: Callable[[Sequence[Pair]], str]
) -> tuple[Tag, ...]:
    """Every filter that is set, with the way to take it out."""
    return tuple(
        Tag(words=known[name].get(value, value), without=address([pair for pair in pairs if pair != (name, value)]))
        for name, value in pairs
        if name in known
    )


def choices(
    known: Mapping[Word, str], ticked: Iterable[Word], counts: Mapping[Word, int] | None = None
) -> tuple[Choice, ...]:
    """The boxes of one filter. What is on nothing and is not ticked is left out; what is not counted stays."""
    chosen = tuple(ticked)
    every = (
        Choice(
            value=word,
            words=said,
            count=None if counts is None or counts.get(word, 0) < 0 else counts.get(word, 0),
            ticked=word in chosen,
        )
        for word, said in known.items()
    )
    return tuple(each for each in every if each.ticked or each.count != 0)

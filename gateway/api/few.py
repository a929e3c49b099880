"""A few at once of what a stranger can make slow: one more, and the slowest gives way."""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Few(Generic[T]):
    """At most so many. What is honest is over in no time, so that the oldest is the one that somebody holds up."""

    def __init__(self, most: int, give_way: Callable[[T], object]) -> None:
        self._most, self._give_way = most, give_way
        self._held: dict[T, None] = {}

    def add(self, each: T) -> None:
        """One more. Where there are too many, the oldest is told to give way."""
        self._held[each] = None
        if len(self._held) > self._most:
            oldest = next(iter(self._held))
            del self._held[oldest]
            self._give_way(oldest)

    def remove(self, each: T) -> None:
        """It is over."""
        self._held.pop(each, None)

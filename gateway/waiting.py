"""What waits to be recorded: each agency has a line of its own, and whoever floods the gateway fills only that."""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Generic, TypeVar

T = TypeVar("T")


class Waiting(Generic[T]):
    """Lines of waiting things, at most `limit` in all. Taken in turn, one from each line."""

    def __init__(self, limit: int) -> None:
        self._limit, self._count = limit, 0
        self._lines: dict[str, deque[T]] = {}

    def __len__(self) -> int:
        return self._count

    def add(self, whose: str, thing: T) -> bool:
        """Let it wait; or say no where this line is as long as all that is free.

        So one who floods gets half of the places at most, two get a third each, and there is always room for another
        (the dynamic threshold of Choudhury and Hahne, 1998).
        """
        line = self._lines.get(whose)
        if (len(line) if line else 0) >= self._limit - self._count:
            return False
        if line is None:
            line = self._lines[whose] = deque()
        line.append(thing)
        self._count += 1
        return True

    def take(self, most: int) -> list[T]:
        """At most so many of what waits."""
        return list(islice(self._turns(), most))

    def _turns(self) -> Iterator[T]:
        while self._lines:
            for whose, line in [*self._lines.items()]:
                self._count -= 1
                thing = line.popleft()
                if not line:
                    del self._lines[whose]
                yield thing

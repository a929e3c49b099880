"""What waits to be recorded: a row for each sender, and a batch takes one message of each in turn."""

from collections import OrderedDict, deque
from typing import Generic, TypeVar

from gateway.errors import Overloaded

T = TypeVar("T")


class Waiting(Generic[T]):
    """Room for `limit` messages. A sender's row may grow as long as the room that is left, and no longer.

    So a flood from one sender fills half of the room, from two of them two thirds, and whoever has little waiting
    still gets in (Choudhury and Hahne, "Dynamic queue length thresholds", 1998).
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._count = limit, 0
        self._rows: OrderedDict[str, deque[T]] = OrderedDict()

    def __len__(self) -> int:
        """How many messages wait."""
        return self._count

    def add(self, sender: str, message: T) -> None:
        """To the end of the sender's row. Raises Overloaded where that is too long already."""
        row = self._rows.get(sender)
        if (len(row) if row else 0) >= self._limit - self._count:
            raise Overloaded("Too many messages wait.", self._count / self._limit)
        if row is None:
            row = self._rows[sender] = deque()
        row.append(message)
        self._count += 1

    def take(self, most: int) -> list[T]:
        """Up to so many, one of each sender in turn. Who was not reached comes first the next time."""
        taken: list[T] = []
        while self._rows and len(taken) < most:
            sender, row = self._rows.popitem(last=False)
            taken.append(row.popleft())
            if row:
                self._rows[sender] = row
        self._count -= len(taken)
        return taken

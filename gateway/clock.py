"""The gateway's clock: wall time in UTC seconds, unless it has jumped ahead. A wrong clock would erase for good."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from gateway.errors import ClockJumped

JUMP: Final = 3600
"""Seconds by which the clock may be ahead of what is known, before an operator must say that it is right."""


class Clock:
    """Wall time, checked against a clock that nobody can set.

    Called, it gives UTC seconds or raises ClockJumped: nothing is recorded under a time that nobody believes. It
    recovers by itself when wall time comes back; a jump that is real is confirmed by a restart.
    """

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._steady = wall, steady
        self._offset = wall() - steady()

    def __call__(self) -> int:
        """UTC seconds now. Raises ClockJumped."""
        wall = self._wall()
        offset = wall - self._steady()
        if offset > self._offset + JUMP:
            raise ClockJumped("The clock has jumped ahead by more than an hour.")
        self._offset = max(self._offset, offset)
        return int(wall)


class LastSeen:
    """When the gateway was last seen at work: one number in a file, so that a start can tell how long it was away."""

    def __init__(self, path: Path) -> None:
        self._path, self._noted = path, 0

    def note(self, now: int) -> None:
        """Once a minute. Not synced: an older number only asks an operator once more than needed."""
        if now - self._noted >= 60:
            self._path.write_text(f"{now}\n")
            self._noted = now

    def long_ago(self, now: int, logged: int) -> bool:
        """Whether the clock is over an hour ahead of when the gateway, or its log, was last at work."""
        try:
            seen = int(self._path.read_text())
        except (OSError, ValueError):
            seen = 0
        last = max(seen, logged)
        return last > 0 and now - last > JUMP

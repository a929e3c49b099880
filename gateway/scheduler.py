"""Time's own messages: what falls due is submitted by the same path as everything else."""

import asyncio
from collections.abc import Callable
from typing import Final

import structlog

from gateway.clock import LastSeen
from gateway.errors import GatewayError
from gateway.message import FellDue, LinesFellDue
from gateway.store.port import Store
from gateway.writer import Writer

BATCH: Final = 500
LINES_TOGETHER: Final = 200
"""How many lines of no exchange one line of the log may erase."""

LONGEST_SLEEP: Final = 1.0
"""Seconds between looks: new due dates come with messages, and a look is one indexed query."""

REMIND_EVERY: Final = 60.0

_log = structlog.get_logger()


class Scheduler:
    """Submits what is due. Erasure cannot be taken back: after a long absence it waits until the clock is confirmed."""

    def __init__(self, store: Store, writer: Writer, clock: Callable[[], int], seen: LastSeen) -> None:
        self._store, self._writer, self._clock, self._seen = store, writer, clock, seen

    async def run(self, *, confirmed: bool = False) -> None:
        """Sweep until cancelled. A store that cannot answer, or a clock that has jumped, is tried at the next look."""
        now, logged = await self._looked()
        while not confirmed and self._seen.long_ago(now, logged):
            _log.error("clock.unconfirmed", seconds=now - logged)
            await asyncio.sleep(REMIND_EVERY)
            now, _ = await self._looked()
        while True:
            try:
                swept = await self.sweep(self._clock())
            except (GatewayError, OSError) as error:
                _log.warning("sweep.failed", error=type(error).__name__)
                swept = 0
            if swept < BATCH:
                await asyncio.sleep(await self._pause())

    async def _looked(self) -> tuple[int, int]:
        """The time, and when the log was last written, once clock and store can tell."""
        while True:
            try:
                return self._clock(), (await self._store.log()).at
            except GatewayError as error:
                _log.warning("sweep.failed", error=type(error).__name__)
                await asyncio.sleep(LONGEST_SLEEP)

    async def sweep(self, now: int) -> int:
        """Submit all that is due at `now`, up to a batch; how many exchanges, or lines of none, that were."""
        self._seen.note(now)
        exchanges = await self._store.due(now, BATCH)
        await asyncio.gather(*(self._writer.submit(FellDue(exchange=each)) for each in exchanges))
        lines = await self._store.lines_due(now, BATCH)
        together = [tuple(lines[at : at + LINES_TOGETHER]) for at in range(0, len(lines), LINES_TOGETHER)]
        await asyncio.gather(*(self._writer.submit(LinesFellDue(lines=each)) for each in together))
        return max(len(exchanges), len(lines))

    async def _pause(self) -> float:
        """Until the next due date, but not longer than a look apart."""
        try:
            due = await self._store.next_due()
            return LONGEST_SLEEP if due is None else min(max(due - self._clock(), 0.05), LONGEST_SLEEP)
        except GatewayError:
            return LONGEST_SLEEP

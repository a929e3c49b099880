"""Time's own messages: what falls due is submitted by the same path as everything else."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

import structlog

from gateway.errors import GatewayError
from gateway.message import FellDue
from gateway.store.port import Store
from gateway.writer import Writer

BATCH: Final = 500
LONGEST_SLEEP: Final = 1.0
"""Seconds between looks: new due dates come with messages, and a look is one indexed query."""

JUMP: Final = 3600
"""A forward jump of the clock by more than these seconds halts erasure until an operator confirms by a restart."""

_log = structlog.get_logger()


class Scheduler:
    """Submits what is due. `clock` is wall time in UTC seconds."""

    def __init__(self, store: Store, writer: Writer, clock: Callable[[], int]) -> None:
        self._store, self._writer, self._clock = store, writer, clock
        self._offset = clock() - time.monotonic()

    async def run(self) -> None:
        """Sweep until cancelled. A store that cannot answer is tried again at the next look."""
        while True:
            now = self._clock()
            if now - time.monotonic() > self._offset + JUMP:
                _log.error("clock.jumped", seconds=round(now - time.monotonic() - self._offset))
                return
            try:
                swept = await self.sweep(now)
            except GatewayError as error:
                _log.warning("sweep.failed", error=type(error).__name__)
                swept = 0
            if swept < BATCH:
                await asyncio.sleep(await self._pause())

    async def sweep(self, now: int) -> int:
        """Submit all that is due at `now`, up to a batch; how many exchanges that were."""
        exchanges = await self._store.due(now, BATCH)
        await asyncio.gather(*(self._writer.submit(FellDue(exchange=each)) for each in exchanges))
        return len(exchanges)

    async def _pause(self) -> float:
        """Until the next due date, but not longer than a look apart."""
        try:
            due = await self._store.next_due()
        except GatewayError:
            return LONGEST_SLEEP
        return LONGEST_SLEEP if due is None else min(max(due - self._clock(), 0.05), LONGEST_SLEEP)

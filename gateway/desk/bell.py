"""A bell: whoever waits is woken when it rings. A ring that nobody waits for is not kept; the records are."""

import asyncio


class Bell:
    """Take `next` before looking at the records, then wait for it: so no ring falls between the two."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    @property
    def next(self) -> asyncio.Event:
        """The next ring."""
        return self._next

    def ring(self) -> None:
        """Wake all who wait."""
        rung, self._next = self._next, asyncio.Event()
        rung.set()


async def rings(event: asyncio.Event, seconds: float) -> bool:
    """Whether it rang within this time."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    return True

"""A bad network: a proxy for TCP that delays, stalls and cuts, and says requests twice, late, or in another order.

What it does is drawn from a seed, in the order of connections and chunks. It is deaf to what the bytes mean, but for
finding where a request ends: a request that it repeats goes on a connection of its own, and its answer to nobody.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from msgspec import Struct

CHUNK = 4096
KEPT = 50
"""Requests that may still be said again later."""


class Weather(Struct, frozen=True, kw_only=True):
    """How often each thing happens: to a chunk (`delay`, `stall`, `cut`), or to a request (`twice`, `late`, `again`).

    `delay` is up to 20 ms, `stall` up to 2 s; `late` holds a request back until others have passed; `again` says an old
    one once more.
    """

    delay: float = 0.2
    stall: float = 0.004
    cut: float = 0.01
    twice: float = 0.05
    late: float = 0.05
    again: float = 0.03


FAIR = Weather(delay=0, stall=0, cut=0, twice=0, late=0, again=0)


class Proxy:
    """Between whoever calls it and one port of this machine."""

    def __init__(self, target: int, weather: Weather, seed: str, *, http: bool) -> None:
        self.target, self.weather, self.http = target, weather, http
        self.done = Counter[str]()
        self._rng, self._heard = random.Random(seed), list[bytes]()
        self.under_way = set[asyncio.Task[None]]()

    async def between(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it ends or is cut."""
        try:
            with suppress(OSError):
                onward = await asyncio.open_connection("127.0.0.1", self.target)
                await self._both_ways(reader, writer, *onward)
        finally:
            writer.transport.abort()

    async def _both_ways(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        back: asyncio.StreamReader,
        onward: asyncio.StreamWriter,
    ) -> None:
        there = self._requests(reader, onward) if self.http else self._stream(reader, onward)
        tasks = {asyncio.ensure_future(there), asyncio.ensure_future(self._stream(back, writer))}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            onward.transport.abort()  # first: what follows may be cancelled itself
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def happens(self, what: str) -> bool:
        """Whether this happens now."""
        if self._rng.random() >= getattr(self.weather, what):
            return False
        self.done[what] += 1
        return True

    async def _stream(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while chunk := await source.read(CHUNK):
            await self._pass(chunk, sink)

    async def _pass(self, chunk: bytes, sink: asyncio.StreamWriter) -> None:
        if self.happens("delay"):
            await asyncio.sleep(self._rng.uniform(0, 0.02))
        if self.happens("stall"):
            await asyncio.sleep(self._rng.uniform(0.2, 2))
        if self.happens("cut"):
            sink.write(chunk[: self._rng.randrange(len(chunk) + 1)])
            await sink.drain()
            raise EOFError
        sink.write(chunk)
        await sink.drain()

    async def _requests(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        """Request by request, so that each is passed on once, twice, or late."""
        while True:
            head = await source.readuntil(b"\r\n\r\n")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            request = head + await source.readexactly(int(length or 0))
            self._heard = [*self._heard[1 - KEPT :], request]
            if self.happens("late"):
                await asyncio.sleep(self._rng.uniform(0.05, 0.3))
            if self.happens("twice"):
                self._aside(request)
            if self.happens("again"):
                self._aside(self._rng.choice(self._heard))
            for at in range(0, len(request), CHUNK):
                await self._pass(request[at : at + CHUNK], sink)

    def _aside(self, request: bytes) -> None:
        """Say a request on a connection of its own; nobody hears the answer."""
        task = asyncio.ensure_future(self._say(request))
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)

    async def _say(self, request: bytes) -> None:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(10):
                await asyncio.sleep(self._rng.uniform(0, 0.1))
                reader, writer = await asyncio.open_connection("127.0.0.1", self.target)
                try:
                    writer.write(request)
                    await reader.read(CHUNK)
                finally:
                    writer.transport.abort()


@asynccontextmanager
async def proxied(target: int, weather: Weather, seed: str, *, http: bool) -> AsyncIterator[tuple[Proxy, int]]:
    """The proxy and its port, for as long as this lasts."""
    proxy = Proxy(target, weather, seed, http=http)

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        proxy.under_way.add(task)
        try:
            await proxy.between(reader, writer)
        finally:
            proxy.under_way.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield proxy, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        left = [*proxy.under_way]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

"""A load from one process: keep-alive connections, one request at a time on each, raw HTTP/1.1 to stay cheap."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Measured:
    """Seconds for the whole run, of the server's processor, and from request to reply for each message."""

    seconds: float = 0.0
    cpu_seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Messages a second."""
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        """The latency in seconds below which this share of replies came."""
        ordered = sorted(self.latencies)
        return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


Say = Callable[[bytes, Measured, float], Awaitable[None]]


async def post_all(port: int, path: str, bodies: list[bytes], connections: int) -> Measured:
    """Post every body once."""
    waiting, measured = deque(bodies), Measured()
    begin = time.perf_counter()
    await asyncio.gather(*(_connection(port, path, waiting, measured) for _ in range(connections)))
    measured.seconds = time.perf_counter() - begin
    return measured


async def post_in_turn(port: int, path: str, waiting: deque[list[bytes]], measured: Measured) -> None:
    """On one connection, as many of these conversations as there is time for, each message after the last's reply."""
    async with _opened(port, path) as say:
        while waiting:
            for body in waiting.popleft():
                await say(body, measured, time.perf_counter())


async def post_at(port: int, path: str, bodies: list[bytes], instants: list[float]) -> Measured:
    """Each body at its instant, in seconds from now, on a connection that is free, or a new one."""
    measured, free, begin = Measured(), list[Say](), time.perf_counter()
    async with AsyncExitStack() as held:

        async def post(body: bytes, instant: float) -> None:
            say = free.pop() if free else await held.enter_async_context(_opened(port, path))
            await say(body, measured, instant)
            free.append(say)

        async with asyncio.TaskGroup() as group:
            for body, instant in zip(bodies, instants, strict=True):
                await asyncio.sleep(max(0.0, begin + instant - time.perf_counter()))
                group.create_task(post(body, begin + instant))
    measured.seconds = time.perf_counter() - begin
    return measured


async def _connection(port: int, path: str, waiting: deque[bytes], measured: Measured) -> None:
    async with _opened(port, path) as say:
        while waiting:
            await say(waiting.popleft(), measured, time.perf_counter())


@asynccontextmanager
async def _opened(port: int, path: str) -> AsyncIterator[Say]:
    """One connection: what says a body on it and waits for the reply, whose time counts from `begin`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: "

    async def say(body: bytes, measured: Measured, begin: float) -> None:
        writer.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
        status = await _reply(reader)
        measured.latencies.append(time.perf_counter() - begin)
        measured.statuses[status] = measured.statuses.get(status, 0) + 1

    try:
        yield say
    finally:
        writer.close()
        await writer.wait_closed()


async def _reply(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    await reader.readexactly(length)
    return int(head[9:12])

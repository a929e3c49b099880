"""A load from one process: keep-alive connections, one request at a time on each, raw HTTP/1.1 to stay cheap."""

import asyncio
import time
from collections import deque
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


async def post_all(port: int, path: str, bodies: list[bytes], connections: int) -> Measured:
    """Post every body once."""
    waiting, measured = deque(bodies), Measured()
    begin = time.perf_counter()
    await asyncio.gather(*(_connection(port, path, waiting, measured) for _ in range(connections)))
    measured.seconds = time.perf_counter() - begin
    return measured


async def _connection(port: int, path: str, waiting: deque[bytes], measured: Measured) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\nContent-Length: "
    while waiting:
        body = waiting.popleft()
        begin = time.perf_counter()
        writer.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
        status = await _reply(reader)
        measured.latencies.append(time.perf_counter() - begin)
        measured.statuses[status] = measured.statuses.get(status, 0) + 1
    writer.close()
    await writer.wait_closed()


async def _reply(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
    await reader.readexactly(length)
    return int(head[9:12])

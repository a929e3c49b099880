"""A simulated TCP: bytes arrive in order and late, or the connection breaks; under it the real servers and clients."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import aiohttp

from tests.simulation.loop import LIFE, Life, SimulatedLoop


class Network:
    """How late and how bad it is: `cut` is the chance of a piece of bytes to be the connection's last."""

    def __init__(self, loop: SimulatedLoop, rng: random.Random, cut: float, latency: float) -> None:
        self.loop, self.rng, self.cut, self.latency = loop, rng, cut, latency
        self.done = Counter[str]()
        self._ends = list[End]()

    async def connect(self, port: int, factory: Any) -> tuple[asyncio.Transport, Any]:
        """A connection to the server on this port. Raises ConnectionRefusedError where there is none now."""
        await asyncio.sleep(self.rng.expovariate(1 / self.latency))
        if port not in self.loop.servers:
            raise ConnectionRefusedError
        made, life = self.loop.servers[port]
        client, server = factory(), made()
        near, far = End(self, client, port, LIFE.get()), End(self, server, port, life)
        near.other, far.other = far, near
        self._ends += [near, far]
        far.within(server.connection_made, far)
        client.connection_made(near)
        return near, client

    def breaks(self, life: Life) -> None:
        """Whoever spoke with this process hears that it is gone."""
        for end in self._ends:
            if end.life is life and end.other is not None:
                end.other.lost()
        self.loop.servers = {port: server for port, server in self.loop.servers.items() if server[1] is not life}


class End(asyncio.Transport):
    """One end of a connection. What is written here arrives at the other end."""

    def __init__(self, network: Network, protocol: Any, port: int, life: Life | None) -> None:
        super().__init__({"peername": ("127.0.0.1", port), "sockname": ("127.0.0.1", port), "socket": None})
        self._network, self.protocol, self.life = network, protocol, life
        self.other: End | None = None
        self._closing, self._last, self._gone = False, 0.0, False

    def write(self, data: Any) -> None:
        if self._closing or not data:
            return
        network, rng = self._network, self._network.rng
        piece = bytes(data)
        if rng.random() < network.cut:
            network.done["cut"] += 1
            self._arrives(piece[: rng.randrange(len(piece) + 1)])
            self._later(self.lost)
            self._later(lambda: self.other and self.other.lost())
            self._closing = True
            return
        self._arrives(piece)

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def _arrives(self, piece: bytes) -> None:
        self._later(lambda: self.other and self.other.hears(piece))

    def _later(self, what: Any) -> None:
        """In its order."""
        delay = self._network.rng.expovariate(1 / self._network.latency)
        self._last = max(self._last, self._network.loop.time() + delay)
        token = LIFE.set(None)
        try:
            self._network.loop.call_at(self._last, what)
        finally:
            LIFE.reset(token)

    def hears(self, piece: bytes) -> None:
        """Bytes from the other end."""
        if not self._gone and piece:
            self.within(self.protocol.data_received, piece)

    def lost(self) -> None:
        """The connection is no more."""
        if not self._gone:
            self._gone = self._closing = True
            self.within(self.protocol.connection_lost, ConnectionResetError("simulated"))

    def within(self, callback: Any, *args: Any) -> None:
        """As the process does it whose end this is; a dead one does nothing."""
        if self.life is not None and self.life.over:
            return
        token = LIFE.set(self.life)
        try:
            callback(*args)
        finally:
            LIFE.reset(token)

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._later(lambda: self.other and self.other.ended())
            self._network.loop.call_soon(self._end)

    def ended(self) -> None:
        """The other end has closed in order."""
        if not self._gone:
            self._closing = True
            self._end()

    def _end(self) -> None:
        if not self._gone:
            self._gone = True
            self.within(self.protocol.connection_lost, None)

    def abort(self) -> None:
        self.close()

    def is_closing(self) -> bool:
        return self._closing

    def get_write_buffer_size(self) -> int:
        return 0

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Nothing is ever kept here."""

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def get_protocol(self) -> Any:
        return self.protocol

    def pause_reading(self) -> None:
        """Never needed: answers are short."""

    def resume_reading(self) -> None:
        """See `pause_reading`."""

    def can_write_eof(self) -> bool:
        return False


@contextmanager
def instead_of_sockets(network: Network) -> Iterator[None]:
    """Every client of aiohttp connects by the network."""

    async def connect(
        connector: aiohttp.TCPConnector, factory: Any, *_: Any, req: Any, client_error: Any = OSError, **__: Any
    ) -> Any:
        try:
            return await network.connect(req.url.port, factory)
        except OSError as error:
            raise client_error(req.connection_key, error) from error

    with patch.object(aiohttp.TCPConnector, "_wrap_create_connection", connect):
        yield

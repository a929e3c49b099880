"""An event loop whose time is simulated, and whose threads are none: what comes next depends on the seed alone."""

import asyncio
import random
import selectors
from collections.abc import Callable
from concurrent.futures import Executor
from contextvars import Context, ContextVar
from typing import Any

Work = Callable[..., Any]


class Life:
    """A process that can be killed: whatever was begun within it stops there and then, and never goes on.

    `locked` are the files that it holds a lock of.
    """

    def __init__(self) -> None:
        self.over, self.locked = False, list[int]()


LIFE: ContextVar[Life | None] = ContextVar("LIFE", default=None)


class _Clock(selectors.BaseSelector):
    """Waits for nothing: when nothing is ready, it is as late as the next timer wants."""

    def __init__(self) -> None:
        self.now = 0.0
        self._keys: dict[int, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        number = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        return self._keys.setdefault(number, selectors.SelectorKey(fileobj, number, events, data))

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj if isinstance(fileobj, int) else fileobj.fileno())

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("Nothing will ever happen again: everybody waits for somebody.")
        self.now += max(timeout, 0.0)
        return []

    def get_map(self) -> dict[Any, selectors.SelectorKey]:  # type: ignore[override]
        return {key.fileobj: key for key in self._keys.values()}


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Time goes on only where everybody waits. Servers and connections are the network's."""

    def __init__(self, rng: random.Random) -> None:
        self._simulated = _Clock()
        super().__init__(self._simulated)
        self._rng = rng
        self._free: dict[Executor | None, float] = {}
        self.servers: dict[int, tuple[Callable[[], asyncio.BaseProtocol], Life | None]] = {}

    def time(self) -> float:
        return self._simulated.now

    def call_soon(self, callback: Work, *args: Any, context: Context | None = None) -> asyncio.Handle:
        return super().call_soon(_alive, _life(context), callback, args, context=context)

    def call_at(self, when: float, callback: Work, *args: Any, context: Context | None = None) -> asyncio.TimerHandle:
        return super().call_at(when, _alive, _life(context), callback, args, context=context)

    def run_in_executor(self, executor: Executor | None, func: Work, *args: Any) -> "asyncio.Future[Any]":  # type: ignore[override]
        """Done at once, a moment later: what one executor is given stays in its order."""
        done = self.create_future()

        def work() -> None:
            if done.cancelled():
                return
            try:
                done.set_result(func(*args))
            except Exception as error:
                done.set_exception(error)

        self._free[executor] = max(self._free.get(executor, 0.0), self.time()) + self._rng.expovariate(2000)
        self.call_at(self._free[executor], work)
        return done

    async def create_server(  # type: ignore[override]
        self, protocol_factory: Any, host: str | None = None, port: int | None = None, *, sock: Any = None, **_: Any
    ) -> "Listening":
        """Known by its port from now on, until it is closed."""
        listening = sock or Listening(port or 0)
        listening.opens(self, protocol_factory)
        return listening


class Listening:
    """In place of a socket that listens, and of the server behind it."""

    def __init__(self, port: int) -> None:
        self._port, self._close = port, lambda: None

    def opens(self, loop: SimulatedLoop, factory: Any) -> None:
        """From now on whoever connects is heard."""
        served = loop.servers[self._port] = factory, LIFE.get()

        def close() -> None:
            if loop.servers.get(self._port) is served:
                del loop.servers[self._port]

        self._close = close

    @property
    def sockets(self) -> "tuple[Listening]":
        return (self,)

    def getsockname(self) -> tuple[str, int]:
        return "127.0.0.1", self._port

    def close(self) -> None:
        self._close()

    async def wait_closed(self) -> None:
        """It is."""


def _life(context: Context | None) -> Life | None:
    return context.get(LIFE) if context is not None else LIFE.get()


def _alive(life: Life | None, callback: Work, args: tuple[Any, ...]) -> None:
    if life is None or not life.over:
        callback(*args)

"""One run of the simulation: what lives in it, what happens to it, and what is found."""

import asyncio
import fcntl
import gc
import logging
import os
import random
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import copy_context
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any
from unittest.mock import patch

import aiohttp
import structlog
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct
from msgspec.structs import replace

from contracts.checkpoint import parse_note
from contracts.tlog_policy import Policy
from contracts.tlog_tiles import ENTRIES, places, split_bundle
from gateway.clock import Clock
from gateway.config import GatewaySettings, load_witness
from gateway.serve import serving
from gateway.witness.serve import serving as witnessing
from keys.notes import NoteSigner, open_checkpoint
from tests.agencies import secret
from tests.faults.checker import faults
from tests.faults.clients import Clients
from tests.faults.history import Call, History
from tests.gateway.witness.running import AWitness
from tests.journey.simulated import World
from tests.journey.test_cosigned import NAMES, Signing
from tests.simulation.loop import LIFE, Life, SimulatedLoop
from tests.simulation.network import Network, instead_of_sockets

BEGUN = 1_795_680_000
"""Wall time at the beginning: 26 November 2026."""

GATEWAY, WITNESSES = 8400, 8410
CONVERSATIONS, WORKERS = 5, 3
SPANS = {"answer": "20 seconds"}
STEPS = (-86_400, -3000, -5, 5, 7200)
SHARED_MEMORY = Path("/dev/shm")


class Found(Struct, frozen=True, kw_only=True):
    """What a seed came to. `trace` is a digest of all that clients said and saw, in its order."""

    seed: int
    faults: list[str]
    counts: dict[str, int]
    trace: str
    calls: list[Call]


class Port:
    """In place of a socket that listens."""

    def __init__(self, number: int) -> None:
        self._number = number

    def getsockname(self) -> tuple[str, int]:
        return "127.0.0.1", self._number

    def close(self) -> None:
        """Nothing was opened."""


class Process:
    """What can be killed and started again. `body` serves until it is cancelled; it says when it does."""

    def __init__(self, network: Network, folder: Path, body: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        self._network, self._folder, self._body = network, folder, body
        self._life, self._task = Life(), None
        self._dead: list[Any] = []

    async def start(self) -> None:
        """Until it serves; what keeps it from that is raised."""
        self._life, serves = Life(), asyncio.Event()
        context = copy_context()
        context.run(LIFE.set, self._life)
        loop = asyncio.get_running_loop()
        self._task = loop.create_task(self._body(serves), context=context)  # type: ignore[arg-type]
        waiting = loop.create_task(serves.wait())
        await asyncio.wait({self._task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done():
            self._task.result()

    def kill(self) -> None:
        """Here and now. What it had open stays open until the run is over; its locks do not."""
        self._life.over = True
        self._network.breaks(self._life)
        self._dead += asyncio.all_tasks()
        for number in os.listdir("/proc/self/fd"):
            try:
                if os.readlink(f"/proc/self/fd/{number}").startswith(str(self._folder)):
                    fcntl.flock(int(number), fcntl.LOCK_UN)
            except OSError:
                continue


class SimulatedClients(Clients):
    """Agencies, and a reader of the public log, in the simulation's own network."""

    async def leaves(self, address: str, size: int) -> list[bytes]:
        found: list[bytes] = []
        for place in places(ENTRIES, size):
            async with self._http.get(f"{address}/{place.path}") as response:
                assert response.status == 200, place.path
                found += split_bundle(await response.read(), place.width)
        return found


@cache
def _witnesses() -> Path:
    """The folders of three log cosigners, made once for all runs of this process."""
    folder = Path(mkdtemp(prefix="rj-simulated-"))
    key = Ed25519PrivateKey.from_private_bytes(secret("log"))
    log = Signing([NoteSigner(name=World(folder / "world").vkey.name, key=key)])
    made = [AWitness(name, folder / name, [log]) for name in NAMES]  # type: ignore[list-item]
    (folder / "vkeys").write_text("\n".join(each.vkey.encode() for each in made))
    return folder


@contextmanager
def simulated(loop: SimulatedLoop, rng: random.Random, skew: list[float]) -> Iterator[None]:
    """Time and chance are the simulation's, for everything in this process."""

    def wall() -> float:
        return BEGUN + loop.time()

    def skewed() -> float:
        return wall() + skew[0]

    def steady() -> float:
        return 1000 + loop.time()

    ports = iter(range(WITNESSES, WITNESSES + len(NAMES)))
    with ExitStack() as held:
        for name, instead in {
            "time.time": wall,
            "time.monotonic": steady,
            "os.urandom": rng.randbytes,
            "random._urandom": rng.randbytes,
            "gateway.serve.Clock": partial(Clock, skewed, steady),
            "gateway.serve.listening": lambda *_: Port(GATEWAY),
            "gateway.witness.serve.listening": lambda *_: Port(next(ports)),
            "sys.unraisablehook": lambda _: None,  # what was killed is cleared away at the end, and complains
        }.items():
            held.enter_context(patch(name, instead))
        yield


async def _gateway(settings: GatewaySettings, serves: asyncio.Event) -> None:
    async with serving(settings):
        serves.set()
        await asyncio.Event().wait()


async def _witness(folder: Path, serves: asyncio.Event) -> None:
    async with witnessing(load_witness(folder / "witness.toml", {}), new=not (folder / "data/witness.db").exists()):
        serves.set()
        await asyncio.Event().wait()


async def scenario(folder: Path, loop: SimulatedLoop, rng: random.Random, skew: list[float]) -> Found:
    """Agencies talk, the network cuts, the gateway is killed, its clock is set, cosigners come and go."""
    world = World(folder, SPANS)
    world.address = f"http://127.0.0.1:{GATEWAY}"
    network = Network(loop, rng, cut=rng.choice((0.0, 0.01, 0.05)), latency=rng.choice((0.0005, 0.005, 0.05)))
    witnesses = []
    lines = [f"log {world.vkey.encode()}"]
    for number, (name, vkey) in enumerate(zip(NAMES, (_witnesses() / "vkeys").read_text().split(), strict=True)):
        shutil.copytree(_witnesses() / name, folder / name)
        witnesses.append(Process(network, folder, partial(_witness, folder / name)))
        lines.append(f"witness {name} {vkey} http://127.0.0.1:{WITNESSES + number}")
    (folder / "policy").write_text("\n".join([*lines, f"group two 2 {' '.join(NAMES)}", "quorum two", ""]))
    settings = world.settings()
    settings = replace(settings, gateway=replace(settings.gateway, policy=folder / "policy"))
    gateway = Process(network, folder, partial(_gateway, settings))
    counts = Counter[str]()
    with instead_of_sockets(network):
        for each in (*witnesses, gateway):
            await each.start()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as http:
            history = History(folder / "history")
            clients = SimulatedClients(world, http, history, [world.address])
            left = iter(range(CONVERSATIONS))
            load = asyncio.create_task(clients.talk(WORKERS, lambda: next(left, None) is None, rng.randrange(1 << 30)))
            for _ in range(rng.randrange(5)):
                await asyncio.sleep(rng.expovariate(1 / (40 * network.latency)))
                await _trouble(gateway, skew, rng, counts)
            await load
            await asyncio.sleep(rng.uniform(0, 60))  # what was not answered falls due
            calls = [*history.calls]
        network.cut = 0.0
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as http:
            seen = await SimulatedClients(world, http, history, [world.address]).see(world.address)
        history.close()
    note = parse_note((folder / "data.guard" / "checkpoint").read_text())
    found = faults(calls, seen, world.vkey)
    if open_checkpoint(note, Policy.parse((folder / "policy").read_text())).size > len(seen.leaves) + 10:
        found.append("one history: more was cosigned than there is")
    told = [(c.kind, c.jti, c.began, c.ended, c.decision, c.leaf) for c in calls]
    counts.update(
        messages=len({call.jti for call in calls}), tries=len(calls), lines=len(seen.leaves), cuts=network.done["cut"]
    )
    gateway.kill()
    for each in witnesses:
        each.kill()
    trace = sha256(repr((told, len(seen.leaves), round(loop.time(), 6))).encode()).hexdigest()
    return Found(seed=0, faults=found, counts=dict(counts), trace=trace, calls=calls)


async def _trouble(gateway: Process, skew: list[float], rng: random.Random, counts: Counter[str]) -> None:
    if rng.random() < 0.7:
        gateway.kill()
        counts["kills"] += 1
        await asyncio.sleep(rng.expovariate(10))
        await gateway.start()
    else:
        skew[0] = rng.choice(STEPS)
        counts["steps of the clock"] += 1
        await asyncio.sleep(rng.expovariate(2))
        skew[0] = 0.0


@cache
def _settled_down() -> None:
    """Nothing is cleared away while a run goes on, and what lives for ever is not looked at in between."""
    gc.disable()
    gc.collect()
    gc.freeze()


def run(seed: int) -> Found:
    """The whole of one seed."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable()
    _witnesses()
    _settled_down()
    rng, skew = random.Random(seed), [0.0]
    shared = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
    with TemporaryDirectory(prefix="rj-simulated-", dir=shared, ignore_cleanup_errors=True) as name:
        loop = SimulatedLoop(rng)
        loop.set_exception_handler(lambda *_: None)
        with simulated(loop, rng, skew):
            asyncio.set_event_loop(loop)
            try:
                found = loop.run_until_complete(scenario(Path(name), loop, rng, skew))
            except Exception as error:
                while isinstance(error, ExceptionGroup):
                    error = error.exceptions[0]
                found = Found(seed=seed, faults=[f"{type(error).__name__}: {error}"], counts={}, trace="", calls=[])
            finally:
                loop.close()
                asyncio.set_event_loop(None)
                gc.collect()  # what was killed ends here, and not at some instant of the next run
    return replace(found, seed=seed)


def outcome(seed: int) -> Found:
    """The same without its calls, which are many."""
    return replace(run(seed), calls=[])

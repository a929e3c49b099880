"""One run of the simulation: what lives in it, what happens to it, and what is found."""

import asyncio
import gc
import logging
import random
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import copy_context
from fcntl import LOCK_UN, flock
from functools import cache, lru_cache, partial
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

from contracts import agreement as agreements
from contracts.checkpoint import parse_note
from contracts.tlog_policy import Policy
from contracts.tlog_tiles import ENTRIES, places, split_bundle
from gateway.clock import Clock
from gateway.config import GatewaySettings, load_witness
from gateway.serve import serving
from gateway.witness.serve import serving as witnessing
from keys import directory as directories
from keys.notes import NoteSigner, open_checkpoint
from tests.agencies import secret
from tests.faults.checker import faults
from tests.faults.clients import Clients
from tests.faults.history import Call, History
from tests.gateway.witness.running import AWitness
from tests.journey.simulated import World
from tests.journey.test_cosigned import NAMES, Signing
from tests.simulation.desks import PORTS, People, desk, desk_settings, overheard
from tests.simulation.loop import LIFE, Life, Listening, SimulatedLoop
from tests.simulation.network import Network, instead_of_sockets

BEGUN = 1_795_680_000
"""Wall time at the beginning: 26 November 2026."""

GATEWAY, WITNESSES = 8400, 8410
CONVERSATIONS, WORKERS = (1, 2, 4), 3
DESKS = 8
"""In one seed of so many the agencies have real desks; in the others they are bare clients."""

RUNS_TOGETHER = 4
"""After so many runs what is left of them is cleared away."""

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


class Process:
    """What can be killed and started again. `body` serves until it is cancelled; it says when it does."""

    def __init__(self, network: Network, body: Callable[[asyncio.Event], Awaitable[None]]) -> None:
        self._network, self._body = network, body
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

    def ends(self) -> None:
        """Here and now, and nothing of it is put in order."""
        self._life.over = True
        self._network.breaks(self._life)
        self._dead += asyncio.all_tasks()

    def kill(self) -> None:
        """What it had open stays open until the run is over; its locks do not, so that it can be started again."""
        self.ends()
        for number in self._life.locked:
            with suppress(OSError):  # closed since
                flock(number, LOCK_UN)


def _locking(number: int, how: int) -> None:
    flock(number, how)
    if (life := LIFE.get()) is not None:
        life.locked.append(number)


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


REMEMBERED = {
    name: lru_cache(load)
    for name, load in {"contracts.agreement.load": agreements.load, "keys.directory.load": directories.load}.items()
}
"""What says the same of the same documents is asked once: each is read at every start."""


@contextmanager
def simulated(loop: SimulatedLoop, rng: random.Random, skew: list[float]) -> Iterator[None]:
    """Time and chance are the simulation's, for everything in this process."""

    def wall() -> float:
        return BEGUN + loop.time()

    def skewed() -> float:
        return wall() + skew[0]

    def steady() -> float:
        return 1000 + loop.time()

    with ExitStack() as held:
        for name, instead in {
            "time.time": wall,
            "time.time_ns": lambda: int(wall() * 1_000_000) * 1000,
            "time.monotonic": steady,
            "os.urandom": rng.randbytes,
            "random._urandom": rng.randbytes,
            "fcntl.flock": _locking,
            "gateway.serve.Clock": partial(Clock, skewed, steady),
            "gateway.serve.listening": lambda _, port: Listening(port),
            "gateway.witness.serve.listening": lambda _, port: Listening(port),
            **REMEMBERED,
            "sys.unraisablehook": lambda _: None,  # what was killed is cleared away at the end, and complains
        }.items():
            held.enter_context(patch(name, instead))
        yield


async def _gateway(settings: GatewaySettings, serves: asyncio.Event) -> None:
    async with serving(settings):
        serves.set()
        await asyncio.Event().wait()


async def _witness(folder: Path, port: int, serves: asyncio.Event) -> None:
    settings = load_witness(folder / "witness.toml", {"RJ_WITNESS_PORT": str(port)})
    async with witnessing(settings, new=not (folder / "data/witness.db").exists()):
        serves.set()
        await asyncio.Event().wait()


class Stage:
    """All who take part in one run, each a process of its own: the gateway, three log cosigners, and perhaps desks."""

    def __init__(self, folder: Path, network: Network, *, desks: bool) -> None:
        self.world, self.network = World(folder, SPANS), network
        self.world.address = f"http://127.0.0.1:{GATEWAY}"
        self.witnesses, lines = list[Process](), [f"log {self.world.vkey.encode()}"]
        vkeys = (_witnesses() / "vkeys").read_text().split()
        for port, (name, vkey) in enumerate(zip(NAMES, vkeys, strict=True), WITNESSES):
            shutil.copytree(_witnesses() / name, folder / name)
            self.witnesses.append(Process(network, partial(_witness, folder / name, port)))
            lines.append(f"witness {name} {vkey} http://127.0.0.1:{port}")
        self.world.policy = "\n".join([*lines, f"group two 2 {' '.join(NAMES)}", "quorum two", ""])
        (folder / "policy").write_text(self.world.policy)
        settings = self.world.settings()
        settings = replace(settings, gateway=replace(settings.gateway, port=GATEWAY, policy=folder / "policy"))
        self.gateway = Process(network, partial(_gateway, settings))
        self.desks = [Process(network, partial(desk, desk_settings(self.world, agency))) for agency in PORTS if desks]

    @property
    def everybody(self) -> list[Process]:
        return [*self.witnesses, self.gateway, *self.desks]

    async def trouble(self, rng: random.Random, skew: list[float]) -> str:
        """Somebody is killed and comes back, the gateway most often; or its clock is wrong for a while. Tells which."""
        if rng.random() < 0.3:
            skew[0] = rng.choice(STEPS)
            await asyncio.sleep(rng.expovariate(2))
            skew[0] = 0.0
            return "steps of the clock"
        others, told = rng.choice([(self.witnesses, "kills of cosigners"), (self.desks, "kills of desks")])
        if not others or rng.random() < 0.5:
            others, told = [self.gateway], "kills"
        killed = rng.choice(others)
        killed.kill()
        await asyncio.sleep(rng.expovariate(10))
        await killed.start()
        return told


async def scenario(stage: Stage, rng: random.Random, skew: list[float]) -> Found:
    """Agencies talk, the network cuts, whoever takes part is killed and comes back, the gateway's clock is set."""
    world, network, counts = stage.world, stage.network, Counter[str]()
    with instead_of_sockets(network):
        for each in stage.everybody:
            await each.start()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as http:
            history = History(world.folder / "history")
            clients, people = SimulatedClients(world, http, history, [world.address]), People(world, http)
            with overheard(clients):
                load = asyncio.create_task(_talk(people if stage.desks else clients, rng.randrange(1 << 30)))
                for _ in range(rng.randrange(5)):
                    await asyncio.sleep(rng.expovariate(1 / (40 * network.latency)))
                    counts[await stage.trouble(rng, skew)] += 1
                await load
                await asyncio.sleep(rng.uniform(0, 30))  # what was not answered falls due
                network.cut = 0.0
                if stage.desks:
                    await people.settled()
            calls = [*history.calls]
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20)) as http:
            seen = await SimulatedClients(world, http, history, [world.address]).see(world.address)
        history.close()
    found = [*people.faults, *faults(calls, seen, world.vkey)]
    if _cosigned(world) > len(seen.leaves) + 10:
        found.append("one history: more was cosigned than there is")
    told = [(c.kind, c.jti, c.began, c.ended, c.decision, c.leaf) for c in calls]
    counts.update(people.counts)
    counts.update(
        messages=len({call.jti for call in calls}), tries=len(calls), lines=len(seen.leaves), cuts=network.done["cut"]
    )
    for each in stage.everybody:
        each.ends()
    trace = sha256(repr((told, len(seen.leaves), round(network.loop.time(), 6))).encode()).hexdigest()
    return Found(seed=0, faults=found, counts=dict(counts), trace=trace, calls=calls)


def _cosigned(world: World) -> int:
    """How many lines the newest head has that a quorum has cosigned; none where the run was over before one had."""
    newest = world.folder / "data.guard" / "checkpoint"
    if not newest.exists():
        return 0
    return open_checkpoint(parse_note(newest.read_text()), Policy.parse(world.policy or "")).size


async def _talk(clients: "SimulatedClients | People", seed: int) -> None:
    left = iter(range(CONVERSATIONS[seed % len(CONVERSATIONS)]))
    await clients.talk(WORKERS, lambda: next(left, None) is None, seed)


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
    random.seed(seed)  # whoever tries again waits by it
    shared = SHARED_MEMORY if SHARED_MEMORY.is_dir() else None
    with TemporaryDirectory(prefix="rj-simulated-", dir=shared, ignore_cleanup_errors=True) as name:
        loop = SimulatedLoop(rng)
        loop.set_exception_handler(lambda *_: None)
        with simulated(loop, rng, skew):
            asyncio.set_event_loop(loop)
            try:
                latency, cut = rng.choice((0.0005, 0.005, 0.05)), rng.choice((0.0, 0.01, 0.05))
                stage = Stage(Path(name), Network(loop, rng, cut, latency), desks=seed % DESKS == 0)
                found = loop.run_until_complete(scenario(stage, rng, skew))
            except Exception as error:
                while isinstance(error, ExceptionGroup):
                    error = error.exceptions[0]
                found = Found(seed=seed, faults=[f"{type(error).__name__}: {error}"], counts={}, trace="", calls=[])
            finally:
                loop.close()
                asyncio.set_event_loop(None)
                if seed % RUNS_TOGETHER == 0:
                    gc.collect()  # what was killed ends here, and not at some instant of the next run
    return replace(found, seed=seed)


def outcome(seed: int) -> Found:
    """The same without its calls, which are many."""
    return replace(run(seed), calls=[])

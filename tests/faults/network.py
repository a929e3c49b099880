"""Between all parties a network that delays, stalls, cuts, and says requests twice, late, or long after.

    python -m tests.faults.network [--seconds 120] [--store sqlite|postgres] [--seed N]

Agencies reach the gateway by such a network, and so does the gateway its three log cosigners and, on PostgreSQL, each
of two nodes its database. Once it is over, the network is fair; then what was seen is checked.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from yarl import URL

from contracts.checkpoint import parse_note
from contracts.tlog_policy import Policy
from keys.notes import NoteSigner, open_checkpoint
from tests.agencies import secret
from tests.faults.nodes import Node
from tests.faults.proxy import FAIR, Proxy, Weather, proxied
from tests.faults.runs import NODES, Tell, Trouble, asked, progress, summed, told, witnessed
from tests.gateway.witness.running import AWitness, all_running
from tests.journey.simulated import World
from tests.journey.test_cosigned import NAMES, Signing
from tests.postgres import shared


class Network:
    """Every line of one world; fair until it rages."""

    def __init__(self, weather: Weather, seed: int, held: AsyncExitStack) -> None:
        self.proxies, self._weather, self._seed, self._held = list[Proxy](), weather, seed, held

    async def line(self, target: int, *, http: bool) -> int:
        """The port by which another is reached from now on."""
        seed = f"{self._seed}/{len(self.proxies)}"
        proxy, port = await self._held.enter_async_context(proxied(target, FAIR, seed, http=http))
        self.proxies.append(proxy)
        return port

    async def reach(self, nodes: list[Node]) -> list[str]:
        """Where agencies find the nodes."""
        return [f"http://127.0.0.1:{await self.line(URL(node.address).port or 0, http=True)}" for node in nodes]

    def rages(self) -> None:
        """From now on it is a bad one."""
        self._turns(self._weather)

    def clears(self) -> None:
        """From now on it is a fair one."""
        self._turns(FAIR)

    def _turns(self, weather: Weather) -> None:
        for proxy in self.proxies:
            proxy.weather = weather

    @property
    def done(self) -> Counter[str]:
        return sum((proxy.done for proxy in self.proxies), Counter[str]())


def raging(network: Network, seconds: int, tell: Tell = lambda _: None) -> Trouble:
    """The network is bad for so long, and then it is not."""

    async def trouble(nodes: list[Node], rng: random.Random) -> None:
        network.rages()
        for _ in range(seconds):
            await asyncio.sleep(1)
            tell(1)
        network.clears()
        await asyncio.sleep(1)

    return trouble


@asynccontextmanager
async def cosigners(world: World, folder: Path, network: Network) -> AsyncIterator[Policy]:
    """Three log cosigners that run, of whom two are a quorum; the policy by which the gateway reaches them."""
    log = Signing([NoteSigner(name=world.vkey.name, key=Ed25519PrivateKey.from_private_bytes(secret("log")))])
    witnesses = [AWitness(name, folder / name, [log]) for name in NAMES]  # type: ignore[list-item]
    async with all_running(witnesses):
        lines = [f"log {world.vkey.encode()}"]
        for each in witnesses:
            port = await network.line(URL(each.url).port or 0, http=True)
            lines.append(f"witness {each.name} {each.vkey.encode()} http://127.0.0.1:{port}")
        text = "\n".join([*lines, f"group two 2 {' '.join(NAMES)}", "quorum two", ""])
        (world.folder / "witness.policy").write_text(text)
        world.more = 'policy = "witness.policy"\n'
        yield Policy.parse(text)


async def storm(folder: Path, store: str, seconds: int, seed: int, weather: Weather, tell: Tell) -> dict[str, Any]:
    """One world under it: what was found, and how often each thing happened."""
    world = World(folder)
    async with AsyncExitStack() as held:
        network = Network(weather, seed, held)
        if store == "postgres":
            direct = URL(shared().database())
            world.database = str(direct.with_port(await network.line(direct.port or 0, http=False)))
        policy = await held.enter_async_context(cosigners(world, folder / "witnesses", network))
        found = summed(
            world, *await witnessed(world, NODES[store], seed, raging(network, seconds, tell), network.reach)
        )
        note = parse_note((folder / "data.guard" / "checkpoint").read_text())
        return {**found, "cosigned lines": open_checkpoint(note, policy).size, "network": dict(network.done)}


def main() -> None:
    args, begun = asked(__doc__, seconds=120), time.monotonic()
    with TemporaryDirectory(prefix="rj-network-") as folder, progress("seconds of it", args.seconds) as tell:
        found = asyncio.run(storm(Path(folder), args.store, args.seconds, args.seed, Weather(), tell))
    told(f"network-{args.store}", begun, {"store": args.store, **found})


if __name__ == "__main__":
    main()

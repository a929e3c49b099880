"""Several nodes on one PostgreSQL behind HAProxy, in the place of the one gateway; and trouble with them on purpose."""

import asyncio
import re
import signal
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from shutil import which
from typing import Final

from aiohttp import ClientSession
from msgspec import Struct
from rich.table import Table

from gateway.demo.processes import Command, answer, end, free_ports, start
from gateway.errors import CannotStart

NODES: Final = ("node-1", "node-2", "node-3")
FILE: Final = "haproxy.cfg"
SOURCE_TREE: Final = Path(__file__).parents[2] / "deploy" / "haproxy"
QUIET_SECONDS: Final = 1.5
"""Between two troubles, and while a node is gone."""


class Cluster(Struct, frozen=True, kw_only=True):
    """`store` is an empty PostgreSQL database; `urls` are the addresses of the nodes, which only HAProxy knows."""

    store: str
    urls: dict[str, str]


def planned(store: str) -> Cluster:
    """Where the nodes will be. Raises CannotStart where HAProxy is missing."""
    if which("haproxy") is None:
        raise CannotStart(
            "HAProxy is not installed. Install it (Debian: apt-get install haproxy), then run this again."
        )
    ports = free_ports(len(NODES))
    return Cluster(
        store=store, urls={name: f"http://127.0.0.1:{port}" for name, port in zip(NODES, ports, strict=True)}
    )


def lay_out(cluster: Cluster, folder: Path, settings: str) -> None:
    """The settings of each node, made of those of one gateway: what is its own, and what all share."""
    for name, url in cluster.urls.items():
        own = {
            "port": url.rpartition(":")[2],
            "data": f'"{name}"',
            "guard": f'"guards/{name}"\nkeystore = "keystore"\nstore = "{cluster.store}"',
        }
        text = settings
        for key, value in own.items():
            text = re.sub(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
        (folder / f"{name}.toml").write_text(text)
    packaged = files("gateway").joinpath("haproxy", FILE)
    config = packaged.read_text("utf-8") if packaged.is_file() else (SOURCE_TREE / FILE).read_text("utf-8")
    (folder / FILE).write_text(config)


class Nodes:
    """The nodes while they run. `killed` and `stopped`: how often, by name."""

    def __init__(self, commands: dict[str, Command], session: ClientSession) -> None:
        self._commands, self._session = commands, session
        self._running: dict[str, Process] = {}
        self.killed: Counter[str] = Counter()
        self.stopped: Counter[str] = Counter()

    async def start(self, name: str) -> None:
        """Start a node, and wait until it serves. Raises NotStarted."""
        self._running[name] = await start(self._commands[name])
        await answer([self._commands[name]], [self._running[name]], self._session)

    async def trouble(self, over: asyncio.Event) -> None:
        """One node after another is killed, or stopped in order, and started again, until it is over."""
        turn = 0
        while not over.is_set():
            name = NODES[turn % len(NODES)]
            await asyncio.sleep(QUIET_SECONDS)
            process = self._running[name]
            if turn % 3 == 2:
                self.stopped[name] += 1
                await end(process)
            else:
                self.killed[name] += 1
                process.send_signal(signal.SIGKILL)
                await process.wait()
            await asyncio.sleep(QUIET_SECONDS)
            await self.start(name)
            turn += 1

    async def end(self) -> None:
        """End every node in order."""
        await asyncio.gather(*(end(process) for process in self._running.values()))

    def settled(self) -> dict[str, int]:
        """How many messages each node has settled, by its own log."""
        texts = {name: command.output.read_text("utf-8") for name, command in self._commands.items()}
        return {name: text.count('"message.settled"') for name, text in texts.items()}

    def table(self) -> Table:
        """What each node has done and suffered."""
        drawn = Table(title="The nodes", title_justify="left", box=None, pad_edge=False)
        for heading in ("Node", "Messages settled", "Killed", "Stopped in order"):
            drawn.add_column(heading, justify="left" if heading == "Node" else "right")
        for name, count in self.settled().items():
            drawn.add_row(name, str(count), str(self.killed[name]), str(self.stopped[name]))
        return drawn


@asynccontextmanager
async def running(cluster: Cluster, front: str, folder: Path, session: ClientSession) -> AsyncIterator[Nodes]:
    """The nodes, and HAProxy before them at `front`. The first node makes the tables. Raises NotStarted."""
    nodes = Nodes({name: _node(name, url, folder) for name, url in cluster.urls.items()}, session)
    proxy: Process | None = None
    try:
        for name in NODES:
            await nodes.start(name)
        command = _proxy(cluster, front, folder)
        proxy = await start(command)
        await answer([command], [proxy], session)
        yield nodes
    finally:
        await asyncio.shield(nodes.end())
        if proxy is not None:
            await asyncio.shield(end(proxy))


def _node(name: str, url: str, folder: Path) -> Command:
    settings = str(folder / f"{name}.toml")
    return Command(name=name, arguments=("gateway", "--config", settings), url=url, output=folder / f"{name}.log")


def _proxy(cluster: Cluster, front: str, folder: Path) -> Command:
    places = {name.upper().replace("-", "_"): url.removeprefix("http://") for name, url in cluster.urls.items()}
    return Command(
        name="HAProxy",
        program=("haproxy",),
        arguments=("-db", "-f", str(folder / FILE)),
        environment={**places, "FRONT": front.removeprefix("http://")},
        url=front,
        output=folder / "haproxy.log",
    )

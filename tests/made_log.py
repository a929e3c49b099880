"""A log of any size, made quickly: a gateway's database, its settings, its published checkpoint with cosignatures."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from contracts.checkpoint import Checkpoint, format_note
from contracts.codec import b64url
from contracts.merkle import leaf_hash
from gateway.api.tiles import Tiles
from gateway.keystore import KeyStore
from gateway.ledger.tree import grow
from gateway.store.port import Known, Line, LogState, Wanted, Writes
from gateway.store.reading import SqliteTree
from gateway.store.sqlite import SqliteStore
from keys.notes import Cosigner, NoteSigner
from tests.agencies import secret, signing_private

ORIGIN = "gateway.test/rj"
WITNESSES = ("prison-service", "police", "inspectorate")
TIME = 1_790_000_000
BATCH = 20_000

SETTINGS = f"""
[gateway]
origin = "{ORIGIN}"
port = 0
data = "data"
guard = "guard"
agreement = "agreement.json"
directory = "directory.json"
officers = "officers.vkeys"
vault = "log.vault"
unlock = "log.unlock"
"""


def event(number: int, history: str = "") -> bytes:
    """A leaf of the form and length of an event's; another history has other ones."""
    digest = b64url(secret("leaf", history, str(number)))
    return f'{{"class":"event","v":1,"shared":"{digest}","exact":"{digest}"}}'.encode()


@dataclass
class MadeLog:
    """A log in the folder of a gateway that never ran. `history`: what its leaves are made of."""

    folder: Path
    history: str = ""
    size: int = 0
    signers: Sequence[NoteSigner] = field(
        default_factory=lambda: (NoteSigner(name=ORIGIN, key=signing_private("log")),)
    )

    def __post_init__(self) -> None:
        (self.folder / "guard").mkdir(parents=True)
        (self.folder / "data").mkdir()
        (self.folder / "gateway.toml").write_text(SETTINGS)
        (self.folder / "witness.policy").write_text(self.policy)
        self.grow(0)

    @property
    def vkey(self) -> str:
        return self.signers[-1].vkey.encode()

    @property
    def witnesses(self) -> list[Cosigner]:
        return [Cosigner(name=f"{each}.example/witness", key=signing_private(each)) for each in WITNESSES]

    @property
    def policy(self) -> str:
        lines = [f"witness {name} {each.vkey.encode()}" for name, each in zip(WITNESSES, self.witnesses, strict=True)]
        return "\n".join([f"log {self.vkey}", *lines, f"group all 2 {' '.join(WITNESSES)}", "quorum all", ""])

    def grow(self, count: int, leaves: Sequence[bytes] = ()) -> str:
        """Append `leaves`, and events up to `count` lines in all of this growth; publish, and give the checkpoint."""
        added = [*leaves, *(event(n, self.history) for n in range(self.size + len(leaves), self.size + count))]
        return self.publish(asyncio.run(self._write(added)))

    def publish(self, tree: Checkpoint, cosigning: Sequence[str] = WITNESSES) -> str:
        """Sign and cosign a tree head where the gateway would lay it."""
        text = tree.encode()
        names = [f"{each}.example/witness" for each in cosigning]
        note = format_note(
            text,
            *(signer.sign(text) for signer in self.signers),
            *(each.cosign(text, TIME + tree.size) for each in self.witnesses if each.name in names),
        )
        (self.folder / "guard" / "checkpoint").write_text(note)
        return note

    async def _write(self, leaves: Sequence[bytes]) -> Checkpoint:
        store = SqliteStore(self.folder / "data" / "gateway.db", KeyStore.open(self.folder / "data" / "keystore"))
        edge = (await store.log()).edge
        for begin in range(0, len(leaves), BATCH):
            batch = leaves[begin : begin + BATCH]
            edge = (await store.transact(Wanted, lambda known, batch=batch: _writes(known, batch))).log.edge
        await store.close()
        self.size = edge.size
        return Checkpoint(origin=ORIGIN, size=edge.size, root=edge.root())

    @contextmanager
    def served(self) -> Iterator[str]:
        """The log over HTTP, as the gateway serves it, while it may grow; gives its address."""
        started, stop, address = threading.Event(), threading.Event(), list[str]()

        async def serve() -> None:
            async with self._serving() as url:
                address.append(url)
                started.set()
                await asyncio.to_thread(stop.wait)

        thread = threading.Thread(target=asyncio.run, args=(serve(),))
        thread.start()
        try:
            assert started.wait(30)
            yield address[0]
        finally:
            stop.set()
            thread.join(30)

    @asynccontextmanager
    async def _serving(self) -> AsyncIterator[str]:
        store = SqliteTree(self.folder / "data" / "gateway.db")

        async def file(request: web.Request) -> web.Response:
            path = self.folder / {"/checkpoint": "guard/checkpoint", "/v1/directory": "directory.json"}[request.path]
            if not path.exists():
                raise web.HTTPNotFound
            return web.Response(body=path.read_bytes(), content_type="text/plain", charset="utf-8")

        app = web.Application()
        app.add_routes([web.get("/checkpoint", file), web.get("/v1/directory", file), *Tiles(store).routes()])
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        host, port = runner.addresses[0][:2]
        try:
            yield f"http://{host}:{port}"
        finally:
            await runner.cleanup()
            await store.close()


def _writes(known: Known, leaves: Sequence[bytes]) -> Writes:
    edge = known.log.edge
    growth = grow(edge, [leaf_hash(leaf) for leaf in leaves])
    return Writes(
        log=LogState(edge=growth.edge, at=growth.edge.size),
        root=growth.edge.root(),
        lines=[Line(index=edge.size + at, leaf=leaf, exchange=None) for at, leaf in enumerate(leaves)],
        nodes=growth.nodes,
        messages=[], exchanges=[], sealed=[], delivered=[], dropped=[], erased_values=[], erased_records=[],
    )  # fmt: skip

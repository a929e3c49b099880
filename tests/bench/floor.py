"""The floor: the least work that any gateway must do for one message, with the same libraries.

POST / {"token", "sealed"} → parse, verify Ed25519, decode the claims, check each sealed value against the manifest,
append message and leaf in a group-committed transaction (SQLite by apsw, WAL, `synchronous=FULL`), sign one checkpoint
for each batch, reply. No contracts, no agreement, no state machine, no proof.
"""

import argparse
import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator

import apsw
import msgspec
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ed25519

Waiting = tuple[str, bytes, "asyncio.Future[tuple[int, bytes]]"]


class Ref(msgspec.Struct):
    sha256: str


class Envelope(msgspec.Struct):
    token: str
    sealed: dict[str, str] = {}


class Claims(msgspec.Struct):
    jti: str
    sealed: dict[str, Ref] = {}


ENVELOPE = msgspec.json.Decoder(Envelope)
CLAIMS = msgspec.json.Decoder(Claims)
LOG: web.AppKey["Log"] = web.AppKey("log")


def unb64(text: str | bytes) -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    return base64.urlsafe_b64decode(raw + b"=" * (-len(raw) % 4))


class Log:
    """One writer: what waits is committed together, and the next batch starts when the commit returns."""

    def __init__(self, path: str) -> None:
        self.db = apsw.Connection(path)
        self.db.execute("pragma journal_mode=wal; pragma synchronous=full")
        self.db.execute("create table message(jti text primary key, body blob) without rowid")
        self.db.execute("create table leaf(i integer primary key, h blob)")
        self.size = 0
        self.signer = ed25519.Ed25519PrivateKey.generate()
        self.waiting: list[Waiting] = []
        self.wake = asyncio.Event()

    def commit(self, batch: list[Waiting]) -> bytes:
        leaves = [hashlib.sha256(b"\0" + body).digest() for _, body, _ in batch]
        with self.db:
            self.db.executemany("insert into message values($1,$2)", [(jti, body) for jti, body, _ in batch])
            self.db.executemany("insert into leaf values($1,$2)", list(enumerate(leaves, self.size)))
        self.size += len(batch)
        return self.signer.sign(b"floor\n%d\n" % self.size)

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self.wake.wait()
            self.wake.clear()
            while self.waiting:
                batch, self.waiting = self.waiting, []
                first = self.size
                signature = await loop.run_in_executor(None, self.commit, batch)
                for n, (_, _, done) in enumerate(batch):
                    done.set_result((first + n, signature))

    async def append(self, jti: str, body: bytes) -> tuple[int, bytes]:
        done: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self.waiting.append((jti, body, done))
        self.wake.set()
        return await done


def application(path: str, key: bytes) -> web.Application:
    public = ed25519.Ed25519PublicKey.from_public_bytes(key)

    async def accept(request: web.Request) -> web.Response:
        body = await request.read()
        envelope = ENVELOPE.decode(body)
        signed, _, signature = envelope.token.encode().rpartition(b".")
        public.verify(unb64(signature), signed)
        claims = CLAIMS.decode(unb64(signed.partition(b".")[2]))
        for name, ref in claims.sealed.items():
            if hashlib.sha256(unb64(envelope.sealed[name])).digest() != unb64(ref.sha256):
                raise web.HTTPBadRequest
        index, checkpoint = await request.app[LOG].append(claims.jti, body)
        return web.json_response({"index": index, "checkpoint": base64.b64encode(checkpoint).decode()}, status=201)

    async def lifetime(app: web.Application) -> AsyncIterator[None]:
        app[LOG] = Log(path)
        task = asyncio.create_task(app[LOG].run())
        yield
        task.cancel()

    app = web.Application()
    app.router.add_post("/", accept)
    app.cleanup_ctx.append(lifetime)
    return app


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--db", required=True)
    parser.add_argument("--key", required=True)
    args = parser.parse_args()
    web.run_app(
        application(args.db, bytes.fromhex(args.key)), host="127.0.0.1", port=args.port, access_log=None, print=None
    )

"""The witness over HTTP: `POST /add-checkpoint` for logs, the newest cosigned checkpoint of each log for monitors."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import Executor
from functools import partial
from hashlib import sha256
from typing import Final, TypeVar

import structlog
from aiohttp import web

from contracts.tlog_witness import REQUEST_BYTES_MAX
from gateway.api.connection import check_version
from gateway.api.problems import SERVER
from gateway.errors import StoreUnavailable
from gateway.witness.judgement import TEXT_TYPE, Answer, Asked, Logs, judge, read
from gateway.witness.memory import Held, Kept, Memory
from keys.notes import Cosigner, VerifierKey

T = TypeVar("T")
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

BODY_SECONDS: Final = 10

_NO_STORE: Final = {"Cache-Control": "no-store"}
_AWAY: Final = "The witness cannot write what it cosigns, so it cosigns nothing now. Try again in a moment.\n"
_NOTHING: Final = "There is nothing here. A witness takes POST /add-checkpoint and shows GET /HASH/checkpoint.\n"
_REFUSED: Final = {
    404: _NOTHING,
    405: _NOTHING,
    408: "The request came too slowly.\n",
    413: "The request is over 128 KiB.\n",
    415: "Send the request as it is, without a Content-Encoding.\n",
}
_log = structlog.get_logger()


class Witness:
    """One witness: its keys, the logs that it knows, and what it remembers of them. Every method may block."""

    def __init__(self, cosigners: Sequence[Cosigner], keys: Iterable[VerifierKey], memory: Memory) -> None:
        self.cosigners, self.memory = cosigners, memory
        self.logs: Logs = _by_origin(keys)
        self._origins = {sha256(origin.encode()).hexdigest(): origin for origin in self.logs}

    def add_checkpoint(self, body: bytes, now: int) -> Answer:
        """Cosign or refuse; what was cosigned is durable before this returns. Raises StoreUnavailable."""
        asked = read(body, self.logs)
        if isinstance(asked, Answer):
            _log.warning("checkpoint.refused", status=asked.status, why=asked.why)
            return asked
        judged: list[Answer] = []

        def keep(held: Held | None) -> Kept:
            answer, kept = judge(asked, held, self.cosigners, now)
            judged.append(answer)
            return kept

        kept = self.memory.settle(asked.tree.origin, keep)
        _tell(asked, judged[0], kept)
        return judged[0]

    def checkpoint(self, origin_hash: str) -> str | None:
        """The newest checkpoint of a log that was cosigned, or None. Raises StoreUnavailable."""
        origin = self._origins.get(origin_hash)
        held = self.memory.held(origin) if origin is not None else None
        return held.note if held else None

    def remembers(self) -> None:
        """Look into the memory. Raises StoreUnavailable."""
        self.memory.held("")


def _by_origin(keys: Iterable[VerifierKey]) -> dict[str, tuple[VerifierKey, ...]]:
    logs: dict[str, tuple[VerifierKey, ...]] = {}
    for key in dict.fromkeys(keys):
        logs[key.name] = (*logs.get(key.name, ()), key)
    return logs


def _tell(asked: Asked, answer: Answer, kept: Kept) -> None:
    """An alarm is what the log's key alone can cause. A proof that fails may be anybody's, sent with its checkpoint."""
    origin, size = asked.tree.origin, asked.tree.size
    if kept.evidence is not None and kept.evidence.cause != "not-proved":
        _log.error("log.inconsistent", origin=origin, size=size, why=kept.evidence.cause)
    elif answer.status != 200:
        _log.warning("checkpoint.refused", origin=origin, size=size, status=answer.status, why=answer.why)
    else:
        _log.info("checkpoint.cosigned", origin=origin, size=size)


class Handlers:
    """Handlers of one witness. `worker` has one thread: what is written is written in turn."""

    def __init__(self, witness: Witness, worker: Executor, clock: Callable[[], int]) -> None:
        self.witness, self._worker, self._clock = witness, worker, clock

    def application(self) -> web.Application:
        """The aiohttp application; run it inside `safely`."""
        app = web.Application(client_max_size=REQUEST_BYTES_MAX)
        app.add_routes(
            [
                web.post("/add-checkpoint", self.add_checkpoint),
                web.get("/{hash:[0-9a-f]{64}}/checkpoint", self.checkpoint),
                web.get("/health/live", self.live),
                web.get("/health/ready", self.ready),
            ]
        )
        return app

    async def add_checkpoint(self, request: web.Request) -> web.Response:
        """`POST /add-checkpoint`."""
        body = await _body(request)
        answer = await self._in_turn(partial(self.witness.add_checkpoint, body, self._clock()))
        return _text(answer.status, answer.body, answer.media)

    async def checkpoint(self, request: web.Request) -> web.Response:
        """`GET /HASH/checkpoint`, of the SHA-256 of the origin in hex: for monitors, with every signature."""
        note = await self._in_turn(partial(self.witness.checkpoint, request.match_info["hash"]))
        return _text(200, note) if note is not None else _text(404, _NOTHING)

    async def live(self, request: web.Request) -> web.Response:
        """The process answers."""
        return web.Response(body=b'{"live":true}', content_type="application/json")

    async def ready(self, request: web.Request) -> web.Response:
        """The memory answers."""
        await self._in_turn(self.witness.remembers)
        return web.Response(body=b'{"ready":true}', content_type="application/json")

    async def _in_turn(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)

    def safely(self, handler: Handler) -> Handler:
        """The one place where errors become answers."""

        async def handled(request: web.BaseRequest) -> web.StreamResponse:
            try:
                check_version(request)
                answer = await handler(request)
            except StoreUnavailable as error:
                _log.error("store.unavailable", error=type(error.__cause__).__name__)
                answer = _text(503, _AWAY)
            except web.HTTPException as error:
                answer = _text(error.status, _REFUSED.get(error.status, "This is not a request to a witness.\n"))
                if "Allow" in error.headers:
                    answer.headers["Allow"] = error.headers["Allow"]
            answer.headers["Server"] = SERVER
            return answer

        return handled


async def _body(request: web.Request) -> bytes:
    """The bytes as they came: never decompressed, within the deadline and the limit."""
    if "Content-Encoding" in request.headers:
        raise web.HTTPUnsupportedMediaType
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError as error:
        raise web.HTTPRequestTimeout from error


def _text(status: int, body: str, media: str = TEXT_TYPE) -> web.Response:
    charset = "utf-8" if media == TEXT_TYPE else None
    return web.Response(status=status, body=body.encode(), content_type=media, charset=charset, headers=_NO_STORE)

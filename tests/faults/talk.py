"""A load of whole exchanges, of all that agencies do: cheap to make, so that the gateway is what is measured."""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import msgspec

from contracts.codec import encode
from contracts.envelope import Envelope
from contracts.reply import NOTICE_TYP, Inbox, InboxItem, NoticeClaims
from gateway.verify import LONGEST
from keys import sealing, tokens
from tests.faults.clients import PAIRS
from tests.journey.simulated import Side, World, claims_of

FIELDS = ("contact_channel", "preferred_name")
POLL_SECONDS = 10
GOOD = (200, 201, 401, 403, 404, 409, 410)
"""What an honest message, or a look, is answered, its turn past or not. 401: a reading token may come too late,
as a minute lasts half a second. Nonsense is answered 400."""

STALE = b"urn:rj:problem:stale"


class QuickSide(Side):
    """Agencies whose clocks go as the gateway's, and whose sealed values are noise: nobody here opens them."""

    clock: Callable[[], float] = staticmethod(time.time)

    def now(self) -> int:
        return int(self.clock())

    def envelope(self, *args: Any, **claims: Any) -> Envelope:
        """As long-lived as may be: a minute lasts half a second here."""
        return super().envelope(*args, **{"exp": self.now() + LONGEST} | claims)

    def seal(self, text: str, size: int, place: sealing.Place, recipient: sealing.SealingPublicKey) -> bytes:
        return os.urandom(sealing.sealed_size(size))


@dataclass
class Told:
    """What came of it all. `latencies` are those of messages since they were last looked at, in seconds; `notices` what
    the gateway has told by itself, as of an erasure.
    """

    messages: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    notices: Counter[str] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Caller:
    """One connection that is kept: raw HTTP/1.1, one request at a time."""

    def __init__(self, address: str) -> None:
        self._host, self._port = urlsplit(address).hostname, urlsplit(address).port

    async def __aenter__(self) -> "Caller":
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=1 << 23)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()

    async def call(self, method: str, path: str, body: bytes = b"", bearer: str = "") -> tuple[int, bytes]:
        extra = f"Authorization: {bearer}\r\n" if bearer else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: gateway\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        answer = await self._reader.readuntil(b"\r\n\r\n")
        length = int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return int(answer[9:12]), await self._reader.readexactly(length)


class Talk:
    """All agencies at once, until told to stop."""

    def __init__(self, world: World, clock: Callable[[], float]) -> None:
        self.side, self.told, self.over = QuickSide(world, None), Told(), False  # type: ignore[arg-type]
        self.side.clock = clock  # type: ignore[method-assign]
        self._address = world.address

    async def run(self, workers: int, seed: int) -> None:
        """So many conversations beside one another, and every agency's long poll."""
        async with asyncio.TaskGroup() as group:
            for number in range(workers):
                group.create_task(self._work(random.Random(f"{seed}/{number}")))
            for agency in sorted({agency for pair in PAIRS for agency in pair}):
                group.create_task(self._listen(agency))

    async def _work(self, rng: random.Random) -> None:
        while not self.over:  # a connection lasts for some conversations: others come and go
            async with Caller(self._address) as caller:
                for _ in range(rng.randrange(1, 20)):
                    if not self.over:
                        await self._converse(caller, rng)

    async def _converse(self, caller: Caller, rng: random.Random) -> None:
        """One exchange, from its request to one of its ends; some things are said twice, or are nonsense."""
        side, (prison, force) = self.side, rng.choice(PAIRS)
        request = side.request(prison=prison, force=force)
        exchange, asked = claims_of(request).exchange, claims_of(request).jti
        await self._say(caller, request)
        await self._say(caller, side.accepted(exchange, prison, force))
        await self._say(caller, side.open(force, exchange, asked, ("subject",)))
        match rng.randrange(10):
            case 0:
                await self._say(caller, side.cancel(exchange, prison, force))
            case 1:
                await self._say(caller, side.answer(exchange, "cannot-proceed", "R14", prison=prison, force=force))
            case _:
                await self._share(caller, rng, exchange, prison, force)
        if rng.random() < 0.2:
            await self._say(caller, request)  # the same token again
        if rng.random() < 0.1:
            await self._post(caller, encode(request)[:-40] + b"A" * 40, "nonsense")
        if rng.random() < 0.1:
            await self._look(caller, rng.choice((prison, force)), f"/v1/exchanges/{exchange}")
            self._count(await caller.call("GET", "/checkpoint"), "checkpoint")
        if rng.random() < 0.02:
            await self._say(caller, side.search(limit=20))

    async def _share(self, caller: Caller, rng: random.Random, exchange: str, prison: str, force: str) -> None:
        side = self.side
        answer = side.answer(exchange, prison=prison, force=force)
        of = claims_of(answer).jti
        await self._say(caller, answer)
        await self._say(caller, side.open(prison, exchange, of, FIELDS))
        if rng.random() < 0.4:
            await self._say(caller, side.recall(exchange, of, prison, force))
            await self._say(caller, side.open(prison, exchange, of, FIELDS))
            await self._say(caller, side.acknowledge(exchange, of, prison, force))
        else:
            await self._say(caller, side.outcome(exchange, final=True, prison=prison, force=force))

    async def _say(self, caller: Caller, envelope: Envelope) -> None:
        await self._post(caller, encode(envelope), "message")

    async def _post(self, caller: Caller, raw: bytes, what: str) -> None:
        began = time.perf_counter()
        answer = await caller.call("POST", "/v1/messages", raw)
        self.told.latencies.append(time.perf_counter() - began)
        self.told.messages += b'"decision"' in answer[1]
        self._count(answer, what)

    async def _look(self, caller: Caller, agency: str, path: str) -> bytes:
        bearer = self.side.reading(agency, path)["Authorization"]
        answer = await caller.call("GET", path, bearer=bearer)
        self._count(answer, path.split("?", maxsplit=1)[0].split("/")[2])
        return answer[1] if answer[0] == 200 else b""

    async def _listen(self, agency: str) -> None:
        """Follow an inbox, as a desk does."""
        after = -1
        async with Caller(self._address) as caller:
            while not self.over:
                found = await self._look(caller, agency, f"/v1/inbox?after={after}&wait={POLL_SECONDS}")
                if found:
                    inbox = msgspec.json.decode(found, type=Inbox)
                    after = inbox.next
                    self.told.notices.update(_notice(each) for each in inbox.items if each.typ == NOTICE_TYP)

    def _count(self, answer: tuple[int, bytes], what: str) -> None:
        status, body = answer
        self.told.statuses[f"{what} {status}"] += 1
        good = status == 400 if what == "nonsense" else status in GOOD or STALE in body
        if not good and len(self.told.wrong) < 20:
            self.told.wrong.append(f"{what}: {status} {body[:300]!r}")


def _notice(item: InboxItem) -> str:
    return msgspec.json.decode(tokens.parse(item.token).claims, type=NoticeClaims).notice

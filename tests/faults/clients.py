"""Agencies that talk through every trouble: the same token again until a node has answered, all of it on record."""

import asyncio
import random
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256

import aiohttp
import msgspec

from contracts.codec import unb64url
from contracts.envelope import Envelope
from contracts.event import Shared, parse_shared
from contracts.messages import BY_TYP
from contracts.reply import NOTICE_TYP, Problem, Reply
from contracts.tlog_tiles import ENTRIES, places, split_bundle
from gateway.ledger.source import WebSource, get_place
from keys import tokens
from tests.faults.checker import Seen
from tests.faults.history import Call, History
from tests.journey.simulated import Side, World, claims_of

PAIRS = (("prison-mdi", "police-13"), ("prison-lei", "police-14"), ("prison-mdi", "police-14"))
NOT_RECORDED = ("urn:rj:problem:not-verified", "urn:rj:problem:stale")
"""What a gateway says whose clock is wrong; the same token may be right in a moment."""

PAUSE = 0.03
TRIES = 3000


class Clients:
    """All agencies. `addresses` are those of the nodes, which come and go."""

    def __init__(self, world: World, http: aiohttp.ClientSession, history: History, addresses: list[str]) -> None:
        self.side, self.history, self.addresses = Side(world, http), history, addresses
        self._world, self._http = world, http

    async def say(self, sent: Envelope, rng: random.Random) -> Call:
        """Post until a node has given its word."""
        raw = msgspec.json.encode(sent)
        for _ in range(TRIES):
            call = self.begin(sent)
            if await self._try(call, raw, rng.choice(self.addresses)):
                return call
            await asyncio.sleep(PAUSE)
        raise AssertionError("No node ever answered.")

    def begin(self, sent: Envelope) -> Call:
        """It is being said."""
        claims, kind = claims_of(sent), BY_TYP[tokens.parse(sent.token).header.typ].name
        of, hidden = claims.body.get("of"), claims.body.get("outcome") == "cannot-proceed"
        said = {"iss": claims.iss, "to": claims.to, "jti": claims.jti, "exchange": claims.exchange}
        return self.history.begin(Call(kind=kind, of=of, hidden=hidden, began=0, **said))

    def end(self, call: Call, reply: Reply | Problem) -> bool:
        """It was answered; whether with the gateway's word."""
        if reply.decision is None:
            assert isinstance(reply, Problem), reply
            assert reply.type in NOT_RECORDED, reply.type
            return False
        if isinstance(reply, Reply) and reply.handed_over:
            call.handed = tuple(sha256(value.encode()).hexdigest() for value in reply.handed_over.values.values())
        decision = self.side.decision(reply)
        call.decision, call.leaf, call.receipt = decision.decision, decision.leaf, reply.receipt
        self.history.end(call)
        return True

    async def _try(self, call: Call, raw: bytes, address: str) -> bool:
        try:
            async with self._http.post(f"{address}/v1/messages", data=raw) as response:
                status, body = response.status, await response.read()
        except (aiohttp.ClientError, OSError, TimeoutError):
            return False  # nobody knows
        if status == 503:
            return False  # nobody knows: it may have been kept, and then not signed
        return self.end(call, msgspec.json.decode(body, type=Reply if status in (200, 201) else Problem))

    async def converse(self, rng: random.Random) -> None:
        """One exchange from its request to its end, whichever that is."""
        side, (prison, force) = self.side, rng.choice(PAIRS)
        request = side.request(prison=prison, force=force)
        exchange, asked = claims_of(request).exchange, claims_of(request).jti
        await self.say(request, rng)
        await self.say(side.open(force, exchange, asked, ("subject",)), rng)
        answer = side.answer(exchange, prison=prison, force=force)
        of = claims_of(answer).jti
        await self.say(answer, rng)
        opening = side.open(prison, exchange, of, ("contact_channel", "preferred_name"))
        ends = [self.say(opening, rng), self.say(opening, rng)]
        if rng.random() < 0.5:
            ends.append(self.say(side.recall(exchange, of, prison=prison, force=force), rng))
            ends.append(self.say(side.open(prison, exchange, of, ("contact_channel",)), rng))
        await asyncio.gather(*ends)
        if rng.random() < 0.3:
            await self.say(side.open(prison, exchange, of, ("contact_channel",)), rng)

    async def talk(self, workers: int, until: Callable[[], bool], seed: int) -> None:
        """So many conversations beside one another, each after the last, until it is over."""

        async def work(number: int) -> None:
            rng = random.Random(f"{seed}/{number}")
            while not until():
                await self.converse(rng)

        async with asyncio.TaskGroup() as group:
            for number in range(workers):
                group.create_task(work(number))

    async def see(self, address: str) -> Seen:
        """All that can be seen in the end, at one node: the public log, an inspector's search, every inbox."""
        self.side.world.address = address
        newest = max((call.leaf for call in self.history.calls if call.leaf is not None), default=-1)
        for _ in range(300):
            if (checkpoint := await self.side.checkpoint()).size > newest:
                break
            await asyncio.sleep(0.1)  # its cosigners have not seen the last lines yet
        leaves = await self.leaves(address, checkpoint.size)
        lines = {index: line for index, line in (await self._search()).items() if index < checkpoint.size}
        agencies = ("prison-mdi", "prison-lei", "police-13", "police-14")
        return Seen(leaves=leaves, lines=lines, inboxes={agency: await self._inbox(agency) for agency in agencies})

    async def leaves(self, address: str, size: int) -> list[bytes]:
        """Every line of the public log, as anybody can fetch it."""
        return await asyncio.to_thread(_public, address, size)

    async def _search(self) -> dict[int, Shared]:
        """What an inspector opens, page by page. Each search is a line of its own, after those that are looked at."""
        lines: dict[int, Shared] = {}
        after: int | None = -1
        while after is not None:
            page = await self.side.send(self.side.search(after=after, limit=500))
            lines |= {line.index: parse_shared(unb64url(line.shared)) for line in page.found or () if line.shared}
            after = page.looked_to
        return lines

    async def _inbox(self, agency: str) -> list[str]:
        """The ids of the messages that lie in an inbox."""
        ids: list[str] = []
        after = -1
        while items := await self.side.inbox(agency, after):
            ids += [claims_of(Envelope(token=each.token)).jti for each in items if each.typ != NOTICE_TYP]
            after = items[-1].index
        return ids


def _public(address: str, size: int) -> list[bytes]:
    with closing(WebSource(address)) as source:
        bundles = [(place, get_place(source, place) or b"") for place in places(ENTRIES, size)]
    return [entry for place, bundle in bundles for entry in split_bundle(bundle, place.width)]

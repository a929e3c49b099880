"""One agency's desk, as the agency's own system calls it: plain JSON over HTTP, no cryptography (docs/local-api.md)."""

import asyncio
from contextlib import suppress
from typing import Final, TypeVar

import aiohttp
import msgspec
from aiohttp import ClientSession, ClientTimeout

from contracts.reply import ExchangeView
from gateway.demo.said import (
    Case,
    Event,
    Events,
    Found,
    Json,
    Opened,
    Problem,
    Read,
    Receipt,
    ReceiptName,
    Receipts,
    Said,
)
from gateway.demo.staff import inspector

T = TypeVar("T")

CALL_SECONDS: Final = 40
POLL_SECONDS: Final = 25
PAGE: Final = 500


class Refusal(Exception):
    """The desk, or the gateway behind it, said no; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.status} {problem.title}: {problem.detail}")
        self.problem = problem


class NothingCame(TimeoutError):
    """What was waited for did not come in time."""


class Desk:
    """An agency's desk. `follow` must run beside whatever waits in `heard`."""

    def __init__(self, session: ClientSession, url: str, agency: str, key: str) -> None:
        self.agency = agency
        self._session, self._base = session, f"{url}/v1/agencies/{agency}/"
        self._headers = {"Authorization": f"Bearer {key}"}
        self._happened: dict[str, list[str]] = {}
        self._news = asyncio.Condition()

    async def follow(self) -> None:
        """Hear of everything that happens at this desk, until cancelled."""
        after = 0
        while True:
            page = await self.get("events", Events, after=after, wait=POLL_SECONDS)
            after = page.next
            async with self._news:
                for event in page.events:
                    self._note(event)
                self._news.notify_all()

    def _note(self, event: Event) -> None:
        self._happened.setdefault(event.exchange, []).append(event.event)

    async def heard(self, exchange: str, *events: str, within: float) -> str:
        """The first of these events that this desk has heard of on an exchange. Raises NothingCame."""
        try:
            async with asyncio.timeout(within), self._news:
                return await self._one_of(exchange, events)
        except TimeoutError:
            raise NothingCame(f"{self.agency} waited {within:.0f} s for {' or '.join(events)}.") from None

    async def _one_of(self, exchange: str, events: tuple[str, ...]) -> str:
        while True:
            for event in self._happened.get(exchange, ()):
                if event in events:
                    return event
            await self._news.wait()

    async def news(self) -> None:
        """Wait until anything at all happens at this desk, or for a second."""
        with suppress(TimeoutError):
            async with asyncio.timeout(1), self._news:
                await self._news.wait()

    def events(self, exchange: str) -> tuple[str, ...]:
        """All that this desk has heard of an exchange so far, in order."""
        return tuple(self._happened.get(exchange, ()))

    async def ask(self, request: Json) -> Said:
        """A requester's new request."""
        return await self.post("requests", Said, request)

    async def say(self, exchange: str, what: str, **body: object) -> Said:
        """Something said on an exchange: `answer`, `review`, `recall`, `outcome`, …"""
        return await self.post(f"cases/{exchange}/{what}", Said, body)

    async def read(self, exchange: str, staff: Json, why: str = "read-request") -> Read:
        """The request, opened by the holder."""
        return await self.post(f"cases/{exchange}/read", Read, {"staff": staff, "no_conflict": True, "why": why})

    async def open(self, exchange: str, staff: Json, why: str, fields: tuple[str, ...] | None = None) -> Opened:
        """Details that were shared, opened by the requester."""
        body = {"staff": staff, "no_conflict": True, "why": why, "fields": fields}
        return await self.post(f"cases/{exchange}/open", Opened, body)

    async def case(self, exchange: str, *, fresh: bool = False) -> Case:
        """A case as this desk shows it."""
        return await self.get(f"cases/{exchange}", Case, **({"fresh": 1} if fresh else {}))

    async def case_as_shown(self, exchange: str) -> Json:
        """A case, every member that the desk shows."""
        return await self.get(f"cases/{exchange}", Json, fresh=1)

    async def search(self, staff: Json, why: str, **narrowed: object) -> Found:
        """An inspector's search of the log."""
        return await self.post("searches", Found, {"staff": staff, "why": why, **narrowed})

    async def inspect(self, exchange: str) -> ExchangeView:
        """An exchange as an inspector may see it, who says why first."""
        said = await self.search(inspector(), "inspection", about=exchange, limit=1)
        return await self.get(f"exchanges/{exchange}", ExchangeView, search=said.jti)

    async def evidence(self, exchange: str) -> bytes:
        """The bundle of evidence of a case, as a ZIP."""
        return await self._raw("GET", f"cases/{exchange}/evidence", {})

    async def receipts(self) -> list[Receipt]:
        """Every receipt that the desk keeps."""
        names: list[ReceiptName] = []
        after = 0
        while page := await self.get("receipts", Receipts, after=after, limit=PAGE):
            names += page.receipts
            after = page.next
            if len(page.receipts) < PAGE:
                break
        return [await self.receipt(name.jti) for name in names]

    async def receipt(self, jti: str) -> Receipt:
        """The gateway's word on one message."""
        return await self.get(f"receipts/{jti}", Receipt)

    async def post(self, path: str, shape: type[T], body: Json) -> T:
        """Raises Refusal."""
        return await self._call("POST", path, shape, {}, msgspec.json.encode(body))

    async def get(self, path: str, shape: type[T], **query: str | int) -> T:
        """Raises Refusal."""
        return await self._call("GET", path, shape, query)

    async def _call(
        self, method: str, path: str, shape: type[T], query: dict[str, str | int], data: bytes | None = None
    ) -> T:
        return msgspec.json.decode(await self._raw(method, path, query, data), type=shape)

    async def _raw(self, method: str, path: str, query: dict[str, str | int], data: bytes | None = None) -> bytes:
        headers = {**self._headers, "Content-Type": "application/json"} if data is not None else self._headers
        async with self._session.request(
            method, self._base + path, params=query, data=data, headers=headers, timeout=ClientTimeout(CALL_SECONDS)
        ) as answer:
            body = await answer.read()
        if answer.status >= 400:
            raise Refusal(_problem(answer.status, body))
        return body


def connections() -> aiohttp.TCPConnector:
    """As many connections as there are agencies that listen."""
    return aiohttp.TCPConnector(limit=0)


def _problem(status: int, body: bytes) -> Problem:
    try:
        return msgspec.json.decode(body, type=Problem)
    except msgspec.DecodeError:
        return Problem(status=status, detail="The desk answered in a form that is not its own.")

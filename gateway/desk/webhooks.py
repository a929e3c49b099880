"""Events are posted to an agency's own system, so that it need not ask: each at least once, and in order.

1. wait     for the next event that has not been posted
2. post     it, until the receiver says that it has it; what comes later waits behind it
3. move on  the place is kept with the agency's records

If the desk dies between 2 and 3 the event is posted again, under the same `webhook-id`. What is posted names a case and
what happened on it, and nobody: whoever wants more asks the local API with a key of its own. Nothing else waits for a
receiver.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final, NoReturn

import aiohttp
import stamina
import structlog
from aiohttp import ClientSession, DummyCookieJar
from msgspec import Struct

from contracts.codec import encode
from gateway.config import WebhookSettings
from gateway.desk import happenings, receiver
from gateway.desk.agency import Agency
from gateway.desk.cabinet import Drawer
from gateway.desk.errors import DeskError
from gateway.desk.happenings import Happening
from gateway.desk.ids import now
from gateway.desk.receiver import NotTaken, Receiver
from gateway.desk.replies import Event
from gateway.errors import CannotStart

KIND: Final = "webhook"
WAIT_SECONDS: Final = 60
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 60.0

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Place(Struct, frozen=True, kw_only=True):
    """The number of the last event that a receiver took."""

    n: int


class Posted(Struct, frozen=True, kw_only=True):
    """What is posted."""

    agency: str
    event: Event


class Webhook:
    """The events of one agency on their way to one receiver."""

    def __init__(self, agency: Agency, to: Receiver) -> None:
        self._agency, self._to = agency, to
        self.failing = False

    async def follow(self, session: ClientSession) -> NoReturn:
        """Post every event, for ever. That the desk's own records cannot be used only makes it pause."""
        while True:
            try:
                await self._post_next(session, await self.begin())
            except DeskError as error:
                log.warning("webhook.paused", agency=self._agency.id, why=error.slug)
                await asyncio.sleep(FIRST_PAUSE)

    async def begin(self) -> int:
        """Where to go on. A receiver that is new begins with what happens from now on."""
        return await self._agency.cabinet.change(self._place)

    async def _post_next(self, session: ClientSession, place: int) -> None:
        # 1. wait
        for number, happening in await happenings.after(self._agency, place, WAIT_SECONDS):
            # 2. post
            await self._post(session, number, happening)
            # 3. move on
            await self._move_on(number)

    async def _move_on(self, number: int) -> None:
        await self._agency.cabinet.change(lambda drawer: drawer.put(KIND, self._to.name, Place(n=number)))

    def _place(self, drawer: Drawer) -> int:
        kept = drawer.get(KIND, self._to.name, Place)
        if kept is None:
            kept = Place(n=drawer.last(happenings.KIND))
            drawer.put(KIND, self._to.name, kept)
        return kept.n

    async def _post(self, session: ClientSession, number: int, happening: Happening) -> None:
        event = f"{self._agency.id}.{number}.{happening.at}"
        body = encode(Posted(agency=self._agency.id, event=Event.of(number, happening)))
        async for attempt in stamina.retry_context(
            on=NotTaken, attempts=None, timeout=None, wait_initial=FIRST_PAUSE, wait_max=LONGEST_PAUSE
        ):
            with attempt:
                await self._once(session, event, body)
        self.failing = False

    async def _once(self, session: ClientSession, event: str, body: bytes) -> None:
        try:
            await self._to.post(session, event, now(), body)
        except NotTaken as error:
            if not self.failing:
                log.error("webhook.failing", agency=self._agency.id, why=error.why)
            self.failing = True
            raise


class Webhooks:
    """Every webhook of a desk."""

    def __init__(self, settings: Iterable[WebhookSettings], agencies: dict[str, Agency]) -> None:
        self._all = [Webhook(agency, to) for each in settings for agency, to in _pairs(each, agencies)]

    @property
    def failing(self) -> int:
        """How many do not get through at this moment."""
        return sum(each.failing for each in self._all)

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[ClientSession]:
        """A pool of connections of their own, that keeps no cookies: a slow receiver takes none from the gateway."""
        async with ClientSession(connector=aiohttp.TCPConnector(limit=0), cookie_jar=DummyCookieJar()) as session:
            yield session

    async def begin(self) -> None:
        """Settle where each begins, before anything can happen."""
        for each in self._all:
            await each.begin()

    async def follow(self) -> None:
        """Post for ever, each beside the others."""
        async with self._session() as session, asyncio.TaskGroup() as tasks:
            for each in self._all:
                tasks.create_task(each.follow(session))


def _pairs(settings: WebhookSettings, agencies: dict[str, Agency]) -> list[tuple[Agency, Receiver]]:
    to = receiver.opened(settings)
    for name in settings.agencies:
        if name not in agencies:
            raise CannotStart("[[webhook]] agencies: one of them is not served by this desk. Name those of [[agency]].")
    return [(agencies[name], to) for name in dict.fromkeys(settings.agencies)]

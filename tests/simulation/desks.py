"""Real desks in the simulation: the people at them ask, answer, look and take back; what the desks say is on record."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import aiohttp
import msgspec
from msgspec.structs import replace

from contracts.envelope import Envelope
from contracts.reply import Problem, Reply
from gateway.config import DeskSettings
from gateway.desk.case import ENDED
from gateway.desk.client import GatewayClient
from gateway.desk.serve import serving
from tests.faults.clients import Clients
from tests.gateway.desk.desks import OFFICER, VALUES, consent, request, settings, staff
from tests.journey.simulated import World, uuid7

PRISON, POLICE = "prison-lei", "police-14"
PORTS = {PRISON: 8420, POLICE: 8421}
GIVEN = {name: VALUES[name] for name in ("preferred_name", "contact_channel")}

LOOK = {"no_conflict": True}
SHARES = {"outcome": "shared", "values": GIVEN}
NO = {"outcome": "cannot-proceed", "code": "R19"}
CAME = {"contact": "made", "chose": "letter", "status": "completed", "disclosure": "not-disclosable"}

PAUSE, TRIES = 0.3, 400
SETTLED_SECONDS = 300

Answer = tuple[int, dict[str, Any]]


def desk_settings(world: World, agency: str) -> DeskSettings:
    """One agency's desk at its own port, which pins the policy of the world."""
    return replace(settings(world, world.address, agency), port=PORTS[agency])


async def desk(told: DeskSettings, serves: asyncio.Event) -> None:
    """A desk's process."""
    async with serving(told):
        serves.set()
        await asyncio.Event().wait()


@contextmanager
def overheard(clients: Clients) -> Iterator[None]:
    """Whatever a desk says to the gateway, and is told, is in the history as any client's."""
    post = GatewayClient.post

    async def posting(desk: GatewayClient, envelope: bytes) -> Reply | Problem:
        call = clients.begin(msgspec.json.decode(envelope, type=Envelope))
        reply = await post(desk, envelope)
        clients.end(call, reply)
        return reply

    with patch.object(GatewayClient, "post", posting):
        yield


class People:
    """Those who sit at the two desks. What they saw that cannot be right is in `faults`."""

    def __init__(self, world: World, http: aiohttp.ClientSession) -> None:
        self._world, self._http = world, http
        self.faults, self.counts = list[str](), Counter[str]()

    async def talk(self, workers: int, until: Callable[[], bool], seed: int) -> None:
        """So many conversations beside one another, each after the last, until it is over."""
        crimes = count()

        async def work(number: int) -> None:
            rng = random.Random(f"{seed}/{number}")
            while not until():
                await self._converse(f"14 {seed}{next(crimes)}", rng)

        async with asyncio.TaskGroup() as group:
            for number in range(workers):
                group.create_task(work(number))

    async def _converse(self, crime: str, rng: random.Random) -> None:
        """From the request to one of its ends, or to several at once; a window that has closed ends it early."""
        wanted = request(crime=crime, holder=POLICE)
        status, asked = await self._say(PRISON, "requests", wanted)
        if status >= 400:
            return
        case = f"cases/{asked['case']['exchange']}"
        if await self._look(POLICE, f"{case}/read", LOOK | {"staff": staff(*OFFICER)}) is None:
            return
        if rng.random() < 0.2:
            await self._say(POLICE, f"{case}/more-needed", {"missing": ["identifiers"]})
            subject = {name: wanted[name] for name in ("offender", "offence")}
            await self._say(PRISON, f"{case}/supplement", {"staff": staff(), "corrected": ["identifiers"]} | subject)
        answer = SHARES | {"consent": consent()} if rng.random() < 0.85 else NO
        status, _ = await self._say(POLICE, f"{case}/answer", answer | {"staff": staff(*OFFICER)})
        if status >= 400 or answer is NO:
            return
        if rng.random() < 0.5:
            await self._open(case)
        ends = {"recall": 0.5, "outcome": 0.4, "cancel": 0.1}
        await asyncio.gather(*(self._end(case, end, rng) for end, share in ends.items() if rng.random() < share))

    async def _end(self, case: str, end: str, rng: random.Random) -> None:
        match end:
            case "recall":
                _, (status, recalled) = await asyncio.gather(
                    self._open(case), self._say(POLICE, f"{case}/recall", {"staff": staff(*OFFICER)})
                )
                if status < 400 and not recalled["queued"] and await self._open(case, tries=1):
                    self.faults.append(f"recall: {case} was shown after the police read that it is taken back")
            case "outcome":
                await self._say(PRISON, f"{case}/outcome", CAME | {"staff": staff(), "final": rng.random() < 0.5})
            case "cancel":
                await self._say(PRISON, f"{case}/cancel", {"staff": staff(), "why": "other"})

    async def _open(self, case: str, tries: int = TRIES) -> bool:
        """Somebody looks at the details; whether they were shown."""
        opened = await self._look(PRISON, f"{case}/open", LOOK | {"staff": staff(), "why": "contact-victim"}, tries)
        if opened is None:
            return False
        self.counts["shown"] += 1
        if {name: value for name, value in opened["values"].items() if value} != GIVEN:
            self.faults.append(f"shown: {case} was shown other details than were shared")
        return True

    async def _say(self, agency: str, path: str, body: object) -> Answer:
        """What is asked for once, under one key, until the desk has answered."""
        key = uuid7()
        for _ in range(TRIES):
            answer = await self._post(agency, path, body, key)
            if answer is not None and answer[0] < 500 and "still-running" not in answer[1].get("type", ""):
                return answer
            await asyncio.sleep(PAUSE)
        raise AssertionError(f"The desk of {agency} never answered.")

    async def _look(self, agency: str, path: str, body: object, tries: int = TRIES) -> dict[str, Any] | None:
        """What is shown in the end; None where the case is over. Each try is a look of its own."""
        for _ in range(tries):
            answer = await self._post(agency, path, body, uuid7())
            if answer is not None and answer[0] < 400:
                return answer[1]
            if answer is not None and answer[0] < 500 and await self._over(agency, path):
                return None
            await asyncio.sleep(PAUSE)
        return None

    async def _over(self, agency: str, path: str) -> bool:
        case = await self._get(agency, path.rpartition("/")[0])
        return case.get("state") in ENDED

    async def _post(self, agency: str, path: str, body: object, key: str) -> Answer | None:
        """One try; None where nobody knows."""
        headers = self._headers(agency) | {"Idempotency-Key": key}
        try:
            async with self._http.post(self._url(agency, path), data=msgspec.json.encode(body), headers=headers) as got:
                return got.status, msgspec.json.decode(await got.read())
        except (aiohttp.ClientError, OSError, TimeoutError):
            return None

    async def _get(self, agency: str, path: str) -> dict[str, Any]:
        """What there is to read, once the desk has answered."""
        for _ in range(TRIES):
            try:
                async with self._http.get(self._url(agency, path), headers=self._headers(agency)) as got:
                    return msgspec.json.decode(await got.read())
            except (aiohttp.ClientError, OSError, TimeoutError):
                await asyncio.sleep(PAUSE)
        raise AssertionError(f"The desk of {agency} never answered.")

    def _url(self, agency: str, path: str) -> str:
        return f"http://127.0.0.1:{PORTS[agency]}/v1/agencies/{agency}/{path}"

    def _headers(self, agency: str) -> dict[str, str]:
        key: Path = self._world.folder / "desks" / agency / "local-api.key"
        return {"Authorization": f"Bearer {key.read_text().strip()}"}

    async def settled(self) -> None:
        """Once the network is fair, nothing waits at a desk for long, both sides see one state, none is alarmed.

        A "no" is hidden from the prison until its window has closed.
        """
        for _ in range(SETTLED_SECONDS // 5):
            cases = {agency: await self._cases(agency) for agency in PORTS}
            waits = [each for found in cases.values() for each in found.values() if each["waiting"]]
            states = [{of: each["state"] for of, each in found.items()} for found in cases.values()]
            if not waits and states[0] == states[1]:
                break
            await asyncio.sleep(5)
        else:
            self.faults.append(f"settled: something waits at a desk for ever, or two desks differ: {states}")
        for agency in PORTS:
            alarms = await self._get(agency, "alarms")
            self.faults += [f"alarm: {each['why']}" for each in alarms["alarms"]]

    async def _cases(self, agency: str) -> dict[str, dict[str, Any]]:
        page = await self._get(agency, "cases?limit=100")
        return {each["exchange"]: each for each in page["cases"]}

"""Desks over a real gateway on loopback, and their local APIs as agencies' systems call them."""

import asyncio
import io
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from contracts.codec import b64url, encode
from gateway.config import DeskAgency, DeskSettings
from gateway.desk.serve import serving
from gateway.desk.trust import Pins
from keys import vault
from keys.vault import Vault
from tests.agencies import TestAgency, secret
from tests.journey.simulated import FIELDS, GROUNDS, ORIGIN, World, uuid7

SERVED = ("prison-mdi", "prison-lei", "police-13", "police-14", "vlu-13", "inspectorate-hmip")
VALUES = {
    "preferred_name": "Siân D’Souza",
    "contact_channel": "07700 900123",
    "safe_times": "weekdays after 18:00",
    "access_needs": "none",
    "meeting_place": "town library, LS1 3AA",
    "safety_notes": "do not leave voicemail",
    "representative_name": "Łucja Nguyễn",
    "representative_channel": "07700 900031",
    "exclusion": "Kirklees",
}


def settle_in(world: World, agency: TestAgency, url: str) -> DeskAgency:
    """An agency's folder, as `rj keys` would make it."""
    folder = world.folder / "desks" / agency.id
    if not folder.exists():
        folder.mkdir(parents=True)
        unlock = secret("unlock", agency.id)
        kept = Vault(store_key=secret("store", agency.id), pseudonym_key=secret("pseudonym", agency.id))
        kept = kept.with_signing(secret("signing", agency.seed, agency.id)).with_sealing(agency.sealing_seed)
        vault.write(folder / "vault", kept, unlock)
        (folder / "unlock.key").write_text(b64url(unlock))
    pins = Pins(
        agency=agency.id,
        gateway_url=url,
        gateway=ORIGIN,
        log_vkey=world.vkey.encode(),
        officers=tuple(key.encode() for key in world.officers.verifiers),
        policy=world.policy,
    )
    (folder / "trust.json").write_bytes(encode(pins))
    return DeskAgency(folder=folder, unlock=folder / "unlock.key")


def settings(world: World, url: str, *agencies: str) -> DeskSettings:
    """The settings of one desk for these agencies, on any free port."""
    served = tuple(settle_in(world, world.agencies[name], url) for name in agencies)
    return DeskSettings(port=0, agency=served)


class Refused(Exception):
    """What a desk refused."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem}")
        self.status, self.problem = status, problem

    @property
    def code(self) -> str | None:
        return self.problem.get("code")


def staff(
    name: str = "s838", role: str = "rj-coordinator", training: str = "foundation", **changes: Any
) -> dict[str, Any]:
    given = {"id": name, "role": role, "training": training, "signed_in_at": int(time.time()) - 60}
    return given | {"methods": ["pwd", "mfa"]} | changes


OFFICER = ("p100", "police-officer")
REVIEWER = ("p200", "reviewer", "advanced")
INSPECTOR = ("i300", "inspector")


@dataclass
class Desk:
    """One agency's desk, called as its own system calls it. `patience`: seconds to wait for an event."""

    http: aiohttp.ClientSession
    url: str
    agency: str
    key: str
    patience: float = 8
    after: int = 0
    seen: list[dict[str, Any]] = field(default_factory=list)

    async def call(self, method: str, path: str, body: object = None, key: str | None = None) -> tuple[int, Any, Any]:
        """Status, headers and JSON."""
        headers = {"Authorization": f"Bearer {key or self.key}"}
        data = io.BytesIO(msgspec.json.encode(body)) if body is not None else None
        url = f"{self.url}/v1/agencies/{self.agency}/{path}"
        async with self.http.request(method, url, data=data, headers=headers) as answer:
            raw = await answer.read()
            return answer.status, answer.headers, msgspec.json.decode(raw)

    async def post(self, path: str, body: object) -> dict[str, Any]:
        status, headers, answered = await self.call("POST", path, body)
        assert headers["Cache-Control"] == "no-store"
        if status >= 400:
            raise Refused(status, answered)
        return answered

    async def get(self, path: str) -> dict[str, Any]:
        status, _, answered = await self.call("GET", path)
        if status >= 400:
            raise Refused(status, answered)
        return answered

    async def case(self, exchange: str, *, fresh: bool = False) -> dict[str, Any]:
        return await self.get(f"cases/{exchange}" + ("?fresh=1" if fresh else ""))

    async def until(self, exchange: str | None, event: str, seconds: float | None = None) -> dict[str, Any]:
        """Wait for an event on an exchange, or on any."""
        end = time.monotonic() + (self.patience if seconds is None else seconds)
        while True:
            for each in self.seen:
                if each["event"] == event and exchange in (each["exchange"], None):
                    return each
            assert time.monotonic() < end, f"{self.agency} heard {[e['event'] for e in self.seen]}, not {event}"
            page = await self.get(f"events?after={self.after}&wait=1")
            self.seen += page["events"]
            self.after = page["next"]

    # What agencies say.

    async def ask(self, purpose: str = "conference", **changes: Any) -> dict[str, Any]:
        return await self.post("requests", request(purpose, **changes))

    async def read(self, exchange: str, who: tuple[str, ...] = OFFICER) -> dict[str, Any]:
        return await self.post(f"cases/{exchange}/read", {"staff": staff(*who), "no_conflict": True})

    async def open(self, exchange: str, **changes: Any) -> dict[str, Any]:
        body = {"staff": staff(), "why": "contact-victim", "no_conflict": True} | changes
        return await self.post(f"cases/{exchange}/open", body)

    async def share(self, exchange: str, values: dict[str, str], **changes: Any) -> dict[str, Any]:
        body = {"staff": staff(*OFFICER), "outcome": "shared", "values": values, "consent": consent()} | changes
        return await self.post(f"cases/{exchange}/answer", body)

    async def decline(self, exchange: str, code: str = "R19", **changes: Any) -> dict[str, Any]:
        body = {"staff": staff(*OFFICER), "outcome": "cannot-proceed", "code": code} | changes
        return await self.post(f"cases/{exchange}/answer", body)

    async def review(self, exchange: str, decision: str, who: tuple[str, ...] = REVIEWER) -> dict[str, Any]:
        body = {"staff": staff(*who), "decision": decision, "reasons": "On its merits."}
        return await self.post(f"cases/{exchange}/review", body)


async def until_gone(desk: Desk, exchange: str, seconds: float = 10) -> None:
    """Wait until an agency has erased a case."""
    end = time.monotonic() + seconds
    while exchange in str(await desk.get("cases")):
        assert time.monotonic() < end, "still there"
        await asyncio.sleep(0.1)


def request(purpose: str = "conference", **changes: Any) -> dict[str, Any]:
    """A request as a prison's system would send it; `crime`, `pnc_id` and `prison_number` are shortcuts."""
    given = {
        "staff": staff(),
        "holder": "police-13",
        "purpose": purpose,
        "fields": list(FIELDS.get(purpose, ())),
        "grounds": [{"ground": ground} for ground in GROUNDS.get(purpose, ())],
        "offender": {
            "name": "Rhys Ó Briain",
            "prison_number": changes.pop("prison_number", "a1234bc"),
            "pnc_id": changes.pop("pnc_id", "79/163001b"),
        },
        "offence": {
            "codes": [changes.pop("offence", "TH68001")],
            "date": "2021-07-20",
            "crime_reference": changes.pop("crime", "13 272661805"),
        },
        "letter": {"id": uuid7(), "sha256": b64url(secret("letter"))} if purpose == "letter" else None,
    }
    return given | changes


def consent(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "given_at": now - 60,
        "given_by": "victim",
        "how": "by-phone",
        "informed": ["what-rj-is", "what-they-may-gain", "may-stop-at-any-time"],
        "valid_until": now + 86_400,
    } | changes


@dataclass
class Desks:
    """Every agency's desk, by its id."""

    world: World
    url: str
    by_agency: dict[str, Desk]

    def __getitem__(self, agency: str) -> Desk:
        return self.by_agency[agency]


@asynccontextmanager
async def desks_at(world: World, url: str, *agencies: str) -> AsyncIterator[Desks]:
    """One desk process's worth of agencies, speaking to the gateway at this address."""
    told = settings(world, url, *agencies)
    async with aiohttp.ClientSession() as http, serving(told) as address:
        made = {}
        for each in told.agency:
            key = (each.folder / "local-api.key").read_text().strip()
            made[each.folder.name] = Desk(http, address, each.folder.name, key)
        yield Desks(world, address, made)


def files_of(folder: Path) -> bytes:
    """Every byte that an agency keeps."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())

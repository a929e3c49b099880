"""One agency at a desk: its keys, its own records, and its way to the gateway. Everything of it is in its folder."""

import copy
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

from msgspec import Struct

from contracts.case_record import CaseRecords
from contracts.checkpoint import Malformed
from contracts.directory import Agency as Listed
from contracts.evidence import Evidence
from contracts.messages.actor import Actor
from contracts.reply import ExchangeView, Inbox, Reply
from contracts.tlog_policy import Policy
from gateway.desk import staff as people
from gateway.desk.bell import Bell
from gateway.desk.cabinet import Cabinet, Drawer
from gateway.desk.caller import Caller
from gateway.desk.case import KIND, Case
from gateway.desk.client import GatewayClient
from gateway.desk.errors import NotThere, NotTrusted
from gateway.desk.heard import GatewayKey
from gateway.desk.ids import now
from gateway.desk.index import Index
from gateway.desk.offences import OffenceTable
from gateway.desk.sealer import Hand
from gateway.desk.staff import Staff
from gateway.desk.trust import Known, Pins, Seen, Trust
from keys.ed25519 import BadKey
from keys.notes import VerifierKey
from keys.vault import Vault

NO_SUCH_CASE = "There is no such case at your agency. Check the reference."


class Surroundings(Struct, frozen=True, kw_only=True, eq=False):
    """What the agencies of a desk share."""

    client: GatewayClient
    trust: Trust
    threads: Executor
    offences: OffenceTable


class Away(Struct):
    """Since when the gateway has not answered an agency: one for all the calls that are under way (`called_by`)."""

    since: int | None = None


class Agency:
    """An agency, opened. Its services are functions of it: `requester`, `holder`, `inspector`."""

    def __init__(self, folder: Path, pins: Pins, vault: Vault, shared: Surroundings) -> None:
        self.id, self.folder, self.gateway = pins.agency, folder, GatewayKey.pinned(pins.log_vkey)
        self.pins = pins
        self.hand = Hand(pins.agency, pins.gateway, vault)
        self.cabinet = Cabinet(folder / "cases.db", vault.store_key, shared.threads)
        self.index = Index(self.cabinet)
        self.policy = _policy(pins.policy)
        self.client, self.offences = shared.client, shared.offences
        self.bell, self.to_send = Bell(), Bell()
        self.in_flight: set[str] = set()
        self._away = Away()
        self.caller: Caller | None = None
        self._trust, self._seen = shared.trust, Seen()
        self._pseudonym_key = vault.pseudonym_key

    async def known(self, *, afresh: bool = False) -> Known:
        """The verified directory and agreement, never older than any that this agency has used before.

        `afresh` asks the gateway for them now. Raises NotTrusted, GatewayAway.
        """
        known = await self._trust.current(afresh=afresh)
        if Seen.of(known) != self._seen:
            self._seen = await self.cabinet.change(lambda drawer: _remembered(drawer, known))
        return known

    @property
    def away_since(self) -> int | None:
        """Since when the gateway has not answered; None while it does."""
        return self._away.since

    def answered(self) -> None:
        """The gateway has answered, whatever it said."""
        if self._away.since is not None:
            self._away.since = None
            self.bell.ring()

    def unanswered(self) -> None:
        """The gateway could not be reached just now."""
        if self._away.since is None:
            self._away.since = now()
            self.bell.ring()

    def called_by(self, caller: Caller, also: Callable[[Drawer, object], None]) -> "Agency":
        """This agency for the length of one call; `also` goes with what the call changes (`Cabinet.noting`)."""
        called = copy.copy(self)
        called.caller, called.cabinet = caller, self.cabinet.noting(also)
        return called

    @property
    def client_name(self) -> str | None:
        """Which client of the local API is calling, if any."""
        return self.caller.client if self.caller else None

    def actor(self, staff: Staff | None) -> Actor:
        """Who acts, as the gateway may know them; the desk itself where nobody is named."""
        return staff.person(self._pseudonym_key) if staff else people.system(self._pseudonym_key)

    def pseudonym(self, staff_id: str) -> str:
        """What the gateway calls this member of staff."""
        return people.pseudonym(self._pseudonym_key, staff_id)

    async def case(self, exchange: str) -> Case:
        """Raises NotThere."""
        case = await self.cabinet.get(KIND, exchange, Case)
        if case is None:
            raise NotThere(NO_SUCH_CASE)
        return case

    async def myself(self) -> Listed:
        """This agency's own entry in the directory. Raises NotThere."""
        listed = (await self.known()).directory.agency(self.id)
        if listed is None:
            raise NotThere("The agency directory does not list this agency. Ask both parties' officers to add it.")
        return listed

    async def became_of(self, jti: str) -> Reply | None:
        """What the gateway has on record of this agency's message."""
        return await self.client.message(jti, await self._bearer("v1", "messages", jti))

    async def look(self, exchange: str, search: str | None = None) -> ExchangeView:
        """The exchange as the gateway sees it now; `search` says why. Raises NotThere, Refused, GatewayAway."""
        query: dict[str, str | int] = {"search": search} if search else {}
        path = self.client.path("v1", "exchanges", exchange, **query)
        view = await self.client.exchange(path, self.hand.reading(path, await self.known(), now()))
        if view is None:
            raise NotThere(NO_SUCH_CASE)
        return view

    async def evidence(self, exchange: str, after: int, search: str | None) -> Evidence:
        """A page of the evidence of an exchange, unverified. Raises NotThere, NotBelieved, GatewayAway."""
        query: dict[str, str | int] = {"after": after} | ({"search": search} if search else {})
        path = self.client.path("v1", "exchanges", exchange, "evidence", **query)
        found = await self.client.evidence(path, self.hand.reading(path, await self.known(), now()))
        if found is None:
            raise NotThere(NO_SUCH_CASE)
        return found

    async def case_records(self, search: str, after: str, limit: int) -> CaseRecords:
        """A page of case records, by a search that says why. Raises Refused, NotBelieved, GatewayAway."""
        path = self.client.path("v1", "case-records", after=after, limit=limit, search=search)
        return await self.client.case_records(path, self.hand.reading(path, await self.known(), now()))

    async def inbox(self, after: int, wait: int) -> Inbox:
        """What has come for this agency after a leaf index."""
        path = self.client.path("v1", "inbox", after=after, wait=wait)
        return await self.client.inbox(path, wait, self.hand.reading(path, await self.known(), now()))

    async def proof(self, index: int) -> str | None:
        """A line proven in the newest published tree; None where that has no such line yet."""
        return await self.client.proof(index, await self._bearer("v1", "proofs", str(index)))

    async def _bearer(self, *path: str) -> str:
        return self.hand.reading(self.client.path(*path), await self.known(), now())

    def close(self) -> None:
        """Close its records."""
        self.cabinet.close()


def _policy(text: str | None) -> Policy | None:
    """The policy that is pinned, if any, and every key in it can be used. Raises NotTrusted."""
    if text is None:
        return None
    try:
        policy = Policy.parse(text)
        for vkey in [log.vkey for log in policy.logs] + [witness.vkey for witness in policy.witnesses]:
            VerifierKey.parse(vkey)
    except (Malformed, BadKey) as error:
        raise NotTrusted(f"trust.json pins a policy that cannot be used. {error}") from error
    return policy


def _remembered(drawer: Drawer, known: Known) -> Seen:
    before = drawer.get("seen", "documents", Seen) or Seen()
    before.check(known)
    seen = Seen.of(known)
    drawer.put("seen", "documents", seen)
    return seen

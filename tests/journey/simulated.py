"""A gateway on loopback and simulated agencies that speak to it over real HTTP, with contracts and keys alone."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import msgspec
from msgspec import Struct

from contracts import event as events
from contracts.checkpoint import Checkpoint, parse_note
from contracts.codec import b64url, encode, unb64, unb64url
from contracts.envelope import GATEWAY, READING_TYP, AgreementRef, Claims, Envelope, Reading, SealedRef
from contracts.merkle import leaf_hash, verify_inclusion
from contracts.messages import BY_BODY
from contracts.messages.accepted import Accepted
from contracts.messages.actor import Actor, Person, System
from contracts.messages.cancellation import Cancellation
from contracts.messages.contact_answer import Consent, ContactAnswer, Exact, exact_digest
from contracts.messages.contact_request import Attested, ContactRequest, Letter
from contracts.messages.log_search import LogSearch
from contracts.messages.more_needed import MoreNeeded
from contracts.messages.open_ import Open
from contracts.messages.outcome import Outcome
from contracts.messages.recall import Recall, RecallAcknowledged
from contracts.messages.review import Review
from contracts.messages.sensitivity import SensitivityFound
from contracts.messages.supplement import Supplement
from contracts.reply import DecisionClaims, ExchangeView, Inbox, InboxItem, NoticeClaims, Problem, Reply
from contracts.tlog_proof import TlogProof
from contracts.vocabulary import SEALED_SIZES
from gateway.config import GatewaySection, GatewaySettings, Limits
from gateway.serve import serving
from keys import documents, sealing, tokens, vault
from keys.ed25519 import ed25519_public
from keys.notes import VerifierKey, verify
from tests.agencies import Officers, TestAgency, make_directory, secret
from tests.postgres import shared

ORIGIN = "gateway.test/rj"

TOML = f"""
[gateway]
origin = "{ORIGIN}"
port = 0
data = "data"
agreement = "agreement.json"
directory = "directory.json"
officers = "officers.vkeys"
vault = "log.vault"
unlock = "log.unlock"
"""

ROOT = Path(__file__).resolve().parents[2]
AGREEMENT = ROOT / "deploy" / "agreement" / "noms-acpo-v1.toml"
AGENCIES = (
    "prison-mdi", "prison-lei", "police-13", "police-14", "vlu-13", "inspectorate-hmip", "party-noms", "party-acpo",
)  # fmt: skip
FIELDS = {
    "conference": ("preferred_name", "contact_channel", "safe_times", "access_needs"),
    "preparation": (
        "preferred_name", "contact_channel", "safe_times", "access_needs", "meeting_place", "safety_notes",
    ),
    "representative": ("representative_name", "representative_channel", "safe_times"),
    "rotl-check": ("exclusion",),
}  # fmt: skip
GROUNDS = {
    "approach": ("responsibility-accepted",),
    "letter": ("responsibility-accepted",),
    "conference": ("responsibility-accepted", "risk-assessment"),
    "representative": ("responsibility-accepted", "risk-assessment"),
    "preparation": ("responsibility-accepted", "risk-assessment", "facilitator-named"),
    "rotl-check": ("risk-assessment", "governor-approval"),
}


def uuid7() -> str:
    """A fresh UUID of version 7 (RFC 9562 section 5.7)."""
    raw = int.from_bytes(int(time.time() * 1000).to_bytes(6, "big") + os.urandom(10), "big")
    raw = raw & ~(0xF << 76) | 7 << 76
    return str(UUID(int=raw & ~(3 << 62) | 2 << 62))


def agreement_text(**spans: str) -> str:
    """The real agreement, with some of its spans replaced (`answer="2 seconds"`)."""
    text = AGREEMENT.read_text()
    for name, span in spans.items():
        lines = [f'{name} = "{span}"' if line.startswith(f"{name} = ") else line for line in text.splitlines()]
        text = "\n".join(lines) + "\n"
    return text


@dataclass
class World:
    """Where everything of one test lives; the gateway can be stopped and started again on the same folder."""

    folder: Path
    spans: Mapping[str, str] = field(default_factory=dict)
    officers: Officers = field(default_factory=Officers.make)
    address: str = ""
    policy: str | None = None
    """The C2SP policy that desks pin."""
    more: str = ""
    """What `gateway.toml` says besides."""
    database: str | None = None
    """The address of its own database in PostgreSQL, where it has one."""
    published: set[str] = field(default_factory=set)
    """Digests of every agreement and directory that this world has signed."""

    def __post_init__(self) -> None:
        self.agencies = {name: TestAgency(name) for name in AGENCIES}
        self.text = agreement_text(**self.spans)
        version = int(next(line for line in self.text.splitlines() if line.startswith("version = ")).split()[2])
        self.signed = documents.sign("agreement", "noms-acpo", version, self.text, self.officers.signers)
        self.agreement = AgreementRef(id="noms-acpo", version=version, digest=documents.digest_of(self.text))
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "agreement.json").write_bytes(encode(self.signed))
        self.published.add(self.agreement.digest)
        self.publish_directory(1)
        (self.folder / "officers.vkeys").write_text("".join(f"{key.encode()}\n" for key in self.officers.verifiers))
        unlock = secret("unlock")
        (self.folder / "log.unlock").write_text(b64url(unlock))
        log = vault.generate_vault().with_signing(secret("log"))
        vault.write(self.folder / "log.vault", log, unlock)
        public = log.signing(next(iter(log.signing_seeds))).public_key().public_bytes_raw()
        self.log_kid = tokens.key_id(public)
        self.log_public = ed25519_public(public)
        self.vkey = VerifierKey(name=ORIGIN, kind=1, public=public)  # type: ignore[arg-type]

    def change_log_keys(self, *names: str) -> list[VerifierKey]:
        """Let the log sign with the keys of these names from its next start, the oldest first."""
        log = vault.generate_vault()
        for name in names:
            log = log.with_signing(secret(name))
        vault.write(self.folder / "log.vault", log, secret("unlock"))
        publics = [log.signing(kid).public_key().public_bytes_raw() for kid in log.signing_seeds]
        self.log_kid, self.log_public = tokens.key_id(publics[0]), ed25519_public(publics[0])
        vkeys = [VerifierKey(name=ORIGIN, kind=1, public=public) for public in publics]  # type: ignore[arg-type]
        self.vkey = vkeys[0]
        return vkeys

    def publish_directory(self, version: int, *others: Any) -> None:
        """Put a directory of all agencies (`others` replace those of the same id) where the gateway looks."""
        replaced = {each.id for each in others}
        listed = [agency for agency in self.agencies.values() if agency.id not in replaced]
        signed = make_directory(
            ORIGIN, [*listed, *others], self.officers, int(time.time()), version, self.agreement.digest
        )
        (self.folder / "directory.json").write_bytes(encode(signed))
        self.published.add(documents.digest_of(signed.document))

    @property
    def store(self) -> str | None:
        """The database that this world's gateway keeps everything in, where the journeys are run on PostgreSQL."""
        if self.database is None and os.environ.get("RJ_STORE") == "postgres":
            self.database = shared().database()
        return self.database

    def write_settings(self, more: str = "") -> None:
        """`gateway.toml` as this world's gateway runs by it, and by `more`, which is remembered."""
        self.more = more or self.more
        store = f'store = "{self.store}"\n' if self.store else ""
        (self.folder / "gateway.toml").write_text(f"{TOML}{store}{self.more}")

    def settings(self, node: str = "", **limits: int) -> GatewaySettings:
        """`node`: the name of one of several nodes, which has its own `data` and shares the key store."""
        section = GatewaySection(
            origin=ORIGIN,
            port=0,
            data=self.folder / f"data{node}",
            store=self.store,
            keystore=self.folder / "data" / "keystore",
            agreement=self.folder / "agreement.json",
            directory=self.folder / "directory.json",
            officers=self.folder / "officers.vkeys",
            vault=self.folder / "log.vault",
            unlock=self.folder / "log.unlock",
        )
        return GatewaySettings(gateway=section, limits=Limits(**limits))

    @asynccontextmanager
    async def gateway(
        self, *, clock_confirmed: bool = False, check: bool = True, **limits: int
    ) -> AsyncIterator["Side"]:
        """The gateway running on this world's folder. Unless it is damaged on purpose, its whole log is checked when
        the journey is over and nothing else has failed.
        """
        from tests.journey.ledger_check import check_ledger

        running = serving(self.settings(**limits), clock_confirmed=clock_confirmed)
        async with running as address, aiohttp.ClientSession() as http:
            self.address = address
            side = Side(self, http)
            yield side
            if check:
                await side.checkpoint()
                check_ledger(side)


class Refused(Exception):
    """What the gateway refused."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.status} {problem.type} {problem.code} {problem.detail}")
        self.problem = problem


@dataclass
class Side:
    """All agencies' sides of one gateway. Every reply that comes back is checked: decision, receipt, commitment."""

    world: World
    http: aiohttp.ClientSession
    receipts: list[TlogProof] = field(default_factory=list)
    decisions: list[DecisionClaims] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)

    def now(self) -> int:
        """The time by the agencies' clocks."""
        return int(time.time())

    def seal(self, text: str, size: int, place: sealing.Place, recipient: sealing.SealingPublicKey) -> bytes:
        """A sealed value."""
        return sealing.seal(text, size, place, recipient)

    def person(self, agency: str, name: str = "coordinator", **changes: Any) -> Person:
        roles = {"prison": "rj-coordinator", "police": "police-officer", "vlu": "victim-liaison-officer"}
        given = {
            "id": self.world.agencies[agency].pseudonym(name),
            "role": roles.get(agency.partition("-")[0], "inspector"),
            "training": "foundation",
            "auth_time": self.now() - 60,
            "amr": ("pwd", "mfa"),
        } | changes
        return Person(**given)

    def reviewer(self, agency: str, **changes: Any) -> Person:
        return self.person(agency, "reviewer", **({"role": "reviewer", "training": "advanced"} | changes))

    def system(self, agency: str) -> System:
        return System(id=self.world.agencies[agency].pseudonym("system"))

    def envelope(
        self,
        iss: str,
        to: str,
        body: Struct,
        *,
        exchange: str | None = None,
        actor: Actor | None = None,
        values: Mapping[str, str] | None = None,
        exact: Exact | None = None,
        **claims: Any,
    ) -> Envelope:
        """A signed and sealed message. `claims` override members of the token's claims."""
        sender, now = self.world.agencies[iss], self.now()
        exchange, jti = exchange or uuid7(), claims.pop("jti", uuid7())
        refs, sealed = {}, {}
        for name, text in (values or {}).items():
            recipient = self.world.agencies[to].sealing.public
            place = sealing.Place(exchange=exchange, jti=jti, iss=iss, to=to, kid=recipient.kid, field=name)
            value = self.seal(text, SEALED_SIZES[name], place, recipient)
            refs[name] = SealedRef(kid=recipient.kid, sha256=sealing.digest(value))
            sealed[name] = b64url(value)
        said = Claims(
            iss=iss, aud=ORIGIN, to=to, iat=now, exp=now + 120, jti=jti, exchange=exchange,
            actor=actor or self.person(iss), agreement=self.world.agreement, sealed=refs, body=body,
        )  # fmt: skip
        said = msgspec.structs.replace(said, **claims)
        token = tokens.sign(encode(said), BY_BODY[type(body)].typ, sender.signing_kid, sender.signing)
        return Envelope(token=token, sealed=sealed, exact=exact)

    async def post(self, envelope: Envelope | bytes) -> tuple[int, bytes]:
        raw = envelope if isinstance(envelope, bytes) else encode(envelope)
        async with self.http.post(f"{self.world.address}/v1/messages", data=raw) as response:
            return response.status, await response.read()

    async def send(self, envelope: Envelope, expect: int = 201) -> Reply:
        """Post a message that is accepted; raises Refused otherwise."""
        status, body = await self.post(envelope)
        if status not in (200, 201):
            raise Refused(msgspec.json.decode(body, type=Problem))
        assert status == expect
        reply = msgspec.json.decode(body, type=Reply)
        self.check(reply)
        return reply

    async def refusal(self, envelope: Envelope | bytes) -> Problem:
        """Post a message that is refused."""
        status, body = await self.post(envelope)
        problem = msgspec.json.decode(body, type=Problem)
        assert status == problem.status >= 400
        if problem.decision:
            self.check(problem)
        return problem

    def check(self, reply: Reply | Problem) -> DecisionClaims:
        """The decision is the gateway's, and the receipt proves that its line is in the log."""
        decision = self.decision(reply)
        proof = TlogProof.parse(reply.receipt or "")
        note = parse_note(proof.checkpoint)
        assert verify(note, [self.world.vkey]) == (ORIGIN,)
        checkpoint = Checkpoint.parse(note.text)
        extra = msgspec.json.decode(proof.extra or b"{}")
        leaf = unb64url(extra["leaf"])
        verify_inclusion(proof.index, checkpoint.size, leaf_hash(leaf), proof.hashes, checkpoint.root)
        for part, salt in (("shared", "salt"), ("exact", "exact_salt")):
            opening = events.Opening(salt=unb64url(extra[salt]), part=unb64url(extra[part]))
            assert events.opens(leaf, part, opening)  # type: ignore[arg-type]
        assert decision.leaf == proof.index
        self.receipts.append(proof)
        self.decisions.append(decision)
        return decision

    def decision(self, reply: Reply | Problem) -> DecisionClaims:
        token = tokens.parse(reply.decision or "")
        assert token.header.kid == self.world.log_kid
        return msgspec.json.decode(tokens.verify(token, self.world.log_public), type=DecisionClaims)

    async def read(self, agency: str, path: str, **claims: Any) -> tuple[int, bytes]:
        """GET a path as an agency, under a self-signed reading token."""
        headers = self.reading(agency, path, **claims)
        async with self.http.get(f"{self.world.address}{path}", headers=headers) as response:
            return response.status, await response.read()

    def reading(self, agency: str, path: str, **claims: Any) -> dict[str, str]:
        """What says who reads."""
        reader, now = self.world.agencies[agency], self.now()
        reading = Reading(iss=agency, aud=ORIGIN, iat=now, exp=now + 60, jti=uuid7(), htm="GET", htu=path)
        reading = msgspec.structs.replace(reading, **claims)
        token = tokens.sign(encode(reading), READING_TYP, reader.signing_kid, reader.signing)
        return {"Authorization": f"Bearer {token}"}

    async def inbox(self, agency: str, after: int = -1, wait: int = 0) -> tuple[InboxItem, ...]:
        status, body = await self.read(agency, f"/v1/inbox?after={after}&wait={wait}")
        assert status == 200
        return msgspec.json.decode(body, type=Inbox).items

    async def notices(self, agency: str) -> list[NoticeClaims]:
        """Every notice in an agency's inbox, verified."""
        items = [item for item in await self.inbox(agency) if item.typ == "rj.notice.v1+jwt"]
        tokens_read = [tokens.parse(item.token) for item in items]
        return [msgspec.json.decode(tokens.verify(t, self.world.log_public), type=NoticeClaims) for t in tokens_read]

    async def checkpoint(self) -> Checkpoint:
        """The log's newest checkpoint, verified and kept for the check at the end."""
        async with self.http.get(f"{self.world.address}/checkpoint") as response:
            note = parse_note(await response.text())
        assert verify(note, [self.world.vkey]) == (ORIGIN,)
        self.checkpoints.append(Checkpoint.parse(note.text))
        return self.checkpoints[-1]

    async def view(self, agency: str, exchange: str) -> ExchangeView | None:
        status, body = await self.read(agency, f"/v1/exchanges/{exchange}")
        return msgspec.json.decode(body, type=ExchangeView) if status == 200 else None

    async def inspect(self, exchange: str) -> ExchangeView | None:
        """An exchange as an inspector sees it, who says why first."""
        search = self.search(about=exchange, limit=1)
        await self.send(search)
        path = f"/v1/exchanges/{exchange}?search={claims_of(search).jti}"
        status, body = await self.read("inspectorate-hmip", path)
        return msgspec.json.decode(body, type=ExchangeView) if status == 200 else None

    async def until(self, agency: str, exchange: str, state: str, seconds: float = 10) -> ExchangeView:
        """Wait until an exchange stands at a state."""
        end = time.monotonic() + seconds
        while (seen := await self.view(agency, exchange)) is None or seen.state != state:
            assert time.monotonic() < end, f"still {seen and seen.state}, not {state}"
            await asyncio.sleep(0.05)
        return seen

    async def until_notice(self, agency: str, exchange: str, notice: str, seconds: float = 10) -> list[str]:
        """Wait until an agency has a notice about an exchange; the names of all that it has."""
        end = time.monotonic() + seconds
        while notice not in (names := [n.notice for n in await self.notices(agency) if n.exchange == exchange]):
            assert time.monotonic() < end, f"no notice {notice} among {names}"
            await asyncio.sleep(0.05)
        return names

    # The messages of an ordinary exchange.

    def request(
        self, purpose: str = "conference", prison: str = "prison-mdi", force: str = "police-13", **body: Any
    ) -> Envelope:
        claims = {k: body.pop(k) for k in ("actor", "exchange", "jti", "agreement", "iat", "exp", "aud") if k in body}
        prisoner = self.world.agencies[prison]
        given: dict[str, Any] = {
            "purpose": purpose,
            "fields": FIELDS.get(purpose, ()),
            "offence_groups": ("other",),
            "sensitivities": (),
            "grounds": tuple(
                Attested(ground=ground, by=prisoner.pseudonym("attester"), on="2026-11-20")  # type: ignore[arg-type]
                for ground in GROUNDS.get(purpose, ())
            ),
            "letter": Letter(id=uuid7(), sha256=b64url(secret("letter"))) if purpose == "letter" else None,
        } | body
        values = {"subject": '{"offender":{"name":"Siobhán Ó Briain"}}'}
        return self.envelope(prison, force, ContactRequest(**given), values=values, **claims)

    def consent(self, **changes: Any) -> Consent:
        now = self.now()
        given: dict[str, Any] = {
            "given_at": now,
            "given_by": "victim",
            "how": "by-phone",
            "informed": ("what-rj-is", "what-they-may-gain", "may-stop-at-any-time"),
            "valid_until": now + 3600,
        } | changes
        return Consent(**given)

    def answer(
        self,
        exchange: str,
        outcome: str = "shared",
        code: str | None = None,
        *,
        prison: str = "prison-mdi",
        force: str = "police-13",
        values: Mapping[str, str] | None = None,
        consent: Consent | None = None,
        held_by: str | None = None,
        supersedes: str | None = None,
        **claims: Any,
    ) -> Envelope:
        exact = Exact(code=code, supersedes=supersedes, salt=b64url(os.urandom(16)))  # type: ignore[arg-type]
        if outcome in ("shared", "agreed") and consent is None:
            consent = self.consent()
        if outcome == "shared" and values is None:
            values = dict.fromkeys(FIELDS["conference"], "07700 900123")
        body = ContactAnswer(
            outcome=outcome,
            exact=exact_digest(exact),
            consent=consent,
            held_by=held_by,
        )
        return self.envelope(force, prison, body, exchange=exchange, values=values, exact=exact, **claims)

    def open(self, agency: str, exchange: str, of: str, fields: tuple[str, ...], **claims: Any) -> Envelope:
        body = Open(of=of, fields=fields, why="contact-victim", no_conflict="declared")  # type: ignore[arg-type]
        return self.envelope(agency, GATEWAY, body, exchange=exchange, **claims)

    def accepted(self, exchange: str, prison: str = "prison-mdi", force: str = "police-13") -> Envelope:
        return self.envelope(force, prison, Accepted(office="main"), exchange=exchange, actor=self.system(force))

    def review(self, exchange: str, decision: str, force: str = "police-13", actor: Actor | None = None) -> Envelope:
        body = Review(decision=decision, co_worked=False)  # type: ignore[arg-type]
        return self.envelope(
            force, "inspectorate-hmip", body, exchange=exchange, actor=actor or self.reviewer(force),
            values={"reasons": "Each case on its merits."},
        )  # fmt: skip

    def recall(self, exchange: str, of: str, prison: str = "prison-mdi", force: str = "police-13") -> Envelope:
        return self.envelope(force, prison, Recall(of=of), exchange=exchange, actor=self.system(force))

    def cancel(self, exchange: str, prison: str = "prison-mdi", force: str = "police-13", **claims: Any) -> Envelope:
        body = Cancellation(why="offender-withdrew")
        return self.envelope(prison, force, body, exchange=exchange, **{"actor": self.system(prison)} | claims)

    def more_needed(
        self, exchange: str, *missing: str, prison: str = "prison-mdi", force: str = "police-13"
    ) -> Envelope:
        body = MoreNeeded(missing=missing or ("identifiers",))  # type: ignore[arg-type]
        return self.envelope(force, prison, body, exchange=exchange, actor=self.system(force))

    def supplement(self, exchange: str, prison: str = "prison-mdi", force: str = "police-13") -> Envelope:
        values = {"subject": '{"offender":{"name":"Siobhán Ó Briain","pnc_id":"1979/0163001B"}}'}
        return self.envelope(prison, force, Supplement(corrected=("identifiers",)), exchange=exchange, values=values)

    def sensitive(self, exchange: str, *found: str, force: str = "police-13") -> Envelope:
        body = SensitivityFound(found=found or ("stalking",))  # type: ignore[arg-type]
        return self.envelope(force, GATEWAY, body, exchange=exchange)

    def outcome(self, exchange: str, *, final: bool, prison: str = "prison-mdi", force: str = "police-13") -> Envelope:
        body = Outcome(
            contact="made", chose="conference", feedback="satisfied", needed_by_met=True, status="completed",
            disclosure="not-disclosable", final=final,
        )  # fmt: skip
        return self.envelope(prison, force, body, exchange=exchange)

    def acknowledge(self, exchange: str, of: str, prison: str = "prison-mdi", force: str = "police-13") -> Envelope:
        by = self.world.agencies[prison].pseudonym("coordinator")
        body = RecallAcknowledged(of=of, contact="stopped", copies="destroyed", by=by, at=self.now())
        return self.envelope(prison, force, body, exchange=exchange)

    def search(self, by: str = "inspectorate-hmip", *, actor: Actor | None = None, **terms: Any) -> Envelope:
        """A search of the log; `terms` narrow it."""
        return self.envelope(by, GATEWAY, LogSearch(why="inspection", **terms), actor=actor)

    async def found(self, **terms: Any) -> list[tuple[events.Shared, events.Exact]]:
        """What an inspector finds: each line's openings open the leaf that is in the log."""
        reply = await self.send(self.search(**terms))
        lines = []
        for line in reply.found or ():
            leaf = unb64url(line.leaf)
            shared = events.Opening(salt=unb64url(line.shared_salt or ""), part=unb64url(line.shared or ""))
            exact = events.Opening(salt=unb64url(line.exact_salt or ""), part=unb64url(line.exact or ""))
            assert events.opens(leaf, "shared", shared)
            assert events.opens(leaf, "exact", exact)
            lines.append((events.parse_shared(shared.part), events.parse_exact(exact.part)))
        return lines

    def unseal(self, agency: str, reply: Reply) -> dict[str, str]:
        """What an agency reads of the values that it was handed."""
        assert reply.handed_over is not None
        token = tokens.parse(reply.handed_over.token)
        claims = msgspec.json.decode(token.claims)
        key = self.world.agencies[agency].sealing
        opened = {}
        for name, value in reply.handed_over.values.items():
            place = sealing.Place(
                exchange=claims["exchange"], jti=claims["jti"], iss=claims["iss"], to=claims["to"],
                kid=claims["sealed"][name]["kid"], field=name,
            )  # fmt: skip
            opened[name] = sealing.unseal(unb64url(value), SEALED_SIZES[name], place, key)
        return opened


def claims_of(envelope: Envelope) -> Claims[Any]:
    """The claims that a simulated agency signed."""
    return msgspec.json.decode(tokens.parse(envelope.token).claims, type=Claims[Any])


__all__ = ["ORIGIN", "Refused", "Side", "World", "claims_of", "unb64", "uuid7"]

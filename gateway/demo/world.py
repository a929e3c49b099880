"""A world of its own: two officers, what they signed (agreement, directory), a gateway, agencies and their desks."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import ClientSession
from msgspec import Struct

from contracts import agreement as agreements
from contracts.codec import b64url, encode
from contracts.directory import SignedDocument
from gateway.demo import agencies, cluster, desk_staff, terms, witnesses
from gateway.demo.agencies import Member
from gateway.demo.client import Desk, connections
from gateway.demo.cluster import Cluster, Nodes
from gateway.demo.processes import Command, answer, free_ports, running
from gateway.demo.terms import Times
from gateway.demo.witnesses import WITNESSES, Cosigning
from gateway.desk.pages.signing_in.demo import Fictional
from gateway.desk.trust import Pins
from keys import documents, vault
from keys.notes import NoteSigner, VerifierKey

ORIGIN: Final = "demo.example/rj"
DESKS: Final = {"prison-desk": ("prison",), "police-desk": ("police", "vlu"), "inspector-desk": ("inspectorate",)}
"""Which process serves agencies of which kinds."""

DOCUMENTS_SECONDS: Final = 2
"""How soon a desk goes by documents that were signed anew."""

STAFF: Final = "staff.json"
SIGN_IN: Final = "Open the url in a browser, and choose one of these people: there is no password."
ALWAYS: Final = ("inspectorate-hmip", "party-noms", "party-acpo")


class World(Struct, frozen=True, kw_only=True, eq=False):
    """The demonstration's world, while it runs. `addresses`: process → URL; `pages`: desk → URL of its pages."""

    folder: Path
    addresses: dict[str, str]
    pages: dict[str, str]
    log_vkey: VerifierKey
    session: ClientSession
    officers: tuple[VerifierKey, ...]
    members: dict[str, Member]
    desks: dict[str, Desk]
    founding: "Founding"
    nodes: Nodes | None = None

    def desk(self, agency: str) -> Desk:
        """An agency's desk."""
        return self.desks[agency]

    @property
    def inspector(self) -> Desk:
        """The inspectorate's desk."""
        return self.desks["inspectorate-hmip"]


class Founding(Struct, frozen=True, kw_only=True):
    """What is fixed before anything starts. `urls`: process → URL; `pages`: desk → URL of its pages."""

    folder: Path
    urls: dict[str, str]
    pages: dict[str, str]
    members: list[Member]
    officers: tuple[NoteSigner, NoteSigner]
    log: NoteSigner
    cosigning: Cosigning
    agreement: SignedDocument
    directory: SignedDocument
    cluster: Cluster | None = None


def found(folder: Path, agency_ids: Iterable[str], times: Times, store: str | None = None) -> Founding:
    """Make every key and sign every document. Nothing is written yet.

    With a `store`, an empty PostgreSQL database, several nodes are the gateway.
    """
    now = int(time.time())
    officers = (_signer("noms.example/officer"), _signer("acpo.example/officer"))
    text = terms.with_times(terms.published(), times, datetime.fromtimestamp(now, UTC).date())
    agreement = agreements.load(text)
    signed = documents.sign("agreement", agreement.id, agreement.version, text, officers)
    members = [agencies.make(agency) for agency in dict.fromkeys((*ALWAYS, *agency_ids))]
    directory = agencies.directory(members, ORIGIN, documents.digest_of(text), now, officers)
    urls, pages = _addresses()
    log = _signer(ORIGIN)
    return Founding(
        folder=folder,
        urls=urls,
        pages=pages,
        members=members,
        officers=officers,
        log=log,
        cosigning=witnesses.make(log.vkey, urls),
        agreement=signed,
        directory=directory,
        cluster=cluster.planned(store) if store is not None else None,
    )


def _addresses() -> tuple[dict[str, str], dict[str, str]]:
    """Free addresses: of every process, and of the pages of every desk."""
    names = ("gateway", *DESKS, *WITNESSES)
    ports = free_ports(len(names) + len(DESKS))
    found = [f"http://127.0.0.1:{port}" for port in ports]
    return dict(zip(names, found, strict=False)), dict(zip(DESKS, found[len(names) :], strict=True))


def lay_out(founding: Founding) -> None:
    """Write the folder: `gateway/` (the gateway's own, and nothing else), `desks/`, `witnesses/`, and what is public.

    Public are `ledger.vkey`, `witnesses.vkeys`, `witness.policy` and `addresses.json`.
    """
    founding.folder.mkdir(parents=True, exist_ok=True)
    founding.cosigning.lay_out(founding.folder)
    _lay_out_gateway(founding, founding.folder / "gateway")
    (founding.folder / "desks").mkdir()
    officers = tuple(officer.vkey.encode() for officer in founding.officers)
    for member in founding.members:
        pins = Pins(
            agency=member.id,
            gateway_url=founding.urls["gateway"],
            gateway=ORIGIN,
            log_vkey=founding.log.vkey.encode(),
            officers=officers,
            policy=founding.cosigning.policy,
        )
        agencies.settle_in(member, founding.folder / "desks" / member.id, pins)
    for name in DESKS:
        (founding.folder / "desks" / f"{name}.toml").write_text(_desk_settings(founding, name))
    fictional = desk_staff.staff(founding.members)
    (founding.folder / "desks" / STAFF).write_bytes(msgspec.json.format(encode(fictional)))
    (founding.folder / "ledger.vkey").write_text(founding.log.vkey.encode() + "\n")
    (founding.folder / "addresses.json").write_bytes(msgspec.json.format(encode(_told(founding, fictional))) + b"\n")


def _told(founding: Founding, fictional: tuple[Fictional, ...]) -> dict[str, object]:
    """`addresses.json`: where every process answers; and the pages of each desk, who can sign in there, and how."""
    pages = {
        name: {
            "url": url,
            "sign_in": SIGN_IN,
            "staff": [one for one in fictional if _served_by(founding, one.agency) == name],
        }
        for name, url in founding.pages.items()
    }
    return {**founding.urls, "pages": pages}


def _served_by(founding: Founding, agency: str) -> str | None:
    return next((_served(member) for member in founding.members if member.id == agency), None)


@asynccontextmanager
async def alive(founding: Founding) -> AsyncIterator[World]:
    """The world with every process running; ended in order when the context ends. Raises NotStarted."""
    async with AsyncExitStack() as held:
        session = await held.enter_async_context(ClientSession(connector=connections()))
        cosigning = await held.enter_async_context(AsyncExitStack())  # ended last: the gateway publishes once more
        # The gateway is started first, so it is ended last.
        nodes = await held.enter_async_context(_gateway(founding, session))
        desks = _desk_commands(founding)
        await answer(desks, await held.enter_async_context(running(desks)), session)
        # Nobody has to wait for the witnesses: they come while the story has begun.
        cosigners = founding.cosigning.commands(founding.folder)
        processes = await cosigning.enter_async_context(running(cosigners))
        coming = asyncio.create_task(answer(cosigners, processes, session))
        held.push_async_callback(_stopped, [coming])
        clients = {member.id: _desk(founding, member, session) for member in founding.members if _served(member)}
        following = [asyncio.create_task(desk.follow()) for desk in clients.values()]
        held.push_async_callback(_stopped, following)
        yield World(
            folder=founding.folder,
            addresses=founding.urls,
            pages=founding.pages,
            log_vkey=founding.log.vkey,
            session=session,
            officers=tuple(officer.vkey for officer in founding.officers),
            members={member.id: member for member in founding.members},
            desks=clients,
            founding=founding,
            nodes=nodes,
        )
        await coming


@asynccontextmanager
async def _gateway(founding: Founding, session: ClientSession) -> AsyncIterator[Nodes | None]:
    """The gateway, or its nodes."""
    if founding.cluster is None:
        command = _gateway_command(founding)
        async with running([command]) as started:
            await answer([command], started, session)
            yield None
    else:
        folder, front = founding.folder / "gateway", founding.urls["gateway"]
        async with cluster.running(founding.cluster, front, folder, session) as nodes:
            yield nodes


async def _stopped(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _signer(name: str) -> NoteSigner:
    fresh = vault.generate_vault().with_signing(vault.generate_signing_key())
    return NoteSigner(name=name, key=fresh.signing(next(iter(fresh.signing_seeds))))


def _served(member: Member) -> str | None:
    """The process that serves an agency; the parties have none."""
    return next((name for name, kinds in DESKS.items() if member.kind in kinds), None)


def _desk(founding: Founding, member: Member, session: ClientSession) -> Desk:
    key = (founding.folder / "desks" / member.id / "local-api.key").read_text().strip()
    return Desk(session, founding.urls[_served(member) or ""], member.id, key)


def _gateway_command(founding: Founding) -> Command:
    folder = founding.folder / "gateway"
    return Command(
        name="gateway",
        arguments=("gateway", "--config", str(folder / "gateway.toml")),
        url=founding.urls["gateway"],
        output=folder / "output.log",
    )


def _desk_commands(founding: Founding) -> list[Command]:
    folder = founding.folder / "desks"
    return [
        Command(
            name=name,
            arguments=("desk", "--config", str(folder / f"{name}.toml")),
            url=founding.urls[name],
            output=folder / f"{name}.log",
        )
        for name in DESKS
    ]


def _lay_out_gateway(founding: Founding, folder: Path) -> None:
    folder.mkdir(mode=0o700)
    unlock = vault.generate_signing_key()
    seed = founding.log.key.private_bytes_raw()
    vault.write(folder / "log.vault", vault.generate_vault().with_signing(seed), unlock)
    agencies.write_secret(folder / "unlock.key", b64url(unlock))
    (folder / "agreement.json").write_bytes(encode(founding.agreement))
    (folder / "directory.json").write_bytes(encode(founding.directory))
    (folder / "officers.vkeys").write_text("".join(f"{officer.vkey.encode()}\n" for officer in founding.officers))
    (folder / witnesses.POLICY).write_text(founding.cosigning.policy)
    (folder / "gateway.toml").write_text(_gateway_settings(founding))
    if founding.cluster is not None:
        cluster.lay_out(founding.cluster, folder, _gateway_settings(founding))


def _gateway_settings(founding: Founding) -> str:
    return f"""\
[gateway]
origin = "{ORIGIN}"
host = "127.0.0.1"
port = {_port(founding.urls["gateway"])}
data = "data"
guard = "guard"
agreement = "agreement.json"
directory = "directory.json"
officers = "officers.vkeys"
vault = "log.vault"
unlock = "unlock.key"
policy = "{witnesses.POLICY}"
"""


def _desk_settings(founding: Founding, name: str) -> str:
    served = [member.id for member in founding.members if _served(member) == name]
    agencies_of = "".join(f'\n[[agency]]\nfolder = "{each}"\nunlock = "{each}/unlock.key"\n' for each in served)
    pages = f'\n[pages]\nport = {_port(founding.pages[name])}\ndemo_staff = "{STAFF}"\n'
    own = f'host = "127.0.0.1"\nport = {_port(founding.urls[name])}\ndocuments_seconds = {DOCUMENTS_SECONDS}\n'
    return f"{own}{pages}{agencies_of}"


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])

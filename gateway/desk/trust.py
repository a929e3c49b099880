"""What a desk believes, and why: pinned officers, the log's pinned key, and the directory and agreement they vouch for.

The gateway only carries both documents. A gateway that adds a key of its own, rolls a version back, or shows two
documents of one version is refused here, before anything is sealed (DESIGN: identity and access).
"""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from contracts import agreement as agreements
from contracts.agreement import Agreement, AgreementRefused
from contracts.codec import encode
from contracts.directory import SignedDocument
from contracts.envelope import AgreementRef
from contracts.text import AgencyId, Origin
from gateway.desk.client import GatewayClient
from gateway.desk.errors import GatewayAway, NotTrusted
from keys import directory as directories
from keys import documents
from keys.directory import DirectoryRefused, KnownDirectory
from keys.documents import DocumentRefused
from keys.ed25519 import BadKey
from keys.notes import VerifierKey

FRESH_SECONDS: Final = 30
"""How old the documents may be when something is sealed: a revoked key is out of use within a minute."""

AWAY_SECONDS: Final = 3
"""How long not to ask again where the gateway was away."""


class Pins(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`trust.json`: what was agreed on paper. `officers` are the vkeys of both parties' directory officers.

    `policy` is a whole C2SP tlog-policy: whose cosignatures make a receipt more than the log's own word.
    """

    agency: AgencyId
    gateway_url: Annotated[str, Meta(pattern=r"^https?://[^\s]+$", max_length=200)]
    gateway: Origin
    log_vkey: Annotated[str, Meta(max_length=300)]
    officers: Annotated[tuple[Annotated[str, Meta(max_length=300)], ...], Meta(min_length=2, max_length=10)]
    policy: Annotated[str, Meta(max_length=262_144)] | None = None


class Signed(Struct, frozen=True, kw_only=True):
    """Both documents as they travel, not yet verified."""

    directory: SignedDocument
    agreement: SignedDocument


class Known(Struct, frozen=True, kw_only=True, eq=False):
    """One verified pair of documents."""

    directory: KnownDirectory
    agreement: Agreement
    ref: AgreementRef


class Seen(Struct, frozen=True, kw_only=True):
    """The versions that an agency last used, kept with its cases so that a restart forgets nothing."""

    directory: int = 0
    directory_digest: str = ""
    agreement: int = 0
    agreement_digest: str = ""

    @classmethod
    def of(cls, known: Known) -> "Seen":
        """What is remembered of these documents."""
        return cls(
            directory=known.directory.version,
            directory_digest=known.directory.digest,
            agreement=known.ref.version,
            agreement_digest=known.ref.digest,
        )

    def check(self, known: Known) -> None:
        """Raises NotTrusted if either document is older than the one seen, or another of the same version."""
        for name, had, digest, version, new in (
            ("directory", self.directory, self.directory_digest, known.directory.version, known.directory.digest),
            ("agreement", self.agreement, self.agreement_digest, known.ref.version, known.ref.digest),
        ):
            if version < had or (version == had and digest != new):
                raise NotTrusted(
                    f"The {name} is not the one that this agency has seen, or a later one. Tell both parties' officers."
                )


def read_pins(path: Path) -> Pins:
    """The pins in this file. Raises NotTrusted, naming what is expected of it."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Pins)
    except (OSError, msgspec.DecodeError) as error:
        raise NotTrusted(
            "trust.json cannot be read: it names agency, gateway_url, gateway, log_vkey and officers."
        ) from error


class Trust:
    """The documents of one gateway under one set of officers, shared by the agencies of a desk that pin the same."""

    def __init__(self, pins: Pins, client: GatewayClient, file: Path, fresh: int | None = None) -> None:
        """`file` keeps the last documents that verified: a desk can start while the gateway is away.

        `fresh` is how old they may be, in seconds.
        """
        self._wanted = fresh
        try:
            self._officers = tuple(VerifierKey.parse(vkey) for vkey in pins.officers)
        except BadKey as error:
            raise NotTrusted(f"trust.json pins an officer's key that cannot be used. {error}") from error
        self._gateway, self._client, self._file = pins.gateway, client, file
        self._known: Known | None = None
        self._signed: Signed | None = None
        self._fetched_at = float("-inf")
        self._refused: NotTrusted | None = None
        self._one_at_a_time = asyncio.Lock()

    @property
    def _fresh(self) -> int:
        return FRESH_SECONDS if self._wanted is None else self._wanted

    @property
    def ready(self) -> bool:
        """Whether there are documents to seal and judge by."""
        return self._known is not None and self._refused is None

    async def current(self, *, afresh: bool = False) -> Known:
        """The documents, fetched and verified again when they are no longer fresh, or when asked to.

        While the gateway is away the last ones serve: nothing can be sent on them. Raises NotTrusted, GatewayAway.
        """
        async with self._one_at_a_time:
            if afresh or asyncio.get_running_loop().time() - self._fetched_at > self._fresh:
                await self._refresh()
        if self._refused is not None:
            raise self._refused
        if self._known is None:
            raise GatewayAway
        return self._known

    async def _refresh(self) -> None:
        if self._known is None and (kept := await asyncio.to_thread(self._kept)) is not None:
            await self._believe(kept)
        try:
            signed = Signed(
                directory=await self._client.document("directory"), agreement=await self._client.document("agreement")
            )
        except GatewayAway:
            self._fetched_at = asyncio.get_running_loop().time() - self._fresh + AWAY_SECONDS
            return
        await self._believe(signed)
        if self._refused is None:
            self._fetched_at = asyncio.get_running_loop().time()

    async def _believe(self, signed: Signed) -> None:
        """Go by these documents if they verify; from the moment they do not, nothing is sealed on any."""
        if signed != self._signed:
            try:
                self._known = await asyncio.to_thread(self._verified, signed.directory, signed.agreement)
                await asyncio.to_thread(self._file.write_bytes, encode(signed))
            except NotTrusted as refused:
                self._refused = refused
                return
        self._signed, self._refused = signed, None

    def _kept(self) -> Signed | None:
        """The documents of last time. They are verified again like any others, so nobody gains by changing the file."""
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=Signed)
        except (OSError, msgspec.DecodeError):
            return None

    def _verified(self, directory: SignedDocument, agreement: SignedDocument) -> Known:
        before = self._known
        try:
            known = directories.load(
                directory, self._officers, before.directory if before else None, gateway=self._gateway
            )
            verified = documents.verify("agreement", agreement, self._officers)
            terms = agreements.load(verified.document)
        except (DirectoryRefused, DocumentRefused, AgreementRefused) as error:
            raise NotTrusted(str(error)) from error
        if (terms.id, terms.version) != (verified.id, verified.version):
            raise NotTrusted("The agreement is not the version that its note says. Ask both parties to sign it again.")
        found = Known(
            directory=known,
            agreement=terms,
            ref=AgreementRef(id=terms.id, version=terms.version, digest=verified.digest),
        )
        if before is not None:
            Seen.of(before).check(found)
        return found

"""Agencies, officers and a signed directory for tests: the same seed gives the same keys and the same bytes."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import ClassVar, Final, cast, get_args

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.codec import b64url, encode
from contracts.directory import Agency, Directory, Office, SealingKey, SignedDocument, SigningKey
from contracts.vocabulary import AgencyKind
from keys import documents
from keys.endorsements import accede, endorse_sealing_key, new_signing_key
from keys.notes import NoteSigner, VerifierKey
from keys.sealing import SealingPrivateKey, sealing_private
from keys.tokens import key_id

DAY: Final = 86_400
OFFICE: Final = "main"


def secret(*names: str) -> bytes:
    """32 bytes that look random and are the same in every run."""
    return sha256("/".join(("rj-tests", *names)).encode()).digest()


@cache
def signing_private(*names: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(secret("signing", *names))


_sealing_private = cache(sealing_private)
_key_id = cache(key_id)


@dataclass(frozen=True)
class Officers:
    """The directory officers of both parties."""

    noms: NoteSigner
    acpo: NoteSigner

    @classmethod
    def make(cls, seed: str = "officers") -> "Officers":
        noms, acpo = (
            NoteSigner(name=f"{party}.example/officer", key=signing_private(seed, party)) for party in ("noms", "acpo")
        )
        return cls(noms, acpo)

    @property
    def signers(self) -> tuple[NoteSigner, NoteSigner]:
        return self.noms, self.acpo

    @property
    def verifiers(self) -> tuple[VerifierKey, VerifierKey]:
        return self.noms.vkey, self.acpo.vkey


@dataclass(frozen=True)
class TestAgency:
    """An agency with one signing key and one sealing key; its kind and code follow from its id (`police-13`)."""

    __test__: ClassVar[bool] = False  # pytest collects classes of such a name

    id: str
    seed: str = "agency"

    @property
    def kind(self) -> AgencyKind:
        kind = self.id.partition("-")[0]
        assert kind in get_args(AgencyKind), "An agency's id begins with its kind."
        return cast(AgencyKind, kind)

    @property
    def code(self) -> str | None:
        return self.id.partition("-")[2].upper() if self.kind in ("prison", "police", "vlu") else None

    @property
    def signing(self) -> Ed25519PrivateKey:
        return signing_private(self.seed, self.id)

    @property
    def signing_public(self) -> bytes:
        return self.signing.public_key().public_bytes_raw()

    @property
    def signing_kid(self) -> str:
        return _key_id(self.signing_public)

    @property
    def sealing_seed(self) -> bytes:
        return secret("sealing", self.seed, self.id)

    @property
    def sealing(self) -> SealingPrivateKey:
        return _sealing_private(self.sealing_seed)

    @property
    def sealing_kid(self) -> str:
        return self.sealing.public.kid

    def pseudonym(self, person: str) -> str:
        """What the agency calls one of its staff or systems: 22 characters."""
        return b64url(sha256(secret("pseudonym", self.seed, self.id, person)).digest())[:22]

    def signing_key(self, now: int) -> SigningKey:
        """Valid from a day ago, for a year."""
        return new_signing_key(self.signing_public, now - DAY, now + 365 * DAY)

    def sealing_key(self, origin: str, now: int) -> SealingKey:
        """Valid from a day ago; sealed to for a quarter, opened for half a year."""
        return endorse_sealing_key(
            origin,
            self.id,
            self.sealing.public.raw,
            self.signing,
            valid_from=now - DAY,
            seal_until=now + 91 * DAY,
            open_until=now + 182 * DAY,
        )

    def entry(self, origin: str, now: int, agreement_digest: str | None = None) -> Agency:
        """The agency as the directory lists it: one office `main`, and its accession if a digest is given."""
        accessions = (accede(origin, self.id, agreement_digest, self.signing),) if agreement_digest else ()
        return Agency(
            id=self.id,
            kind=self.kind,
            name=f"The {self.kind} {self.id}",
            code=self.code,
            offices=(
                Office(
                    id=OFFICE,
                    name="Restorative justice office",
                    phone="01632 960000",
                    hours="9 to 5",
                    out_of_hours="999",
                ),
            ),
            signing=(self.signing_key(now),),
            sealing=(self.sealing_key(origin, now),),
            accessions=accessions,
        )


def make_directory(
    origin: str,
    agencies: Iterable[TestAgency | Agency],
    officers: Officers,
    now: int,
    version: int = 1,
    agreement_digest: str | None = None,
) -> SignedDocument:
    """A directory that both officers have signed. Pass a changed `TestAgency.entry` to test an unusual agency."""
    directory = Directory(
        gateway=origin,
        version=version,
        issued_at=now,
        agencies=tuple(
            each.entry(origin, now, agreement_digest) if isinstance(each, TestAgency) else each for each in agencies
        ),
    )
    return documents.sign("directory", origin, version, encode(directory).decode(), officers.signers)

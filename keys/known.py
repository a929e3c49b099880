"""The directory as the program uses it, once every signature in it has been checked (`keys.directory.load`)."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

from contracts.directory import Agency, Office
from contracts.vocabulary import AgencyKind
from keys.sealing import SealingPublicKey


class Signer(Struct, frozen=True, kw_only=True, eq=False):
    """A signing key and its agency. Instants are UTC seconds."""

    agency: Agency
    kid: str
    public: Ed25519PublicKey
    valid_from: int
    valid_until: int
    revoked_at: int | None = None
    compromised_since: int | None = None

    @property
    def ends_at(self) -> int:
        """The instant from which the key is not accepted: what it signs from then on does not count."""
        return _earliest(self.valid_until, self.revoked_at, self.compromised_since)

    def valid_at(self, instant: int) -> bool:
        """Whether a token that arrives at this instant may be signed with the key."""
        return self.valid_from <= instant < self.ends_at


class Recipient(Struct, frozen=True, kw_only=True, eq=False):
    """A sealing key and the agency that can open what is sealed to it. Instants are UTC seconds."""

    agency_id: str
    kid: str
    public: SealingPublicKey
    valid_from: int
    seal_until: int
    open_until: int
    revoked_at: int | None = None
    compromised_since: int | None = None

    @property
    def seals_until(self) -> int:
        """The instant from which nothing may be sealed to the key."""
        return _earliest(self.seal_until, self.revoked_at, self.compromised_since)

    def may_seal_at(self, instant: int) -> bool:
        """Whether a value may be sealed to the key at this instant."""
        return self.valid_from <= instant < self.seals_until

    def may_open_at(self, instant: int) -> bool:
        """Whether a value sealed to the key, whenever that was, may still be handed over.

        A key that is only revoked still opens what was sealed to it. A compromised one opens nothing: its thief may
        be the one who asks.
        """
        return self.valid_from <= instant < _earliest(self.open_until, self.compromised_since)


class KnownDirectory:
    """One verified version of the directory. Never changed after it is made: a new version is a new object.

    `digest` is the SHA-256 of the signed document, base64url; `gateway` is the origin of the gateway that it serves.
    """

    __slots__ = ("_acceded", "_agencies", "_recipients", "_sealing", "_signers", "digest", "gateway", "version")

    def __init__(
        self,
        *,
        gateway: str,
        version: int,
        digest: str,
        agencies: tuple[Agency, ...],
        signers: tuple[Signer, ...],
        recipients: tuple[Recipient, ...],
    ) -> None:
        self.gateway, self.version, self.digest = gateway, version, digest
        self._agencies = {agency.id: agency for agency in agencies}
        self._signers = {signer.kid: signer for signer in signers}
        self._recipients = {recipient.kid: recipient for recipient in recipients}
        self._acceded = {(agency.id, accession.agreement) for agency in agencies for accession in agency.accessions}
        self._sealing: dict[str, list[Recipient]] = {agency.id: [] for agency in agencies}
        for recipient in sorted(recipients, key=lambda each: (each.valid_from, each.kid), reverse=True):
            self._sealing[recipient.agency_id].append(recipient)

    def agency(self, agency_id: str) -> Agency | None:
        return self._agencies.get(agency_id)

    def signer(self, kid: str) -> Signer | None:
        """The signing key of this id, valid or not: ask its `valid_at`."""
        return self._signers.get(kid)

    def recipient(self, kid: str) -> Recipient | None:
        """The sealing key of this id, valid or not: ask its `may_seal_at` or `may_open_at`."""
        return self._recipients.get(kid)

    def sealing_key_of(self, agency_id: str, instant: int) -> Recipient | None:
        """The newest of the agency's keys that may be sealed to at this instant."""
        return next((each for each in self._sealing.get(agency_id, ()) if each.may_seal_at(instant)), None)

    def acceded(self, agency_id: str, agreement_digest: str) -> bool:
        """Whether the agency has signed the agreement of this digest (base64url)."""
        return (agency_id, agreement_digest) in self._acceded

    def agencies_of(self, kind: AgencyKind) -> tuple[Agency, ...]:
        """The agencies of a kind, in the order of the directory."""
        return tuple(agency for agency in self._agencies.values() if agency.kind == kind)

    def office(self, agency_id: str, office_id: str) -> Office | None:
        agency = self._agencies.get(agency_id)
        return next((office for office in agency.offices if office.id == office_id), None) if agency else None


def _earliest(*instants: int | None) -> int:
    return min(instant for instant in instants if instant is not None)

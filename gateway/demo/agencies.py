"""Fresh agencies: their keys in a vault, their folder, and their entry in the directory."""

from pathlib import Path
from typing import Final, cast, get_args

import msgspec
from msgspec import Struct

from contracts.codec import b64url, encode
from contracts.directory import Agency, Directory, Office, SignedDocument
from contracts.identifiers import FORCES
from contracts.vocabulary import AgencyKind
from gateway.desk.trust import Pins
from keys import documents, vault
from keys.endorsements import accede, endorse_sealing_key, new_signing_key
from keys.notes import NoteSigner
from keys.vault import Vault

DAY: Final = 86_400
CODED: Final = ("prison", "police", "vlu")
NAMES: Final = {
    "prison-mdi": "Moorland (HMP & YOI)",
    "prison-lei": "Leeds (HMP)",
    "vlu-yh": "Victim Liaison Unit, Yorkshire and the Humber",
    "inspectorate-hmip": "HM Inspectorate of Prisons",
    "party-noms": "National Offender Management Service",
    "party-acpo": "Association of Chief Police Officers",
}


class Member(Struct, frozen=True, kw_only=True):
    """An agency with its private keys, as only the demonstration that made it holds them."""

    id: str
    vault: Vault

    @property
    def kind(self) -> AgencyKind:
        """The kind, which the id begins with."""
        return cast(AgencyKind, self.id.partition("-")[0])

    @property
    def code(self) -> str | None:
        """The prison, force or unit code, which the id ends with."""
        return self.id.partition("-")[2].upper() if self.kind in CODED else None

    @property
    def name(self) -> str:
        """What people call it."""
        if self.kind == "police":
            return f"{FORCES.get(self.code or '', 'Force ' + (self.code or ''))} Police"
        return NAMES.get(self.id, f"Prison {self.code}")


def make(agency_id: str) -> Member:
    """An agency with fresh keys."""
    if agency_id.partition("-")[0] not in get_args(AgencyKind):
        raise ValueError("An agency's id begins with its kind.")
    fresh = vault.generate_vault().with_signing(vault.generate_signing_key())
    return Member(id=agency_id, vault=fresh.with_sealing(vault.generate_sealing_key()))


def entry(member: Member, origin: str, agreement_digest: str, now: int) -> Agency:
    """The agency as the directory lists it, its keys endorsed and its accession signed by itself."""
    ((signing_kid, _),) = member.vault.signing_seeds.items()
    ((sealing_kid, _),) = member.vault.sealing_seeds.items()
    signing, sealing = member.vault.signing(signing_kid), member.vault.sealing(sealing_kid)
    start = now - DAY
    return Agency(
        id=member.id,
        kind=member.kind,
        name=member.name,
        code=member.code,
        offices=(_office(member),),
        signing=(new_signing_key(signing.public_key().public_bytes_raw(), start, now + 365 * DAY),),
        sealing=(
            endorse_sealing_key(
                origin,
                member.id,
                sealing.public.raw,
                signing,
                valid_from=start,
                seal_until=now + 91 * DAY,
                open_until=now + 182 * DAY,
            ),
        ),
        accessions=() if member.kind == "party" else (accede(origin, member.id, agreement_digest, signing),),
    )


def directory(
    members: list[Member],
    origin: str,
    agreement_digest: str,
    now: int,
    signers: tuple[NoteSigner, ...],
    *,
    version: int = 1,
) -> SignedDocument:
    """The directory, signed by both parties' officers: the first version, or a later one of the same agencies."""
    entries = tuple(entry(member, origin, agreement_digest, now) for member in members)
    document = encode(Directory(gateway=origin, version=version, issued_at=now, agencies=entries)).decode()
    return documents.sign("directory", origin, version, document, signers)


def settle_in(member: Member, folder: Path, pins: Pins) -> None:
    """The agency's own folder: its vault, the key that unlocks it, and what it pins as trusted."""
    folder.mkdir(mode=0o700, parents=True)
    unlock = vault.generate_signing_key()
    vault.write(folder / "vault", member.vault, unlock)
    write_secret(folder / "unlock.key", b64url(unlock))
    (folder / "trust.json").write_bytes(msgspec.json.format(encode(pins)))


def write_secret(path: Path, text: str) -> None:
    """A line that only its owner may read."""
    path.touch(mode=0o600)
    path.write_text(text + "\n")


def _office(member: Member) -> Office:
    return Office(
        id="rj-team",
        name=f"Restorative justice team, {member.name}",
        phone="01632 960 100",
        hours="Monday to Friday, 9:00 to 17:00",
        out_of_hours="The duty officer, on 01632 960 999.",
    )

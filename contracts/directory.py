"""The agency directory: agencies, their offices and keys. Signed by both parties' directory officers.

Verified by `keys.directory`; here is only its shape.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from contracts.text import AgencyId, Digest, Instant, KeyId, OfficeId, Origin, Signature
from contracts.vocabulary import AgencyKind

Words = Annotated[str, Meta(min_length=1, max_length=200)]


class Office(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An office of an agency and how to reach it: whom to ring."""

    id: OfficeId
    name: Words
    phone: Words
    hours: Words
    out_of_hours: Words


class Endorsement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The signature of one of the agency's signing keys over a key's statement (`keys.endorsements.statement`)."""

    by: KeyId
    signature: Signature


class SigningKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An Ed25519 key. Endorsed by the agency's previous key, or by the officers alone (`endorsement` null).

    `revoked_at`: not accepted from then on. `compromised_since`: nothing signed since then counts.
    """

    kid: KeyId
    public: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}$(?!\n)", max_length=43)]
    valid_from: Instant
    valid_until: Instant
    revoked_at: Instant | None = None
    compromised_since: Instant | None = None
    endorsement: Endorsement | None = None


class SealingKey(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An X-Wing key (1,216 bytes): sealed to until `seal_until`, opened until `open_until`, then destroyed."""

    kid: KeyId
    public: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1622}$(?!\n)", max_length=1622)]
    valid_from: Instant
    seal_until: Instant
    open_until: Instant
    revoked_at: Instant | None = None
    compromised_since: Instant | None = None
    endorsement: Endorsement


class Accession(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The agency's own signature under an agreement version, named by digest."""

    agreement: Digest
    endorsement: Endorsement


class Agency(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An agency. `code` is the force code or the prison code, where it has one."""

    id: AgencyId
    kind: AgencyKind
    name: Words
    code: Annotated[str, Meta(pattern=r"^[A-Z0-9]{2,6}$(?!\n)", max_length=6)] | None = None
    offices: Annotated[tuple[Office, ...], Meta(max_length=50)] = ()
    signing: Annotated[tuple[SigningKey, ...], Meta(max_length=20)]
    sealing: Annotated[tuple[SealingKey, ...], Meta(max_length=20)]
    accessions: Annotated[tuple[Accession, ...], Meta(max_length=20)] = ()


class Directory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of the directory of one gateway. Versions only grow."""

    v: Literal[1] = 1
    gateway: Origin
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    issued_at: Instant
    agencies: Annotated[tuple[Agency, ...], Meta(max_length=5000)]


SIGNED_BYTES_MAX: Final = 17_000_000
"""A signed document as JSON, its note with it."""


class SignedDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document as it travels: its exact text, and the C2SP signed note over its kind, version and digest."""

    document: Annotated[str, Meta(max_length=16_000_000)]
    note: Annotated[str, Meta(max_length=20_000)]

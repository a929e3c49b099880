"""The envelope of a message and the claims of its token (FORMATS: tokens)."""

from typing import Annotated, Final, Generic, Literal, TypeVar

from msgspec import Meta, Struct

from contracts.messages.actor import Actor
from contracts.messages.contact_answer import Exact
from contracts.text import AgencyId, Digest, Id, Instant, KeyId, Origin
from contracts.vocabulary import SealedField

GATEWAY: Final = "gateway"
"""The addressee of messages that no agency receives: open, log-search, sensitivity, documents."""

CLOCK_SKEW: Final = 10
"""Seconds by which an agency's clock may be ahead of the log's."""

B = TypeVar("B")


class AgreementRef(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The agreement version that the sender acts under."""

    id: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$(?!\n)", max_length=40)]
    version: Annotated[int, Meta(ge=1, le=1_000_000)]
    digest: Digest


class SealedRef(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A manifest entry: the recipient's key, and the digest of the sealed value."""

    kid: KeyId
    sha256: Digest


class Claims(Struct, Generic[B], frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a message's token says. `iss` and `to` are agencies, `aud` the gateway's origin, times are UTC seconds."""

    iss: AgencyId
    aud: Origin
    to: AgencyId
    iat: Instant
    exp: Instant
    jti: Id
    exchange: Id
    actor: Actor
    agreement: AgreementRef
    sealed: dict[SealedField, SealedRef]
    body: B


class Identified(Struct, frozen=True, kw_only=True):
    """What of a token can be told apart even where the rest does not follow its contract."""

    iss: AgencyId
    iat: Instant
    exp: Instant
    jti: Id
    exchange: Id


class Envelope(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is posted. `sealed` maps fields to sealed values in base64url; `exact` belongs to `contact-answer` only."""

    token: Annotated[str, Meta(max_length=32_768)]
    sealed: Annotated[dict[SealedField, Annotated[str, Meta(max_length=16_384)]], Meta(max_length=16)] = {}
    exact: Exact | None = None


class Reading(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The claims of a self-signed token for the reading endpoints: this method, this path, for 60 seconds at most."""

    iss: AgencyId
    aud: Origin
    iat: Instant
    exp: Instant
    jti: Id
    htm: Literal["GET"]
    htu: Annotated[str, Meta(max_length=300, description="Path and query, as sent.")]


READING_TYP: Final = "rj.reading.v1+jwt"

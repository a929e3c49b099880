"""Evidence of one exchange: what the gateway hands to somebody who takes part in it, and what is in a bundle of it.

Everything in it proves itself: a receipt its line of the log, a signature who said it, a document's leaf from where on
it counted. The bundle's form is told in `gateway.evidence_bundle`.
"""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from contracts.text import AgencyId, Digest, Id, Instant, Origin

EVIDENCE_PAGE: Final = 200
"""Lines in one answer at the most."""

FORM: Final = 1
"""The form of a bundle: its members, and every word of its texts."""

LeafIndex = Annotated[int, Meta(ge=0, description="The index of a line in the log.")]
Version = Annotated[int, Meta(ge=1, le=1_000_000)]


class EvidenceLine(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A line of the log, as far as its reader may see it.

    `receipt` is a C2SP tlog-proof with the openings that are the reader's to see; `token` is the message as its sender
    signed it, `decision` the gateway's word on it (for its sender and inspectors), `notice` what the gateway told.
    """

    index: LeafIndex
    receipt: str
    token: str | None = None
    decision: str | None = None
    notice: str | None = None


class EvidenceDocument(Struct, frozen=True, kw_only=True):
    """A signed document that the gateway went by from the line `index` on; `receipt` proves the leaf that says so.

    The document itself is public: `GET /v1/agreement?version=N`, `GET /v1/directory?version=N`.
    """

    kind: Literal["agreement", "directory"]
    version: Version
    sha256: Digest
    index: LeafIndex
    receipt: str


class Evidence(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What `GET /v1/exchanges/{id}/evidence` answers: a page of lines, and the documents as they stood.

    `next` is the `after` of the next page, where there is one. `at` is the gateway's time, in UTC seconds.
    """

    v: Literal[1] = 1
    origin: Origin
    exchange: Id
    reader: AgencyId
    at: Instant
    lines: Annotated[tuple[EvidenceLine, ...], Meta(max_length=EVIDENCE_PAGE)]
    documents: tuple[EvidenceDocument, ...]
    next: LeafIndex | None = None


class BundledLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line in a bundle, and the folder that holds what proves it."""

    index: LeafIndex
    folder: Annotated[str, Meta(pattern=r"^lines/[0-9]{6,15}-[a-z-]{1,40}$(?!\n)", max_length=70)]


class BundledDocument(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signed document in a bundle, and the line of the log that announced it."""

    kind: Literal["agreement", "directory"]
    version: Version
    index: LeafIndex


class Bundled(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`evidence.json`: what is in a bundle. `reader` and `at` (UTC seconds) are its maker's word alone."""

    v: Literal[1] = FORM
    origin: Origin
    exchange: Id
    reader: AgencyId
    at: Instant
    lines: tuple[BundledLine, ...]
    documents: tuple[BundledDocument, ...]

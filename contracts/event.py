"""What a line of the log stands for: two parts that the leaf commits to, and neither of which it shows.

`shared` holds what both parties may know of the event, `exact` what only the sender's side and inspectors may.
A leaf publishes two salted commitments and nothing else (FORMATS: leaves).
"""

import hashlib
import hmac
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from contracts.codec import b64url
from contracts.messages.actor import Actor
from contracts.text import AgencyId, ClauseNumber, Digest, Id, Origin
from contracts.vocabulary import Copy, OpenReason, Purpose, ReasonCode, SealedField

COMMITMENT: Final = b"rj-leaf-v1\0"
SALT_SIZE: Final = 32
LEAF_LIMIT: Final = 4096

EventName = Annotated[str, Meta(pattern=r"^[a-z][a-z-]{1,38}[a-z]$(?!\n)", max_length=40)]


class Shared(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What both parties of an exchange may know. `at` is log time in UTC seconds; `token` the message's digest."""

    event: EventName
    at: int
    exchange: Id | None = None
    iss: AgencyId | None = None
    to: AgencyId | None = None
    jti: Id | None = None
    token: Digest | None = None
    decision: Literal["accepted", "refused"] | None = None
    agreement: Digest | None = None
    fields: tuple[SealedField, ...] = ()


class Exact(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Code, clauses and actor: for the sender's side and inspectors. `lines`: those whose records an erasure took.

    `copy`: what was opened was copied, such as printed.
    """

    actor: Actor | None = None
    purpose: Purpose | None = None
    code: ReasonCode | None = None
    clauses: tuple[ClauseNumber, ...] = ()
    state: str | None = None
    why: str | None = None
    withheld: tuple[SealedField, ...] = ()
    reason_given: OpenReason | None = None
    rule: ClauseNumber | None = None
    lines: tuple[int, ...] = ()
    copy: Copy | None = None


class Opening(Struct, frozen=True, kw_only=True):
    """A part of an event with the salt that opens its commitment. Erasable: without it the leaf says nothing."""

    salt: bytes
    part: bytes


class EventLeaf(Struct, frozen=True, kw_only=True, tag_field="class", tag="event", forbid_unknown_fields=True):
    """`{"class":"event","v":1,"shared":…,"exact":…}`: two commitments, base64url."""

    v: Literal[1] = 1
    shared: Digest
    exact: Digest


class AgreementLeaf(Struct, frozen=True, kw_only=True, tag_field="class", tag="agreement", forbid_unknown_fields=True):
    """A new agreement version, in clear: anyone can watch."""

    v: Literal[1] = 1
    version: int
    sha256: Digest


class DirectoryLeaf(Struct, frozen=True, kw_only=True, tag_field="class", tag="directory", forbid_unknown_fields=True):
    """A new directory version, in clear: anyone can watch keys change."""

    v: Literal[1] = 1
    version: int
    sha256: Digest


class LogKeyLeaf(Struct, frozen=True, kw_only=True, tag_field="class", tag="log-key", forbid_unknown_fields=True):
    """A key that signs this log from here on, in clear: a rotation is seen in the log itself."""

    v: Literal[1] = 1
    vkey: Annotated[str, Meta(max_length=300)]


class RecoveredLeaf(Struct, frozen=True, kw_only=True, tag_field="class", tag="recovered", forbid_unknown_fields=True):
    """The lines from `first` to before `end` were put back from the public log: what opened them is lost."""

    v: Literal[1] = 1
    first: int
    end: int


class SuccessorLeaf(Struct, frozen=True, kw_only=True, tag_field="class", tag="successor", forbid_unknown_fields=True):
    """The first line of a log that takes the place of another: where that ended, signed by both parties."""

    v: Literal[1] = 1
    origin: Origin
    size: int
    root: Digest
    sha256: Digest


Leaf = EventLeaf | AgreementLeaf | DirectoryLeaf | LogKeyLeaf | RecoveredLeaf | SuccessorLeaf

_leaf: Final[msgspec.json.Decoder[Leaf]] = msgspec.json.Decoder(Leaf)
_shared = msgspec.json.Decoder(Shared)
_exact = msgspec.json.Decoder(Exact)


def commitment(part_name: Literal["shared", "exact"], opening: Opening) -> str:
    """HMAC-SHA-256(salt, `rj-leaf-v1` ‖ 0 ‖ part name ‖ 0 ‖ part), base64url (FORMATS: leaves)."""
    message = COMMITMENT + part_name.encode() + b"\0" + opening.part
    return b64url(hmac.digest(opening.salt, message, hashlib.sha256))


def event_leaf(shared: Opening, exact: Opening) -> bytes:
    """The bytes of the leaf that commits to both parts."""
    return msgspec.json.encode(EventLeaf(shared=commitment("shared", shared), exact=commitment("exact", exact)))


def opens(entry: bytes, part_name: Literal["shared", "exact"], opening: Opening) -> bool:
    """Whether the opening is the one that this leaf committed to."""
    leaf = _leaf.decode(entry)
    # HMAC pads its key with zeros: only one length of salt makes the opening unique.
    return (
        isinstance(leaf, EventLeaf)
        and len(opening.salt) == SALT_SIZE
        and hmac.compare_digest(getattr(leaf, part_name), commitment(part_name, opening))
    )


def parse_leaf(entry: bytes) -> Leaf:
    """The leaf in these bytes. Raises msgspec.ValidationError for anything that is not one."""
    return _leaf.decode(entry)


def parse_shared(part: bytes) -> Shared:
    """The event's shared part; members it does not know are ignored, so that a minor version can add."""
    return _shared.decode(part)


def parse_exact(part: bytes) -> Exact:
    """The event's exact part; members it does not know are ignored, so that a minor version can add."""
    return _exact.decode(part)

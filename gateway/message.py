"""A message on its way through the gateway: other types before and after each check, so that none is skipped."""

from msgspec import Struct

from contracts.envelope import Claims, Identified
from contracts.messages import Body, Spec
from contracts.messages.contact_answer import Exact
from keys.documents import DocumentKind


class Verified(Struct, frozen=True, kw_only=True):
    """A message whose sender, contract and manifest have been checked."""

    spec: Spec
    claims: Claims[Body]
    token: str
    digest: str
    kid: str
    sealed: dict[str, bytes]
    exact: Exact | None


class Unfit(Struct, frozen=True, kw_only=True):
    """A message whose sender is known, but which does not follow its contract. Refused, precisely, and on record."""

    name: str
    claims: Identified
    token: str
    digest: str
    kid: str
    detail: str
    where: str | None


class FellDue(Struct, frozen=True, kw_only=True):
    """Time has come for an exchange: the scheduler's own submission, by the same path as every message."""

    exchange: str


class LinesFellDue(Struct, frozen=True, kw_only=True):
    """Time has come for the records of lines that belong to no exchange."""

    lines: tuple[int, ...]


class Announced(Struct, frozen=True, kw_only=True):
    """A signed document that the gateway now goes by: a leaf in clear, so that anyone can watch. `signed` is kept."""

    kind: DocumentKind
    version: int
    sha256: str
    signed: bytes


class KeySigns(Struct, frozen=True, kw_only=True):
    """A key that signs this log's checkpoints from here on: a leaf in clear, unless the log began with it."""

    vkey: str


class Succeeds(Struct, frozen=True, kw_only=True):
    """This log takes the place of another: its first leaf, in clear. `sha256` is that of what both parties signed."""

    origin: str
    size: int
    root: str
    sha256: str


Submission = Verified | Unfit | FellDue | LinesFellDue | Announced | KeySigns | Succeeds

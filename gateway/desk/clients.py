"""Who may call the local API of an agency: clients, each with a name and a key of its own.

A key is 32 random bytes, shown once. What is kept is its digest, so that nobody who reads the records has a key; it is
found by a keyed hash of that digest, so that how long a search takes tells nothing of any key. Each call looks here:
a revoked key opens nothing from that moment, with no restart.

The text of `local-api.key`, in the agency's folder, is the key of the client `default`.
"""

import secrets
from datetime import UTC, datetime
from hashlib import sha256
from hmac import compare_digest
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from contracts.codec import b64url
from contracts.text import Day, Instant
from gateway.desk.cabinet import Drawer

KIND: Final = "client"
DEFAULT: Final = "default"
KEY_BYTES: Final = 32

ClientName = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9-]{1,38}[a-z0-9]$(?!\n)",
        max_length=40,
        description="lower-case letters, digits and hyphens, such as case-system",
    ),
]
Scope = Literal["read", "act", "requester", "holder", "inspector"]
"""What a key is for: calls that only look, calls that act; the calls of one face. None named means all."""

_KINDS: Final = frozenset({"read", "act"})


class ClientRefused(ValueError):
    """The client cannot be made or revoked; the message says what to change."""


class Client(Struct, frozen=True, kw_only=True):
    """A client. `until` is the last day of its key, `last_used` the day of its last call."""

    name: ClientName
    digest: str
    made_at: Instant
    scope: tuple[Scope, ...] = ()
    until: Day | None = None
    last_used: Day | None = None
    revoked_at: Instant | None = None

    def is_live(self, at: int) -> bool:
        """Whether its key opens anything at this instant."""
        return self.revoked_at is None and (self.until is None or _day(at) <= self.until)

    def may(self, kind: Literal["read", "act"], face: str) -> bool:
        """Whether its scope holds calls of this kind and face."""
        kinds, faces = _KINDS & set(self.scope), set(self.scope) - _KINDS
        return (not kinds or kind in kinds) and (not faces or face in faces or face == "everybody")


def recognised(drawer: Drawer, key: str, at: int) -> Client | None:
    """The client whose key this is, if it is live; the day is written down."""
    digest = _digest(key)
    found = drawer.get(KIND, digest, Client)
    if found is None or not compare_digest(found.digest, digest) or not found.is_live(at):
        return None
    if found.last_used != _day(at):
        _keep(drawer, replace(found, last_used=_day(at)))
    return found


def make(drawer: Drawer, name: str, scope: tuple[Scope, ...], until: str | None, at: int) -> tuple[Client, str]:
    """A client and its key, which is told this once. Raises ClientRefused."""
    if any(each.name == name and each.is_live(at) for each in every(drawer)):
        raise ClientRefused(f"There is a client {name} already. Revoke it first, or choose another name.")
    if until is not None and until < _day(at):
        raise ClientRefused("The last day of the key is past. Name a later one.")
    key = secrets.token_urlsafe(KEY_BYTES)
    try:
        given = {"name": name, "digest": _digest(key), "made_at": at, "scope": scope, "until": until}
        client = msgspec.convert(given, Client)
    except msgspec.ValidationError:
        raise ClientRefused(
            "A client's name is lower-case letters, digits and hyphens, such as case-system. A day is YYYY-MM-DD."
        ) from None
    _keep(drawer, client)
    return client, key


def revoke(drawer: Drawer, name: str, at: int) -> Client:
    """The client's key opens nothing any more. Raises ClientRefused."""
    for each in every(drawer):
        if each.name == name and each.revoked_at is None:
            revoked = replace(each, revoked_at=at)
            _keep(drawer, revoked)
            return revoked
    raise ClientRefused("There is no such client with a key. `rj desk-keys list` names them.")


def settle_default(drawer: Drawer, key: str, at: int) -> None:
    """The key in `local-api.key` is that of the client `default`; one that it took the place of opens nothing."""
    digest = _digest(key)
    for each in every(drawer):
        if each.name == DEFAULT and each.digest != digest and each.revoked_at is None:
            _keep(drawer, replace(each, revoked_at=at))
    if drawer.get(KIND, digest, Client) is None:
        _keep(drawer, Client(name=DEFAULT, digest=digest, made_at=at))


def every(drawer: Drawer) -> list[Client]:
    """All clients, those that are over too, in the order in which they came."""
    return [each for _, each in drawer.each(KIND, Client)]


def _keep(drawer: Drawer, client: Client) -> None:
    drawer.put(KIND, client.digest, client)


def _digest(key: str) -> str:
    return b64url(sha256(key.encode(errors="surrogateescape")).digest())


def _day(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).date().isoformat()

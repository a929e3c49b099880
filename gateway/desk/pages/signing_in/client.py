"""One provider, asked over HTTPS: what it says of itself, its keys, and what it gives for a code."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import quote_plus

from aiohttp import ClientSession
from msgspec import Struct

from contracts.codec import Malformed
from gateway.config import SignIn
from gateway.desk.pages.signing_in import back_channel
from gateway.desk.pages.signing_in.errors import NotVouched, StartAgain
from gateway.desk.pages.signing_in.foreign import read
from gateway.desk.pages.signing_in.keys import Header, Key, choose, read_keys
from gateway.desk.pages.signing_in.metadata import Metadata, read_metadata, well_known

KEPT_SECONDS: Final = 3_600
"""How long a provider's word and keys are gone by. A key that it takes back counts for no longer than that."""

ASK_AGAIN_SECONDS: Final = 30
"""An unknown key may be a new one, but whoever makes up names of keys must not make the desk ask all the time."""


class Tokens(Struct, frozen=True, kw_only=True):
    """What a provider gives for a code. The access token is used for nothing but the check of its hash."""

    id_token: str
    access_token: str


class _Error(Struct, frozen=True, kw_only=True):
    error: str


class Client:
    """`secret` is None for a public client. `now` gives UTC seconds."""

    def __init__(self, settings: SignIn, secret: str | None, session: ClientSession, now: Callable[[], int]) -> None:
        self._settings, self._secret, self._session, self._now = settings, secret, session, now
        self._said: tuple[int, Metadata] | None = None
        self._keys: tuple[Key, ...] = ()
        self._keys_asked_at: int | None = None
        self._asking = asyncio.Lock()

    async def metadata(self) -> Metadata:
        """What it says of itself, at most an hour old. Raises ProviderAway and NotVouched."""
        now = self._now()
        if self._said is None or not 0 <= now - self._said[0] < KEPT_SECONDS:
            raw = await back_channel.get(self._session, well_known(self._settings.issuer))
            self._said = now, read_metadata(raw, self._settings.issuer, secret=self._secret is not None)
        return self._said[1]

    async def key(self, header: Header) -> Key:
        """The key that a token names, asked for anew where it is unknown. Raises ProviderAway and NotVouched."""
        async with self._asking:
            if self._keys_older_than(KEPT_SECONDS):
                await self._ask_for_keys()
            if (known := choose(self._keys, header)) is not None:
                return known
            if self._keys_older_than(ASK_AGAIN_SECONDS):
                await self._ask_for_keys()
            if (new := choose(self._keys, header)) is not None:
                return new
        raise NotVouched("The sign-in service's answer is signed with a key that is not in its list.", "unknown-key")

    async def redeem(self, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """What it gives for a code, once. Raises StartAgain, ProviderAway and NotVouched."""
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        headers = {}
        if self._secret is None:
            form["client_id"] = self._settings.client_id
        else:
            headers["Authorization"] = _basic(self._settings.client_id, self._secret)
        status, body = await back_channel.post(self._session, (await self.metadata()).token_endpoint, form, headers)
        if status == HTTPStatus.OK:
            return _tokens(body)
        if status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED):
            raise _refused(body)
        raise back_channel.away_or_wrong(status)

    def _keys_older_than(self, seconds: int) -> bool:
        return self._keys_asked_at is None or not 0 <= self._now() - self._keys_asked_at < seconds

    async def _ask_for_keys(self) -> None:
        metadata = await self.metadata()
        self._keys = read_keys(await back_channel.get(self._session, metadata.jwks_uri))
        self._keys_asked_at = self._now()


def _basic(client_id: str, secret: str) -> str:
    """RFC 6749 section 2.3.1: each is form-encoded before they are joined."""
    return "Basic " + b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


def _tokens(body: bytes) -> Tokens:
    try:
        return read(body, Tokens)
    except Malformed:
        raise NotVouched("The sign-in service gave no ID token for its own code.", "token-answer") from None


def _refused(body: bytes) -> StartAgain | NotVouched:
    """`invalid_grant` is a code that is spent, late or another's; anything else is a fault of the settings."""
    try:
        error = read(body, _Error).error
    except Malformed:
        error = ""
    if error == "invalid_grant":
        return StartAgain("code-refused")
    return NotVouched("The sign-in service does not accept this desk as its client.", "client-refused")

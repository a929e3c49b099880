"""THE JOURNEY of a sign-in: the browser is sent to the provider, comes back with a code, and a person is known.

Begin: state, nonce and a PKCE verifier are made for this one sign-in, and stay on the desk's side.
Finish, in order:

1. the answer belongs to this sign-in, which is young and has not been finished before (state)
2. it comes from the provider that was asked (RFC 9207), and is no error
3. the code is exchanged, with the verifier that only this desk has (RFC 7636)
4. the token is signed by the provider, and says what it must (`keys`, `id_token`)
5. the claims make a person of an agency for which this provider may speak (`person`)
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final

from aiohttp import ClientSession
from msgspec import Struct
from multidict import MultiMapping
from yarl import URL

from contracts.codec import b64url
from gateway.config import SignIn, read_file
from gateway.desk import ids
from gateway.desk.pages.people import SignedIn
from gateway.desk.pages.signing_in.client import Client
from gateway.desk.pages.signing_in.errors import NotFinished, NotVouched, ProviderAway, StartAgain
from gateway.desk.pages.signing_in.id_token import Expected, judge
from gateway.desk.pages.signing_in.keys import read_header, signed
from gateway.desk.pages.signing_in.metadata import PKCE_METHOD, Metadata
from gateway.desk.pages.signing_in.person import signed_in
from gateway.errors import ConfigRefused

PENDING_SECONDS: Final = 600
MAX_AGE_SECONDS: Final = 43_200
"""12 hours, as the agreement has it (clause 4.6): the provider asks anew whoever signed in there before that."""

SECRET_BYTES: Final = 32
CODE_MAX: Final = 4_096
CLIENT_SECRET_MAX: Final = 1_024


class Pending(Struct, frozen=True, kw_only=True):
    """A sign-in that has begun. It stays on the desk's side, in what belongs to one browser, until it comes back."""

    state: str
    nonce: str
    verifier: str
    issuer: str
    client_id: str
    redirect_uri: str
    begun_at: int


class Provider:
    """Sign-in by one provider. `session` is one of `back_channel.open_session`. Raises ConfigRefused."""

    def __init__(self, settings: SignIn, session: ClientSession, now: Callable[[], int] = ids.now) -> None:
        secret = read_client_secret(settings.client_secret) if settings.client_secret else None
        self.settings, self.name = settings, settings.name
        self._client, self._now = Client(settings, secret, session, now), now
        self._spent: dict[str, int] = {}

    async def begin(self, redirect_uri: str) -> tuple[str, Pending]:
        """Where to send the browser, and what to keep until it returns. Raises ProviderAway and NotVouched."""
        metadata = await self._client.metadata()
        pending = Pending(
            state=b64url(secrets.token_bytes(SECRET_BYTES)),
            nonce=b64url(secrets.token_bytes(SECRET_BYTES)),
            verifier=b64url(secrets.token_bytes(SECRET_BYTES)),
            issuer=self.settings.issuer,
            client_id=self.settings.client_id,
            redirect_uri=redirect_uri,
            begun_at=self._now(),
        )
        return _address(metadata, self.settings.scope, pending), pending

    async def finish(self, query: MultiMapping[str], pending: Pending) -> SignedIn:
        """The person who came back with this query. Raises SignInRefused, and finishes no sign-in twice."""
        self._spend(query, pending)
        code = _code(query, pending, await self._client.metadata())
        tokens = await self._client.redeem(code, pending.verifier, pending.redirect_uri)
        header = read_header(tokens.id_token)
        payload = signed(tokens.id_token, header, await self._client.key(header))
        expected = Expected(
            issuer=pending.issuer,
            client_id=pending.client_id,
            nonce=pending.nonce,
            begun_at=pending.begun_at,
            now=self._now(),
            max_age=MAX_AGE_SECONDS,
            alg=header.alg,
            access_token=tokens.access_token,
        )
        token, claims = judge(payload, expected)
        return signed_in(token, claims, self.settings)

    async def sign_out_address(self, back_to: str) -> str | None:
        """Where the provider signs somebody out, if it offers that. It is given no token: an address is no place for
        one. `back_to` must be registered with the provider. Raises ProviderAway and NotVouched."""
        endpoint = (await self._client.metadata()).end_session_endpoint
        if endpoint is None:
            return None
        query = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back_to}
        return str(URL(endpoint).update_query(query))

    def _spend(self, query: MultiMapping[str], pending: Pending) -> None:
        """The caller forgets `pending` before it calls; that two calls at once finish one sign-in is refused here."""
        now = self._now()
        if (pending.issuer, pending.client_id) != (self.settings.issuer, self.settings.client_id):
            raise NotVouched("The answer comes from another sign-in service.", "mix-up")
        if not hmac.compare_digest((_one(query, "state") or "").encode(errors="replace"), pending.state.encode()):
            raise StartAgain("state")
        if not 0 <= now - pending.begun_at < PENDING_SECONDS:
            raise StartAgain("late")
        if pending.state in self._spent:
            raise StartAgain("spent")
        self._spent = {state: at for state, at in self._spent.items() if now - at < PENDING_SECONDS}
        self._spent[pending.state] = now


def read_client_secret(path: Path) -> str:
    """The secret that the provider gave the desk: one line of a file. Raises ConfigRefused."""
    secret = read_file(path, "the client secret").decode("utf-8", "replace").strip()
    if not (0 < len(secret) <= CLIENT_SECRET_MAX and secret.isascii() and secret.isprintable()):
        raise ConfigRefused(f"{path}: this is not a client secret. It is one line, as the sign-in service gave it.")
    return secret


def _address(metadata: Metadata, scope: str, pending: Pending) -> str:
    query = {
        "response_type": "code",
        "client_id": pending.client_id,
        "redirect_uri": pending.redirect_uri,
        "scope": scope,
        "state": pending.state,
        "nonce": pending.nonce,
        "code_challenge": b64url(hashlib.sha256(pending.verifier.encode()).digest()),
        "code_challenge_method": PKCE_METHOD,
        "max_age": str(MAX_AGE_SECONDS),
    }
    return str(URL(metadata.authorization_endpoint).update_query(query))


def _code(query: MultiMapping[str], pending: Pending, metadata: Metadata) -> str:
    """The code of an answer that comes from the provider that was asked."""
    issuer = _one(query, "iss")
    if issuer != pending.issuer and (issuer or metadata.authorization_response_iss_parameter_supported):
        raise NotVouched("The answer comes from another sign-in service.", "mix-up")
    if (error := _one(query, "error")) is not None:
        raise _failed(error)
    code = _one(query, "code")
    if not code or len(code) > CODE_MAX:
        raise NotVouched("The sign-in service sent nobody's answer.", "code")
    return code


def _failed(error: str) -> NotFinished | ProviderAway | NotVouched:
    """What the provider itself says went wrong. Its own description is text that anybody could have put there."""
    match error:
        case "access_denied":
            return NotFinished("You did not finish signing in. Go back to the desk to sign in again.", "declined")
        case "login_required" | "interaction_required" | "consent_required" | "account_selection_required":
            return NotFinished("You are not signed in yet. Go back to the desk and sign in again.", "interaction")
        case "temporarily_unavailable" | "server_error":
            return ProviderAway("provider-error")
        case _:
            return NotVouched("The sign-in service refused this desk's request.", "request-refused")


def _one(query: MultiMapping[str], name: str) -> str | None:
    """A parameter that is there once. More than once it is nobody's (RFC 6749 section 3.1)."""
    found = query.getall(name, [])
    if len(found) > 1:
        raise StartAgain("repeated")
    return found[0] if found else None

"""A desk that signs people in at a provider that lies, and what its tests ask of it."""

import json
import time
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import jwt
import pytest
from multidict import MultiDict

from contracts.codec import b64url
from gateway.config import SignIn
from gateway.desk.pages.people import SignedIn
from gateway.desk.pages.signing_in.errors import SignInRefused
from gateway.desk.pages.signing_in.flow import Pending, Provider
from tests.gateway.desk.signing_in.hostile_provider import CLIENT, SECRET, HostileProvider

BACK = "https://desk.example/sign-in/back"
DISCOVERY = "/.well-known/openid-configuration"


class Clock:
    """The desk's clock, which a test moves."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        return int(time.time()) + self.ahead


class Desk:
    """A desk with one provider, and a browser that does what it is told."""

    def __init__(self, liar: HostileProvider, provider: Provider, clock: Clock) -> None:
        self.liar, self.provider, self.clock = liar, provider, clock

    async def leave(self) -> tuple[MultiDict[str], Pending]:
        address, pending = await self.provider.begin(BACK)
        return self.liar.browse(address), pending

    async def sign_in(self) -> SignedIn:
        return await self.provider.finish(*await self.leave())

    async def refused(self, kind: type[SignInRefused], why: str) -> SignInRefused:
        """Signing in ends with this error, for this reason."""
        return await refused(self.sign_in(), kind, why)


async def refused(what: Awaitable[SignedIn], kind: type[SignInRefused], why: str) -> SignInRefused:
    with pytest.raises(SignInRefused) as caught:
        await what
    assert (type(caught.value), caught.value.why) == (kind, why)
    return caught.value


def settings(issuer: str, folder: Path, **values: Any) -> SignIn:
    (folder / "secret").write_text(SECRET + "\n")
    given = {"client_secret": folder / "secret", "agencies": ("prison-mdi", "prison-lei")} | values
    return SignIn(id="sso", name="Agency account", issuer=issuer, client_id=CLIENT, **given)


def signed_otherwise(liar: HostileProvider, pending: Pending, alg: str, key: Any) -> str:
    """The honest claims, under another signature."""
    honest = jwt.decode(liar.id_token({"nonce": pending.nonce}), options={"verify_signature": False})
    header = b64url(json.dumps({"alg": alg, "kid": liar.kid, "typ": "JWT"}).encode())
    signing_input = f"{header}.{b64url(json.dumps(honest).encode())}"
    made = b"" if key is None else jwt.get_algorithm_by_name(alg).sign(signing_input.encode(), key)
    return f"{signing_input}.{b64url(made)}"

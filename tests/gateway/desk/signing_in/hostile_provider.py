"""A provider that can be told to lie, over real HTTP. Told nothing, it is honest, and strict about codes and PKCE."""

import hashlib
import json
import time
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

import jwt
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from multidict import MultiDict
from yarl import URL

from contracts.codec import b64url

SECRET = "correct horse: 100% battery+staple"
CLIENT = "rj desk+1"
ACCESS_TOKEN = "at-1"
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
KEYS: dict[str, PrivateKeyTypes] = {"RS256": RSA_KEY, "PS256": RSA_KEY, "ES256": EC_KEY, "EdDSA": ED_KEY}


def public_jwk(alg: str, key: PrivateKeyTypes, kid: str) -> dict[str, Any]:
    """The public half, as a provider publishes it."""
    make = {"RS256": RSAAlgorithm, "PS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}[alg]
    found = json.loads(make.to_jwk(key.public_key()))  # type: ignore[attr-defined]
    return {
        "kid": kid,
        "use": "sig",
        **{name: found[name] for name in ("kty", "crv", "n", "e", "x", "y") if name in found},
    }


@dataclass
class HostileProvider:
    """What it says of itself (`metadata`), in a token (`claims`, `header`) and to the browser (`answer`) can change.

    `token` replaces the whole ID token. `instead` answers a path in place of the provider. `asked` counts by path.
    """

    url: str = ""
    alg: str = "RS256"
    kid: str | None = "key-1"
    key: PrivateKeyTypes = RSA_KEY
    jwks: list[dict[str, Any]] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, str | None] = field(default_factory=dict)
    token: str | None = None
    instead: dict[str, web.Response] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)
    secret: str | None = SECRET
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def sign_with(self, alg: str, kid: str = "key-1") -> None:
        """From now on, with this algorithm's key, which alone is published."""
        self.alg, self.kid, self.key = alg, kid, KEYS[alg]
        self.jwks = [public_jwk(alg, self.key, kid)]

    def browse(self, address: str) -> MultiDict[str]:
        """What the browser brings back to the desk, once the person has signed in there."""
        asked = dict(URL(address).query)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["max_age"] == "43200"
        code = f"code-{len(self.codes) + 1}"
        self.codes[code] = asked
        given = {"code": code, "state": asked["state"], "iss": self.url} | self.answer
        return MultiDict({name: value for name, value in given.items() if value is not None})

    def id_token(self, asked: dict[str, str]) -> str:
        """A token for whoever asked, with the lies that were ordered."""
        now = int(time.time())
        claims = {
            "iss": self.url, "aud": CLIENT, "sub": "7f3c", "iat": now, "exp": now + 300, "nonce": asked["nonce"],
            "auth_time": now - 60, "amr": ["pwd", "otp", "mfa"], "name": "Siân D’Souza", "agency": "prison-mdi",
            "role": "rj-coordinator", "training": "foundation", "trained_until": "2027-03-31",
            "at_hash": self._half_hash(),
        } | self.claims  # fmt: skip
        said = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(said, self.key, self.alg, self._header())  # type: ignore[arg-type]

    def _half_hash(self) -> str:
        """Of the access token, by the hash that belongs to the algorithm (Ed25519 signs with SHA-512)."""
        digest = (hashlib.sha512 if self.alg == "EdDSA" else hashlib.sha256)(ACCESS_TOKEN.encode()).digest()
        return b64url(digest[: len(digest) // 2])

    def _header(self) -> dict[str, Any]:
        return ({"kid": self.kid} if self.kid else {}) | self.header

    async def _serve(self, request: web.Request) -> web.Response:
        self.asked[request.path] = self.asked.get(request.path, 0) + 1
        self.cookies += [request.headers["Cookie"]] if "Cookie" in request.headers else []
        if request.path in self.instead:
            made = self.instead[request.path]
            return web.Response(status=made.status, body=made.body, headers=made.headers)
        match request.path:
            case "/.well-known/openid-configuration":
                return web.json_response(self._says_of_itself(), headers={"Set-Cookie": "follow=me; Path=/"})
            case "/keys":
                return web.json_response({"keys": self.jwks})
            case "/token":
                return self._redeem({name: str(value) for name, value in (await request.post()).items()}, request)
        return web.Response(status=404)

    def _says_of_itself(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize?tenant=rj",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "end_session_endpoint": f"{self.url}/out",
            "response_types_supported": ["code", "id_token"],
            "code_challenge_methods_supported": ["plain", "S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "none"],
            "authorization_response_iss_parameter_supported": True,
        } | self.metadata

    def _redeem(self, form: dict[str, str], request: web.Request) -> web.Response:
        if not self._client_is_ours(form, request):
            return web.json_response({"error": "invalid_client"}, status=401)
        asked = self.codes.pop(form["code"], None)
        challenge = b64url(hashlib.sha256(form["code_verifier"].encode()).digest())
        if asked is None or (asked["code_challenge"], asked["redirect_uri"]) != (challenge, form["redirect_uri"]):
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = self.token or self.id_token(asked)
        return web.json_response({"access_token": ACCESS_TOKEN, "token_type": "Bearer", "id_token": token})

    def _client_is_ours(self, form: dict[str, str], request: web.Request) -> bool:
        if self.secret is None:
            return form.get("client_id") == CLIENT and "Authorization" not in request.headers
        given = b64decode(request.headers.get("Authorization", "").removeprefix("Basic ")).decode().split(":")
        return [unquote_plus(each) for each in given] == [CLIENT, self.secret]


@asynccontextmanager
async def hostile_provider() -> AsyncIterator[HostileProvider]:
    """One on a free port of this machine, while the context lasts."""
    provider = HostileProvider()
    provider.sign_with("RS256")
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", provider._serve)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield provider
    finally:
        await runner.cleanup()

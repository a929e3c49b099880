"""A receiver of webhooks, as an agency's own system would be one; and certificates for both ends."""

import asyncio
import ipaddress
import json
import ssl
import time
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest, digest
from pathlib import Path
from typing import Any

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class Post:
    """One post, as it came."""

    body: bytes
    headers: dict[str, str]

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        return json.loads(self.body)["event"]

    def is_signed_by(self, secret: Path) -> bool:
        """As Standard Webhooks says, written anew from its text."""
        key = b64decode(secret.read_text().strip().removeprefix("whsec_"))
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        fresh = abs(time.time() - int(self.headers["webhook-timestamp"])) < 300
        wanted = "v1," + b64encode(digest(key, signed, sha256)).decode()
        return fresh and compare_digest(self.headers["webhook-signature"], wanted)


@dataclass
class Receiver:
    """`status` and `location` are what it answers, after `pause` seconds; `posts` what it took."""

    url: str = ""
    status: int = 204
    location: str | None = None
    pause: float = 0
    posts: list[Post] = field(default_factory=list)
    tried: int = 0
    elsewhere: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        await asyncio.sleep(self.pause)
        async with self.changed:
            self.tried += 1
            if self.status < 300:
                self.posts.append(Post(body, {name.lower(): value for name, value in request.headers.items()}))
            self.changed.notify_all()
        return web.Response(status=self.status, headers={"Location": self.location} if self.location else {})

    async def take_elsewhere(self, _: web.Request) -> web.StreamResponse:
        self.elsewhere += 1
        return web.Response()

    async def until(self, posts: int = 0, tried: int = 0, seconds: float = 15) -> None:
        """Wait until it has so many."""
        async with asyncio.timeout(seconds), self.changed:
            await self.changed.wait_for(lambda: len(self.posts) >= posts and self.tried >= tried)


@asynccontextmanager
async def receiver(port: int = 0, tls: ssl.SSLContext | None = None) -> AsyncIterator[Receiver]:
    """A receiver on loopback."""
    made = Receiver()
    app = web.Application()
    app.router.add_post("/rj", made.take)
    app.router.add_route("*", "/elsewhere", made.take_elsewhere)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, ssl_context=tls).start()
    made.url = f"{'https' if tls else 'http'}://127.0.0.1:{runner.addresses[0][1]}/rj"
    try:
        yield made
    finally:
        await runner.cleanup()


class Authority:
    """Makes certificates into a folder."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._key, self._name = folder, ec.generate_private_key(ec.SECP256R1()), _named(name)
        self.ca = folder / f"{name}.pem"
        made = self._builder(self._name, self._key).add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        identified = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        signed = made.add_extension(usage, True).add_extension(identified, False).sign(self._key, hashes.SHA256())
        self.ca.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> tuple[Path, Path]:
        """A certificate for loopback and its key, as files."""
        key = ec.generate_private_key(ec.SECP256R1())
        local = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
        by = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        made = self._builder(_named(name), key).add_extension(local, False).add_extension(by, False)
        certificate, secret = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        certificate.write_bytes(made.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        plain = serialization.NoEncryption()
        pkcs8 = serialization.PrivateFormat.PKCS8
        secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, pkcs8, plain))
        return certificate, secret

    def asking_for(self, clients: "Authority") -> ssl.SSLContext:
        """A receiver's side of TLS, which lets in whom these clients' authority vouches for."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=clients.ca)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(*self.issue("receiver"))
        return context

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number())
        return made.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])

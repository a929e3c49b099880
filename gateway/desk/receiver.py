"""Where events are posted: an agency's own system on this machine, or one that both ends' certificates vouch for.

An event names a case. It goes to nobody whom the operator has not named, over nothing that others can read: plain HTTP
on loopback, or TLS 1.3 in which each end shows a certificate. Anything else is refused when the desk starts.
"""

import binascii
import hmac
import re
import secrets
import ssl
from base64 import b64decode, b64encode
from hashlib import sha256
from pathlib import Path
from typing import Final

from aiohttp import ClientError, ClientSession, ClientTimeout
from msgspec import Struct
from yarl import URL

from gateway.config import WebhookSettings
from gateway.errors import CannotStart

PREFIX: Final = "whsec_"
SECRET_BYTES: Final = 32
SHORTEST_SECRET: Final = 24

_LOOPBACK: Final = re.compile(r"localhost|127(\.[0-9]{1,3}){3}|::1", re.IGNORECASE)

NO_ADDRESS: Final = "Write an address that begins with http:// or https:// and holds no name, password or fragment."
NOT_LOCAL: Final = (
    "Plain HTTP is for this machine alone. Name 127.0.0.1 or localhost, or use https:// with `certificate` and `key`."
)
ONE_SIDED: Final = (
    "Over HTTPS each end shows a certificate. Add `certificate` and `key`, the desk's own; `ca` names whose word is "
    "taken for the receiver's."
)
NEEDLESS: Final = "Certificates are for https:// alone. Take `certificate`, `key` and `ca` out, or change the address."


class NotTaken(Exception):
    """The receiver has not said that it has the event. `why` is a word for the log."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Receiver(Struct, frozen=True, kw_only=True, eq=False):
    """One receiver, ready to be posted to. `tls` is None on loopback."""

    url: URL
    secret: bytes
    seconds: int
    tls: ssl.SSLContext | None

    @property
    def name(self) -> str:
        """What its place in the events is kept under."""
        return sha256(str(self.url).encode()).hexdigest()

    async def post(self, session: ClientSession, event: str, at: int, body: bytes) -> None:
        """Post one event (Standard Webhooks). Redirects are not followed. Raises NotTaken."""
        headers = {
            "Content-Type": "application/json",
            "webhook-id": event,
            "webhook-timestamp": str(at),
            "webhook-signature": signature(self.secret, event, at, body),
        }
        try:
            async with session.post(
                self.url,
                data=body,
                headers=headers,
                allow_redirects=False,
                timeout=ClientTimeout(total=self.seconds),
                ssl=self.tls or True,
            ) as answer:
                status = answer.status
        except TimeoutError:
            raise NotTaken("too-slow") from None
        except (ClientError, OSError):
            raise NotTaken("away") from None
        if not 200 <= status < 300:
            raise NotTaken("redirected" if 300 <= status < 400 else "refused")


def signature(secret: bytes, event: str, at: int, body: bytes) -> str:
    """HMAC-SHA-256 over id, timestamp and body, as Standard Webhooks writes it."""
    signed = hmac.digest(secret, f"{event}.{at}.".encode() + body, sha256)
    return f"v1,{b64encode(signed).decode()}"


def opened(settings: WebhookSettings) -> Receiver:
    """The receiver that these settings name. Raises CannotStart with what to change."""
    where = f"[[webhook]] {settings.url!r}" if settings.url.isprintable() else "[[webhook]]"
    url = _address(settings, where)
    return Receiver(url=url, secret=_secret(settings.secret), seconds=settings.seconds, tls=_tls(settings, where))


def _address(settings: WebhookSettings, where: str) -> URL:
    try:
        url = URL(settings.url)
    except ValueError:
        raise CannotStart(f"[[webhook]] url: {NO_ADDRESS}") from None
    if url.scheme not in ("http", "https") or not url.host or url.user or url.password or url.fragment:
        raise CannotStart(f"[[webhook]] url: {NO_ADDRESS}")
    if url.scheme == "http" and not _LOOPBACK.fullmatch(url.host):
        raise CannotStart(f"{where}: {NOT_LOCAL}")
    return url


def _tls(settings: WebhookSettings, where: str) -> ssl.SSLContext | None:
    if not settings.url.lower().startswith("https:"):
        if settings.certificate or settings.key or settings.ca:
            raise CannotStart(f"{where}: {NEEDLESS}")
        return None
    if settings.certificate is None or settings.key is None:
        raise CannotStart(f"{where}: {ONE_SIDED}")
    try:
        context = ssl.create_default_context(cafile=settings.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_cert_chain(settings.certificate, settings.key, password=lambda: b"")
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise CannotStart(
            f"{where}: the certificates cannot be used. Check that `certificate`, `key` and `ca` are PEM files that "
            "belong together, and that the key has no passphrase."
        ) from error
    return context


def _secret(path: Path) -> bytes:
    """The secret that the receiver shares, made at the first start, readable by its owner alone. Raises CannotStart."""
    try:
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode() + "\n")
        secret = b64decode(path.read_text().strip().removeprefix(PREFIX), validate=True)
    except (OSError, binascii.Error, ValueError) as error:
        raise CannotStart(f"{path}: the webhook's secret cannot be used. Remove the file to have one made.") from error
    if len(secret) < SHORTEST_SECRET:
        raise CannotStart(f"{path}: the webhook's secret is too short. Remove the file to have one made.")
    return secret

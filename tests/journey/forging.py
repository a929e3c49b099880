"""What honest agencies never send: messages changed after signing, or signed with other claims; and raw HTTP."""

import asyncio
import json
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.codec import b64url, encode, unb64url
from contracts.envelope import READING_TYP, Envelope
from contracts.reply import Problem
from keys import tokens
from tests.agencies import TestAgency
from tests.journey.simulated import Side

SECRET = "SiobhanOBriain07700900123"
"""Stands for what is personal: wherever it goes in, it may not come out."""


def typ_of(envelope: Envelope) -> str:
    return tokens.parse(envelope.token).header.typ


def claims_text(envelope: Envelope) -> str:
    """The claims as JSON text, to be changed as text."""
    return tokens.parse(envelope.token).claims.decode()


def signed(
    envelope: Envelope, by: TestAgency, claims: bytes | str | dict[str, Any], typ: str | None = None
) -> Envelope:
    """The envelope with other claims (JSON text or a dict), signed by this agency."""
    text = json.dumps(claims, separators=(",", ":")) if isinstance(claims, dict) else claims
    raw = text.encode() if isinstance(text, str) else text
    token = tokens.sign(raw, typ or typ_of(envelope), by.signing_kid, by.signing)
    return msgspec.structs.replace(envelope, token=token)


def changed(side: Side, envelope: Envelope, typ: str | None = None, **claims: Any) -> Envelope:
    """The envelope with some members of its claims changed (None takes one out), signed anew by its sender."""
    members = json.loads(claims_text(envelope)) | claims
    by = side.world.agencies[json.loads(claims_text(envelope))["iss"]]
    return signed(envelope, by, {name: value for name, value in members.items() if value is not None}, typ)


def resigned(envelope: Envelope, key: Ed25519PrivateKey, kid: str) -> Envelope:
    """The same claims under another key."""
    token = tokens.sign(tokens.parse(envelope.token).claims, typ_of(envelope), kid, key)
    return msgspec.structs.replace(envelope, token=token)


def broken_signature(envelope: Envelope) -> Envelope:
    """One bit of the signature flipped."""
    signing_input, _, signature = envelope.token.rpartition(".")
    raw = bytearray(unb64url(signature))
    raw[0] ^= 1
    return msgspec.structs.replace(envelope, token=f"{signing_input}.{b64url(bytes(raw))}")


def with_sealed(envelope: Envelope, **sealed: str | None) -> Envelope:
    """The envelope with other sealed values; None takes one out."""
    values = {**envelope.sealed, **sealed}
    kept = {name: value for name, value in values.items() if value is not None}
    return msgspec.structs.replace(envelope, sealed=kept)


def reading_token(side: Side, agency: str, claims: dict[str, Any], typ: str = READING_TYP) -> str:
    reader = side.world.agencies[agency]
    return tokens.sign(encode(claims), typ, reader.signing_kid, reader.signing)


async def read_with(side: Side, path: str, *authorization: str) -> tuple[int, bytes]:
    """GET with these Authorization headers, each as it is."""
    headers = [("Authorization", each) for each in authorization]
    async with side.http.get(f"{side.world.address}{path}", headers=headers) as response:
        return response.status, await response.read()


async def delivered(side: Side, agency: str) -> list[tuple[int, str]]:
    """What lies in an agency's inbox: index and token of each delivery."""
    return [(item.index, item.token) for item in await side.inbox(agency)]


async def raw_http(address: str, *parts: bytes, pause: float = 0.0, wait: float = 5.0) -> bytes:
    """What a server answers to these bytes until it closes the connection, or `wait` seconds are over."""
    host, port = urlsplit(address).hostname, urlsplit(address).port
    reader, writer = await asyncio.open_connection(host, port)

    async def say() -> None:
        with suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause)

    heard, saying = b"", asyncio.create_task(say())
    try:
        async with asyncio.timeout(wait):
            while chunk := await reader.read(65_536):
                heard += chunk
    except (TimeoutError, ConnectionError):
        pass
    finally:
        saying.cancel()
        writer.close()
    return heard


def problem(status: int, body: bytes) -> Problem:
    """The problem in a body, which is nothing else."""
    found = msgspec.json.decode(body, type=Problem)
    assert (found.status, found.type.startswith("urn:rj:problem:")) == (status, True)
    return found


def says_nothing_of(side: Side, body: bytes, sent: bytes | Envelope, *secrets: str) -> None:
    """No token, no sealed value, no word of the input is in the answer, nor in what its tokens carry."""
    found = msgspec.json.decode(body, type=Problem)
    heard = [body.decode()]
    if found.decision:
        heard.append(tokens.parse(found.decision).claims.decode())
    needles = [SECRET, *secrets]
    if isinstance(sent, Envelope):
        needles += [sent.token, *sent.token.split("."), *sent.sealed.values()]
        needles += [sent.exact.salt] if sent.exact else []
    for text in heard:
        assert not [needle for needle in needles if needle and needle in text]

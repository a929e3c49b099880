"""A backup: a store's rows in one encrypted file, for a key of which this machine has only the public half.

A line of JSON says what the file is and holds a fresh file key, sealed for the backup key. Chunks follow, each its
length as uint32 and its ciphertext: AES-256-GCM under the file key, with the digest of that line as associated data,
and as nonce the chunk's number (11 bytes) and whether it is the last (1 byte). Cut off, put in another order or mixed
with another backup, it does not open. What is in it stays encrypted under the key store too, which is in no backup.
"""

import os
import uuid
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import Struct

from contracts.codec import b64url, unb64url
from gateway.errors import GatewayError
from gateway.store.carrying import Carried, Portion
from keys import sealing
from keys.errors import SealRefused
from keys.sealing import Place, SealingPrivateKey, SealingPublicKey

FORMAT: Final = "rj-backup-v1"
KEY_BYTES: Final = 32
KEY_SIZE: Final = 64
"""Bytes to which the file key is padded when it is sealed."""

CHUNK_MAX: Final = 64 << 20
LINE_MAX: Final = 8192


class BackupRefused(GatewayError):
    """The file is no backup, is damaged or cut off, or is for another key; the text says which."""


class Head(Struct, frozen=True, kw_only=True):
    """The first line. `key` is the file key, sealed in the place that the other members say."""

    v: str
    id: str
    origin: str
    made: int
    kid: str
    key: str

    @property
    def place(self) -> Place:
        """Where the file key belongs, and opens nowhere else."""
        return Place(exchange=self.id, jti=str(self.made), iss=self.origin, to="backup", kid=self.kid, field="file-key")


class Maker(NamedTuple):
    """Whose log it is, when it was saved, in UTC seconds, and for which key."""

    origin: str
    made: int
    public: SealingPublicKey


async def write(file: Path, maker: Maker, portions: AsyncIterator[Portion], done: list[Carried]) -> None:
    """Write a backup, whole and durable on return; nothing that is there is written over. Raises OSError.

    `done` is what the portions turned out to be, once the last of them has come: it is the last chunk.
    """
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            chunks = _Writing(out, maker)
            async for portion in portions:
                chunks.put(portion, last=False)
            chunks.put(done[-1], last=True)
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, file)  # never over another file
        # Died here: the backup is whole under both names.
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class _Writing:
    """The chunks of one backup."""

    def __init__(self, out: IO[bytes], maker: Maker) -> None:
        secret = os.urandom(KEY_BYTES)
        named = str(uuid.uuid4())
        head = Head(v=FORMAT, id=named, origin=maker.origin, made=maker.made, kid=maker.public.kid, key="")
        sealed = sealing.seal(b64url(secret), KEY_SIZE, head.place, maker.public)
        line = msgspec.json.encode(msgspec.structs.replace(head, key=b64url(sealed))) + b"\n"
        out.write(line)
        self._out, self._key, self._about, self._number = out, AESGCM(secret), sha256(line).digest(), 0

    def put(self, value: object, *, last: bool) -> None:
        chunk = self._key.encrypt(_nonce(self._number, last=last), msgspec.msgpack.encode(value), self._about)
        self._out.write(len(chunk).to_bytes(4, "big") + chunk)
        self._number += 1


def head_of(file: Path) -> Head:
    """What the file says it is; nothing of it is proven yet. Raises BackupRefused, OSError."""
    with file.open("rb") as opened:
        return _head(opened.readline(LINE_MAX))


def _head(line: bytes) -> Head:
    try:
        head = msgspec.json.decode(line, type=Head)
    except msgspec.DecodeError as error:
        raise BackupRefused("This is no backup of a gateway.") from error
    if head.v != FORMAT:
        raise BackupRefused("The backup is of another version than this program. Install the version that made it.")
    return head


class Reading:
    """A backup that is read from its beginning to its end. `end` is what its maker says it is, once it has ended."""

    def __init__(self, file: Path, private: SealingPrivateKey) -> None:
        """Raises BackupRefused where the key does not open it, OSError."""
        self._file = file
        with file.open("rb") as opened:
            line = opened.readline(LINE_MAX)
        head = _head(line)
        try:
            secret = unb64url(sealing.unseal(unb64url(head.key), KEY_SIZE, head.place, private))
        except (SealRefused, ValueError) as error:
            raise BackupRefused("The backup is not for this key, or its first line is damaged.") from error
        self._key, self._about, self._begin = AESGCM(secret), sha256(line).digest(), len(line)
        self.end: Carried | None = None

    async def portions(self) -> AsyncIterator[Portion]:
        """The rows. Raises BackupRefused at the first byte that is not as it was written."""
        with self._file.open("rb") as opened:
            opened.seek(self._begin)
            for plain, last in self._chunks(opened):
                if last:
                    self.end = msgspec.msgpack.decode(plain, type=Carried)
                else:
                    table, rows = msgspec.msgpack.decode(plain, type=tuple[str, list[tuple[Any, ...]]])
                    yield table, rows

    def _chunks(self, opened: IO[bytes]) -> Iterator[tuple[bytes, bool]]:
        number, last = 0, False
        while not last:
            size = int.from_bytes(opened.read(4), "big")
            chunk = opened.read(size) if 0 < size <= CHUNK_MAX else b""
            plain = self._opened(chunk, number, last=False)
            if plain is None:
                plain, last = self._opened(chunk, number, last=True), True
            if plain is None:
                raise BackupRefused("The backup is damaged or cut off. Take another copy of it.")
            yield plain, last
            number += 1
        if opened.read(1):
            raise BackupRefused("Something follows the end of the backup. Take another copy of it.")

    def _opened(self, chunk: bytes, number: int, *, last: bool) -> bytes | None:
        try:
            return self._key.decrypt(_nonce(number, last=last), chunk, self._about)
        except (InvalidTag, ValueError):
            return None


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])

"""Where a log is read from: a folder, or an address that serves one (C2SP tlog-tiles). Nothing read is believed yet."""

import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from io import FileIO
from pathlib import Path
from socket import SHUT_RDWR, socket
from threading import Event, Timer
from typing import Final, Protocol
from urllib.parse import urlsplit

from contracts.checkpoint import NOTE_BYTES_MAX, Malformed
from contracts.tlog_tiles import BUNDLE_BYTES_MAX, ENTRIES, TILE_BYTES, Place, encode_bundle, split_bundle
from gateway.errors import ConfigRefused

SECONDS: Final = 30
GONE: Final = frozenset({404, 410})
_GZIP: Final = zlib.MAX_WBITS | 16
_BROKEN: Final = (OSError, HTTPException, zlib.error)


class SourceAway(Exception):
    """The log cannot be read now; nothing is said about what is in it."""


class Source(Protocol):
    """A log to read. `get` gives a file below the log's address, cut after `limit + 1` bytes; None if it is not there.

    Raises SourceAway.
    """

    def get(self, path: str, limit: int) -> bytes | None:
        """The bytes."""

    def close(self) -> None:
        """Let go of what is open."""


class FolderSource:
    """A log as a folder of files, such as `rj ledger export` writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._prefix = f"{folder}/"

    def get(self, path: str, limit: int) -> bytes | None:
        """See `Source`."""
        try:
            with open(self._prefix + path, "rb", buffering=0) as file:
                return _read(file, limit + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise SourceAway(f"{path} cannot be read. Check the rights of the folder and its disk.") from error

    def close(self) -> None:
        """See `Source`: nothing is."""


def _read(file: FileIO, most: int) -> bytes:
    """Up to so many bytes of a file, which the system may give in pieces; no room is made for more than it has."""
    most = min(most, os.fstat(file.fileno()).st_size + 1)
    parts = [file.read(most)]
    while parts[-1] and sum(map(len, parts)) < most:
        parts.append(file.read(most))
    return b"".join(parts)


class WebSource:
    """A log at an address. One connection, kept open; redirects are not followed. An answer may take `seconds`."""

    def __init__(self, url: str, seconds: float = SECONDS) -> None:
        at = urlsplit(url)
        if at.scheme not in ("http", "https") or not at.hostname:
            raise ConfigRefused("An address begins with http:// or https:// and names a host.")
        kind = HTTPConnection if at.scheme == "http" else HTTPSConnection
        self._connection = kind(at.hostname, at.port, timeout=seconds)
        self.seconds = seconds
        self._prefix = at.path.rstrip("/")

    def get(self, path: str, limit: int) -> bytes | None:
        """See `Source`. Tried twice: a connection kept open may have been closed by the other side in between."""
        try:
            try:
                return self._get(path, limit)
            except _BROKEN:
                self._connection.close()
                return self._get(path, limit)
        except _BROKEN as error:
            self._connection.close()
            raise SourceAway("The log does not answer, or not whole. Check the address; try again.") from error

    def close(self) -> None:
        """See `Source`."""
        self._connection.close()

    def _get(self, path: str, limit: int) -> bytes | None:
        with self._in_time():
            self._connection.request("GET", f"{self._prefix}/{path}", headers={"Accept-Encoding": "gzip, identity"})
            answer = self._connection.getresponse()
            body = _body(answer, limit)
        if not answer.isclosed():
            self._connection.close()
        if answer.status in GONE:
            return None
        if answer.status != 200:
            raise SourceAway(f"The log answers with status {answer.status}. Try again later, or ask its operator.")
        return body

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """Hang up on an answer that is not there in time: one that trickles would hide a fork as a delay."""
        if self._connection.sock is None:
            self._connection.connect()
        late = Event()
        limit = Timer(self.seconds, partial(_hang_up, self._connection.sock, late))
        limit.daemon = True
        limit.start()
        try:
            yield
            if late.is_set():
                raise HTTPException("The answer took too long.")
        finally:
            limit.cancel()


def _hang_up(connection: socket, late: Event) -> None:
    """For both directions: whoever reads from it finds its end, and then why."""
    late.set()
    with suppress(OSError):
        connection.shutdown(SHUT_RDWR)


def _body(answer: HTTPResponse, limit: int) -> bytes:
    """The body as it was before it was compressed, cut after `limit + 1` bytes; short of that, it must be whole."""
    raw = answer.read(limit + 1)
    whole = len(raw) > limit or not answer.length
    if answer.getheader("Content-Encoding", "identity") == "gzip":
        unpacking = zlib.decompressobj(_GZIP)
        raw = unpacking.decompress(raw, limit + 1)
        whole = whole and (len(raw) > limit or unpacking.eof)
    if not whole:
        raise HTTPException("The answer broke off.")
    return raw


def source_of(where: str) -> Source:
    """The source that an address or a folder names. Raises ConfigRefused."""
    return WebSource(where) if "://" in where else FolderSource(Path(where))


def get_note(source: Source) -> str | None:
    """The newest checkpoint as it is served, neither verified nor even parsed; None if there is none."""
    note = source.get("checkpoint", NOTE_BYTES_MAX)
    return None if note is None else note.decode("utf-8", "replace")


def get_place(source: Source, place: Place) -> bytes | None:
    """A tile or bundle as it is served. Of a partial one that is gone, what the full one begins with (tlog-tiles,
    Partial Tiles: a log may delete it then).
    """
    limit = BUNDLE_BYTES_MAX if place.level == ENTRIES else TILE_BYTES
    found = source.get(place.path, limit)
    if found is not None or place == place.whole:
        return found
    whole = source.get(place.whole.path, limit)
    return None if whole is None else beginning(place, whole, place.whole.width)


def beginning(place: Place, wider: bytes, width: int) -> bytes | None:
    """What a place must hold, by a wider one of the same number; None if that is not in its form."""
    if place.level != ENTRIES:
        return wider[: len(wider) // width * place.width] if len(wider) % width == 0 else None
    try:
        return encode_bundle(split_bundle(wider, width)[: place.width])
    except Malformed:
        return None

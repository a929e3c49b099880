"""Looking for what must not be there: a text in every encoding one could think of, in every file of a folder."""

import base64
import bz2
import codecs
import contextlib
import gzip
import hashlib
import html
import json
import lzma
import quopri
import unicodedata
import urllib.parse
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

CHARACTER_SETS = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "latin-1", "cp1252", "cp500", "utf-7")


def spellings(text: str) -> Iterator[str]:
    """The text as people and programs write it: as it is, by case, by Unicode form, without spaces, backwards."""
    bare = "".join(character for character in text if character.isalnum())
    ascii_only = unicodedata.normalize("NFD", text).encode("ascii", "ignore").decode()
    for one in {text, bare, ascii_only, text.replace(" ", ""), text.replace("’", "'")}:
        if len(one) >= 6:
            for cased in {one, one.upper(), one.lower(), one.title()}:
                yield from {unicodedata.normalize(form, cased) for form in ("NFC", "NFD")}
                yield cased[::-1]


def encodings(text: str) -> Iterator[bytes]:
    """Every spelling in every character set, plain, escaped, in base64 at any offset, in hexadecimal, or hashed."""
    for spelling in set(spellings(text)):
        for name in CHARACTER_SETS:
            try:
                raw = spelling.encode(name)
            except UnicodeEncodeError:
                continue
            yield raw
            yield from _bytes_forms(raw)
        yield json.dumps(spelling).strip('"').encode()
        yield urllib.parse.quote(spelling).encode()
        yield urllib.parse.quote_plus(spelling).encode()
        yield html.escape(spelling).encode("ascii", "xmlcharrefreplace")
        yield quopri.encodestring(spelling.encode())
        yield codecs.encode(spelling, "rot13").encode()


def _bytes_forms(raw: bytes) -> Iterator[bytes]:
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield base64.b32encode(raw).rstrip(b"=")
    yield base64.b85encode(raw)
    for offset in range(3):
        # What stands before and after in a longer text changes only the first and last characters.
        inner = base64.b64encode(bytes(offset) + raw).rstrip(b"=")[
            -(-offset * 8 // 6) : -1 if (offset + len(raw)) % 3 else None
        ]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")
    for algorithm in ("md5", "sha1", "sha256", "sha512"):
        digest = hashlib.new(algorithm, raw).digest()
        yield digest
        yield digest.hex().encode()
        yield base64.b64encode(digest).rstrip(b"=")
        yield base64.urlsafe_b64encode(digest).rstrip(b"=")


def contents(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file below the folder, as it is, and unpacked where any stream in it is compressed."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            raw = path.read_bytes()
            yield path, str(path.relative_to(folder)).encode()
            yield path, raw
            yield from ((path, unpacked) for unpacked in _unpacked(raw))


def _unpacked(raw: bytes) -> Iterator[bytes]:
    for magic, unpack in ((b"\x1f\x8b", gzip.decompress), (b"BZh", bz2.decompress), (b"\xfd7zXZ", lzma.decompress)):
        if raw.startswith(magic):
            yield unpack(raw)
    for start in (b"\x78\x01", b"\x78\x9c", b"\x78\xda"):
        at = raw.find(start)
        while at >= 0:
            with contextlib.suppress(zlib.error):
                yield zlib.decompressobj().decompress(raw[at:], 1 << 20)
            at = raw.find(start, at + 1)


def found(folder: Path, needles: Iterable[str]) -> list[tuple[str, str]]:
    """(file, needle) for every needle that stands somewhere in the folder in any form."""
    files = list(contents(folder))
    hits = []
    for needle in sorted(set(needles)):
        forms = {form for form in encodings(needle) if len(form) >= 6}
        hits += [(path.name, needle) for path, raw in files if any(form in raw for form in forms)]
    return hits

"""A table: its columns and what each means, its rows, and the files that it becomes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

Form = Literal["csv", "xlsx", "jsonl"]
Kind = Literal["text", "whole", "number", "time", "yes-no"]
"""`time` is an instant in UTC seconds; it is written in London's time with its offset, so that it can be sorted."""

Value = str | int | float | bool | None
Cells = Sequence[Value]

MEDIA_TYPES: Final[dict[Form, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/jsonl; charset=utf-8",
}

KINDS: Final[dict[Kind, str]] = {
    "text": "text",
    "whole": "whole number",
    "number": "number",
    "time": "time in London (ISO 8601, with its offset from UTC)",
    "yes-no": "yes or no",
}


class Column(Struct, frozen=True, kw_only=True):
    """A column, and what it means in words for whoever has only the file."""

    name: str
    means: str
    kind: Kind = "text"


class Sheet(Struct, frozen=True, kw_only=True):
    """A table before it is written. `notes` stand above the list of columns."""

    name: str
    title: str
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()


class File(Struct, frozen=True, kw_only=True):
    """A file, ready to be handed out, with its SHA-256 digest in hexadecimal."""

    name: str
    media_type: str
    body: bytes
    sha256: str

    @classmethod
    def of(cls, name: str, media_type: str, body: bytes) -> "File":
        """With its digest."""
        return cls(name=name, media_type=media_type, body=body, sha256=sha256(body).hexdigest())


def in_london(instant: int) -> str:
    """`2026-11-26T01:07:28+00:00`: told apart in the night of the clock change too."""
    return datetime.fromtimestamp(instant, ZoneInfo("Europe/London")).isoformat()


def plain(column: Column, value: Value) -> Value:
    """A value as it is written: times and yes or no in words, the rest as it is."""
    if value is None:
        return None
    if column.kind == "time" and isinstance(value, int):
        return in_london(value)
    if column.kind == "yes-no":
        return "yes" if value else "no"
    return value


def digests(files: Iterable[File]) -> File:
    """`SHA256SUMS`, as `sha256sum --check` reads it."""
    lines = "".join(f"{each.sha256}  {each.name}\n" for each in files)
    return File.of("SHA256SUMS", "text/plain; charset=utf-8", lines.encode())


DICTIONARY: Final = (
    Column(name="column", means="The name of the column."),
    Column(name="kind", means="What kind of value stands in it."),
    Column(name="meaning", means="What it means."),
)


def dictionary(sheet: Sheet) -> list[Cells]:
    """The rows that explain a table's columns."""
    return [(column.name, KINDS[column.kind], column.means) for column in sheet.columns]

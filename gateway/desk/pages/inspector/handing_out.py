"""Tables as files to take away: each in three forms, with its digest beside it, and its columns explained."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from aiohttp import web
from msgspec import Struct

from gateway.desk.errors import NotThere
from gateway.desk.exporting import writing
from gateway.desk.exporting.sheet import Cells, Column, File, Form, Sheet
from gateway.desk.pages.visit import NOTHING_HERE

FORMS: Final[tuple[Form, ...]] = ("csv", "xlsx", "jsonl")
FILE: Final = "{file:[a-z][a-z.-]+}"
"""The part of an address that names a file: words of ours alone."""

WHAT: Final[dict[str, str]] = {
    "csv": "Table (CSV)",
    "xlsx": "Workbook (XLSX), with a second sheet that explains the columns",
    "jsonl": "For programs (JSON lines)",
    "html": "Page to publish (HTML)",
}
EXPLAINS: Final = "-columns.csv"
COLUMNS: Final = "What the columns mean (CSV)"


class Offered(Struct, frozen=True, kw_only=True):
    """A file on a page: what it is, in words, and how large."""

    file: File
    what: str
    size: str


def table(sheet: Sheet, rows: Sequence[Cells], at: int, forms: Iterable[Form] = FORMS) -> tuple[File, ...]:
    """A table in each form, and last the file that explains the columns, which is the same for each."""
    made = {file.name: file for form in forms for file in writing.files(sheet, rows, form, at)}
    return tuple(sorted(made.values(), key=lambda file: file.name.endswith(EXPLAINS)))


async def made(make: Callable[[], tuple[File, ...]]) -> tuple[File, ...]:
    """The files, made beside the pages of everybody else."""
    return await asyncio.to_thread(make)


def offered(files: Iterable[File]) -> list[Offered]:
    """The files in words."""
    return [Offered(file=file, what=_what(file.name), size=_size(len(file.body))) for file in files]


def download(files: Iterable[File], name: str) -> web.Response:
    """One of these files. Raises NotThere."""
    file = next((each for each in files if each.name == name), None)
    if file is None:
        raise NotThere(NOTHING_HERE)
    return attached(file.name, file.media_type, file.body)


def attached(name: str, media_type: str, body: bytes) -> web.Response:
    """A file that the browser keeps and never shows under this desk's name."""
    return web.Response(
        body=body,
        headers={
            "Content-Type": media_type,
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def columns(*sheets: Sheet) -> list[tuple[str, tuple[Column, ...]]]:
    """The columns of these tables, as a page explains them."""
    return [(sheet.title, sheet.columns) for sheet in sheets]


def _what(name: str) -> str:
    return COLUMNS if name.endswith(EXPLAINS) else WHAT[name.rpartition(".")[2]]


def _size(count: int) -> str:
    return f"{count:,} bytes" if count < 10_000 else f"{count / 1000:,.0f} kB"

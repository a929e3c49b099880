"""How a table is written: CSV (RFC 4180, UTF-8), XLSX, and JSON lines, and beside it what its columns mean.

The same table is the same bytes each time, so that its digest can be compared.
"""

import csv
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from io import BytesIO, StringIO
from typing import Final

import msgspec
import xlsxwriter

from gateway.desk.exporting.safe import safe
from gateway.desk.exporting.sheet import (
    DICTIONARY,
    MEDIA_TYPES,
    Cells,
    Column,
    File,
    Form,
    Sheet,
    Value,
    dictionary,
    plain,
)

ROWS_MAX: Final = 1_000_000
"""An XLSX sheet has 1,048,576 rows."""

CELL_MAX: Final = 32_767
"""Characters that an XLSX cell holds."""

_OPTIONS: Final = {
    "in_memory": False,
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


class TooLong(ValueError):
    """More rows than a sheet of this form can hold: narrow the search, or take CSV or JSON lines."""


def files(sheet: Sheet, rows: Iterable[Cells], form: Form, at: int) -> tuple[File, ...]:
    """The table in this form, and its columns: in the same workbook, or in a file beside it. Raises TooLong.

    `at` is when it was made, in UTC seconds: it stands in the workbook.
    """
    columns = File.of(f"{sheet.name}-columns.csv", MEDIA_TYPES["csv"], _columns(sheet))
    match form:
        case "csv":
            return File.of(f"{sheet.name}.csv", MEDIA_TYPES["csv"], b"".join(csv_lines(sheet, rows))), columns
        case "jsonl":
            return File.of(f"{sheet.name}.jsonl", MEDIA_TYPES["jsonl"], b"".join(json_lines(sheet, rows))), columns
        case "xlsx":
            return (File.of(f"{sheet.name}.xlsx", MEDIA_TYPES["xlsx"], workbook(sheet, rows, at)),)


def csv_lines(sheet: Sheet, rows: Iterable[Cells]) -> Iterator[bytes]:
    """The table line by line, for streaming; the first begins with a mark by which spreadsheets know UTF-8."""
    yield b"\xef\xbb\xbf" + _line([column.name for column in sheet.columns])
    for row in rows:
        yield _line([_in_csv(plain(*each)) for each in zip(sheet.columns, row, strict=True)])


def json_lines(sheet: Sheet, rows: Iterable[Cells]) -> Iterator[bytes]:
    """An object a line. Texts are as they are: nothing that reads JSON takes them for a formula."""
    encoder = msgspec.json.Encoder()
    for row in rows:
        named = {column.name: plain(column, value) for column, value in zip(sheet.columns, row, strict=True)}
        yield encoder.encode(named) + b"\n"


def workbook(sheet: Sheet, rows: Iterable[Cells], at: int) -> bytes:
    """A workbook of two sheets: the table, and what its columns mean. Every text is written as text. Raises TooLong."""
    held = BytesIO()
    book = xlsxwriter.Workbook(held, _OPTIONS)
    book.set_properties({"title": sheet.title, "created": datetime.fromtimestamp(at, UTC).replace(tzinfo=None)})
    bold = book.add_format({"bold": True})
    try:
        _sheet(book, "Data", sheet.columns, rows, bold)
        _sheet(book, "Columns", DICTIONARY, [*dictionary(sheet), *_notes(sheet)], bold)
    finally:
        book.close()
    return held.getvalue()


def _sheet(
    book: xlsxwriter.Workbook, name: str, columns: tuple[Column, ...], rows: Iterable[Cells], bold: object
) -> None:
    page = book.add_worksheet(name)
    page.freeze_panes(1, 0)
    for n, column in enumerate(columns):
        page.set_column(n, n, max(12, min(60, len(column.name) + 4)))
        page.write_string(0, n, column.name, bold)
    for number, row in enumerate(rows, start=1):
        if number > ROWS_MAX:
            raise TooLong("A workbook holds a million rows. Narrow the search, or take CSV or JSON lines.")
        for n, (column, value) in enumerate(zip(columns, row, strict=True)):
            _write(page, number, n, plain(column, value))


def _write(page: xlsxwriter.worksheet.Worksheet, row: int, column: int, value: Value) -> None:
    if isinstance(value, str):
        page.write_string(row, column, value[:CELL_MAX])
    elif value is not None:
        page.write_number(row, column, value)


def _columns(sheet: Sheet) -> bytes:
    out = Sheet(name=f"{sheet.name}-columns", title=sheet.title, columns=DICTIONARY)
    return b"".join(csv_lines(out, [*dictionary(sheet), *_notes(sheet)]))


def _notes(sheet: Sheet) -> list[Cells]:
    return [("", "note", note) for note in (sheet.title, *sheet.notes)]


def _in_csv(value: Value) -> str:
    if value is None:
        return ""
    return safe(value) if isinstance(value, str) else str(value)


def _line(cells: list[str]) -> bytes:
    held = StringIO()
    csv.writer(held, lineterminator="\r\n").writerow(cells)
    return held.getvalue().encode()

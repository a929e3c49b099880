"""Tables to take away: read back by programs of others, with no cell that is a formula, and explained."""

import csv
import hashlib
import json
from io import BytesIO, StringIO
from zipfile import ZipFile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.event import Exact, Shared
from contracts.messages.actor import Person, System
from gateway.desk.exporting import figures as figures_out
from gateway.desk.exporting import log_lines, writing
from gateway.desk.exporting.safe import STARTS, as_it_was, safe
from gateway.desk.exporting.sheet import Column, File, Form, Sheet, digests, in_london
from gateway.desk.figures import measures
from gateway.desk.figures.funnel import funnel
from gateway.desk.figures.public import public_page
from gateway.desk.figures.sample import Draw, draw
from gateway.desk.figures.tables import Period, tables
from gateway.desk.inspector import Line
from tests.gateway.desk.figures import made

FORMS: tuple[Form, ...] = ("csv", "xlsx", "jsonl")
DANGEROUS = (
    "=1+1",
    "+44 1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "'=1",
    "  =cmd|' /C calc'!A0",
    "\ufeff=1",
)
SHEET = Sheet(
    name="t",
    title="A table",
    columns=(
        Column(name="text", means="Any text."),
        Column(name="n", kind="whole", means="A number."),
        Column(name="at", kind="time", means="A time."),
        Column(name="ok", kind="yes-no", means="Yes or no."),
    ),
    notes=("A note.",),
)
SUMMER, AUTUMN = 1_792_890_000, 1_792_893_600
"""01:00 UTC on the night of the clock change in October 2026, and an hour after: 02:00 BST does not come twice."""


def as_rows(file: File) -> list[list[str]]:
    text = file.body.decode("utf-8-sig")
    return list(csv.reader(StringIO(text, newline="")))


@given(st.text())
def test_no_text_begins_a_formula_and_each_comes_back(text: str) -> None:
    """Whatever it is."""
    made_safe = safe(text)
    assert not made_safe.lstrip(" \u00a0\ufeff").startswith(tuple(each for each in STARTS if each != "'"))
    assert as_it_was(made_safe) == text


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_formula_is_text_in_every_form(text: str) -> None:
    """In CSV behind an apostrophe, in a workbook as text, in JSON as it is."""
    row = [(text, -5, None, None)]
    table, columns = writing.files(SHEET, row, "csv", 0)
    cell, number = as_rows(table)[1][:2]
    assert cell == f"'{text}"
    assert number == "-5"
    assert columns.name == "t-columns.csv"
    (book,) = writing.files(SHEET, row, "xlsx", 0)
    read = openpyxl.load_workbook(BytesIO(book.body))["Data"]["A2"]
    assert read.data_type == "s"
    with ZipFile(BytesIO(book.body)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    (lines, _) = writing.files(SHEET, row, "jsonl", 0)
    assert json.loads(lines.body)["text"] == text


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_read_back_by_others_alike(form: Form) -> None:
    """Texts with accents, commas and quotation marks; numbers; London's time with its offset; yes, no and nothing."""
    rows = [("Siân D’Souza, “Ó Briain”\nLlŷr", 3, SUMMER, True), ("Nguyễn", None, AUTUMN, False), (None, 0, None, None)]
    file = writing.files(SHEET, rows, form, 1_790_000_000)[0]
    if form == "csv":
        found = [[cell or None for cell in row] for row in as_rows(file)]
        expected_numbers = ["3", None, "0"]
    elif form == "xlsx":
        pages = openpyxl.load_workbook(BytesIO(file.body), read_only=True)
        found = [list(row) for row in pages["Data"].iter_rows(values_only=True)]
        expected_numbers = [3, None, 0]
        assert pages.sheetnames == ["Data", "Columns"]
        assert ("n", "whole number", "A number.") in list(pages["Columns"].iter_rows(values_only=True))
    else:
        objects = [json.loads(line) for line in file.body.splitlines()]
        found = [list(objects[0]), *(list(each.values()) for each in objects)]
        expected_numbers = [3, None, 0]
    assert found[0] == ["text", "n", "at", "ok"]
    assert [row[0] for row in found[1:]] == [row[0] for row in rows]
    assert [row[1] for row in found[1:]] == expected_numbers
    assert [row[2] for row in found[1:]] == [in_london(SUMMER), in_london(AUTUMN), None]
    assert [row[3] for row in found[1:]] == ["yes", "no", None]
    assert file.sha256 == hashlib.sha256(file.body).hexdigest()


@pytest.mark.parametrize("form", FORMS)
def test_the_same_table_is_the_same_bytes(form: Form) -> None:
    """So that its digest can be compared."""
    first, again = (writing.files(SHEET, [("a", 1, SUMMER, True)], form, 1_790_000_000) for _ in range(2))
    assert first == again


def test_times_are_told_apart_in_the_night_of_the_clock_change() -> None:
    """Half past one comes twice in October: the offset says which."""
    assert (in_london(1_792_888_200), in_london(1_792_891_800)) == (
        "2026-10-25T01:30:00+01:00", "2026-10-25T01:30:00+00:00",
    )  # fmt: skip


def test_digests_are_as_sha256sum_reads_them() -> None:
    """A line for each file."""
    table = writing.files(SHEET, [], "csv", 0)
    assert digests(table).body.decode() == "".join(f"{each.sha256}  {each.name}\n" for each in table)


def line(index: int = 7, **exact: object) -> Line:
    shared = Shared(
        event="open", at=1_790_000_000, exchange=made.uid(1), iss="prison-mdi", to="gateway", jti=made.uid(9),
        decision="accepted", fields=("preferred_name",),
    )  # fmt: skip
    person = Person(id="p" * 22, role="rj-coordinator", training="foundation", auth_time=0, amr=())
    return Line(index=index, shared=shared, exact=Exact(actor=person, purpose="conference", clauses=("8.1",), **exact))  # type: ignore[arg-type]


def test_lines_of_the_log_are_a_table() -> None:
    """A cell for each column; an erased line says that it is, and nothing else."""
    table, columns = writing.files(
        log_lines.LINES, log_lines.rows([line(), Line(index=8, shared=None, exact=None)]), "csv", 0
    )  # fmt: skip
    header, first, erased = as_rows(table)
    named = dict(zip(header, first, strict=True))
    assert (named["line"], named["event"], named["person"], named["fields"]) == (
        "7",
        "open",
        "p" * 22,
        "preferred_name",
    )
    assert [cell for cell in erased if cell] == ["8", "yes"]
    assert [row[0] for row in as_rows(columns)[1:] if row[0]] == header


def test_lines_of_the_log_are_audit_events_of_prisons() -> None:
    """The eight members that prison systems know, in their spelling; a pseudonym for who, an exchange for subject."""
    alone = Line(
        index=9, shared=Shared(event="record-erased", at=1_790_000_000), exact=Exact(rule="11.8", clauses=("11.8",))
    )
    system = Line(
        index=10, shared=Shared(event="accepted", at=0, iss="police-13"), exact=Exact(actor=System(id="s" * 22))
    )
    lines = [line(), alone, system, Line(index=8, shared=None, exact=None)]
    (file, _) = writing.files(log_lines.AUDIT, log_lines.audit_rows(lines), "jsonl", 0)
    first, second, third = (json.loads(each) for each in file.body.splitlines())
    assert list(first) == [
        "what", "when", "who", "subjectId", "subjectType", "correlationId", "service", "details",
    ]  # fmt: skip
    assert first["what"] == "RJ_OPEN"
    assert first["when"] == "2026-09-21T14:13:20Z"
    assert (first["who"], first["subjectId"], first["correlationId"]) == (
        f"prison-mdi/{'p' * 22}", made.uid(1), made.uid(9),
    )  # fmt: skip
    assert json.loads(first["details"])["fields"] == ["preferred_name"]
    assert (second["who"], second["subjectType"], second["correlationId"]) == ("SYSTEM", "NOT_APPLICABLE", "line-9")
    assert third["who"] == f"police-13/{'s' * 22}"
    assert json.loads(log_lines.msgspec.json.encode(next(log_lines.audit_events(lines)))) == first


def test_figures_are_a_table_with_their_definitions() -> None:
    """A row for each measure and area; each has its words beside it; exact numbers come back."""
    found = tables(made.many(200), "force", made.NOW, {})
    funnels = [each for each in map(funnel, found) if each is not None]
    (file,) = writing.files(figures_out.FIGURES, figures_out.rows(found, funnels), "xlsx", made.NOW)
    rows = list(openpyxl.load_workbook(BytesIO(file.body), read_only=True)["Data"].iter_rows(values_only=True))
    header, body = rows[0], [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    assert header[0] == "heading"
    assert len(body) == sum(1 + len(table.rows) for table in found)
    requests = [row for row in body if row["measure"] == "requests"]
    assert requests[0]["number"] == sum(row["number"] for row in requests[1:]) == 200
    assert all(row["definition"] and row["name"] and row["unit"] for row in body)
    assert {row["place"] for row in body} <= {None, "within", "below", "above", "far-below", "far-above"}


def test_a_public_table_holds_no_count_that_is_withheld() -> None:
    """What is withheld is marked, and stands nowhere in the file."""
    page = public_page(made.many(60), "police-10", {}, year=2026, at=made.NOW)
    (file, _) = writing.files(figures_out.PUBLIC, figures_out.public_rows(page), "csv", 0)
    rows = [dict(zip(as_rows(file)[0], row, strict=True)) for row in as_rows(file)[1:]]
    assert len(rows) == 2 * len(page.rows)
    assert any(row["number"] == "[c]" for row in rows)
    for row in rows:
        assert row["number"] == "[c]" or not 0 < int(row["number"]) < 5
        assert row["share"] == "" or "[c]" not in (row["number"], row["of"])


def test_a_sample_is_a_table() -> None:
    """A row for each case, with the number that put it there."""
    period = Period.financial_year(2026)
    sample = draw(made.many(50), Draw(seed="lottery 1 2 3", period=period, size=10))
    (file, _) = writing.files(figures_out.SAMPLE, figures_out.sample_rows(sample), "csv", 0)
    assert [row[0] for row in as_rows(file)[1:]] == [each.number for each in sample.drawn]
    assert len(measures.ALL) == len(measures.BY_ID)

"""Logs: static names, known fields, no personal data, whoever logs."""

import io
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from contracts.codec import unb64url
from gateway import logs
from gateway.config import LogSettings

EXCHANGE = "0197c1de-0000-7000-8000-000000000000"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """Logs set up as in a process; gives what was written so far."""
    root, out = logging.getLogger(), io.BytesIO()
    before = root.handlers[:], root.level
    root.handlers.clear()  # so that they are not closed: they are the test runner's
    logs.configure(LogSettings(level="debug"), out)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    logging.captureWarnings(False)
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def test_a_line_is_an_event_with_fields(lines: Lines) -> None:
    """One JSON object, with its time and level."""
    structlog.get_logger().info("message.settled", exchange=EXCHANGE, leaf=41, clauses=("3.1", "9.4"), code=None)
    (line,) = lines()
    assert line.pop("time").endswith("Z")
    assert line == {
        "event": "message.settled",
        "level": "info",
        "exchange": EXCHANGE,
        "leaf": 41,
        "clauses": ["3.1", "9.4"],
        "code": None,
    }


@pytest.mark.parametrize(
    "field",
    [
        {"name": "Ann Smith"},
        {"note": "x"},
        {"exchange": "Ann Smith"},
        {"exchange": EXCHANGE + "\n"},
        {"reason": "Ann rang on 07700 900123"},
        {"leaf": "41"},
        {"count": 447700900123},
        {"clauses": ("3.1", "Smith")},
        {"agency": "LS1 4AP"},
        {"error": "ValueError: Ann"},
        {"address": "http://ann@127.0.0.1:1"},
        {"code": 19},
        {"origin": ["Ann"]},
        {"name": None},
    ],
)
def test_a_field_that_is_not_on_the_list_never_leaves(lines: Lines, field: dict[str, object]) -> None:
    """Neither by its name nor by its value; the line says how many were left out."""
    structlog.get_logger().info("message.settled", **field)
    (line,) = lines()
    assert line.keys() == {"event", "level", "time", "left_out"}
    assert line["left_out"] == 1


def test_an_event_is_a_static_name(lines: Lines) -> None:
    """A sentence made at run time could carry anything, so it is not said."""
    structlog.get_logger().warning("Ann Smith was refused")
    assert [(line["event"], line["left_out"]) for line in lines()] == [("event.without-a-static-name", 1)]


def test_strict_logs_raise_where_others_leave_out(lines: Lines) -> None:
    """So that a test finds the careless line."""
    logs.configure(LogSettings(), io.BytesIO(), strict=True)
    with pytest.raises(logs.NotForLogs):
        structlog.get_logger().info("message.settled", name="Ann Smith")


def test_an_exception_is_its_classes_and_our_own_frames(lines: Lines) -> None:
    """Messages of errors may quote what was read."""
    try:
        try:
            unb64url("Ann Smith")
        except ValueError as error:
            raise ExceptionGroup("Ann Smith", [KeyError("Ann Smith")]) from error
    except ExceptionGroup:
        structlog.get_logger().exception("batch.failed")
    (line,) = lines()
    assert line["errors"] == ["ExceptionGroup", "KeyError", "Malformed", "Error"]
    assert [at.partition(":")[0] for at in line["at"]] == ["contracts.codec"] * 3
    assert "Ann" not in json.dumps(line)
    assert "left_out" not in line


def test_errors_that_refer_to_each_other_end(lines: Lines) -> None:
    """A chain in a circle is cut."""
    first, second = ValueError(), KeyError()
    first.__context__, second.__context__ = second, first
    structlog.get_logger().error("batch.failed", exc_info=first)
    assert len(lines()[0]["errors"]) == logs.LIST_MAX


def test_libraries_are_heard_without_their_words(lines: Lines) -> None:
    """Where from and how gravely; the text may quote a request."""
    try:
        raise ValueError("Ann")
    except ValueError:
        logging.getLogger("aiohttp.server").exception("Error handling request %s", "Ann Smith")
    logging.getLogger("aiohttp.access").info("GET /ann-smith")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("Ann Smith", UserWarning, stacklevel=1)
    server, warning = lines()
    assert (server["event"], server["logger"], server["level"]) == ("library.logged", "aiohttp.server", "error")
    assert server["errors"] == ["ValueError"]
    assert warning["logger"] == "py.warnings"
    assert "Ann" not in json.dumps([server, warning])


def test_the_level_is_kept(lines: Lines) -> None:
    """What is below it is not written."""
    out = io.BytesIO()
    logs.configure(LogSettings(level="warning"), out)
    structlog.get_logger().info("message.settled")
    assert out.getvalue() == b""


def test_people_read_another_form(lines: Lines) -> None:
    """Without colours where nobody looks at a terminal."""
    out = io.BytesIO()
    logs.configure(LogSettings(format="console"), out)
    structlog.get_logger().info("message.settled", leaf=41, name="Ann Smith")
    text = out.getvalue().decode()
    assert "message.settled" in text
    assert "leaf=41" in text
    assert "\x1b" not in text
    assert "Ann" not in text

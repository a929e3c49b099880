"""Logs that cannot carry personal data: events have static names, fields are on a list, values have a shape.

What is not on the list is left out and counted (`left_out`). An exception is its classes and our own lines of code,
never its message, which may quote what it choked on. Libraries that use `logging` are heard by place and level alone.
"""

import logging
import re
import sys
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from types import TracebackType
from typing import BinaryIO, Final

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from contracts.text import UUID7
from gateway.config import LogSettings

Shape = Callable[[object], bool]

OWN: Final = ("contracts", "keys", "gateway")
LIST_MAX: Final = 12
NUMBER_MAX: Final = 2**32
UNNAMED: Final = "event.without-a-static-name"
_EVENT: Final = re.compile(r"[a-z][a-z0-9_.-]{1,60}")


class NotForLogs(AssertionError):
    """A field that logs may not carry. Raised only where `strict` is asked for, in tests."""


def _matches(pattern: str) -> Shape:
    fullmatch = re.compile(pattern).fullmatch
    return lambda value: isinstance(value, str) and fullmatch(value) is not None


def _each(shape: Shape) -> Shape:
    return lambda value: isinstance(value, tuple | list) and len(value) <= LIST_MAX and all(map(shape, value))


def _number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < NUMBER_MAX


ID: Final = _matches(UUID7)
AGENCY: Final = _matches(r"[a-z][a-z0-9-]{1,39}")
WORD: Final = _matches(r"[a-z][a-z_-]{1,39}")
CODE: Final = _matches(r"R[0-9]{2}")
CLAUSE: Final = _matches(r"[1-9][0-9]?(\.[1-9][0-9]?){0,2}")
KEY: Final = _matches(r"[A-Za-z0-9_-]{22}")
DIGEST: Final = _matches(r"[A-Za-z0-9_-]{43}")
PLACE: Final = _matches(r"[a-z0-9.-]+(:[0-9]{1,5})?(/[a-z0-9-]+)?")
ADDRESS: Final = _matches(r"https?://[a-z0-9.:\[\]-]{1,100}/?")
CLASS: Final = _matches(r"[A-Za-z_][A-Za-z0-9_]{0,59}")
FRAME: Final = _matches(r"[A-Za-z_][\w.]{0,80}:[0-9]{1,6} [\w<>.]{1,60}")
ROUTE: Final = _matches(r"/[a-z0-9_/{}.:*-]{0,80}")
METHOD: Final = _matches(r"[A-Z]{3,7}")
DOTTED: Final = _matches(r"[A-Za-z_][\w.]{0,60}")

FIELDS: Final[dict[str, Shape]] = {
    **dict.fromkeys(("exchange", "jti", "follows"), ID),
    **dict.fromkeys(("agency", "client", "iss", "to", "requester", "holder"), AGENCY),
    **dict.fromkeys(("decision", "message", "notice", "outcome", "problem", "purpose", "reason", "signal"), WORD),
    **dict.fromkeys(("slug", "state", "step", "level", "why"), WORD),
    **dict.fromkeys(("agencies", "agreement", "attempts", "bytes", "count", "directory", "index", "leaf"), _number),
    **dict.fromkeys(("left_out", "ms", "pid", "port", "ready", "repeated", "seconds", "size", "status"), _number),
    **dict.fromkeys(("timeline", "version", "waiting"), _number),
    **dict.fromkeys(("digest", "sha256"), DIGEST),
    "code": CODE,
    "clauses": _each(CLAUSE),
    "kid": KEY,
    "origin": PLACE,
    "witness": PLACE,
    "address": ADDRESS,
    "method": METHOD,
    "route": ROUTE,
    "logger": DOTTED,
    "error": CLASS,
    "errors": _each(CLASS),
    "at": _each(FRAME),
}
"""Every field that a line may have, and the shape that its value must have."""


def configure(log: LogSettings, to: BinaryIO | None = None, *, strict: bool = False) -> None:
    """Set up this process's logs, once, when it starts. `strict` raises NotForLogs instead of leaving a field out."""
    out = to or sys.stderr.buffer
    level = getattr(logging, log.level.upper())
    structlog.configure(
        processors=[
            blame,
            _only_known(strict),
            structlog.processors.add_log_level,
            _timed,
            *(_for_people(out) if log.format == "console" else (_as_json,)),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    logging.captureWarnings(True)
    logging.basicConfig(handlers=[Libraries()], level=max(level, logging.WARNING), force=True)


class Libraries(logging.Handler):
    """Where a library logs from, and how gravely. Its text stays out: it may quote a request."""

    def emit(self, record: logging.LogRecord) -> None:
        """Say it in our own way."""
        structlog.get_logger().log(
            record.levelno,
            "library.logged",
            logger=record.name,
            at=(f"{record.module}:{record.lineno} {record.funcName}",),
            exc_info=record.exc_info,
        )


def blame(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """`exc_info` becomes `errors`, the classes from what was raised to what it came of, and `at`, our own frames."""
    given = line.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        chain = tuple(islice(_chain(error), LIST_MAX))  # two errors may each have come of the other
        line["errors"] = tuple(type(each).__name__ for each in chain)
        line["at"] = tuple(frame for each in chain for frame in _own_frames(each.__traceback__))[-LIST_MAX:]
    return line


def _chain(error: BaseException) -> Iterator[BaseException]:
    yield error
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _chain(each)
    if cause := error.__cause__ or error.__context__:
        yield from _chain(cause)


def _own_frames(at: TracebackType | None) -> Iterator[str]:
    while at:
        module = str(at.tb_frame.f_globals.get("__name__"))
        if module.partition(".")[0] in OWN:
            yield f"{module}:{at.tb_lineno} {at.tb_frame.f_code.co_name}"
        at = at.tb_next


def _only_known(strict: bool) -> Processor:
    def keep(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
        event = line.pop("event")
        named = isinstance(event, str) and _EVENT.fullmatch(event) is not None
        kept: EventDict = {"event": event if named else UNNAMED}
        for name, value in line.items():
            if (shape := FIELDS.get(name)) and (value is None or shape(value)):
                kept[name] = value
        if left_out := len(line) + 1 - len(kept) + (not named):
            if strict:
                raise NotForLogs("A log line has a field or value that logs may not carry: see gateway/logs.py.")
            kept["left_out"] = left_out
        return kept

    return keep


def _timed(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    now = time.time()
    line["time"] = f"{_second(int(now))}.{int(now % 1 * 1000):03}Z"
    return line


@lru_cache(maxsize=1)
def _second(instant: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(instant))


def _as_json(_: WrappedLogger, __: str, line: EventDict) -> bytes:
    return _ENCODER.encode(line)


def _for_people(out: BinaryIO) -> tuple[Processor, Processor]:
    render = structlog.dev.ConsoleRenderer(colors=out.isatty())
    return render, lambda _, __, text: str(text).encode()


_ENCODER: Final = msgspec.json.Encoder()

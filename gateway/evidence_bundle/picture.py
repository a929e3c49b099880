"""The timeline as a picture (SVG 1.1): three lanes from top to bottom. Black on white, no scripts, no foreign fonts.

What matters is told by shape and by words, never by colour; the whole table stands in `desc` for whoever cannot see.
"""

from collections.abc import Iterator
from html import escape
from textwrap import wrap
from typing import Final

from gateway.evidence_bundle import timeline, words
from gateway.evidence_bundle.case import Case
from gateway.evidence_bundle.proving import Line

WIDTH: Final = 1180
LANES: Final = {"requester": 310, "gateway": 440, "holder": 570}
TEXT: Final = 650
TEXT_LETTERS: Final = 66
LINE_HEIGHT: Final = 19
TOP: Final = 208
PAD: Final = 30

STYLE: Final = (
    "text{font-family:'DejaVu Sans',Verdana,Arial,sans-serif;font-size:13.5px;fill:#000}"
    ".head{font-size:22px;font-weight:bold}.sub{font-size:14px}.name{font-weight:bold;font-size:15px}"
    ".mid{text-anchor:middle}.small{font-size:12px}"
    ".lane{stroke:#999;stroke-width:2}.rule{stroke:#ddd;stroke-width:1}"
    ".go{stroke:#000;stroke-width:2.5;fill:none}.no{stroke:#000;stroke-width:2.5;stroke-dasharray:7 5;fill:none}"
    ".tell{stroke:#000;stroke-width:2;stroke-dasharray:2 5;fill:none}"
    ".box{fill:#fff;stroke:#000;stroke-width:2}.dot{fill:#000}.warn{fill:#fff;stroke:#000;stroke-width:3}"
)


def svg(case: Case) -> str:
    """The picture."""
    rows, y = [], TOP
    for line in case.lines:
        lines = _text_of(case, line)
        height = max(62, PAD + LINE_HEIGHT * len(lines))
        rows.append("".join(_row(case, line, lines, y)))
        y += height
    title = f"Timeline of exchange {case.material.exchange}"
    drawn = [*_header(case, title), *_lanes(case, y), *rows, *_legend(y + 24)]
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 150}" width="{WIDTH}" height="{y + 150}" '
        'role="img" aria-labelledby="title desc" lang="en-GB">\n'
        f'<title id="title">{escape(title)}</title>\n<desc id="desc">{escape(timeline.text(case))}</desc>\n'
        f"<style>{STYLE}</style>\n"
        f'<rect width="{WIDTH}" height="{y + 150}" fill="#fff"/>\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def _header(case: Case, title: str) -> Iterator[str]:
    reader = words.agency(case, case.material.reader, case.lines[-1].index)
    yield _write(28, 44, title, "head")
    yield _write(28, 70, f"As {reader} may see it, as {case.side}. Log: {case.material.origin}.", "sub")
    yield _write(28, 92, "Each row is a line of the log and is proved by its receipt. Times are London's.", "sub")
    if case.faults:
        wrong = words.counted(len(case.faults), "thing is", "things are")
        yield _write(28, 116, f"ATTENTION: {wrong} not in order. See the marked rows.", "name")


def _lanes(case: Case, bottom: int) -> Iterator[str]:
    """The three parts, each with a box at its head and a line below."""
    named = {
        "requester": ("Requester", case.requester),
        "gateway": ("Gateway", "and its log"),
        "holder": ("Holder", case.holder),
    }
    for part, x in LANES.items():
        yield f'<line class="lane" x1="{x}" y1="{TOP - 26}" x2="{x}" y2="{bottom}"/>'
        yield f'<rect class="box" x="{x - 60}" y="{TOP - 66}" width="120" height="42" rx="4"/>'
        yield _write(x, TOP - 48, named[part][0], "name mid")
        yield _write(x, TOP - 31, named[part][1][:18], "small mid")
    yield _write(28, TOP - 40, "Line and time", "name")
    yield _write(TEXT, TOP - 40, "What the line says", "name")


def _text_of(case: Case, line: Line) -> list[str]:
    return [words.name(line), *wrap(words.sentence(case, line), TEXT_LETTERS), *_wrong(case, line)]


def _wrong(case: Case, line: Line) -> list[str]:
    """In bold, which is wider."""
    told = [f"NOT IN ORDER: {fault}." for fault in case.faults_at(line.index)]
    return [each for fault in told for each in wrap(fault, TEXT_LETTERS - 10)]


def _row(case: Case, line: Line, lines: list[str], y: int) -> Iterator[str]:
    yield f'<g><line class="rule" x1="28" y1="{y - 6}" x2="{WIDTH - 28}" y2="{y - 6}"/>'
    yield _write(28, y + 16, f"{line.index}", "name")
    if line.shared is not None:
        date, _, hour = words.when(line.shared.at).partition(", ")
        yield _write(84, y + 16, date, "small")
        yield _write(84, y + 34, hour, "small")
    yield from _mark(case, line, y + 22)
    for number, each in enumerate(lines):
        strong = not number or number >= len(lines) - len(_wrong(case, line))
        yield _write(TEXT, y + 16 + number * LINE_HEIGHT, each, "name" if strong else "")
    if case.faults_at(line.index):
        yield f'<path class="warn" d="M {TEXT - 34} {y + 24} l 11 -20 l 11 20 z"/>'
        yield _write(TEXT - 23, y + 21, "!", "name mid")
    yield "</g>"


def _mark(case: Case, line: Line, y: int) -> Iterator[str]:
    """Who speaks to whom: an arrow, one that ends in a cross, one there and back, or a ring for what time does."""
    middle, shared = LANES["gateway"], line.shared
    if shared is None:
        yield _unopened(middle, y)
        return
    start = LANES.get(timeline.part(case, shared.iss)) if shared.iss else None
    if start is None:
        yield from _besides(case, line, y)
    elif shared.decision == "refused":
        yield f'<path class="no" d="M {start} {y} H {middle}"/>{_cross(middle, y)}'
    elif shared.event == "open":
        yield f'<path class="go" d="M {start} {y} H {middle}"/>{_dot(middle, y)}{_head(start, y, start - middle)}'
        yield _head(middle - _sign(middle - start) * 6, y, middle - start)
    else:
        end = LANES.get(timeline.part(case, shared.to) if shared.to != "gateway" else "gateway", middle)
        stop = end - _sign(end - start) * (6 if end == middle else 0)
        dot = "" if end == middle else _dot(middle, y)
        yield f'<path class="go" d="M {start} {y} H {end}"/>{dot}{_head(stop, y, end - start)}'
        yield _dot(end, y) if end == middle else ""


def _besides(case: Case, line: Line, y: int) -> Iterator[str]:
    """What neither side said: an inspector's message; or what time did, of which a party's bundle shows it was told."""
    middle = LANES["gateway"]
    if line.shared is not None and line.shared.iss is not None:
        yield f"{_dot(middle, y)}{_write(middle + 12, y + 5, 'inspectorate', 'small')}"
        return
    if line.notice is not None:
        told = LANES[timeline.part(case, case.material.reader)]
        yield f'<path class="tell" d="M {middle} {y} H {told}"/>{_head(told, y, told - middle)}'
    yield f'<circle class="box" cx="{middle}" cy="{y}" r="8"/>'


def _legend(y: int) -> Iterator[str]:
    yield _write(28, y + 14, "How to read it", "name")
    yield f'<path class="go" d="M 28 {y + 38} H 78"/>{_dot(53, y + 38)}{_head(78, y + 38, 1)}'
    yield _write(92, y + 43, "a message, recorded (dot) and passed on", "small")
    yield f'<path class="go" d="M 28 {y + 64} H 78"/>{_head(28, y + 64, -1)}{_head(72, y + 64, 1)}{_dot(78, y + 64)}'
    yield _write(92, y + 69, "details asked for, and after the line was written handed over once", "small")
    yield f'<path class="no" d="M 28 {y + 90} H 78"/>{_cross(78, y + 90)}'
    yield _write(92, y + 95, "a message that the gateway refused", "small")
    yield f'<circle class="box" cx="592" cy="{y + 38}" r="8"/>'
    yield _write(612, y + 43, "something that the gateway did of itself, such as when a time ended", "small")
    yield f'<path class="tell" d="M 568 {y + 64} H 600"/>{_head(600, y + 64, 1)}'
    yield _write(612, y + 69, "the gateway told the reader of this file", "small")
    yield _unopened(592, y + 90)
    yield _write(612, y + 95, "a line whose record is erased, or missing", "small")


def _write(x: int, y: int, text: str, kind: str) -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x}" y="{y}">{escape(text, quote=False)}</text>'


def _unopened(x: int, y: int) -> str:
    return f'<rect class="box" x="{x - 8}" y="{y - 8}" width="16" height="16"/>{_write(x, y + 5, "?", "name mid")}'


def _dot(x: int, y: int) -> str:
    return f'<circle class="dot" cx="{x}" cy="{y}" r="5"/>'


def _cross(x: int, y: int) -> str:
    return f'<path class="go" d="M {x - 7} {y - 7} l 14 14 m 0 -14 l -14 14"/>'


def _head(x: int, y: int, towards: int) -> str:
    """The head of an arrow whose point is at `x`."""
    back = -11 * _sign(towards)
    return f'<path class="dot" d="M {x} {y} l {back} -6 v 12 z"/>'


def _sign(number: int) -> int:
    return 1 if number >= 0 else -1

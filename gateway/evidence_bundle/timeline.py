"""The timeline as a table of plain text: one line of the log after another."""

from collections.abc import Iterator
from textwrap import wrap
from typing import Final

from gateway.evidence_bundle import words
from gateway.evidence_bundle.case import Case
from gateway.evidence_bundle.proving import Line

WIDTH: Final = 72


def text(case: Case) -> str:
    """The table."""
    return "\n".join(_rows(case)) + "\n"


def route(case: Case, line: Line) -> str:
    """From whom to whom: by their part in the exchange."""
    shared = line.shared
    if shared is None:
        return ""
    if shared.iss is None:
        return "gateway"
    if shared.decision == "refused" or shared.to in (None, "gateway"):
        return f"{part(case, shared.iss)} → gateway"
    return f"{part(case, shared.iss)} → {part(case, shared.to)}"


def part(case: Case, agency: str | None) -> str:
    """An agency's part in the exchange."""
    return {case.requester: "requester", case.holder: "holder"}.get(agency or "", "inspectorate")


def _rows(case: Case) -> Iterator[str]:
    yield f"Timeline of exchange {case.material.exchange}"
    yield f"in the log {case.material.origin}"
    yield ""
    for role, agency in (("Requester", case.requester), ("Holder", case.holder)):
        if agency:
            yield f"{role + ':':<11}{words.agency(case, agency, case.lines[-1].index)}"
    yield f"{'Made for:':<11}{words.agency(case, case.material.reader, case.lines[-1].index)}, as {case.side}"
    yield "Times are those of the log, in London."
    for line in case.lines:
        yield ""
        at = words.when(line.shared.at) if line.shared else "time not open"
        yield f"Line {line.index:<8} {at:<34} {route(case, line)}".rstrip()
        yield f"  {words.name(line)}"
        yield from (f"  {each}" for each in wrap(words.sentence(case, line), WIDTH))
        for fault in case.faults_at(line.index):
            yield from (f"  !! {each}" for each in wrap(f"NOT IN ORDER: {fault}.", WIDTH - 3))

"""All that a bundle is made of, proved together; and what is out of sequence in it.

1. documents  signed by both parties, announced by the log
2. lines      each proved, in order, and no more of them than the reader may see
3. cosigners  where a policy is trusted: enough of them vouch for every tree
4. sequence   what must come before what; and for an inspector, that no line's record is gone without an erasure
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from contracts.agreement import Agreement
from contracts.checkpoint import Malformed, parse_note
from contracts.tlog_policy import Policy
from contracts.tlog_proof import TlogProof
from gateway.evidence_bundle.material import Material, NotProved, Trusted
from gateway.evidence_bundle.proving import Line, proved
from gateway.evidence_bundle.sequence import Event, Fault, faults, times
from gateway.evidence_bundle.stood import Stood, stood
from keys.ed25519 import BadKey
from keys.notes import NoteRefused, open_checkpoint

Side = Literal["requester", "holder", "inspector"]
ERASURES = ("erased", "record-erased")


class Case(Struct, frozen=True, kw_only=True):
    """What is proved. `requester` and `holder` are agencies; `gone` names lines whose record is erased, and by whom."""

    material: Material
    side: Side
    requester: str
    holder: str
    lines: tuple[Line, ...]
    stood: Stood
    gone: dict[int, Line]
    faults: tuple[Fault, ...]

    @property
    def newest(self) -> Line:
        """The line whose receipt is of the largest tree."""
        return max(self.lines, key=lambda line: line.tree.size)

    @property
    def partial(self) -> bool:
        """Whether some line is not open, so that the order of events cannot be judged."""
        return any(line.shared is None for line in self.lines)

    def faults_at(self, index: int) -> list[str]:
        """What is wrong at a line."""
        return [fault.words for fault in self.faults if fault.line == index]


def prove(material: Material, trusted: Trusted) -> Case:
    """The case, if everything in it holds. Raises NotProved. What is out of sequence is told in `faults`."""
    # 1. documents
    if material.origin not in {key.name for key in trusted.log} or not material.lines:
        raise NotProved("The evidence is of another log than the key, or holds no line.")
    documents = stood(material.documents, material.origin, trusted)
    # 2. lines
    lines = tuple(proved(each, material, documents, trusted) for each in material.lines)
    if any(later.index <= earlier.index for earlier, later in pairwise(lines)):
        raise NotProved("The lines are not in the order of the log.")
    side, requester, holder = _sides(material, lines, documents)
    _check_cut(material.reader, side, lines)
    # 3. cosigners
    if trusted.policy is not None:
        _check_quorum(material, trusted.policy)
    # 4. sequence
    found = [*missing(lines, side), *_sequence(lines, documents, side)]
    return Case(
        material=material,
        side=side,
        requester=requester,
        holder=holder,
        lines=lines,
        stood=documents,
        gone=erased(lines),
        faults=tuple(sorted(found)),
    )


def _sides(material: Material, lines: tuple[Line, ...], documents: Stood) -> tuple[Side, str, str]:
    """Who asked, who was asked, and which of them reads, or that an inspector does."""
    asked = next((line.shared for line in lines if line.shared and line.shared.event == "contact-request"), None)
    requester, holder = (asked.iss or "", asked.to or "") if asked else ("", "")
    last = lines[-1].index
    if documents.terms(last).agreement.inspects(documents.directory(last).agency(material.reader)):
        return "inspector", requester, holder
    if material.reader not in (requester, holder):
        raise NotProved("The evidence is made for an agency that has no part in the exchange.")
    return ("requester" if material.reader == requester else "holder"), requester, holder


def _check_cut(reader: str, side: Side, lines: tuple[Line, ...]) -> None:
    """A party holds what it said and what came to it, and of the exact parts only its own."""
    for line in lines:
        if side == "inspector" or line.shared is None:
            continue
        own = line.shared.iss == reader and line.decision is not None
        came = line.notice is not None or (line.claims is not None and line.claims.to == reader)
        if not (own or (came and line.exact is None and line.decision is None)):
            raise NotProved(f"Line {line.index}: it holds more than its reader may see. Destroy the file.")


def _check_quorum(material: Material, text: str) -> None:
    receipts = [line.receipt for line in material.lines] + [each.stood.receipt for each in material.documents]
    try:
        policy = Policy.parse(text)
        for note in {TlogProof.parse(receipt).checkpoint for receipt in receipts}:
            open_checkpoint(parse_note(note), policy)
    except (Malformed, NoteRefused, BadKey) as error:
        raise NotProved(f"The log's cosigners do not vouch for it. {error}") from error


def erased(lines: Sequence[Line]) -> dict[int, Line]:
    """The lines whose records an erasure took, each with the line that says so."""
    said = [line for line in lines if line.exact and line.shared and line.shared.event in ERASURES]
    return {index: line for line in said if line.exact for index in line.exact.lines}


def missing(lines: Sequence[Line], side: Side) -> list[Fault]:
    """An inspector is shown every record that is not erased; one that is gone without an erasure is an alarm."""
    gone = erased(lines)
    bare = [line.index for line in lines if line.shared is None and line.index not in gone]
    found = [Fault(index, "its record is missing, and no erasure that is shown here took it: ALARM") for index in bare]
    if side == "inspector":
        found += [Fault(line.index, "part of its record is missing: ALARM") for line in lines if _cut_short(line)]
    return found


def _cut_short(line: Line) -> bool:
    """Whether a line that opens lacks its exact part, or its message or the decision on that."""
    unsaid = line.shared is not None and line.shared.token is not None and not (line.given.token and line.decision)
    return line.shared is not None and (line.exact is None or unsaid)


def _sequence(lines: tuple[Line, ...], documents: Stood, side: Side) -> list[Fault]:
    events = [_event(line) for line in lines if line.shared is not None]
    if len(events) < len(lines):  # nobody can tell what came before what, where some of it is erased
        return list(times(events))

    def agreement(index: int) -> Agreement:
        return documents.terms(index).agreement

    return faults(events, agreement, whole=side != "requester")


def _event(line: Line) -> Event:
    assert line.shared is not None
    return Event(index=line.index, shared=line.shared, body=line.body)

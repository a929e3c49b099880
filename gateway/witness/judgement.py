"""What a witness makes of a request: bytes in, status and body out (C2SP tlog-witness, add-checkpoint). No I/O."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from contracts.checkpoint import Checkpoint, Malformed, SignedNote, format_note
from contracts.merkle import EMPTY_ROOT, ProofFailed, verify_consistency
from contracts.tlog_witness import SIZE_TYPE, AddCheckpoint, encode_size
from gateway.witness.memory import Cause, Evidence, Held, Kept
from keys.notes import Cosigner, NoteRefused, VerifierKey, verified_keys

TEXT_TYPE: Final = "text/plain"
LAG: Final = 60
"""Seconds by which the clock may be behind the last cosignature; beyond them somebody must look at it."""

_UNKNOWN: Final = "The witness does not know this log. Ask its operator to add the log's key."
_BEYOND: Final = "The old size is larger than the checkpoint's own. A log only grows."
_EMPTY: Final = "The root of a tree without leaves must be the hash of nothing."
_TWO: Final = "The log has signed another root for this size. The operator of the witness keeps both."
_LATE: Final = "The clock of the witness is behind what it has cosigned. Its operator must set it."
_FROM_NOTHING: Final = "There is nothing to prove from an old size of 0: send no proof."


class Answer(NamedTuple):
    """What is answered. `why` is a word for logs."""

    status: int
    body: str
    media: str = TEXT_TYPE
    why: str | None = None


class Asked(Struct, frozen=True, kw_only=True):
    """A request that a trusted key of its log has signed. `lines` are the signatures that hold."""

    old: int
    proof: tuple[bytes, ...]
    tree: Checkpoint
    text: str
    lines: tuple[str, ...]


Logs = Mapping[str, tuple[VerifierKey, ...]]
"""Origin → the keys that are trusted for it: two, while a log changes its key."""


def read(body: bytes, logs: Logs) -> Asked | Answer:
    """The request, its signature verified; or the answer that refuses it."""
    try:
        request = AddCheckpoint.parse(body)
        tree = Checkpoint.parse(request.checkpoint.text)
    except Malformed as error:
        return Answer(400, f"{error}\n", why="malformed")
    if (trusted := logs.get(tree.origin)) is None:
        return Answer(404, f"{_UNKNOWN}\n", why="unknown-log")
    try:
        signed = verified_keys(request.checkpoint, trusted)
    except NoteRefused as error:
        return Answer(403, f"{error}\n", why="not-signed")
    if request.old > tree.size:
        return Answer(400, f"{_BEYOND}\n", why="malformed")
    lines = _lines_of(request.checkpoint, signed)
    return Asked(old=request.old, proof=request.proof, tree=tree, text=request.checkpoint.text, lines=lines)


def judge(asked: Asked, held: Held | None, cosigners: Sequence[Cosigner], now: int) -> tuple[Answer, Kept]:
    """What is answered, and what is to be kept before it is. `now` is in seconds since 1970, and is never 0.

    `cosigners` are the keys of one witness; the first can cosign any checkpoint.
    """
    tree, size = asked.tree, held.size if held else 0
    if tree.size == 0 and tree.root != EMPTY_ROOT:
        return _against(asked, held, now, "empty-root", _EMPTY)
    two_roots = held is not None and tree.size == size and tree.root != held.root
    if asked.old != size:
        told = Answer(409, encode_size(size), SIZE_TYPE, why="other-size")
        return told, Kept(evidence=_evidence(asked, held, now, "two-roots") if two_roots else None)
    if two_roots:
        return _against(asked, held, now, "two-roots", _TWO)
    if size == 0 and asked.proof:
        return Answer(422, f"{_FROM_NOTHING}\n", why="not-proved"), Kept()
    try:
        verify_consistency(size, tree.size, held.root if held else EMPTY_ROOT, tree.root, asked.proof)
    except ProofFailed as error:
        return _against(asked, held, now, "not-proved", str(error))
    return _cosigned(asked, held, cosigners, now)


def _cosigned(asked: Asked, held: Held | None, cosigners: Sequence[Cosigner], now: int) -> tuple[Answer, Kept]:
    """A cosignature says that this is the largest tree seen at its time, so its time never goes back.

    Each of `cosigners` signs what its kind can say: all do, but for a checkpoint with extension lines.
    """
    latest = held.time if held else 1
    if now < latest - LAG or now < 1:
        return Answer(503, f"{_LATE}\n", why="clock"), Kept()
    time = max(now, latest)
    lines = [each.cosign(asked.text, time) for each in cosigners if each.can_cosign(asked.tree)]
    note = format_note(asked.text, *asked.lines, *lines)
    return Answer(200, "".join(lines)), Kept(
        held=Held(size=asked.tree.size, root=asked.tree.root, time=time, note=note)
    )


def _against(asked: Asked, held: Held | None, now: int, cause: Cause, said: str) -> tuple[Answer, Kept]:
    return Answer(422, f"{said}\n", why=cause), Kept(evidence=_evidence(asked, held, now, cause))


def _evidence(asked: Asked, held: Held | None, now: int, cause: Cause) -> Evidence:
    note = format_note(asked.text, *asked.lines)
    return Evidence(
        cause=cause,
        size=asked.tree.size,
        root=asked.tree.root,
        time=now,
        note=note,
        held=held.note if held else None,
    )


def _lines_of(note: SignedNote, signed: tuple[VerifierKey, ...]) -> tuple[str, ...]:
    """The lines of these keys, each once; what others have signed beside them is left out."""
    names = {(key.name, key.key_id) for key in signed}
    lines = [line.encode() for line in note.signatures if (line.name, line.key_id) in names]
    return tuple(dict.fromkeys(lines))

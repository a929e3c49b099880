"""Following a log from outside: it must only grow, and what it says of itself in clear is told.

1. The newest checkpoint is signed by the log's keys, and by the quorum if a policy asks for one.
2. It is not smaller than the one remembered, and of the same size only with the same root.
3. Its new lines, hashed onto the remembered right edge, give its root: so nothing before them has changed.
4. Only then is it the one that is remembered.
"""

import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import msgspec
from msgspec import Struct

from contracts.checkpoint import Checkpoint, Malformed
from contracts.event import EventLeaf, Leaf, parse_leaf
from contracts.merkle import leaf_hash
from contracts.tlog_policy import Policy
from contracts.tlog_tiles import ENTRIES, TILE_WIDTH, Place, split_bundle
from gateway.ledger.directory_keys import KnownKey
from gateway.ledger.head import Head, open_head
from gateway.ledger.source import Source, SourceAway, get_note, get_place
from gateway.ledger.tree import Edge, grow
from keys.notes import NoteRefused, VerifierKey

AT_ONCE: Final = 16
"""Bundles that are hashed at a time."""

_EVENT: Final = re.compile(rb'\{"class":"event","v":1,"shared":"[\w-]{43}","exact":"[\w-]{43}"\}', re.ASCII)

AlarmKind = Literal["signature", "shrunken", "forked", "rewritten", "unproved", "stale", "directory"]


class Remembered(Struct, frozen=True, kw_only=True):
    """What is known of a log: its last verified checkpoint with the right edge of its tree, and the directory's keys.

    `directory` is the newest version that the log has announced, `seen` the newest whose document has been read.
    """

    note: str
    edge: Edge
    directory: int = 0
    sha256: str = ""
    seen: int = 0
    kids: dict[str, KnownKey] = {}


class Told(NamedTuple):
    """A line in clear; `leaf` is None for one that is not in this log's form."""

    line: int
    leaf: Leaf | None


class Look(NamedTuple):
    """What one look gave: the verified head, what is to be remembered, the lines in clear among the new ones."""

    head: Head
    edge: Edge
    told: list[Told]


class Alarm(Exception):
    """The log does not hold. `known` and `found` are the checkpoints that show it."""

    def __init__(self, kind: AlarmKind, sentence: str, known: str = "", found: str = "") -> None:
        super().__init__(sentence)
        self.kind, self.known, self.found = kind, known, found


def look(source: Source, keys: Sequence[VerifierKey], policy: Policy | None, known: Remembered | None) -> Look:
    """The log as it is now, shown to extend what is known of it. Raises Alarm, SourceAway."""
    before = known.edge if known else Edge()
    note = get_note(source)
    if note is None:
        raise SourceAway("There is no checkpoint here. Check the address or the folder; try again.")
    # 1.
    try:
        head = open_head(note, keys, policy)
    except (NoteRefused, Malformed) as error:
        raise Alarm("signature", f"The checkpoint must not be believed. {error}", _note(known), note) from error
    # 2.
    if head.tree.size < before.size:
        raise Alarm("shrunken", f"The log had {before.size} lines and now shows {head.tree.size}: lines are gone.",
                    _note(known), note)  # fmt: skip
    if head.tree.size == before.size and head.tree.root != before.root():
        raise Alarm("forked", f"The log shows two histories of its {before.size} lines.", _note(known), note)
    # 3.
    try:
        edge, told = _follow(source, before, head.tree.size)
        if edge.root() != head.tree.root:
            raise _blame(source, head.tree, known, note)
    except Malformed as error:
        raise Alarm(
            "unproved", f"The checkpoint promises lines that are not there. {error}", _note(known), note
        ) from error
    return Look(head, edge, told)


def _note(known: Remembered | None) -> str:
    return known.note if known else ""


def _follow(source: Source, edge: Edge, size: int) -> tuple[Edge, list[Told]]:
    """The edge of the tree once the lines up to `size` are hashed onto it. Raises Malformed, SourceAway."""
    told: list[Told] = []
    while edge.size < size:
        leaves: list[bytes] = []
        for n in range(edge.size // TILE_WIDTH, min(edge.size // TILE_WIDTH + AT_ONCE, -(-size // TILE_WIDTH))):
            leaves += _new_in(source, Place(ENTRIES, n).at(size), edge.size)
        told += [Told(at, _parsed(leaf)) for at, leaf in enumerate(leaves, edge.size) if not _EVENT.fullmatch(leaf)]
        edge = grow(edge, [leaf_hash(leaf) for leaf in leaves]).edge
    return edge, told


def _new_in(source: Source, place: Place, known: int) -> list[bytes]:
    bundle = get_place(source, place)
    if bundle is None:
        raise Malformed(f"{place.path} is missing.")
    return split_bundle(bundle, place.width)[max(0, known - place.first) :]


def _parsed(leaf: bytes) -> Leaf | None:
    try:
        found = parse_leaf(leaf)
    except msgspec.DecodeError:
        return None
    return None if isinstance(found, EventLeaf) else found


def _blame(source: Source, tree: Checkpoint, known: Remembered | None, note: str) -> Alarm:
    """Whether the lines served are another history than the one seen, or not even those of the new checkpoint."""
    if known and _follow(source, Edge(), tree.size)[0].root() == tree.root:
        return Alarm("rewritten", f"The log no longer begins with the {known.edge.size} lines that were seen before.",
                     known.note, note)  # fmt: skip
    return Alarm("unproved", "The lines that the log serves are not those of its checkpoint.", _note(known), note)


def remembered(state: bytes, keys: Sequence[VerifierKey]) -> Remembered:
    """What a state file remembers, checked against itself and the log's keys. Raises Malformed, NoteRefused."""
    try:
        known = msgspec.json.decode(state, type=Remembered)
    except (msgspec.DecodeError, ValueError) as error:
        raise Malformed("The state file is not one of `rj watch`. Name another.") from error
    tree = open_head(known.note, keys).tree
    if (tree.size, tree.root) != (known.edge.size, known.edge.root()):
        raise Malformed("The state file has been changed. Name another, and start anew from a checkpoint you trust.")
    return known

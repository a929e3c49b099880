"""How the tree grows, and which stored nodes a proof from the past needs (RFC 9162 section 2.1). No I/O.

The append state is the right edge of the tree. Stored beside it are the leaf hashes (level 0) and the complete nodes at
every fourth level (4, 8, 12 …), each by its number in its level; every other node is hashed again when it is needed.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from contracts.merkle import EMPTY_ROOT, node_hash, parents, root

STORED_EVERY = 4


class Node(NamedTuple):
    """A complete node to be stored: it covers the leaves from ``n << level`` to ``(n + 1) << level``."""

    level: int
    n: int
    hash: bytes


class Run(NamedTuple):
    """Stored nodes of one level, from number ``first`` to ``first + length - 1``; at level 0, leaf hashes."""

    level: int
    first: int
    length: int


class Span(NamedTuple):
    """The leaves from ``begin`` to ``end``, whole or cut off by the end of the tree: one hash of a proof."""

    begin: int
    end: int


class NodeMissing(LookupError):
    """A node that must be stored is not: the store is damaged."""


class Edge(Struct, frozen=True, kw_only=True):
    """A tree of ``size`` leaves by its largest complete subtrees, from left to right: one for each bit of the size."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError("The edge of a tree must have one hash for each bit of its size.")

    def root(self) -> bytes:
        """Root of the tree."""
        if not self.hashes:
            return EMPTY_ROOT
        *left, node = self.hashes
        for each in reversed(left):
            node = node_hash(each, node)
        return node


class Growth(Struct, frozen=True, kw_only=True):
    """What a batch of leaves made of the tree: its new edge, and the nodes now complete and to be stored."""

    edge: Edge
    nodes: tuple[Node, ...]
    old_size: int
    rows: tuple[list[bytes], ...]

    def proof(self, index: int) -> tuple[bytes, ...]:
        """Inclusion proof, in the new tree, of a leaf of this batch. Raises IndexError for another leaf."""
        if not self.old_size <= index < self.edge.size:
            raise IndexError("Growth proves the leaves of its own batch only.")
        return self._path(index, 0)

    def consistency(self) -> tuple[bytes, ...]:
        """Proof that the new tree extends the one before the batch (2.1.4.1), for `contracts.merkle`."""
        old = self.old_size
        if old in {0, self.edge.size}:
            return ()
        level = (old & -old).bit_length() - 1
        own = () if old.bit_count() == 1 else (self.rows[level][0],)
        return own + self._path(old - 1, level)

    def _path(self, index: int, level: int) -> tuple[bytes, ...]:
        """The siblings on the way up from the node above a leaf at this level, as far as the batch has touched them."""
        old, rows = self.old_size, enumerate(self.rows[level:], level)
        at = ((row, ((index >> level) - (old >> level & ~1)) ^ 1) for level, row in rows)
        return tuple([row[sibling] for row, sibling in at if sibling < len(row)])


def grow(edge: Edge, leaf_hashes: Sequence[bytes]) -> Growth:
    """Append leaves. Nothing is looked up: at each level the batch needs at most one old node, and the edge has it."""
    size = edge.size + len(leaf_hashes)
    rows = tuple(_rows(edge, leaf_hashes))
    return Growth(
        edge=Edge(size=size, hashes=tuple(_new_edge(edge.size, size, rows))),
        nodes=tuple(_completed(edge.size, size, rows)),
        old_size=edge.size,
        rows=rows,
    )


def _rows(edge: Edge, leaf_hashes: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Every level of the new tree, from the leaves to the root, as far as the batch touches it.

    The row of a level begins at node ``_start(old size, level)``, an even one: its pairs are pairs of the tree.
    """
    borders, row, rest = list(edge.hashes), list(leaf_hashes), edge.size
    while True:
        if rest & 1:
            row.insert(0, borders.pop())
        yield row
        rest >>= 1
        if not rest and len(row) <= 1:
            return
        row = parents(row)


def _start(old_size: int, level: int) -> int:
    """Number of the first node in the row of a level: the first new one, or the old one to the left in its pair."""
    return old_size >> level & ~1


def _new_edge(old_size: int, size: int, rows: Sequence[list[bytes]]) -> Iterator[bytes]:
    for level in reversed(range(len(rows))):
        if size >> level & 1:
            yield rows[level][(size >> level) - 1 - _start(old_size, level)]


def _completed(old_size: int, size: int, rows: Sequence[list[bytes]]) -> Iterator[Node]:
    for level in range(STORED_EVERY, len(rows), STORED_EVERY):
        start = _start(old_size, level)
        for n in range(old_size >> level, size >> level):
            yield Node(level, n, rows[level][n - start])


def inclusion(index: int, size: int) -> tuple[Span, ...]:
    """The proof that leaf ``index`` is in the tree of ``size``, as spans (2.1.3.1). Raises IndexError."""
    if not 0 <= index < size:
        raise IndexError("The leaf is not inside the tree.")
    begins = [((index >> level) ^ 1) << level for level in range((size - 1).bit_length())]
    return tuple([Span(at, min(at + (1 << level), size)) for level, at in enumerate(begins) if at < size])


def consistency(first: int, second: int) -> tuple[Span, ...]:
    """The proof that the tree of ``second`` extends the tree of ``first``, as spans (2.1.4.1). Raises IndexError.

    It is the way up from the smallest complete subtree at the end of the older tree, which the verifier knows already
    if it is the whole of that tree.
    """
    if not 0 <= first <= second:
        raise IndexError("The older tree is not inside the newer one.")
    if first in {0, second}:
        return ()
    width = first & -first
    own = () if width == first else (Span(first - width, first),)
    return own + inclusion(first - 1, second)[width.bit_length() - 1 :]


def edge_spans(size: int) -> tuple[Span, ...]:
    """The edge of the tree when it had ``size`` leaves, as spans: ``Edge(size=size, hashes=assemble(…))``."""
    levels = [level for level in reversed(range(size.bit_length())) if size >> level & 1]
    return tuple([Span((size >> level + 1) << level + 1, (size >> level) << level) for level in levels])


def needs(spans: Sequence[Span]) -> list[Run]:
    """The stored nodes from which these spans are hashed, in as few runs as possible.

    A run may hold one node that none of them needs: that on the way up from a leaf lies between its siblings.
    """
    merged: list[Run] = []
    for run in sorted(run for span in spans for run in _cover(span)):
        last = merged[-1] if merged else None
        if last and last.level == run.level and run.first <= last.first + last.length + 1:
            length = max(last.length, run.first + run.length - last.first)  # one may lie within another
            merged[-1] = Run(last.level, last.first, length)
        else:
            merged.append(run)
    return merged


def assemble(spans: Sequence[Span], nodes: Mapping[tuple[int, int], bytes]) -> tuple[bytes, ...]:
    """The hashes of the spans, from the stored nodes by level and number. Raises NodeMissing."""
    try:
        return tuple([_hash(span, nodes) for span in spans])
    except KeyError as error:
        raise NodeMissing("A stored node of the log is missing. Stop, and check the store against a backup.") from error


def _cover(span: Span) -> Iterator[Run]:
    """The fewest stored nodes that cover a span, lowest level first: a run for each digit of its width in base 16."""
    left, end, level = span.end - span.begin, span.end, 0
    while left:
        if length := left & 15:
            yield Run(level, end - length, length)
        left, end, level = left >> STORED_EVERY, end >> STORED_EVERY, level + STORED_EVERY


def _hash(span: Span, nodes: Mapping[tuple[int, int], bytes]) -> bytes:
    """Hash of a span. What is left over at one level is the last, ragged node of the next."""
    ragged: list[bytes] = []
    for level, first, length in _cover(span):
        row = [nodes[level, n] for n in range(first, first + length)] + ragged
        ragged = [root(row)] if len(row) > 1 else row
    return ragged[0]

"""The newest nodes of the tree, as a node of several last saw them: a proof from its own last tree needs no look-up.

Nothing is believed for standing here: a proof from the nodes of another tree proves nothing.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from contracts.merkle import leaf_hash
from gateway.ledger.tree import Edge, Node, Run, grow
from gateway.store.port import Writes

KEPT: Final = 16_384
"""Nodes; about 2 MB."""

BEHIND_MAX: Final = 2_000
"""Leaves of others that are read with a batch; who is further behind begins anew."""


class Recent:
    """Nodes by level and number. `size` is that of the newest tree that it knows whole."""

    def __init__(self) -> None:
        self._edge = Edge()
        self._nodes: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    @property
    def size(self) -> int:
        """Leaves from this one on are not known yet."""
        return self._edge.size

    def follow(self, leaves: Sequence[bytes], edge: Edge) -> None:
        """What others have appended since, up to this edge."""
        if self.size + len(leaves) == edge.size:
            growth = grow(self._edge, [leaf_hash(leaf) for leaf in leaves])
            self._take(enumerate(leaves, self.size), growth.nodes, growth.edge)
        if self._edge != edge:  # too far behind, or at a database that is of another history
            self._nodes.clear()
            self._edge = edge

    def append(self, writes: Writes) -> None:
        """What this node has appended, once it is durable."""
        self._take([(line.index, line.leaf) for line in writes.lines], writes.nodes, writes.log.edge)

    def found(self, runs: Sequence[Run]) -> dict[tuple[int, int], bytes] | None:
        """The nodes of these runs; None where one of them is not known."""
        try:
            return {
                (level, n): self._nodes[level, n] for level, first, length in runs for n in range(first, first + length)
            }
        except KeyError:
            return None

    def keep(self, nodes: Mapping[tuple[int, int], bytes]) -> None:
        """Nodes that were looked up: the same old ones are needed again and again."""
        self._nodes.update(nodes)
        while len(self._nodes) > KEPT:
            self._nodes.popitem(last=False)

    def _take(self, leaves: Iterable[tuple[int, bytes]], nodes: Iterable[Node], edge: Edge) -> None:
        self.keep({(0, index): leaf_hash(leaf) for index, leaf in leaves})
        self.keep({(level, n): found for level, n, found in nodes})
        self._edge = edge

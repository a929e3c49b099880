"""A log to be witnessed: it grows, signs, and proves; or, where a test asks for it, it lies."""

import os

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from contracts.checkpoint import Checkpoint, format_note, parse_note
from contracts.merkle import leaf_hash, root
from contracts.tlog_witness import AddCheckpoint
from gateway.ledger.tree import Edge, assemble, consistency, edge_spans, grow, needs
from keys.notes import NoteSigner

ORIGIN = "gateway.test/rj"


class ALog:
    """Leaves, and the keys that sign for them. `proves` is what the gateway's own log does, over nodes in memory."""

    def __init__(self, leaves: int = 0, *, origin: str = ORIGIN, signers: int = 1) -> None:
        self.origin = origin
        self.signers = [NoteSigner(name=origin, key=Ed25519PrivateKey.generate()) for _ in range(signers)]
        self.edge, self.nodes, self.hashes = Edge(), dict[tuple[int, int], bytes](), list[bytes]()
        self.grow(leaves)

    @property
    def size(self) -> int:
        return self.edge.size

    def grow(self, leaves: int) -> None:
        """Append leaves of random bytes."""
        fresh = [leaf_hash(os.urandom(8)) for _ in range(leaves)]
        growth = grow(self.edge, fresh)
        self.nodes |= {(0, self.size + n): each for n, each in enumerate(fresh)}
        self.nodes |= {(node.level, node.n): node.hash for node in growth.nodes}
        self.edge, self.hashes = growth.edge, [*self.hashes, *fresh]

    def fork(self, at: int, leaves: int) -> "ALog":
        """A log of the same keys that is another from leaf `at` on: a second history."""
        other = ALog(origin=self.origin)
        other.signers = self.signers
        other.edge = self.tree_edge(at)
        other.nodes = {key: node for key, node in self.nodes.items() if (key[1] + 1) << key[0] <= at}
        other.hashes = self.hashes[:at]
        other.grow(leaves)
        return other

    def tree_edge(self, size: int) -> Edge:
        """The edge of an earlier tree."""
        return Edge(size=size, hashes=assemble(edge_spans(size), self.nodes)) if size else Edge()

    def tree(self, size: int | None = None) -> Checkpoint:
        """The head of a tree, the newest or an earlier one."""
        size = self.size if size is None else size
        assert self.tree_edge(size).root() == root(self.hashes[:size])
        return Checkpoint(origin=self.origin, size=size, root=self.tree_edge(size).root())

    def note(self, tree: Checkpoint | None = None) -> str:
        """A head, signed by every key."""
        text = (tree or self.tree()).encode()
        return format_note(text, *(signer.sign(text) for signer in self.signers))

    def proof(self, first: int, second: int) -> tuple[bytes, ...]:
        """That the later tree extends the earlier one."""
        spans = consistency(first, second)
        assert needs(spans) or not spans
        return assemble(spans, self.nodes)

    async def prove(self, first: int, second: int) -> tuple[bytes, ...]:
        """As a collector of cosignatures asks for it."""
        return self.proof(first, second)

    def request(self, old: int, size: int | None = None) -> bytes:
        """What a witness is sent by an honest log."""
        tree = self.tree(size)
        return self.body(old, self.proof(old, tree.size) if old <= tree.size else (), self.note(tree))

    def body(self, old: int, proof: tuple[bytes, ...], note: str) -> bytes:
        """A request, whatever is in it."""
        return AddCheckpoint(old=old, proof=proof, checkpoint=parse_note(note)).encode()

"""Which trees this log may sign: only those that extend what it signed last, or that this extends. Never two histories.

Commit, then sign, then reply: a head comes here once its tree is durable, is shown to be of one history with the newest
that was signed, is remembered outside the database, and only then is signed.
"""

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import structlog

from contracts.checkpoint import Checkpoint
from contracts.merkle import ProofFailed, verify_consistency
from gateway.errors import Forked, LogRefused, StoreUnavailable
from gateway.ledger.guard import EMPTY, Guard, GuardError, TreeHead
from gateway.ledger.log import Log
from gateway.ledger.tree import Edge, Growth, NodeMissing, assemble, consistency, edge_spans, inclusion, needs
from gateway.store.port import TreeStore

_log = structlog.get_logger()

KEPT: Final = 64
"""Checkpoints that are kept signed: those of the batches whose replies are on their way."""


class Heads:
    """Every checkpoint that this gateway signs."""

    def __init__(self, log: Log, guard: Guard) -> None:
        self.log, self._guard = log, guard
        self._notes: OrderedDict[TreeHead, str] = OrderedDict()
        self._newest_note = ""
        self.forked = False

    @property
    def newest(self) -> TreeHead:
        """The largest tree that was ever signed, as far as the guard knows."""
        return self._guard.head or EMPTY

    def newest_signed(self) -> tuple[Checkpoint, str]:
        """The newest tree that this process has signed, and its note; `resume` has signed the first."""
        size, root = self.newest
        return Checkpoint(origin=self.log.origin, size=size, root=root), self._newest_note

    async def resume(self, edge: Edge, store: TreeStore, *, joins: bool = False) -> None:
        """Hold the database to what was signed last, before anything is taken. Raises LogRefused with what to do.

        `joins`: this node is new, and the database has been held to what the others have signed.
        """
        head = _head(edge)
        if self._guard.head is None and edge.size and not joins:
            raise LogRefused(
                f"The database has {edge.size} lines, and the guard that says what was last signed is missing. Put it "
                "back. If it is lost, and this database is the last that this machine had and no backup, run "
                "`rj ledger recover --nothing-else-signed`; see its --help first."
            )
        if self.newest.size > head.size:
            raise LogRefused(
                f"The database has {head.size} lines, and this log has signed {self.newest.size}: it is an old backup, "
                "and signing would make a second history. Put the newest database back. If it is lost, run "
                "`rj ledger recover --help` for what to do."
            )
        try:
            await self.note(head, store)
        except Forked as error:
            raise LogRefused(
                f"The database's first {self.newest.size} lines are not those that this log has signed: it is of "
                "another history. Put the right database back, or run `rj ledger recover --help` for what to do."
            ) from error

    async def grown(self, growth: Growth, root: bytes, store: TreeStore) -> str:
        """The signed checkpoint of a batch that was committed just now. Raises Forked, StoreUnavailable."""
        head = TreeHead(growth.edge.size, root)
        if growth.old_size != self.newest.size:
            return await self.note(head, store)
        return self._notes.get(head) or self._sign(head, self.newest, growth.consistency())

    async def note(self, head: TreeHead, store: TreeStore) -> str:
        """The signed checkpoint of any tree that this log has had. Raises Forked, StoreUnavailable."""
        while True:
            if kept := self._notes.get(head):
                return kept
            newest = self.newest
            proof = await self._proof(min(head.size, newest.size), max(head.size, newest.size), store)
            # Others may have signed meanwhile. What is a beginning of the newest of then is one of every later tree.
            if newest == self.newest or head.size <= newest.size:
                return self._sign(head, newest, proof)

    async def current(self, store: TreeStore) -> tuple[TreeHead, str]:
        """The tree as it is committed now, and its signed checkpoint. Raises Forked, StoreUnavailable."""
        head = _head((await store.log()).edge)
        return head, await self.note(head, store)

    async def _proof(self, first: int, second: int, store: TreeStore) -> tuple[bytes, ...]:
        try:
            return await consistency_from_store(store, first, second)
        except NodeMissing as error:
            raise self._stopped("The nodes of the tree that was signed last are not in the database.") from error

    def _stopped(self, why: str) -> Forked:
        """Nothing is signed any more: an operator must look."""
        self.forked = True
        _log.error("log.forked", size=self.newest.size)
        return Forked(why)

    def _sign(self, head: TreeHead, signed: TreeHead, proof: Sequence[bytes]) -> str:
        """Sign a head that is of one history with another that was signed."""
        older, newer = sorted((head, signed))
        try:
            verify_consistency(older.size, newer.size, older.root, newer.root, proof)
        except ProofFailed as error:
            raise self._stopped("The database is not of the history that this log has signed.") from error
        if head.size > self.newest.size or self._guard.head is None:
            try:
                self._guard.advance(head)
            except GuardError as error:
                raise StoreUnavailable("The guard cannot be written, so nothing is signed.") from error
        # Died here: the head is remembered, and its signature has not left. The same tree is signed again.
        self._notes[head] = note = self.log.checkpoint(head)
        if head == self.newest:
            self._newest_note = note
        if len(self._notes) > KEPT:
            self._notes.popitem(last=False)
        return note


async def proof_from_store(store: TreeStore, index: int, size: int) -> tuple[bytes, ...]:
    """The inclusion proof of a leaf in an earlier tree, from the stored nodes."""
    (proof,) = await proofs_from_store(store, [index], size)
    return proof


async def proofs_from_store(store: TreeStore, indices: Sequence[int], size: int) -> list[tuple[bytes, ...]]:
    """The inclusion proofs of some leaves in an earlier tree. What they share is looked up and hashed once."""
    paths = [inclusion(index, size) for index in indices]
    spans = list({span: None for path in paths for span in path})
    hashes = dict(zip(spans, assemble(spans, await store.nodes(needs(spans))), strict=True))
    return [tuple([hashes[span] for span in path]) for path in paths]


async def consistency_from_store(store: TreeStore, first: int, second: int) -> tuple[bytes, ...]:
    """The proof that the tree of `second` leaves extends that of `first`, from the stored nodes."""
    spans = consistency(first, second)
    return assemble(spans, await store.nodes(needs(spans)))


async def head_from_store(store: TreeStore, size: int) -> TreeHead:
    """An earlier tree, from the stored nodes."""
    spans = edge_spans(size)
    return _head(Edge(size=size, hashes=assemble(spans, await store.nodes(needs(spans)))))


def _head(edge: Edge) -> TreeHead:
    return TreeHead(edge.size, edge.root())

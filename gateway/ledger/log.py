"""The log's own voice: checkpoints, receipts, decisions and notices, all under one Ed25519 key.

Signing is deterministic and comes after the commit: dying in between loses nothing, the same tree is signed again.
"""

from collections.abc import Sequence
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from contracts.checkpoint import Checkpoint, format_note
from contracts.codec import encode
from contracts.receipt import Carried
from contracts.tlog_proof import TlogProof
from gateway.ledger.tree import Edge, assemble, edge_spans, inclusion, needs
from gateway.store.port import TreeStore
from keys import tokens
from keys.notes import NoteSigner, VerifierKey


class Log:
    """The log of one gateway."""

    def __init__(self, origin: str, key: Ed25519PrivateKey) -> None:
        self.origin = origin
        self._key = key
        self._signer = NoteSigner(name=origin, key=key)
        self._kid = tokens.key_id(key.public_key().public_bytes_raw())
        self.checkpoint = lru_cache(maxsize=64)(self._checkpoint)

    @property
    def vkey(self) -> VerifierKey:
        """The key that verifies this log's checkpoints."""
        return self._signer.vkey

    def _checkpoint(self, size: int, root: bytes) -> str:
        """The signed checkpoint of a tree (C2SP tlog-checkpoint)."""
        text = Checkpoint(origin=self.origin, size=size, root=root).encode()
        return format_note(text, self._signer.sign(text))

    def say(self, claims: Struct, typ: str) -> str:
        """A decision or notice as a token of the log's key."""
        return tokens.sign(encode(claims), typ, self._kid, self._key)

    def receipt(self, index: int, hashes: Sequence[bytes], size: int, root: bytes, carried: Carried) -> str:
        """The receipt of a leaf in the tree of `size` (C2SP tlog-proof)."""
        proof = TlogProof(
            extra=encode(carried), index=index, hashes=tuple(hashes), checkpoint=self.checkpoint(size, root)
        )
        return proof.encode()


async def proof_from_store(store: TreeStore, index: int, size: int) -> tuple[bytes, ...]:
    """The inclusion proof of a leaf in an earlier tree, from the stored nodes."""
    spans = inclusion(index, size)
    return assemble(spans, await store.nodes(needs(spans)))


async def root_from_store(store: TreeStore, size: int) -> bytes:
    """The root of an earlier tree, from the stored nodes."""
    spans = edge_spans(size)
    return Edge(size=size, hashes=assemble(spans, await store.nodes(needs(spans)))).root()

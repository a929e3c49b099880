"""The log's own voice: checkpoints, receipts, decisions and notices, under its Ed25519 keys.

Signing is deterministic and comes after the commit: dying in between loses nothing, the same tree is signed again.
Which trees may be signed at all is decided in `gateway.ledger.heads`.
"""

from collections.abc import Sequence

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from contracts.checkpoint import Checkpoint, format_note
from contracts.codec import encode
from contracts.receipt import Carried
from contracts.tlog_proof import TlogProof
from gateway.ledger.guard import TreeHead
from keys import tokens
from keys.notes import NoteSigner, VerifierKey


class Log:
    """The log of one gateway. While its key changes it has several, the oldest first: all of them sign each checkpoint.

    Decisions and notices are signed by the oldest alone, which every agency has pinned, until it is retired.
    """

    def __init__(self, origin: str, key: Ed25519PrivateKey, *newer: Ed25519PrivateKey) -> None:
        self.origin = origin
        self._key = key
        self._signers = [NoteSigner(name=origin, key=each) for each in (key, *newer)]
        self._kid = tokens.key_id(key.public_key().public_bytes_raw())

    @property
    def vkey(self) -> VerifierKey:
        """The key that verifies this log's decisions and its checkpoints."""
        return self._signers[0].vkey

    @property
    def vkeys(self) -> tuple[VerifierKey, ...]:
        """Every key that signs this log's checkpoints, the oldest first."""
        return tuple(signer.vkey for signer in self._signers)

    def checkpoint(self, head: TreeHead) -> str:
        """The signed checkpoint of a tree (C2SP tlog-checkpoint), a line for each key."""
        text = Checkpoint(origin=self.origin, size=head.size, root=head.root).encode()
        return format_note(text, *(signer.sign(text) for signer in self._signers))

    def say(self, claims: Struct, typ: str) -> str:
        """A decision or notice as a token of the log's key."""
        return tokens.sign(encode(claims), typ, self._kid, self._key)


def receipt(index: int, hashes: Sequence[bytes], checkpoint: str, carried: Carried) -> str:
    """The receipt of a leaf in the tree of a signed checkpoint (C2SP tlog-proof)."""
    return TlogProof(extra=encode(carried), index=index, hashes=tuple(hashes), checkpoint=checkpoint).encode()

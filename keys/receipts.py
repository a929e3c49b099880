"""What a receipt proves, with `contracts` and `keys` alone: neither the gateway nor the network is asked.

1. The checkpoint is signed by the log's key, under the log's own name.
2. The leaf is in that checkpoint's tree.
3. The openings that come with it are those that the leaf committed to.
"""

from typing import Literal

import msgspec
from msgspec import Struct

from contracts import event
from contracts.checkpoint import Checkpoint, parse_note
from contracts.checkpoint import Malformed as NotInForm
from contracts.codec import Malformed
from contracts.event import Exact, Opening, Shared
from contracts.merkle import ProofFailed, leaf_hash, verify_inclusion
from contracts.receipt import carried
from contracts.tlog_proof import TlogProof
from keys.notes import NoteRefused, VerifierKey, verified_keys


class ReceiptRefused(ValueError):
    """The receipt does not prove what it claims; the message says which step failed."""


class Proven(Struct, frozen=True, kw_only=True):
    """What holds: the line at `index` of the log's first `tree.size` lines, and what of it is open to the reader."""

    index: int
    tree: Checkpoint
    leaf: bytes
    shared: Shared | None
    exact: Exact | None


def check(receipt: str, log: VerifierKey) -> Proven:
    """What the receipt proves under the log's key. Raises ReceiptRefused."""
    try:
        proof = TlogProof.parse(receipt)
        tree = check_checkpoint(proof.checkpoint, log)
        leaf, shared, exact = carried(proof)
        verify_inclusion(proof.index, tree.size, leaf_hash(leaf), proof.hashes, tree.root)
        return Proven(
            index=proof.index,
            tree=tree,
            leaf=leaf,
            shared=event.parse_shared(_committed(leaf, "shared", shared)) if shared else None,
            exact=event.parse_exact(_committed(leaf, "exact", exact)) if exact else None,
        )
    except (NotInForm, Malformed, NoteRefused, ProofFailed) as error:
        raise ReceiptRefused(f"The receipt does not prove its line. {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ReceiptRefused("The receipt's leaf or its openings are not of this log's form.") from None


def check_checkpoint(note: str, log: VerifierKey) -> Checkpoint:
    """The tree head that the log signed under its own name. Raises NoteRefused, Malformed."""
    signed = parse_note(note)
    verified_keys(signed, (log,))
    tree = Checkpoint.parse(signed.text)
    if tree.origin != log.name:
        raise NoteRefused("The checkpoint is of another log than the key. Use the key of this log.")
    return tree


def _committed(leaf: bytes, part: Literal["shared", "exact"], opening: Opening) -> bytes:
    if not event.opens(leaf, part, opening):
        raise ReceiptRefused("What comes with the receipt is not what the log committed to.")
    return opening.part

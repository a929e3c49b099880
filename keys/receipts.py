"""What a receipt proves, with `contracts` and `keys` alone: neither the gateway nor the network is asked.

1. The checkpoint is signed by a key of the log, under the log's own name.
2. The leaf is in that checkpoint's tree.
3. The openings that come with it are those that the leaf committed to.
4. Where it does not open: another line of the same tree erased it, by a rule, or says that it was put back without what
   it stood for; or the log says that it is not for this reader; or it is missing.
"""

from typing import Literal

import msgspec
from msgspec import Struct

from contracts import event
from contracts.checkpoint import Checkpoint, parse_note
from contracts.checkpoint import Malformed as NotInForm
from contracts.codec import Malformed
from contracts.event import EventLeaf, Exact, Opening, RecoveredLeaf, Shared
from contracts.merkle import ProofFailed, leaf_hash, verify_inclusion
from contracts.receipt import carried, extra_of
from contracts.tlog_proof import TlogProof
from keys.notes import NoteRefused, VerifierKey, verified_keys

Standing = Literal["clear", "opened", "erased", "recovered", "closed", "missing"]
"""How a line stands to this reader. `clear`: it says itself what it is · `opened`: at least one part of it is shown ·
`erased`: by another line, under a rule · `recovered`: put back from the public log, says another line, without what it
stood for · `closed`: not for this reader, says the log, which nothing vouches for · `missing`: none of these, an alarm.
"""


class ReceiptRefused(ValueError):
    """The receipt does not prove what it claims; the message says which step failed."""


class Erasure(Struct, frozen=True, kw_only=True):
    """By which clause a line was erased, and the index of the line that says so."""

    rule: str
    by: int


class Proven(Struct, frozen=True, kw_only=True):
    """What holds: the line at `index` of the log's first `tree.size` lines, and what of it is open to the reader."""

    index: int
    tree: Checkpoint
    leaf: bytes
    shared: Shared | None
    exact: Exact | None
    standing: Standing
    erasure: Erasure | None = None


def check(receipt: str, *log: VerifierKey) -> Proven:
    """What the receipt proves under the log's key, or one of its keys where it has changed. Raises ReceiptRefused."""
    try:
        return _proven(TlogProof.parse(receipt), log)
    except (NotInForm, Malformed, NoteRefused, ProofFailed) as error:
        raise ReceiptRefused(f"The receipt does not prove its line. {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ReceiptRefused("The receipt's leaf or its openings are not of this log's form.") from None


def check_checkpoint(note: str, *log: VerifierKey) -> Checkpoint:
    """The tree head that the log signed under its own name. Raises NoteRefused, Malformed."""
    signed = parse_note(note)
    verified = verified_keys(signed, log)
    tree = Checkpoint.parse(signed.text)
    if tree.origin not in {key.name for key in verified}:
        raise NoteRefused("The checkpoint is of another log than the key. Use the key of this log.")
    return tree


def _proven(proof: TlogProof, log: tuple[VerifierKey, ...]) -> Proven:
    # 1. The checkpoint.
    tree = check_checkpoint(proof.checkpoint, *log)
    # 2. The leaf. 3. Its openings.
    leaf, shared, exact = _opened(proof, tree)
    # 4. Why it does not open.
    extra = extra_of(proof)
    erasure = _erasure(extra.erased, proof, tree) if extra.erased is not None else None
    standing: Standing = "closed" if extra.closed else "missing"
    if extra.recovered is not None and _put_back(extra.recovered, proof, tree):
        standing = "recovered"
    if erasure is not None:
        standing = "erased"
    if shared is not None or exact is not None:
        standing = "opened"
    if not isinstance(event.parse_leaf(leaf), EventLeaf):
        standing = "clear"
    return Proven(
        index=proof.index, tree=tree, leaf=leaf, shared=shared, exact=exact, standing=standing, erasure=erasure
    )


def _opened(proof: TlogProof, tree: Checkpoint) -> tuple[bytes, Shared | None, Exact | None]:
    leaf, shared, exact = carried(proof)
    verify_inclusion(proof.index, tree.size, leaf_hash(leaf), proof.hashes, tree.root)
    return (
        leaf,
        event.parse_shared(_committed(leaf, "shared", shared)) if shared else None,
        event.parse_exact(_committed(leaf, "exact", exact)) if exact else None,
    )


def _erasure(text: str, erased: TlogProof, tree: Checkpoint) -> Erasure:
    """The erasing line stands in the very same tree, after the erased one, and names it and the rule."""
    proof = _beside(text, erased)
    _, _, exact = _opened(proof, tree)
    if exact is None or exact.rule is None or erased.index not in exact.lines or proof.index <= erased.index:
        raise ReceiptRefused("The erasure that comes with the receipt did not take this line.")
    return Erasure(rule=exact.rule, by=proof.index)


def _put_back(text: str, lost: TlogProof, tree: Checkpoint) -> bool:
    """A line in clear of the very same tree says that this one was put back. Raises ReceiptRefused if it does not."""
    said = event.parse_leaf(_opened(_beside(text, lost), tree)[0])
    if not isinstance(said, RecoveredLeaf) or not said.first <= lost.index < said.end:
        raise ReceiptRefused("The line that comes with the receipt does not say that this one was put back.")
    return True


def _beside(text: str, proof: TlogProof) -> TlogProof:
    """A proof that comes with another, in the very same tree. Raises ReceiptRefused."""
    beside = TlogProof.parse(text)
    if beside.checkpoint != proof.checkpoint:
        raise ReceiptRefused("What comes with the receipt is proven in another tree.")
    return beside


def _committed(leaf: bytes, part: Literal["shared", "exact"], opening: Opening) -> bytes:
    if not event.opens(leaf, part, opening):
        raise ReceiptRefused("What comes with the receipt is not what the log committed to.")
    return opening.part

"""What makes a receipt more than the log's own word: its line in a later tree that a quorum of cosigners has seen.

1. The offered proof is of this line, in a tree that the pinned policy accepts: signed by the log, cosigned by a quorum.
2. It holds the same leaf at the same index.
3. The tree holds the receipt's own tree as its beginning. The way up from that tree's last leaf shows it: whatever
   stands to the left of it makes up the older root (RFC 9162 section 2.1.3.2).
4. What the receipt opened before stays with it.

What may come right is `NotYet`. What is signed and cannot be true of one log is `Contradicted`: somebody has rewritten.
"""

from msgspec.structs import replace

from contracts.checkpoint import Checkpoint, Malformed, parse_note
from contracts.codec import Malformed as NotInForm
from contracts.codec import encode, unb64url
from contracts.merkle import ProofFailed, leaf_hash, prefix_root, verify_inclusion
from contracts.receipt import Carried, extra_of
from contracts.tlog_policy import Policy
from contracts.tlog_proof import TlogProof
from keys.ed25519 import BadKey
from keys.notes import NoteRefused, VerifierKey, open_checkpoint
from keys.receipts import ReceiptRefused, check


class NotYet(Exception):
    """The proof does not serve now; another one may."""


class Contradicted(Exception):
    """Two trees that the log has signed cannot be of one history."""


def is_witnessed(receipt: str, policy: Policy) -> bool:
    """Whether the receipt's own checkpoint is one that the policy accepts."""
    try:
        open_checkpoint(parse_note(TlogProof.parse(receipt).checkpoint), policy)
    except (NoteRefused, Malformed, BadKey):
        return False
    return True


def last_of(receipt: str) -> int:
    """The index of the last leaf of the receipt's tree: the one whose proof shows that a later tree extends it."""
    return _tree(TlogProof.parse(receipt)).size - 1


def upgraded(receipt: str, offered: str, last: str | None, policy: Policy) -> str:
    """The receipt with its line proven in the offered tree. Raises NotYet, Contradicted.

    `receipt` was believed when it was kept. `last` is a proof of the last leaf of its tree, in the offered tree; None
    where that does not reach so far.
    """
    try:
        kept, new = TlogProof.parse(receipt), TlogProof.parse(offered)
        border = TlogProof.parse(last) if last is not None else None
        # 1. This line, in a tree that the policy accepts.
        tree = open_checkpoint(parse_note(new.checkpoint), policy)
        had, given = extra_of(kept), extra_of(new)
        _included(new, given, tree)
        border_leaf = _included(border, extra_of(border), tree) if border else b""
    except (NoteRefused, Malformed, NotInForm, BadKey, ProofFailed) as error:
        raise NotYet(str(error)) from error
    before = _tree(kept)
    if (new.index, tree.origin) != (kept.index, before.origin):
        raise NotYet("The proof is of another line or of another log.")
    # 2. The same leaf.
    if given.leaf != had.leaf:
        raise Contradicted("The log shows another leaf at this line than the one that it gave its word on.")
    # 3. The same beginning.
    if border is None or border.index != before.size - 1:
        raise NotYet("The tree is smaller than that of the receipt, or the proof is not of its last leaf.")
    if prefix_root(border.index, tree.size, border_leaf, border.hashes) != before.root:
        raise Contradicted("The log does not extend the tree that it gave its word on: it was rewritten.")
    # 4. What it opened before; and nothing that would spoil it.
    better = replace(new, extra=encode(_both(had, given))).encode()
    try:
        check(better, *(VerifierKey.parse(log.vkey) for log in policy.logs))
    except ReceiptRefused as error:
        raise NotYet(str(error)) from error
    return better


def _tree(proof: TlogProof) -> Checkpoint:
    return Checkpoint.parse(parse_note(proof.checkpoint).text)


def _included(proof: TlogProof, carried: Carried, tree: Checkpoint) -> bytes:
    """The hash of the leaf, which is in the tree. Raises ProofFailed."""
    hashed = leaf_hash(unb64url(carried.leaf))
    verify_inclusion(proof.index, tree.size, hashed, proof.hashes, tree.root)
    return hashed


def _both(had: Carried, given: Carried) -> Carried:
    """All that either opens. What this desk has had opened is not closed to it."""
    merged = Carried(
        leaf=had.leaf,
        shared=had.shared or given.shared,
        salt=had.salt if had.shared else given.salt,
        exact=had.exact or given.exact,
        exact_salt=had.exact_salt if had.exact else given.exact_salt,
    )
    opened = merged.shared is not None or merged.exact is not None
    return merged if opened else replace(merged, erased=given.erased, recovered=given.recovered, closed=given.closed)

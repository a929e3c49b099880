"""The Merkle tree of RFC 6962 (RFC 9162 section 2.1): what a verifier needs, and nothing of how a log grows.

Every hash is 32 bytes of SHA-256. The growing side is ``gateway.ledger.tree``.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_BYTES = 32
PROOF_HASHES_MAX = 64
EMPTY_ROOT = sha256().digest()


class ProofFailed(ValueError):
    """The proof does not show what it should show."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash of one entry: H(00 ‖ entry) (RFC 9162 2.1.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of the node above two nodes: H(01 ‖ left ‖ right) (RFC 9162 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def root(hashes: Iterable[bytes]) -> bytes:
    """Root of the tree over leaf hashes, or over whole subtrees of one height of which the last may be ragged."""
    row = list(hashes)
    if not row:
        return EMPTY_ROOT
    while len(row) > 1:
        row = parents(row)
    return row[0]


def parents(row: Sequence[bytes]) -> list[bytes]:
    """The row above: pairs hashed together; a last odd node rises unchanged, which is the split RFC 6962 asks for."""
    above = [sha256(b"\x01" + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]
    return [*above, row[-1]] if len(row) & 1 else above


def verify_inclusion(index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf is at ``index`` in the tree of ``size`` leaves under ``root`` (RFC 9162 2.1.3.2).

    Raises ProofFailed.
    """
    if not 0 <= index < size:
        raise ProofFailed("The index is not inside the tree. Ask for a proof in a tree that holds this leaf.")
    _check_hashes((leaf_hash, root, *proof))
    at, last, node = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise ProofFailed("The inclusion proof is longer than this tree allows. Fetch the proof again.")
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            at, last = _skip_missing_siblings(at, last)
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    if last != 0 or node != root:
        raise ProofFailed("The inclusion proof does not lead to this root: the leaf is not shown to be in the log.")


def prefix_root(index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes]) -> bytes:
    """The root of the tree of the first ``index + 1`` leaves, out of an inclusion proof that was verified before.

    Whatever stands to the left of the leaf on its way up is whole, and the same in both trees (RFC 9162 2.1.3.2).
    """
    at, last, node = index, size - 1, leaf_hash
    for sibling in proof:
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            at, last = _skip_missing_siblings(at, last)
        at, last = at >> 1, last >> 1
    return node


def verify_consistency(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the tree of ``second`` leaves only added to the tree of ``first`` leaves (RFC 9162 2.1.4.2).

    From an empty tree, and between equal sizes, the proof is empty. Raises ProofFailed.
    """
    if not 0 <= first <= second:
        raise ProofFailed("The sizes are not in order: give the older and smaller tree first.")
    _check_hashes((first_root, second_root, *proof))
    if first in {0, second}:
        return _without_proof(first, second, first_root, second_root, proof)
    path = [first_root, *proof] if first.bit_count() == 1 else list(proof)
    if not path:
        raise ProofFailed("The consistency proof is empty. Fetch the proof again.")
    at, last = first - 1, second - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for node in path[1:]:
        if last == 0:
            raise ProofFailed("The consistency proof is longer than these trees allow. Fetch the proof again.")
        if at & 1 or at == last:
            old, new = node_hash(node, old), node_hash(node, new)
            at, last = _skip_missing_siblings(at, last)
        else:
            new = node_hash(new, node)
        at, last = at >> 1, last >> 1
    if last != 0 or old != first_root or new != second_root:
        raise ProofFailed("The newer tree is not shown to extend the older one: the log may have been rewritten.")
    return None


def _without_proof(first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]) -> None:
    if proof:
        raise ProofFailed("A proof from an empty tree, or between equal sizes, must be empty.")
    if (first == 0 and first_root != EMPTY_ROOT) or (first == second and first_root != second_root):
        raise ProofFailed("Two different roots are claimed for one tree size: the log may have been rewritten.")


def _skip_missing_siblings(at: int, last: int) -> tuple[int, int]:
    """Rise past the levels at which a node on the right border has no sibling."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _check_hashes(hashes: Sequence[bytes]) -> None:
    if len(hashes) > PROOF_HASHES_MAX + 2:  # beside the proof: a leaf and a root, or two roots
        raise ProofFailed("The proof has more than 64 hashes, more than any tree can need.")
    if any(len(each) != HASH_BYTES for each in hashes):
        raise ProofFailed("A hash is not 32 bytes long. Decode the proof again.")

"""The verifier of Merkle proofs, against the published vectors of certificate-transparency and against flaws."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.merkle import EMPTY_ROOT, ProofFailed, leaf_hash, node_hash, root, verify_consistency, verify_inclusion

SHARED = Path(os.environ.get("RJ_SHARED", Path(__file__).parents[3] / "shared"))

# The eight entries and the roots that certificate-transparency publishes for RFC 6962.
ENTRIES = [bytes.fromhex(each) for each in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
ROOTS = [bytes.fromhex(each) for each in (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)]  # fmt: skip
INCLUSION = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 3): ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"],
    (1, 5): [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}
CONSISTENCY = {
    (1, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
    (4, 8): ["6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"],
}


def hashes(encoded: list[str]) -> list[bytes]:
    return [bytes.fromhex(each) for each in encoded]


def flipped(value: bytes, bit: int) -> bytes:
    return bytes(each ^ (1 << bit % 8 if at == bit // 8 else 0) for at, each in enumerate(value))


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_published_for_rfc_6962(size):
    """The root over the first entries is the published one, and that of none is the hash of nothing."""
    assert root(LEAVES[:size]) == ROOTS[size]
    assert ROOTS[0] == EMPTY_ROOT


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_published_inclusion_proofs_verify(index, size):
    """Each published inclusion proof leads from its leaf to its root."""
    verify_inclusion(index, size, LEAVES[index], hashes(INCLUSION[index, size]), ROOTS[size])


@pytest.mark.parametrize(("first", "second"), CONSISTENCY)
def test_published_consistency_proofs_verify(first, second):
    """Each published consistency proof leads to both of its roots."""
    verify_consistency(first, second, ROOTS[first], ROOTS[second], hashes(CONSISTENCY[first, second]))


@given(st.sampled_from(list(INCLUSION)), st.data())
def test_one_flipped_bit_breaks_an_inclusion_proof(case, data):
    """No bit of the leaf, the proof or the root can change without the proof failing."""
    index, size = case
    parts = [LEAVES[index], ROOTS[size], *hashes(INCLUSION[case])]
    at = data.draw(st.integers(0, len(parts) - 1))
    parts[at] = flipped(parts[at], data.draw(st.integers(0, 255)))
    with pytest.raises(ProofFailed):
        verify_inclusion(index, size, parts[0], parts[2:], parts[1])


@given(st.sampled_from(list(CONSISTENCY)), st.data())
def test_one_flipped_bit_breaks_a_consistency_proof(case, data):
    """No bit of the roots or the proof can change without the proof failing."""
    parts = [ROOTS[case[0]], ROOTS[case[1]], *hashes(CONSISTENCY[case])]
    at = data.draw(st.integers(0, len(parts) - 1))
    parts[at] = flipped(parts[at], data.draw(st.integers(0, 255)))
    with pytest.raises(ProofFailed):
        verify_consistency(*case, parts[0], parts[1], parts[2:])


@pytest.mark.parametrize("index", [1, 4, 7, 8, -1])
def test_an_inclusion_proof_holds_for_its_own_index_only(index):
    """The same proof is refused for another leaf's index, and for one outside the tree."""
    with pytest.raises(ProofFailed):
        verify_inclusion(index, 8, LEAVES[0], hashes(INCLUSION[0, 8]), ROOTS[8])


def test_a_node_cannot_pass_for_a_leaf():
    """An inner node shown as a leaf of a smaller tree is refused at the leaf's own depth."""
    forged = node_hash(LEAVES[0], LEAVES[1])
    verify_inclusion(0, 2, forged, [node_hash(LEAVES[2], LEAVES[3])], ROOTS[4])  # why the size must be authentic
    with pytest.raises(ProofFailed):
        verify_inclusion(0, 4, forged, [node_hash(LEAVES[2], LEAVES[3])], ROOTS[4])
    assert leaf_hash(LEAVES[0] + LEAVES[1]) != forged


@pytest.mark.parametrize("size", [0, -1])
def test_nothing_is_in_an_empty_tree(size):
    """A tree without leaves has no inclusion proofs."""
    with pytest.raises(ProofFailed):
        verify_inclusion(0, size, LEAVES[0], [], EMPTY_ROOT)


def test_a_proof_of_wrong_length_is_refused():
    """A proof that is cut short, extended, or longer than any tree needs does not verify."""
    proof = hashes(INCLUSION[0, 8])
    for wrong in (proof[:-1], [*proof, ROOTS[1]], [ROOTS[1]] * 65, []):
        with pytest.raises(ProofFailed):
            verify_inclusion(0, 8, LEAVES[0], wrong, ROOTS[8])
    with pytest.raises(ProofFailed, match="more than 64"):
        verify_inclusion(0, 1 << 70, LEAVES[0], [ROOTS[1]] * 65, ROOTS[8])


def test_a_hash_of_wrong_length_is_refused():
    """Hashes are 32 bytes: another split of the same bytes must not hash alike."""
    left, right = LEAVES[0][:31], LEAVES[0][31:] + LEAVES[1]
    with pytest.raises(ProofFailed, match="32 bytes"):
        verify_inclusion(0, 2, left, [right], ROOTS[2])
    with pytest.raises(ProofFailed, match="32 bytes"):
        verify_consistency(1, 2, left, ROOTS[2], [right])


def test_consistency_without_a_proof():
    """From an empty tree and between equal sizes the proof is empty, and the roots must agree."""
    verify_consistency(0, 8, EMPTY_ROOT, ROOTS[8], [])
    verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
    verify_consistency(8, 8, ROOTS[8], ROOTS[8], [])


@pytest.mark.parametrize(("first", "second", "old", "new", "proof"), [
    (0, 8, ROOTS[1], ROOTS[8], []),
    (0, 8, EMPTY_ROOT, ROOTS[8], [ROOTS[1]]),
    (0, 0, EMPTY_ROOT, ROOTS[1], []),
    (8, 8, ROOTS[8], ROOTS[7], []),
    (8, 8, ROOTS[8], ROOTS[8], [ROOTS[1]]),
    (8, 7, ROOTS[8], ROOTS[7], []),
    (-1, 8, EMPTY_ROOT, ROOTS[8], []),
    (6, 8, ROOTS[6], ROOTS[8], []),
    (4, 8, ROOTS[4], ROOTS[8], []),
    (4, 8, ROOTS[4], ROOTS[8], [*hashes(CONSISTENCY[4, 8]), ROOTS[1]]),
    (6, 8, ROOTS[6], ROOTS[8], hashes(CONSISTENCY[6, 8])[:-1]),
    (5, 8, ROOTS[6], ROOTS[8], hashes(CONSISTENCY[6, 8])),
])  # fmt: skip
def test_a_false_claim_of_consistency_is_refused(first, second, old, new, proof):
    """Swapped sizes, forked roots, and proofs that are missing, cut short or too long do not verify."""
    with pytest.raises(ProofFailed):
        verify_consistency(first, second, old, new, proof)


def test_a_root_made_to_fit_a_proof_of_wrong_length_does_not_help():
    """Even where the hashes lead to the claimed roots, the sizes decide how long a proof is."""
    one, two, three, extra = LEAVES[:4]
    with pytest.raises(ProofFailed, match="longer"):
        verify_inclusion(0, 1, one, [two], node_hash(two, one))
    with pytest.raises(ProofFailed):
        verify_inclusion(0, 8, one, [two], node_hash(one, two))
    with pytest.raises(ProofFailed):
        verify_consistency(1, 8, one, node_hash(one, two), [two])
    old, new = node_hash(two, one), node_hash(two, node_hash(one, three))
    verify_consistency(3, 4, old, new, [one, three, two])
    with pytest.raises(ProofFailed, match="longer"):
        verify_consistency(3, 4, node_hash(extra, old), node_hash(extra, new), [one, three, two, extra])


@pytest.mark.skipif(not (SHARED / "vectors/tlog.json").exists(), reason="the shared vectors are not beside the project")
def test_the_constants_here_are_the_shared_vectors():
    """Section A of the shared vectors is what this file holds."""
    vectors = json.loads((SHARED / "vectors/tlog.json").read_text())
    assert [bytes.fromhex(each) for each in vectors["A_ct_roots"].values()] == ROOTS
    assert vectors["A_incl"] == {f"{index}/{size}": proof for (index, size), proof in INCLUSION.items()}
    assert vectors["A_cons"] == {f"{first}-{second}": proof for (first, second), proof in CONSISTENCY.items()}

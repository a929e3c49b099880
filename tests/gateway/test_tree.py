"""The growing tree: its roots, its stored nodes and its proofs, against the verifier and against worked vectors."""

import json
import os
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.merkle import EMPTY_ROOT, ProofFailed, leaf_hash, root, verify_consistency, verify_inclusion
from gateway.ledger.heads import proofs_from_store
from gateway.ledger.tree import (
    Edge,
    Growth,
    NodeMissing,
    Run,
    Span,
    assemble,
    consistency,
    edge_spans,
    grow,
    inclusion,
    needs,
)

SHARED = Path(os.environ.get("RJ_SHARED", Path(__file__).parents[3] / "shared"))
LEAVES = [leaf_hash(b"event %d" % number) for number in range(70_000)]
# The worked tree of the entries "entry-0" to "entry-69999": its root, and the digest of its first 256 nodes of level 8.
LARGE_ROOT = "a62a54be33294ffd5a5c4c637fd754630b71a892e8356e3a666a5c8a7ffd1518"
LARGE_TILE = "3f2180f39b716a1f9ba5b330e55deac1781861f2854c705884f31806688285e0"
SMALL = 700  # three stored levels: 1, 16 and 256 leaves
sizes = st.integers(1, SMALL)


def grown(cuts: list[int]) -> Iterator[Growth]:
    """One growth for each batch between neighbouring cuts, from an empty tree."""
    edge = Edge()
    for begin, end in pairwise([0, *cuts]):
        growth = grow(edge, LEAVES[begin:end])
        yield growth
        edge = growth.edge


def stored(size: int) -> dict[tuple[int, int], bytes]:
    """What a store holds of a tree of this size."""
    nodes = grow(Edge(), LEAVES[:size]).nodes
    return {(0, n): leaf for n, leaf in enumerate(LEAVES[:size])} | {(node.level, node.n): node.hash for node in nodes}


@pytest.fixture(scope="module")
def store() -> dict[tuple[int, int], bytes]:
    """A store of every leaf."""
    return stored(len(LEAVES))


def fetched(spans: tuple[Span, ...], store: dict[tuple[int, int], bytes]) -> tuple[bytes, ...]:
    """The hashes of the spans, from the rows asked for and no others."""
    runs = needs(spans)
    return assemble(
        spans, {(run.level, n): store[run.level, n] for run in runs for n in range(run.first, run.first + run.length)}
    )


@pytest.mark.parametrize("size", range(70))
def test_the_edge_has_the_root_of_its_leaves(size):
    """Grown one by one or all at once, the edge's root is the root computed from all leaves."""
    edge = Edge()
    for leaf in LEAVES[:size]:
        edge = grow(edge, [leaf]).edge
    assert edge == grow(Edge(), LEAVES[:size]).edge
    assert edge.root() == root(LEAVES[:size])


@given(st.lists(sizes).map(sorted))
def test_batches_of_any_size_grow_the_same_tree(cuts):
    """However leaves are batched, empty batches too, the edge and the stored nodes are the same."""
    cuts = [*cuts, SMALL]
    growths = list(grown(cuts))
    whole = grow(Edge(), LEAVES[:SMALL])
    assert growths[-1].edge == whole.edge
    assert sorted(node for growth in growths for node in growth.nodes) == sorted(whole.nodes)


@given(st.lists(sizes).map(sorted))
def test_a_fresh_leaf_is_proved_from_its_batch_alone(cuts):
    """Each leaf's proof verifies in the tree its batch made, without a look at the store."""
    for growth in grown(cuts):
        size, top = growth.edge.size, growth.edge.root()
        for index in range(growth.old_size, size):
            verify_inclusion(index, size, LEAVES[index], growth.proof(index), top)
            assert len(growth.proof(index)) == len(inclusion(index, size))


@given(sizes, st.data())
def test_a_batch_does_not_prove_leaves_of_others(old, data):
    """Older leaves, and leaves that are not there, are not proved."""
    growth = grow(grow(Edge(), LEAVES[:old]).edge, LEAVES[old : old + 20])
    for index in (-1, data.draw(st.integers(0, old - 1)), old + 20):
        with pytest.raises(IndexError):
            growth.proof(index)


@given(sizes)
def test_every_complete_node_of_each_fourth_level_is_stored(size):
    """Levels 4, 8 and so on hold each complete node, and no ragged one."""
    nodes = {(node.level, node.n): node.hash for node in grow(Edge(), LEAVES[:size]).nodes}
    expected = {(level, n): root(LEAVES[n << level : n + 1 << level]) for level in (4, 8) for n in range(size >> level)}
    assert nodes == expected


@given(st.data())
def test_every_old_leaf_is_proved_from_stored_nodes(store, data):
    """The proof of any leaf in any older tree verifies, from the rows asked for and no others."""
    size = data.draw(st.integers(1, len(LEAVES)))
    index = data.draw(st.integers(0, size - 1))
    top = Edge(size=size, hashes=fetched(edge_spans(size), store)).root()
    verify_inclusion(index, size, LEAVES[index], fetched(inclusion(index, size), store), top)


@given(st.integers(0, len(LEAVES)), st.integers(0, len(LEAVES)))
def test_every_older_tree_is_proved_to_be_extended(store, one, other):
    """The consistency proof between any two sizes verifies, from the rows asked for and no others."""
    first, second = sorted((one, other))
    old, new = (Edge(size=size, hashes=fetched(edge_spans(size), store)).root() for size in (first, second))
    verify_consistency(first, second, old, new, fetched(consistency(first, second), store))


@pytest.mark.parametrize("second", [1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64])
def test_small_trees_are_proved_in_every_combination(second):
    """At each size around a border, every leaf and every older size is proved."""
    nodes, top = stored(second), root(LEAVES[:second])
    for first in range(second):
        verify_inclusion(first, second, LEAVES[first], fetched(inclusion(first, second), nodes), top)
        path = fetched(consistency(first, second), nodes)
        verify_consistency(first, second, root(LEAVES[:first]), top, path)
    assert Edge(size=second, hashes=fetched(edge_spans(second), nodes)) == grow(Edge(), LEAVES[:second]).edge


@given(sizes, st.data())
def test_one_flipped_bit_breaks_a_proof(size, data):
    """No bit of a fresh proof can change without the verifier seeing it."""
    growth = grow(grow(Edge(), LEAVES[:SMALL]).edge, LEAVES[SMALL : SMALL + size])
    index = data.draw(st.integers(SMALL, SMALL + size - 1))
    proof = list(growth.proof(index))
    at, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    proof[at] = (int.from_bytes(proof[at], "big") ^ 1 << bit).to_bytes(32, "big")
    with pytest.raises(ProofFailed):
        verify_inclusion(index, SMALL + size, LEAVES[index], proof, growth.edge.root())


@given(st.integers(1, 1 << 40), st.data())
def test_a_proof_from_the_past_needs_few_rows(size, data):
    """In a log of any size, a proof needs at most four runs for each stored level, without overlap, all complete."""
    index = data.draw(st.integers(0, size - 1))
    for spans in (inclusion(index, size), consistency(index, size), edge_spans(size)):
        runs = needs(spans)
        assert len(runs) <= 4 * (size.bit_length() // 4 + 1)
        assert sum(run.length for run in runs) <= 31 * (size.bit_length() // 4 + 1)
        assert all(run.first + run.length <= size >> run.level for run in runs)
        numbers = [(run.level, n) for run in runs for n in range(run.first, run.first + run.length)]
        assert len(numbers) == len(set(numbers))


class Rows:
    """A store that gives the rows that are asked for and no others."""

    def __init__(self, nodes: dict[tuple[int, int], bytes]) -> None:
        self._nodes, self.asked = nodes, 0

    async def nodes(self, runs: list[Run]) -> dict[tuple[int, int], bytes]:
        self.asked += 1
        numbers = [(run.level, n) for run in runs for n in range(run.first, run.first + run.length)]
        assert len(numbers) == len(set(numbers))
        return {each: self._nodes[each] for each in numbers}


@given(st.data())
async def test_proofs_of_many_leaves_are_those_of_each(store, data):
    """Looked up at once, and once; near each other or far apart, one leaf twice, none at all."""
    size = data.draw(st.integers(1, 5_000))
    indices = data.draw(st.lists(st.integers(0, size - 1), max_size=40))
    rows = Rows(stored(size))
    proofs = await proofs_from_store(rows, indices, size)
    assert rows.asked == 1
    assert proofs == [fetched(inclusion(index, size), store) for index in indices]
    for index, proof in zip(indices, proofs, strict=True):
        verify_inclusion(index, size, LEAVES[index], proof, root(LEAVES[:size]))


def test_a_missing_row_is_an_alarm():
    """A row that should be stored and is not stops the proof, rather than giving a wrong one."""
    nodes = stored(100)
    del nodes[4, 2]
    with pytest.raises(NodeMissing):
        assemble(inclusion(99, 100), nodes)


def test_spans_outside_the_tree_are_refused():
    """A leaf that is not there, or an older tree that is larger, has no proof."""
    for index, size in ((5, 5), (-1, 5), (0, 0)):
        with pytest.raises(IndexError):
            inclusion(index, size)
    for first, second in ((6, 5), (-1, 5)):
        with pytest.raises(IndexError):
            consistency(first, second)


def test_a_damaged_edge_is_refused():
    """An edge has one hash for each bit of its size."""
    assert Edge().root() == EMPTY_ROOT
    for size, hashes in ((1, ()), (0, (LEAVES[0],)), (3, (LEAVES[0],)), (-1, (LEAVES[0],))):
        with pytest.raises(ValueError, match="one hash for each bit"):
            Edge(size=size, hashes=hashes)


def test_the_worked_tree_of_five_events():
    """Leaf, root and proofs of the worked example come out byte for byte."""
    nodes = stored(5)
    assert LEAVES[0].hex() == "a344deda6399e079700f18caccc174ed11ef1b1d164271e3a95d82c734466977"
    growth = grow(Edge(), LEAVES[:5])
    assert growth.edge.root().hex() == "b5af9c41186dda1343de76873b2805a2b1421fd1a889de9fa98b2a8ed8d214be"
    third = [
        "9b0b2f1d58bf086890b4146f09efa42ca13e525aa03393921560c5814ff53088",
        "9597a008c399108ddc67f881629dfbda16be63fcb74b42892f749dde08d3364a",
        "a529d3830d9c26c457c2ede6826c2b7f4cb8b047fc4a09376020eff77b17c12f",
    ]
    assert [each.hex() for each in growth.proof(3)] == third
    assert [each.hex() for each in fetched(inclusion(3, 5), nodes)] == third
    assert [each.hex() for each in fetched(consistency(3, 5), nodes)] == [
        third[0], "80b29edd0e34b87ae52eb22cc1b7c798088abbd8017f7646d15f9a571d2bf0e7", *third[1:],
    ]  # fmt: skip
    assert [each.hex() for each in fetched(consistency(2, 5), nodes)] == [
        "78235015cffa332a4030147391cd0e6fcc7906f156732ff39ad30f9ed9bb5a69", third[2],
    ]  # fmt: skip


def test_the_worked_tree_of_seventy_thousand_entries():
    """A tree of five stored levels has the root, the row of nodes and the proof length of the worked example."""
    leaves = [leaf_hash(b"entry-%d" % number) for number in range(70_000)]
    growth = grow(grow(Edge(), leaves[:65_000]).edge, leaves[65_000:])
    assert growth.edge.root().hex() == LARGE_ROOT
    proof = growth.proof(65_536)
    assert len(proof) == 14
    verify_inclusion(65_536, 70_000, leaves[65_536], proof, growth.edge.root())
    tile = b"".join(node.hash for node in grow(Edge(), leaves).nodes if node.level == 8 and node.n < 256)
    assert sha256(tile).hexdigest() == LARGE_TILE


@pytest.mark.skipif(not (SHARED / "vectors/tlog.json").exists(), reason="the shared vectors are not beside the project")
def test_the_shared_vectors_come_out_of_the_tree(store):
    """Roots and proofs of sections B and C of the shared vectors are what the tree gives."""
    shared = json.loads((SHARED / "vectors/tlog.json").read_text())
    five = shared["B"]
    assert grow(Edge(), LEAVES[:5]).edge.root().hex() == five["root5"]
    assert [each.hex() for each in fetched(inclusion(3, 5), store)] == five["incl3"]
    assert [each.hex() for each in fetched(consistency(2, 5), store)] == five["cons2-5"]
    assert [each.hex() for each in fetched(consistency(3, 5), store)] == five["cons3-5"]
    assert (shared["C"]["root"], shared["C"]["sha256_tile1_0"]) == (LARGE_ROOT, LARGE_TILE)
    assert len(fetched(inclusion(65_536, 70_000), store)) == shared["C"]["incl65536_len"]

"""Which proof may take the place of a receipt's, in trees of every size; and what is a contradiction."""

from hashlib import sha256

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from contracts.codec import encode
from contracts.event import Exact, Opening, Shared, event_leaf
from contracts.merkle import leaf_hash, prefix_root, root
from contracts.receipt import Carried, carry, extra_of
from contracts.tlog_proof import TlogProof
from gateway.desk.upgrading import Contradicted, NotYet, is_witnessed, last_of, upgraded
from gateway.ledger.guard import TreeHead
from gateway.ledger.log import Log
from gateway.ledger.log import receipt as log_receipt
from gateway.ledger.tree import assemble, inclusion, needs
from keys.receipts import check
from tests.agencies import secret
from tests.gateway.desk.cosigners import Cosigners
from tests.journey.simulated import ORIGIN

LOG = Log(ORIGIN, Ed25519PrivateKey.from_private_bytes(secret("log")))
ELSEWHERE = Log("elsewhere.test/rj", Ed25519PrivateKey.from_private_bytes(secret("log")))
COSIGNERS = Cosigners(LOG.vkey)
POLICY = COSIGNERS.policy


def opening(name: str, index: int) -> Opening:
    part = Shared(event="recall", at=index) if name == "shared" else Exact(clauses=("8.6",))
    return Opening(salt=sha256(f"{name} {index}".encode()).digest(), part=encode(part))


def leaves(size: int, changed: int | None = None) -> list[bytes]:
    numbers = [index if index != changed else 10_000 for index in range(size)]
    return [event_leaf(opening("shared", n), opening("exact", n)) for n in numbers]


def proof(index: int, entries: list[bytes], carried: Carried | None = None, log: Log = LOG) -> str:
    hashes = [leaf_hash(entry) for entry in entries]
    stored = {(0, n): each for n, each in enumerate(hashes)}
    level = 4
    while 1 << level <= len(hashes):
        width = 1 << level
        stored |= {(level, n): root(hashes[n * width : (n + 1) * width]) for n in range(len(hashes) // width)}
        level += 4
    spans = inclusion(index, len(hashes))
    assert needs(spans) is not None
    path = assemble(spans, stored)
    checkpoint = log.checkpoint(TreeHead(len(hashes), root(hashes)))
    return log_receipt(index, path, checkpoint, carried or carry(entries[index], closed=True))


def kept(index: int, size: int) -> str:
    """A receipt as a reply gave it: the log's word alone, both parts opened."""
    entries = leaves(size)
    return proof(index, entries, carry(entries[index], opening("shared", index), opening("exact", index)))


def cosigned(index: int, entries: list[bytes], carried: Carried | None = None) -> str:
    return COSIGNERS.cosigned(proof(index, entries, carried))


@pytest.mark.parametrize("size", [*range(1, 36), 255, 256, 257])
def test_the_way_up_of_a_trees_last_leaf_shows_that_a_later_tree_extends_it(size: int) -> None:
    """For every older tree: what stands to the left of its last leaf makes up its root."""
    entries = leaves(size)
    hashes = [leaf_hash(entry) for entry in entries]
    for first in range(1, size + 1) if size < 40 else (1, 2, 100, 128, 254, 255, size):
        given = TlogProof.parse(proof(first - 1, entries))
        assert prefix_root(first - 1, size, hashes[first - 1], given.hashes) == root(hashes[:first])


@pytest.mark.parametrize(("index", "before", "after"), [(0, 1, 1), (0, 1, 9), (3, 5, 8), (4, 5, 21), (17, 18, 19)])
def test_an_upgraded_receipt_proves_the_same_line_and_opens_it(index: int, before: int, after: int) -> None:
    """In the cosigned tree, with the openings that this desk had."""
    receipt, entries = kept(index, before), leaves(after)
    assert not is_witnessed(receipt, POLICY)
    better = upgraded(receipt, cosigned(index, entries), cosigned(before - 1, entries), POLICY)
    assert is_witnessed(better, POLICY)
    proven = check(better, LOG.vkey)
    assert (proven.index, proven.tree.size, proven.standing) == (index, after, "opened")
    assert proven.shared == Shared(event="recall", at=index)
    assert proven.exact == Exact(clauses=("8.6",))
    assert last_of(receipt) == before - 1


def test_what_the_proof_opens_beyond_the_receipt_is_taken() -> None:
    """And that it is closed, only where nothing ever opened it."""
    entries = leaves(3)
    less = proof(1, entries, carry(entries[1], opening("shared", 1)))
    both = cosigned(1, entries, carry(entries[1], opening("shared", 1), opening("exact", 1)))
    last = cosigned(2, entries)
    assert check(upgraded(less, both, last, POLICY), LOG.vkey).exact is not None
    nothing = proof(1, entries, carry(entries[1]))
    assert check(upgraded(nothing, cosigned(1, entries), last, POLICY), LOG.vkey).standing == "closed"


ENTRIES = leaves(9)
GOOD = (cosigned(3, ENTRIES), cosigned(4, ENTRIES))


@pytest.mark.parametrize(
    ("offered", "last"),
    [
        (proof(3, ENTRIES), GOOD[1]),
        (GOOD[0], cosigned(4, leaves(10))),
        (cosigned(2, ENTRIES), GOOD[1]),
        (GOOD[0], cosigned(5, ENTRIES)),
        (cosigned(3, leaves(4)), cosigned(3, leaves(4))),
        (COSIGNERS.cosigned(proof(3, ENTRIES, log=ELSEWHERE)), GOOD[1]),
        (GOOD[0].replace("index 3", "index 5"), GOOD[1]),
        (GOOD[0].replace("\n— prisons", "\n— prisons", 1)[:-30] + "A" * 28 + "=\n", GOOD[1]),
        ("", GOOD[1]),
        (GOOD[0], "nothing"),
    ],
)
def test_what_does_not_serve_leaves_the_receipt_as_it_is(offered: str, last: str) -> None:
    """No quorum, two trees, another line, a smaller tree, another log, a false path or signature, or no proof."""
    with pytest.raises(NotYet):
        upgraded(kept(3, 5), offered, last, POLICY)


def test_one_cosigner_of_three_is_no_quorum() -> None:
    """Nor is one who is counted twice."""
    few = replace_who("prisons")
    with pytest.raises(NotYet):
        upgraded(kept(3, 5), few.cosigned(proof(3, ENTRIES)), few.cosigned(proof(4, ENTRIES)), POLICY)
    twice = replace_who("prisons", "prisons")
    with pytest.raises(NotYet):
        upgraded(kept(3, 5), twice.cosigned(proof(3, ENTRIES)), twice.cosigned(proof(4, ENTRIES)), POLICY)


def replace_who(*who: str) -> Cosigners:
    return Cosigners(LOG.vkey, who)


@pytest.mark.parametrize("changed", [0, 1, 2, 3, 4])
def test_a_log_that_was_rewritten_contradicts_the_receipt(changed: int) -> None:
    """Signed and cosigned, with another leaf at this line or anywhere before the end of the receipt's tree."""
    forged = leaves(9, changed)
    with pytest.raises(Contradicted):
        upgraded(kept(3, 5), cosigned(3, forged), cosigned(4, forged), POLICY)


def test_another_leaf_is_a_contradiction_even_in_a_smaller_tree() -> None:
    """The log has signed both for one line."""
    forged = leaves(4, 3)
    with pytest.raises(Contradicted):
        upgraded(kept(3, 6), cosigned(3, forged), None, POLICY)
    with pytest.raises(NotYet):
        upgraded(kept(3, 6), cosigned(3, leaves(4)), None, POLICY)


def test_what_was_changed_after_the_receipts_tree_is_no_contradiction() -> None:
    """It has said nothing of that."""
    forged = leaves(9, 5)
    assert upgraded(kept(3, 5), cosigned(3, forged), cosigned(4, forged), POLICY)


def test_an_opening_that_does_not_fit_does_not_spoil_the_receipt() -> None:
    """A delivery's receipt opens one part; what is offered for the other is not the line's."""
    entries = leaves(5)
    delivered = proof(3, entries, carry(entries[3], opening("shared", 3)))
    wrong = carry(ENTRIES[3], exact=opening("exact", 7))
    with pytest.raises(NotYet):
        upgraded(delivered, cosigned(3, ENTRIES, wrong), GOOD[1], POLICY)


def test_openings_of_another_line_are_not_carried_over() -> None:
    """What the gateway offers is checked again by whoever reads it; the desk's own openings come first."""
    wrong = carry(ENTRIES[3], opening("shared", 7), opening("exact", 7))
    better = upgraded(kept(3, 5), cosigned(3, ENTRIES, wrong), GOOD[1], POLICY)
    assert check(better, LOG.vkey).shared == Shared(event="recall", at=3)
    assert msgspec.json.decode(TlogProof.parse(better).extra or b"", type=Carried) == replace(
        extra_of(TlogProof.parse(kept(3, 5)))
    )

"""A receipt proves its line, or is refused; with contracts and keys alone."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from contracts.checkpoint import Checkpoint, format_note
from contracts.codec import encode
from contracts.event import DirectoryLeaf, Exact, Opening, Shared, event_leaf
from contracts.merkle import leaf_hash, node_hash
from contracts.receipt import carry
from contracts.tlog_proof import TlogProof
from keys.notes import NoteSigner
from keys.receipts import Erasure, ReceiptRefused, check

ORIGIN = "gateway.test/rj"
SIGNER = NoteSigner(name=ORIGIN, key=Ed25519PrivateKey.from_private_bytes(b"l" * 32))
SHARED = Opening(salt=b"s" * 32, part=encode(Shared(event="recall", at=1_790_000_000)))
EXACT = Opening(salt=b"e" * 32, part=encode(Exact(clauses=("8.6",))))
LEAF = event_leaf(SHARED, EXACT)
OTHER = leaf_hash(encode(DirectoryLeaf(version=1, sha256="A" * 43)))


def receipt(extra: bytes | None = None, origin: str = ORIGIN, signer: NoteSigner = SIGNER, index: int = 1) -> str:
    """The receipt of `LEAF`, the second of two leaves, unless something is changed."""
    root = node_hash(OTHER, leaf_hash(LEAF))
    text = Checkpoint(origin=origin, size=2, root=root).encode()
    carried = encode(carry(LEAF, SHARED, EXACT)) if extra is None else extra
    note = format_note(text, signer.sign(text))
    return TlogProof(extra=carried, index=index, hashes=(OTHER,), checkpoint=note).encode()


def test_a_receipt_proves_its_line_and_opens_what_its_reader_may_see() -> None:
    """Index, tree and both parts come out as they were said."""
    proven = check(receipt(), SIGNER.vkey)
    assert (proven.index, proven.tree.size, proven.leaf) == (1, 2, LEAF)
    assert proven.shared is not None
    assert (proven.shared.event, proven.exact) == ("recall", Exact(clauses=("8.6",)))


def test_a_part_that_is_not_there_stays_shut() -> None:
    """Without openings the leaf is proven, and nothing of it is known."""
    proven = check(receipt(encode(carry(LEAF))), SIGNER.vkey)
    assert (proven.shared, proven.exact) == (None, None)


@pytest.mark.parametrize(
    "forged",
    [
        receipt(index=0),
        receipt(origin="elsewhere.test/rj"),
        receipt(signer=NoteSigner(name=ORIGIN, key=Ed25519PrivateKey.from_private_bytes(b"x" * 32))),
        receipt(signer=NoteSigner(name="other", key=SIGNER.key)),
        receipt(encode(carry(LEAF + b" ", SHARED))),
        receipt(encode(carry(LEAF, replace(SHARED, part=SHARED.part.replace(b"recall", b"opened"))))),
        receipt(encode(carry(LEAF, SHARED, SHARED))),
        receipt(encode(carry(LEAF, replace(SHARED, salt=b"s" * 31 + b"t")))),
        receipt(b""),
        receipt(b"{}"),
        receipt(b'{"leaf":"!"}'),
        "c2sp.org/tlog-proof@v1\n",
        "",
    ],
)
def test_anything_else_is_refused(forged: str) -> None:
    """Another index, log, key, leaf or opening, or no receipt at all."""
    with pytest.raises(ReceiptRefused):
        check(forged, SIGNER.vkey)


# How a line stands.

RULE = "11.8"
CLEAR = encode(DirectoryLeaf(version=1, sha256="A" * 43))


def erasing(lines: tuple[int, ...] = (1,), rule: str | None = RULE) -> Opening:
    """The `exact` part of a line that has erased others."""
    return Opening(salt=b"x" * 32, part=encode(Exact(rule=rule, lines=lines)))


def tree_of(*leaves: bytes, signer: NoteSigner = SIGNER) -> str:
    """The checkpoint of four leaves."""
    a, b, c, d = map(leaf_hash, leaves)
    text = Checkpoint(origin=ORIGIN, size=4, root=node_hash(node_hash(a, b), node_hash(c, d))).encode()
    return format_note(text, signer.sign(text))


def erased(opening: Opening, *, by: int = 3, elsewhere: bool = False, shown: bool = True) -> str:
    """The receipt of `LEAF` at 1 after a line at `by` has erased it, unless something is wrong with that."""
    eraser = event_leaf(SHARED, opening)
    leaves = [CLEAR, LEAF, eraser, eraser] if by >= 2 else [eraser, LEAF, CLEAR, CLEAR]
    hashes = [leaf_hash(leaf) for leaf in leaves]
    pairs = [node_hash(hashes[0], hashes[1]), node_hash(hashes[2], hashes[3])]
    note = tree_of(*leaves)
    other = tree_of(*leaves, signer=NoteSigner(name="else", key=SIGNER.key)) if elsewhere else note
    inner = TlogProof(
        extra=encode(carry(eraser, exact=opening if shown else None)),
        index=by,
        hashes=(hashes[by ^ 1], pairs[1 - by // 2]),
        checkpoint=other,
    )
    carried = encode(carry(LEAF, erased=inner.encode()))
    return TlogProof(extra=carried, index=1, hashes=(hashes[0], pairs[1]), checkpoint=note).encode()


@pytest.mark.parametrize(
    ("text", "standing"),
    [
        (receipt(), "opened"),
        (receipt(encode(carry(LEAF, SHARED))), "opened"),
        (receipt(encode(carry(LEAF, exact=EXACT))), "opened"),
        (receipt(encode(carry(LEAF, closed=True))), "closed"),
        (receipt(encode(carry(LEAF))), "missing"),
        (erased(erasing()), "erased"),
    ],
)
def test_a_line_stands_in_one_of_these_ways(text: str, standing: str) -> None:
    """Opened, closed to this reader, erased, or missing: neither opened nor erased."""
    assert check(text, SIGNER.vkey).standing == standing


def test_a_line_in_clear_says_itself_what_it_is() -> None:
    """Nothing opens it, and nothing need."""
    root = node_hash(leaf_hash(CLEAR), leaf_hash(LEAF))
    text = Checkpoint(origin=ORIGIN, size=2, root=root).encode()
    note = format_note(text, SIGNER.sign(text))
    proof = TlogProof(extra=encode(carry(CLEAR)), index=0, hashes=(leaf_hash(LEAF),), checkpoint=note)
    assert check(proof.encode(), SIGNER.vkey).standing == "clear"


def test_an_erasure_names_its_rule_and_its_line() -> None:
    """Both are proven in the same tree as the line that is gone."""
    assert check(erased(erasing((1, 2))), SIGNER.vkey).erasure == Erasure(rule=RULE, by=3)


@pytest.mark.parametrize(
    "text",
    [
        erased(erasing((0, 2))),
        erased(erasing(())),
        erased(erasing(rule=None)),
        erased(erasing(), by=0),
        erased(erasing(), elsewhere=True),
        erased(erasing(), shown=False),
        receipt(encode(carry(LEAF, erased=""))),
        receipt(encode(carry(LEAF, erased=receipt()))),
    ],
)
def test_an_erasure_that_did_not_take_the_line_is_refused(text: str) -> None:
    """Other lines, no lines, no rule, an earlier line, another tree, a part that is not shown, or no erasure at all."""
    with pytest.raises(ReceiptRefused):
        check(text, SIGNER.vkey)


def test_a_receipt_holds_under_one_of_several_keys() -> None:
    """A log that has changed its key: whoever knows both need not know when."""
    newer = NoteSigner(name=ORIGIN, key=Ed25519PrivateKey.from_private_bytes(b"n" * 32))
    for text in (receipt(), receipt(signer=newer)):
        assert check(text, SIGNER.vkey, newer.vkey).index == 1
    with pytest.raises(ReceiptRefused):
        check(receipt(signer=newer), SIGNER.vkey)

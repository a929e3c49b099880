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
from keys.receipts import ReceiptRefused, check

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

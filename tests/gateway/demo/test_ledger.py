"""What a receipt proves to somebody who has the log's public key and nothing else."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from contracts.checkpoint import Checkpoint, format_note
from contracts.codec import b64url, encode
from contracts.event import DirectoryLeaf
from contracts.merkle import leaf_hash, node_hash, root
from contracts.tlog_proof import TlogProof
from gateway.demo import ledger
from gateway.demo.ledger import Whole
from gateway.demo.said import Receipt
from keys.notes import NoteSigner

LEAVES = tuple(encode(DirectoryLeaf(version=version, sha256="A" * 43)) for version in (1, 2, 3))
LOG = NoteSigner(name="demo.example/rj", key=Ed25519PrivateKey.from_private_bytes(b"\1" * 32))
OTHER = NoteSigner(name="demo.example/rj", key=Ed25519PrivateKey.from_private_bytes(b"\2" * 32))


def receipt(leaf: bytes = LEAVES[2], index: int = 2, signer: NoteSigner = LOG) -> Receipt:
    """A receipt of the third leaf of three."""
    first = node_hash(leaf_hash(LEAVES[0]), leaf_hash(LEAVES[1]))
    text = Checkpoint(origin=LOG.name, size=3, root=root(map(leaf_hash, LEAVES))).encode()
    proof = TlogProof(
        extra=encode({"leaf": b64url(leaf)}),
        index=index,
        hashes=(first,),
        checkpoint=format_note(text, signer.sign(text)),
    )
    return Receipt(jti="j", exchange="e", message="open", leaf=2, decision={}, receipt=proof.encode())


def whole(*leaves: bytes) -> Whole:
    return Whole(leaves=leaves, opened=True, documents=0, is_the_log=True)


def test_a_receipt_proves_its_line() -> None:
    """Offline, under the log's key."""
    assert ledger.proves(receipt(), LOG.vkey)


def test_a_receipt_of_another_leaf_proves_nothing() -> None:
    """Nor does one for another index, of another key, or one cut short."""
    assert not ledger.proves(receipt(leaf=b"forged"), LOG.vkey)
    assert not ledger.proves(receipt(index=1), LOG.vkey)
    assert not ledger.proves(receipt(signer=OTHER), LOG.vkey)
    assert not ledger.proves(replace(receipt(), receipt=receipt().receipt[:-20]), LOG.vkey)
    assert not ledger.proves(replace(receipt(), leaf=1), LOG.vkey)


def test_a_log_that_was_rewritten_is_not_the_one_of_the_receipt() -> None:
    """A longer log begins with the receipt's; one with a line changed, or fewer lines, does not."""
    assert ledger.is_beginning(receipt(), whole(*LEAVES, b"fourth"), LOG.vkey)
    assert not ledger.is_beginning(receipt(), whole(b"1st", *LEAVES[1:], b"fourth"), LOG.vkey)
    assert not ledger.is_beginning(receipt(), whole(*LEAVES[:2]), LOG.vkey)

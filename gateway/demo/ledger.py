"""The log, checked from outside: with the published key and formats, and what an inspector may open."""

import time
from typing import Final

from msgspec import Struct

from contracts import agreement as agreements
from contracts import event
from contracts.codec import encode, unb64url
from contracts.envelope import GATEWAY, AgreementRef
from contracts.event import AgreementLeaf, DirectoryLeaf, Opening
from contracts.merkle import leaf_hash, root
from contracts.messages.actor import Person
from contracts.messages.log_search import LogSearch
from contracts.reply import LineFound, Problem, Reply
from contracts.tlog_proof import TlogProof
from gateway.demo.said import Receipt
from gateway.demo.world import ORIGIN, World
from gateway.desk.client import GatewayClient
from gateway.desk.ids import new_id
from gateway.desk.sealer import Draft, Hand
from gateway.desk.trust import Known
from keys import directory as directories
from keys import documents
from keys.notes import NoteRefused, VerifierKey
from keys.receipts import ReceiptRefused, check, check_checkpoint

PAGE: Final = 500


class Whole(Struct, frozen=True, kw_only=True):
    """Every leaf of a log, in order. `opened`: each event's openings fit its leaf. `documents`: lines in clear."""

    leaves: tuple[bytes, ...]
    opened: bool
    documents: int
    is_the_log: bool

    def root(self, size: int) -> bytes:
        """The root of the tree over the first `size` leaves."""
        return root([leaf_hash(leaf) for leaf in self.leaves[:size]])


def proves(receipt: Receipt, log: VerifierKey) -> bool:
    """Whether the receipt shows, offline, that its line is in a log that this key signed."""
    try:
        return check(receipt.receipt, log).index == receipt.leaf
    except ReceiptRefused:
        return False


def is_beginning(receipt: Receipt, whole: Whole, log: VerifierKey) -> bool:
    """Whether the tree that the receipt was given in is the beginning of the whole log."""
    tree = check_checkpoint(TlogProof.parse(receipt.receipt).checkpoint, log)
    return tree.size <= len(whole.leaves) and tree.root == whole.root(tree.size)


async def whole(world: World) -> Whole:
    """Every line of the log, as an inspector's own searches and the public documents give it."""
    client = GatewayClient(world.addresses["gateway"], world.session)
    known = await _known(world, client)
    clear = _documents(known)
    lines: list[LineFound] = []
    while True:
        reply = await _search(world, client, known, after=lines[-1].index if lines else -1)
        lines += reply.found or ()
        if len(reply.found or ()) < PAGE:
            break
    tree = check_checkpoint(TlogProof.parse(reply.receipt).checkpoint, world.log_vkey)
    found = {line.index: unb64url(line.leaf) for line in lines}
    missing = [index for index in range(tree.size) if index not in found]
    leaves = tuple({**found, **dict(zip(missing, clear, strict=False))}.get(index, b"") for index in range(tree.size))
    return Whole(
        leaves=leaves,
        opened=all(_opens(line) for line in lines),
        documents=len(missing),
        is_the_log=root([leaf_hash(leaf) for leaf in leaves]) == tree.root,
    )


def _documents(known: Known) -> tuple[bytes, bytes]:
    """The two lines that the signed documents must have made, in clear."""
    directory = known.directory
    return (
        encode(AgreementLeaf(version=known.ref.version, sha256=known.ref.digest)),
        encode(DirectoryLeaf(version=directory.version, sha256=directory.digest)),
    )


def _opens(line: LineFound) -> bool:
    leaf = unb64url(line.leaf)
    shared = Opening(salt=unb64url(line.shared_salt or ""), part=unb64url(line.shared or ""))
    exact = Opening(salt=unb64url(line.exact_salt or ""), part=unb64url(line.exact or ""))
    return event.opens(leaf, "shared", shared) and event.opens(leaf, "exact", exact)


async def _known(world: World, client: GatewayClient) -> Known:
    """Both signed documents as the gateway publishes them, verified under the officers' pinned keys."""
    directory = directories.load(await client.document("directory"), world.officers, gateway=ORIGIN)
    verified = documents.verify("agreement", await client.document("agreement"), world.officers)
    terms = agreements.load(verified.document)
    ref = AgreementRef(id=verified.id, version=verified.version, digest=verified.digest)
    return Known(directory=directory, agreement=terms, ref=ref)


async def _search(world: World, client: GatewayClient, known: Known, after: int) -> Reply:
    """A search as the inspectorate's own system may send it without a desk: signed, and itself a line of the log."""
    inspectorate = world.members[world.inspector.agency]
    hand = Hand(inspectorate.id, ORIGIN, inspectorate.vault)
    now = int(time.time())
    actor = Person(id="A" * 22, role="inspector", training="foundation", auth_time=now - 60, amr=("pwd", "mfa"))
    body = LogSearch(why="inspection", after=after, limit=PAGE)
    draft = Draft(to=GATEWAY, exchange=new_id(), actor=actor, body=body)
    answer = await client.post(hand.write(draft, known, now).envelope)
    if isinstance(answer, Problem):
        raise NoteRefused(f"The gateway does not let the inspectorate search. {answer.detail}")
    return answer

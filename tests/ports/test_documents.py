"""What every store keeps for evidence: lines cut to their reader, and signed documents as they were announced."""

from gateway.decide.exchange import Delivery
from gateway.message import Announced
from gateway.store.port import Delivered, DocumentLeaf, KeptDocument, Store
from tests.ports.batches import FORCE, OTHER, PRISON, Batch, case, every, uid, write


def more(batch: Batch) -> None:
    """The force says something that is delivered, then something that is not."""
    index = batch.line(uid(1), token="told", shared={"event": "accepted", "iss": FORCE})
    delivery = Delivered(agency=PRISON, index=index, exchange=uid(1), delivery=Delivery(to=PRISON, at=8))
    batch.add(delivered=[delivery])
    batch.line(uid(1), token="hidden", shared={"event": "sensitivity", "iss": FORCE})


async def indexes(store: Store, agency: str, *, whole: bool = False, after: int = -1, limit: int = 10) -> list[int]:
    return [line.index for line in await store.lines_of(uid(1), agency, whole=whole, after=after, limit=limit)]


async def test_lines_are_cut_to_their_reader(store: Store) -> None:
    """What it said and what was delivered to it; all for whoever may see the whole; nothing for anybody else."""
    await write(store, case(0))
    await write(store, case(1))
    await write(store, more, every(store, 1))
    assert await indexes(store, PRISON) == [1, 2]
    assert await indexes(store, FORCE) == [1, 2, 3]
    assert await indexes(store, OTHER) == []
    assert await indexes(store, OTHER, whole=True) == [1, 2, 3]
    own, told = await store.lines_of(uid(1), PRISON, whole=False, after=-1, limit=10)
    assert (own.iss, own.delivery, own.record and own.record.token) == (PRISON, None, "token 1")
    assert told.delivery == Delivery(to=PRISON, at=8)


async def test_a_page_counts_only_what_its_reader_may_see(store: Store) -> None:
    """A line in between takes no place."""
    await write(store, case(0))
    await write(store, case(1))
    for _ in range(2):
        await write(store, more, every(store, 1))
    assert await indexes(store, PRISON, limit=2) == [1, 2]
    assert await indexes(store, PRISON, after=2, limit=2) == [4]
    assert await indexes(store, PRISON, whole=True, after=1, limit=3) == [2, 3, 4]


async def test_documents_are_kept_with_their_leaves(store: Store) -> None:
    """By version; a second one of the same version changes nothing."""
    first = DocumentLeaf(kind="directory", version=1, sha256="A" * 43, index=0)
    second = DocumentLeaf(kind="directory", version=2, sha256="B" * 43, index=5)
    terms = DocumentLeaf(kind="agreement", version=1, sha256="C" * 43, index=1)
    for leaf in (first, second, terms):
        kept = KeptDocument(leaf=leaf, signed=leaf.sha256.encode())
        await write(store, lambda batch, kept=kept: batch.add(documents=[kept]))  # type: ignore[misc]
    assert await store.documents() == [first, terms, second]
    assert await store.document("directory", 2) == b"B" * 43
    assert await store.document("agreement", 2) is None
    again = KeptDocument(leaf=first, signed=b"another")
    await write(store, lambda batch: batch.add(documents=[again]))
    assert await store.document("directory", 1) == b"A" * 43


async def test_a_document_from_before_is_kept_under_its_leaf(store: Store) -> None:
    """Found by the leaf's own bytes; without such a leaf, or once it is kept, nothing happens."""
    await write(store, case(0))
    await write(store, case(1))
    lines = await store.leaves(0, 2)
    before = Announced(kind="directory", version=3, sha256="A" * 43, signed=b"signed")
    await store.keep_document(before, b"no such leaf")
    assert await store.documents() == []
    await store.keep_document(before, lines[1])
    await store.keep_document(Announced(kind="directory", version=3, sha256="B" * 43, signed=b"other"), lines[0])
    assert await store.documents() == [DocumentLeaf(kind="directory", version=3, sha256="A" * 43, index=1)]
    assert await store.document("directory", 3) == b"signed"

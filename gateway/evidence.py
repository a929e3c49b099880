"""Evidence of one exchange, cut to what its reader may see: what its replies and its inbox have told it already.

1. who       a party of the exchange, or an inspector who has said why; to everyone else it does not exist
2. lines     a party's own messages and what was delivered to it; an inspector's are all
3. openings  of its own lines both parts, of those delivered the shared one; an inspector's are all
4. documents the agreement and the directory as they stood, by the leaves that announced them
5. proofs    all in one tree, the published one if it has them all

Nothing here depends on a line that the reader may not see: not the number of lines, not where a page ends, not which
documents come with it.
"""

from collections.abc import Sequence

from msgspec import Struct

from contracts.directory import Agency
from contracts.evidence import EVIDENCE_PAGE, Evidence, EvidenceDocument, EvidenceLine
from contracts.receipt import Carried, carry
from contracts.reply import DECISION_TYP
from gateway.decide.views import exists_for
from gateway.exchange import Gateway
from gateway.inbox import notice
from gateway.ledger.guard import TreeHead
from gateway.ledger.heads import proof_from_store
from gateway.ledger.log import Log, receipt
from gateway.publishing import Publishing
from gateway.searched import Look, check_exchange
from gateway.store.port import DocumentLeaf, ExchangeLine, Store


class Asked(Struct, frozen=True, kw_only=True):
    """Which exchange, from after which line on, and the search that says why."""

    exchange: str
    after: int = -1
    search: str | None = None


async def assemble(gateway: Gateway, publishing: Publishing, reader: Agency, asked: Asked) -> Evidence | None:
    """The evidence, or None where the exchange does not exist for this reader. Raises Refusal, StoreUnavailable."""
    store = gateway.store
    # 1. who
    inspects = gateway.rules.agreement.inspects(reader)
    if inspects:
        await check_exchange(store, Look(reader.id, asked.search, gateway.clock()), asked.exchange)
    exchange = await store.exchange(asked.exchange)
    if exchange is None or not exists_for(exchange, reader, inspects=inspects):
        return None
    # 2. lines
    found = await store.lines_of(
        exchange.id, reader.id, whole=inspects, after=asked.after, limit=EVIDENCE_PAGE + 1
    )  # fmt: skip
    shown = found[:EVIDENCE_PAGE]
    # 4. documents
    stood = as_they_stood(await store.documents(), [line.index for line in shown])
    # 3. openings, 5. proofs
    newest = max((*(line.index for line in shown), *(each.index for each in stood)), default=0)
    proofs = _Proofs(store, gateway.log, *await publishing.head(newest))
    return Evidence(
        origin=gateway.log.origin,
        exchange=exchange.id,
        reader=reader.id,
        at=gateway.clock(),
        lines=tuple([await _line(proofs, asked, reader.id, line, inspects=inspects) for line in shown]),
        documents=tuple([await _document(proofs, store, each) for each in stood]),
        next=shown[-1].index if len(found) > EVIDENCE_PAGE else None,
    )


def as_they_stood(documents: Sequence[DocumentLeaf], lines: Sequence[int]) -> list[DocumentLeaf]:
    """What was gone by at the first of these lines, and whatever was announced until the last."""
    if not lines:
        return []
    first, last = lines[0], lines[-1]
    before = {each.kind: each for each in documents if each.index < first}
    return [each for each in documents if each == before.get(each.kind) or first < each.index < last]


class _Proofs:
    """Receipts in one tree."""

    def __init__(self, store: Store, log: Log, tree: TreeHead, checkpoint: str) -> None:
        self._store, self.log, self._tree, self._checkpoint = store, log, tree, checkpoint

    async def receipt(self, index: int, carried: Carried) -> str:
        hashes = await proof_from_store(self._store, index, self._tree.size)
        return receipt(index, hashes, self._checkpoint, carried)


async def _line(proofs: _Proofs, asked: Asked, reader: str, line: ExchangeLine, *, inspects: bool) -> EvidenceLine:
    record, own = line.record, inspects or line.iss == reader
    if record is None:
        return EvidenceLine(index=line.index, receipt=await proofs.receipt(line.index, carry(line.leaf)))
    told = None if own else line.delivery
    noticed = notice(proofs.log, reader, line.index, asked.exchange, told) if told else None
    return EvidenceLine(
        index=line.index,
        receipt=await proofs.receipt(line.index, carry(line.leaf, record.shared, record.exact if own else None)),
        token=None if noticed else record.token,
        decision=proofs.log.say(record.decision, DECISION_TYP) if own and record.decision else None,
        notice=noticed,
    )


async def _document(proofs: _Proofs, store: Store, stood: DocumentLeaf) -> EvidenceDocument:
    leaf = await store.leaf(stood.index)
    return EvidenceDocument(
        kind=stood.kind,
        version=stood.version,
        sha256=stood.sha256,
        index=stood.index,
        receipt=await proofs.receipt(stood.index, carry(leaf.leaf if leaf else b"")),
    )

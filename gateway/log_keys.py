"""The keys of the log as it announced them itself: whoever pins one of them learns of the next from the log."""

from contracts.receipt import carry
from contracts.reply import LogKey, LogKeys
from gateway.ledger.guard import TreeHead
from gateway.ledger.heads import proof_from_store
from gateway.ledger.log import receipt
from gateway.publishing import Publishing
from gateway.store.port import Store


async def announced_keys(publishing: Publishing, store: Store) -> LogKeys:
    """Every key that ever signed this log, with the receipt of its line. Raises Forked, StoreUnavailable.

    In the published tree as soon as that has them all: a desk that pins a policy believes nothing else.
    """
    log = await store.log()
    tree, checkpoint = await publishing.head(max((key.index or 0 for key in log.keys), default=0))
    return LogKeys(
        keys=tuple(
            [LogKey(vkey=key.vkey, receipt=await _announced(key.index, checkpoint, tree, store)) for key in log.keys]
        )
    )


async def _announced(index: int | None, checkpoint: str, tree: TreeHead, store: Store) -> str | None:
    (leaf,) = await store.leaves(index, 1) if index is not None else (None,)
    if index is None or leaf is None:
        return None
    return receipt(index, await proof_from_store(store, index, tree.size), checkpoint, carry(leaf))

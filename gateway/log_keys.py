"""The keys of the log as it announced them itself: whoever pins one of them learns of the next from the log."""

from contracts.receipt import carry
from contracts.reply import LogKey, LogKeys
from gateway.ledger.heads import proof_from_store
from gateway.ledger.log import receipt
from gateway.publishing import Publishing
from gateway.store.port import Store


async def announced_keys(publishing: Publishing, store: Store) -> LogKeys:
    """Every key that ever signed this log, with the receipt of its line. Raises Forked, StoreUnavailable.

    In the published tree as soon as that has them all: a desk that pins a policy believes nothing else.
    """
    known = (await store.log()).keys
    tree, checkpoint = await publishing.head(max((key.index or 0 for key in known), default=0))

    async def announced(index: int | None) -> str | None:
        """The receipt of its line; None for the key with which the log began."""
        if index is None:
            return None
        (leaf,) = await store.leaves(index, 1)
        return receipt(index, await proof_from_store(store, index, tree.size), checkpoint, carry(leaf))

    return LogKeys(keys=tuple([LogKey(vkey=key.vkey, receipt=await announced(key.index)) for key in known]))

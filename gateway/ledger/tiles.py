"""The bytes of the log's tiles and entry bundles, from the store (C2SP tlog-tiles)."""

from contracts.tlog_tiles import ENTRIES, TILE_LEVELS, Place, encode_bundle
from gateway.ledger.tree import NodeMissing, Run
from gateway.store.port import TreeStore


async def read(store: TreeStore, place: Place) -> bytes | None:
    """A tile or bundle that the committed tree has reached, whole or partial; None where it has not.

    Raises NodeMissing for a damaged store, StoreUnavailable.
    """
    if not place.within((await store.log()).edge.size):
        return None
    return await (bundle(store, place) if place.level == ENTRIES else tile(store, place))


async def bundle(store: TreeStore, place: Place) -> bytes:
    """A bundle that is within the tree. Raises NodeMissing, StoreUnavailable."""
    leaves = await store.leaves(place.first, place.width)
    if len(leaves) != place.width:
        raise NodeMissing("A line of the log is missing. Stop, and check the store against a backup.")
    return encode_bundle(leaves)


async def tile(store: TreeStore, place: Place) -> bytes:
    """A tile that is within the tree. Raises NodeMissing, StoreUnavailable.

    Its hashes are rows: nodes are stored at every fourth level of the binary tree, and tiles begin at every eighth.
    """
    level = TILE_LEVELS * place.level
    nodes = await store.nodes([Run(level, place.first, place.width)])
    if len(nodes) != place.width:
        raise NodeMissing("A stored node of the log is missing. Stop, and check the store against a backup.")
    return b"".join([nodes[level, n] for n in range(place.first, place.first + place.width)])

"""A gateway's folder that looks as after years of work: a log of so many leaves, each of the form of an event's."""

import os
from collections.abc import Iterator
from pathlib import Path

import apsw
import msgspec
from msgspec.structs import replace

from contracts.event import Opening, event_leaf
from contracts.merkle import leaf_hash
from gateway.keystore import KeyStore
from gateway.ledger.guard import Guard, TreeHead
from gateway.ledger.tree import Edge, grow
from gateway.store import sql
from gateway.store.port import LogState
from gateway.store.sqlite import PRAGMAS, SqliteStore
from tests.journey.simulated import World, uuid7

CHUNK = 20_000


async def fill(folder: Path, size: int) -> TreeHead:
    """Make `folder`/data with a log of `size` leaves and a message for each, and its guard; the head of the log."""
    data = folder / "data"
    data.mkdir(parents=True)
    keys = KeyStore.open(data / "keystore")
    await SqliteStore(data / "gateway.db", keys).close()
    database = apsw.Connection(str(data / "gateway.db"))
    database.execute(PRAGMAS).fetchall()
    edge = Edge()
    for first in range(0, size, CHUNK):
        leaves = list(_leaves(min(CHUNK, size - first)))
        edge = _write(database, keys, edge, leaves)
    database.close()
    head = TreeHead(edge.size, edge.root())
    guard = Guard.open(folder / "data.guard")
    guard.advance(head)
    guard.close()
    return head


async def crowd(world: World, count: int) -> None:
    """So many open exchanges more, each as one that a real request has opened."""
    if not count:
        return
    async with world.gateway(check=False) as side:
        request = side.request()
        await side.send(request)
        opened = side.decision(await side.send(request, expect=200)).exchange
    keys = KeyStore.open(world.folder / "data" / "keystore")
    store = SqliteStore(world.folder / "data" / "gateway.db", keys)
    sample = await store.exchange(opened)
    assert sample is not None
    database = apsw.Connection(str(world.folder / "data" / "gateway.db"))
    database.execute(PRAGMAS).fetchall()
    for first in range(0, count, CHUNK):
        made = [replace(sample, id=uuid7()) for _ in range(min(CHUNK, count - first))]
        with database:
            database.executemany(sql.WRITE_EXCHANGE, [sql.exchange_row(each, keys, keys.new()) for each in made])
    database.close()
    await store.close()


def _leaves(count: int) -> Iterator[bytes]:
    for _ in range(count):
        salts = os.urandom(64)
        yield event_leaf(Opening(salt=salts[:32], part=b"{}"), Opening(salt=salts[32:], part=b"{}"))


def _write(database: apsw.Connection, keys: KeyStore, edge: Edge, leaves: list[bytes]) -> Edge:
    growth, first = grow(edge, [leaf_hash(leaf) for leaf in leaves]), edge.size
    state = LogState(edge=growth.edge)
    with database:
        database.executemany("insert into leaf (i, body) values (?, ?)", enumerate(leaves, first))
        database.executemany(sql.WRITE_NODE, [tuple(node) for node in growth.nodes])
        database.executemany(
            sql.WRITE_MESSAGE,
            (
                (sql.message_name(keys, "prison-mdi", uuid7()), "A" * 43, n, n + 1)
                for n in range(first, growth.edge.size)
            ),
        )
        database.execute(sql.WRITE_LOG, (msgspec.msgpack.encode(state), 0))
        database.execute(sql.WRITE_TREE, (growth.edge.size, growth.edge.root()))
    return growth.edge

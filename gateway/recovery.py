"""Putting a log back from its public copy, where the newest database is lost and an old backup is all there is.

The public copy has every line, and nothing of what lines stand for: that part is lost for good, and a line says so.
What is put back goes on as the same log, for nobody has signed anything else in between.
"""

import os
from collections.abc import Sequence
from functools import partial
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from contracts.merkle import leaf_hash
from gateway.errors import LogRefused
from gateway.ledger.guard import TreeHead
from gateway.ledger.tree import grow
from gateway.recording import Draft
from gateway.store.port import Known, Store, Wanted, Writes

EVER: Final = 1 << 62
MOST: Final = 1_000_000
HANDS_OVER: Final = ("shared",)


class PutBack(Struct, frozen=True, kw_only=True):
    """The lines from `first` to before `end` are back, without what they stood for. `ended`: exchanges whose details
    are handed over no more, because a recall may be among what is lost.
    """

    first: int
    end: int
    ended: int


async def put_back(store: Store, lost: Sequence[bytes], public: TreeHead, now: int) -> PutBack:
    """Append the lost lines, all or nothing, so that the log is that of `public`, and then the line that says so.

    Raises LogRefused where database and lines together are not the public log. The gateway must not be running.
    """
    edge = (await store.log()).edge
    if (
        edge.size + len(lost) != public.size
        or grow(edge, [leaf_hash(each) for each in lost]).edge.root() != public.root
    ):
        raise LogRefused("The database is not the beginning of this copy of the log. Take the copy of the same log.")
    if not lost:
        return PutBack(first=edge.size, end=edge.size, ended=0)
    alive = await store.due(EVER, MOST)
    ended: list[str] = []
    await store.transact(Wanted(exchanges=tuple(alive)), partial(_written, lost=lost, now=now, ended=ended))
    return PutBack(first=edge.size, end=public.size, ended=len(ended))


def _written(known: Known, lost: Sequence[bytes], now: int, ended: list[str]) -> Writes:
    """Hand-over of what is shared ends now: the scheduler expires it at the start, and both sides are told."""
    draft = Draft(known, max(now, known.log.at), os.urandom)
    draft.put_back(lost)
    for exchange in known.exchanges.values():
        if exchange.stage in HANDS_OVER:
            draft.put(replace(exchange, open_until=draft.now))
            ended.append(exchange.id)
    writes, _ = draft.writes()
    return writes

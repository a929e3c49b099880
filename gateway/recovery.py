"""Letting a log be signed again: from its public copy, where an old backup is all there is, or where the guard is lost.

1. What is to go on is no older than anything that the guard or a witness knows to be signed.
2. The guard says that it is the newest, or else the operator's own word: witnesses know only what was published.
3. It is of one history with all that they know.
4. What the database lacks is put back, and a line says so; then the guard remembers it.

The public copy has every line, and nothing of what lines stand for: that part is lost for good.
"""

import os
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from contracts.merkle import leaf_hash, root
from gateway.errors import LogRefused
from gateway.ledger.confirmed import Confirmed
from gateway.ledger.guard import Guard, TreeHead
from gateway.ledger.heads import head_from_store
from gateway.ledger.tree import grow
from gateway.recording import Draft
from gateway.store.port import Known, Store, Wanted, Writes

EVER: Final = 1 << 62
MOST: Final = 1_000_000
YES_STANDS: Final = ("shared", "agreed")


class PutBack(Struct, frozen=True, kw_only=True):
    """The lines from `first` to before `end` are back, without what they stood for. `ended`: exchanges whose yes
    stands no more, because a recall may be among what is lost.
    """

    first: int
    end: int
    ended: int


async def recover(
    store: Store, guard: Guard, copy: Sequence[bytes] | None, held: Sequence[Confirmed], now: int, *, vouched: bool
) -> PutBack:
    """Put right what keeps the gateway from signing. Raises LogRefused; then nothing has changed.

    `copy`: every line of a public copy that was verified · `held`: what witnesses have cosigned, and what was published
    `vouched`: the operator answers for it that nothing newer was signed, not in a receipt either.
    """
    edge = (await store.log()).edge
    hashes = [leaf_hash(line) for line in copy] if copy is not None else None
    going_on = TreeHead(edge.size, edge.root()) if hashes is None else TreeHead(len(hashes), root(hashes))
    known = [TreeHead(each.tree.size, each.tree.root) for each in held]
    known += [guard.head] if guard.head is not None else []
    # 1.
    newest = max((head.size for head in known), default=0)
    if newest > going_on.size:
        raise LogRefused(
            f"This has {going_on.size} lines, and {newest} were signed. Find a newer copy of the log. If there is "
            "none the log is closed for ever: see `rj ledger succeed --help`."
        )
    # 2.
    if guard.head is None and not vouched:
        raise LogRefused(
            "The guard is lost, and log cosigners know only what was published, not what was signed in receipts since. "
            "Put the guard back. If you can answer for it that nothing newer was signed, say so with "
            "--nothing-else-signed; see --help first."
        )
    # 3.
    if not await _of_one_history(known, partial(_head_of, store, hashes)):
        raise LogRefused("This is of another history than was signed. Never sign it: find the right copy of the log.")
    # 4.
    back = await put_back(store, copy[edge.size :], going_on, now) if copy is not None else None
    # Died here: the guard is behind the database, which the next start finds sound, or still lost.
    guard.mend(going_on)
    return back or PutBack(first=edge.size, end=edge.size, ended=0)


async def _of_one_history(known: Sequence[TreeHead], head_of: Callable[[int], Awaitable[TreeHead]]) -> bool:
    return all([await head_of(head.size) == head for head in known])


async def _head_of(store: Store, hashes: Sequence[bytes] | None, size: int) -> TreeHead:
    return await head_from_store(store, size) if hashes is None else TreeHead(size, root(hashes[:size]))


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
    every = Wanted(exchanges=tuple(alive))
    await store.transact(lambda: every, partial(_written, lost=lost, now=now, ended=ended))
    return PutBack(first=edge.size, end=public.size, ended=len(ended))


def _written(known: Known, lost: Sequence[bytes], now: int, ended: list[str]) -> Writes:
    """What a victim has said yes to ends now: the scheduler expires it at the start, and both sides are told."""
    draft = Draft(known, max(now, known.log.at), os.urandom)
    draft.put_back(lost)
    for exchange in known.exchanges.values():
        if exchange.stage in YES_STANDS:
            draft.put(replace(exchange, open_until=draft.now))
            ended.append(exchange.id)
    writes, _ = draft.writes()
    return writes

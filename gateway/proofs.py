"""Proofs for later: any line in the newest published tree, with the openings that this reader has had before.

Nobody learns a bit more here than from replies and inbox: the sender sees its own message whole, whoever a line was
delivered to sees its `shared` part. An inspector who names a search of its own that covers the line sees both parts or
the erasure; without one it is a reader as any other. Everybody else, with a token or without, gets the same bytes: the
leaf, which is public, and that the rest is not theirs. For a stranger the record is not even opened: the time that it
takes would tell erased lines from others, and so which lines belong together.
"""

from collections.abc import Callable
from typing import NamedTuple

from contracts.codec import encode
from contracts.event import EventLeaf, parse_leaf, parse_shared
from contracts.receipt import Carried, carry
from contracts.tlog_proof import TlogProof
from gateway.ledger.heads import proof_from_store
from gateway.publishing import Publishing
from gateway.rules import Rules
from gateway.searched import Look, check_line
from gateway.store.port import Store, StoredLine


class _Head(NamedTuple):
    """A tree that proofs are made in: how many lines it has, and its checkpoint as a signed note."""

    size: int
    note: str


class Proofs:
    """Makes proofs from the store. `rules` gives those that the gateway goes by now, `clock` UTC seconds."""

    def __init__(
        self, store: Store, publishing: Publishing, rules: Callable[[], Rules], clock: Callable[[], int]
    ) -> None:
        self._store, self._publishing, self._rules, self._clock = store, publishing, rules, clock

    async def prove(self, index: int, reader: str | None, search: str | None = None) -> str | None:
        """The proof of a line as this agency may see it, or anybody (`reader` None). None where there is none yet.

        `search`: the id of the search by which an inspector looks. Raises Refusal where it does not cover the line.
        """
        line = await self._store.leaf(index) if reader is not None else await self._bare(index)
        look = self._look(reader, search)
        if look is not None:
            await self._check(look, index, line)
        if line is None:
            return None
        why = await self._why_not(index, line) if look is not None and line.record is None else None
        tree, note = await self._publishing.head(max(index, why or 0))
        if index >= tree.size:
            return None
        head = _Head(tree.size, note)
        carried = _whole(line) if look is not None else _seen(line, reader)
        if why is not None and why == line.erased_by:
            carried = carry(line.leaf, erased=await self._erasure(why, head))
        elif why is not None:
            carried = carry(line.leaf, recovered=await self._clear(why, head))
        return await self._proof(index, head, carried)

    async def _check(self, look: Look, index: int, line: StoredLine | None) -> None:
        """What is in clear is so under every search."""
        committed = line if line and isinstance(parse_leaf(line.leaf), EventLeaf) else None
        await check_line(self._store, look, index, committed)

    async def _why_not(self, index: int, line: StoredLine) -> int | None:
        """The line that says why this one does not open: it has erased it, or it names it as put back."""
        if line.erased_by is not None:
            return line.erased_by
        put_back = (await self._store.log()).put_back
        return next((each.index for each in put_back if each.first <= index < each.end), None)

    async def _clear(self, index: int, head: _Head) -> str | None:
        """The proof of a line in clear."""
        line = await self._store.leaf(index)
        return await self._proof(index, head, carry(line.leaf)) if line else None

    async def _bare(self, index: int) -> StoredLine | None:
        """A line as everybody has it."""
        found = await self._store.leaves(index, 1)
        return StoredLine(found[0], None, None) if found else None

    async def _erasure(self, index: int, head: _Head) -> str | None:
        """The proof of the line that erased another: its `exact` part names the rule and the lines."""
        line = await self._store.leaf(index)
        if line is None or line.record is None:
            return None
        return await self._proof(index, head, carry(line.leaf, exact=line.record.exact))

    async def _proof(self, index: int, head: _Head, carried: Carried) -> str:
        hashes = await proof_from_store(self._store, index, head.size)
        return TlogProof(extra=encode(carried), index=index, hashes=hashes, checkpoint=head.note).encode()

    def _look(self, reader: str | None, search: str | None) -> Look | None:
        """An inspector's look, where a search is named. To everybody else a search is nothing."""
        rules = self._rules()
        if reader is None or search is None or not rules.agreement.inspects(rules.directory.agency(reader)):
            return None
        return Look(reader, search, self._clock())


def _whole(line: StoredLine) -> Carried:
    """For inspectors who have said why. Where nothing opens the line and nothing has erased it, they see that."""
    return carry(line.leaf, line.record.shared, line.record.exact) if line.record else carry(line.leaf)


def _seen(line: StoredLine, reader: str | None) -> Carried:
    """For everybody else. What is not theirs, erased, or not there, all looks the same."""
    if not isinstance(parse_leaf(line.leaf), EventLeaf):
        return carry(line.leaf)
    record = line.record
    if record is not None and reader is not None:
        sent = parse_shared(record.shared.part).iss == reader
        if sent or reader in [delivery.to for delivery in record.delivered]:
            return carry(line.leaf, record.shared, record.exact if sent else None)
    return carry(line.leaf, closed=True)

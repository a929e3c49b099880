"""Step 4 of the journey: what is to be recorded of a batch, while the batch is being settled. Pure.

Nothing is written here: `writes` is what the store makes durable, all of it or nothing.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contracts.codec import encode
from contracts.event import (
    AgreementLeaf,
    DirectoryLeaf,
    Exact,
    Leaf,
    LogKeyLeaf,
    Opening,
    RecoveredLeaf,
    Shared,
    SuccessorLeaf,
    event_leaf,
    parse_leaf,
)
from contracts.merkle import leaf_hash
from contracts.reply import DecisionClaims
from gateway.decide.exchange import Applied, Delivery, Exchange
from gateway.ledger.tree import Growth, grow
from gateway.message import Announced, Succeeds, Unfit, Verified
from gateway.store.port import (
    Delivered,
    DocumentLeaf,
    DocumentVersion,
    Erased,
    KeptDocument,
    Known,
    Line,
    LogKey,
    LogState,
    PutBack,
    Record,
    SealedValue,
    StoredMessage,
    Writes,
)

SALT_SIZE: Final = 32


class Said(Struct, frozen=True, kw_only=True):
    """What stands beside the event of a message: its token, and the gateway's decision about it."""

    token: str
    decision: DecisionClaims


class Draft:
    """What is known, with what the batch has added so far. `now` is log time in UTC seconds."""

    def __init__(self, known: Known, now: int, entropy: Callable[[int], bytes]) -> None:
        self.now = now
        self._known, self._entropy = known, entropy
        self._log = known.log
        self._lines: list[Line] = []
        self._messages: dict[tuple[str, str], StoredMessage] = {}
        self._exchanges: dict[str, Exchange] = {}
        self._sealed: list[SealedValue] = []
        self._delivered: list[Delivered] = []
        self._dropped: list[tuple[str, str]] = []
        self._erased_values: list[str] = []
        self._erased_records: list[Erased] = []
        self._gone: set[str] = set()
        self._alone = set(known.alone)
        self._documents: list[KeptDocument] = []

    @property
    def next_index(self) -> int:
        """The index of the next line."""
        return self._known.log.edge.size + len(self._lines)

    def message(self, iss: str, jti: str) -> StoredMessage | None:
        """A message settled before, or earlier in this batch (its `size` is 0 then)."""
        return self._messages.get((iss, jti)) or self._known.messages.get((iss, jti))

    def exchange(self, exchange: str) -> Exchange | None:
        """An exchange as the batch has left it; None once its record is erased."""
        if exchange in self._gone:
            return None
        return self._exchanges.get(exchange) or self._known.exchanges.get(exchange)

    def say(
        self,
        message: Verified | Unfit,
        shared: Shared,
        exact: Exact,
        said: Said,
        exchange: str | None,
        *,
        erase_at: int | None = None,
    ) -> Line:
        """The line of a message, and the message by its id. One of no exchange has an end of its own (`erase_at`)."""
        line = self._line(shared, exact, exchange, said, erase_at)
        known_as = (message.claims.iss, message.claims.jti)
        self._messages[known_as] = StoredMessage(digest=message.digest, index=line.index, size=0)
        return line

    def happen(self, event: str, exact: Exact, exchange: str) -> Line:
        """The line of something that nobody said."""
        return self._line(Shared(event=event, at=self.now, exchange=exchange), exact, exchange)

    def erase_exchange(self, exchange: str, rule: str) -> None:
        """The record of an exchange goes, with those of all its lines."""
        lines = [
            *self._known.lines.get(exchange, ()),
            *(each.index for each in self._lines if each.exchange == exchange),
        ]
        self._erase_lines(tuple(lines), rule, exchange)
        self._gone.add(exchange)

    def erase_alone(self, lines: tuple[int, ...], rule: str) -> None:
        """The records of these lines go, which belong to no exchange; of those, at least, that are still there."""
        if left := tuple([index for index in lines if index in self._alone]):
            self._erase_lines(left, rule, None)
            self._alone.difference_update(left)

    def _erase_lines(self, lines: tuple[int, ...], rule: str, exchange: str | None) -> None:
        """The line that says which others have lost their records, and by which rule. It is never erased itself:
        without it nobody could tell an erased line from a lost one.
        """
        shared = Shared(event="record-erased", at=self.now, exchange=exchange)
        line = self._line(shared, Exact(rule=rule, clauses=(rule,), lines=lines), None)
        self._erased_records.append(Erased(lines=lines, by=line.index, exchange=exchange))

    def keep(self, message: Verified, fields: tuple[str, ...], index: int) -> None:
        """The sealed values of a message that may be kept. The others are never stored."""
        claims = message.claims
        self._sealed += [
            SealedValue(
                exchange=claims.exchange,
                jti=claims.jti,
                field=field,
                kid=claims.sealed[field].kid,  # type: ignore[index]  # a field of the manifest
                index=index,
                value=message.sealed[field],
            )
            for field in fields
        ]

    def drop(self, exchange: str, jti: str) -> None:
        """The sealed values of an earlier message go: those that come now take their place."""
        self._dropped.append((exchange, jti))
        self._sealed = [kept for kept in self._sealed if (kept.exchange, kept.jti) != (exchange, jti)]

    def follow(self, applied: Applied, index: int) -> None:
        """What comes with an applied event: new state, deliveries, and the erasure that it orders."""
        exchange = applied.exchange
        if exchange is None:
            return
        self.put(exchange)
        self._deliver(applied.deliver, index, exchange.id)
        if applied.erase is not None:
            self._erase(exchange, applied.erase)

    def put(self, exchange: Exchange) -> None:
        """An exchange's new state. Raises RuntimeError if the batch has erased its record: then it is tried alone."""
        if exchange.id in self._gone:
            raise RuntimeError("The batch has erased the record of this exchange.")
        self._exchanges[exchange.id] = exchange

    def announce(self, document: Announced) -> None:
        """A leaf in clear for a document that is new; versions only grow."""
        new = DocumentVersion(version=document.version, sha256=document.sha256)
        current = self._log.agreement if document.kind == "agreement" else self._log.directory
        if new.version <= current.version:
            return
        if document.kind == "agreement":
            self._log = replace(self._log, agreement=new)
        else:
            self._log = replace(self._log, directory=new)
        kept = DocumentLeaf(kind=document.kind, version=document.version, sha256=document.sha256, index=self.next_index)
        self._documents.append(KeptDocument(leaf=kept, signed=document.signed))
        self._lines.append(Line(index=self.next_index, leaf=document_leaf(document), exchange=None))

    def key_signs(self, vkey: str) -> None:
        """A leaf in clear for a key that is new. The one that a log begins with is known beside it, like its name."""
        known = self._log.keys
        if vkey in [key.vkey for key in known]:
            return
        key = LogKey(vkey=vkey, index=self.next_index if known else None)
        if known:
            self._clear(LogKeyLeaf(vkey=vkey))
        self._log = replace(self._log, keys=(*known, key))

    def succeed(self, other: Succeeds) -> None:
        """The first leaf of a log that takes the place of another."""
        if self._log.succeeds != other.sha256:
            self._clear(SuccessorLeaf(origin=other.origin, size=other.size, root=other.root, sha256=other.sha256))
            self._log = replace(self._log, succeeds=other.sha256)

    def put_back(self, leaves: Sequence[bytes]) -> None:
        """Lines that the log has signed and the database has lost; then a leaf in clear that says which they are."""
        first = self.next_index
        for entry in leaves:
            self._log = _announced(self._log, parse_leaf(entry), self.next_index)
            self._lines.append(Line(index=self.next_index, leaf=entry, exchange=None))
        back = PutBack(first=first, end=self.next_index, index=self.next_index)
        self._clear(RecoveredLeaf(first=back.first, end=back.end))
        self._log = replace(self._log, put_back=(*self._log.put_back, back))

    def writes(self) -> tuple[Writes, Growth]:
        """The batch, closed: all that is to be written, and the tree grown by its leaves."""
        growth = grow(self._known.log.edge, [leaf_hash(line.leaf) for line in self._lines])
        size = growth.edge.size
        writes = Writes(
            log=replace(self._log, edge=growth.edge, at=self.now) if self._lines else self._log,
            root=growth.edge.root(),
            lines=self._lines,
            nodes=growth.nodes,
            messages=[(iss, jti, replace(stored, size=size)) for (iss, jti), stored in self._messages.items()],
            exchanges=list(self._exchanges.values()),
            sealed=self._sealed,
            delivered=self._delivered,
            dropped=self._dropped,
            erased_values=self._erased_values,
            erased_records=self._erased_records,
            documents=self._documents,
        )
        return writes, growth

    def _clear(self, leaf: Leaf) -> None:
        """The next line, one that anybody may read."""
        self._lines.append(Line(index=self.next_index, leaf=msgspec.json.encode(leaf), exchange=None))

    def _line(
        self,
        shared: Shared,
        exact: Exact,
        exchange: str | None,
        said: Said | None = None,
        erase_at: int | None = None,
    ) -> Line:
        """The next line: two commitments under fresh salts, and what opens them."""
        salts = self._entropy(2 * SALT_SIZE)
        record = Record(
            shared=Opening(salt=salts[:SALT_SIZE], part=encode(shared)),
            exact=Opening(salt=salts[SALT_SIZE:], part=encode(exact)),
            token=said.token if said else None,
            decision=said.decision if said else None,
        )
        leaf = event_leaf(record.shared, record.exact)
        line = Line(
            index=self.next_index,
            leaf=leaf,
            exchange=exchange,
            record=record,
            shared=shared,
            exact=exact,
            erase_at=erase_at,
        )
        self._lines.append(line)
        return line

    def _deliver(self, deliveries: tuple[Delivery, ...], index: int, exchange: str) -> None:
        stamped = [replace(delivery, at=self.now) for delivery in deliveries]
        self._delivered += [Delivered(agency=d.to, index=index, exchange=exchange, delivery=d) for d in stamped]

    def _erase(self, exchange: Exchange, rule: str) -> None:
        """Erasure is an event too: both sides are told, and the proofs still hold. Reasons stay with the record."""
        self._erased_values.append(exchange.id)
        self._sealed = [kept for kept in self._sealed if kept.exchange != exchange.id or kept.field == "reasons"]
        line = self.happen("erased", Exact(rule=rule, clauses=(rule,)), exchange.id)
        told = (Delivery(to=exchange.requester, notice="erased"), Delivery(to=exchange.holder, notice="erased"))
        self._deliver(told, line.index, exchange.id)


def _announced(log: LogState, leaf: Leaf, index: int) -> LogState:
    """The log's state after a line in clear that is put back: what it announced stays announced."""
    match leaf:
        case AgreementLeaf(version=version, sha256=digest):
            return replace(log, agreement=DocumentVersion(version=version, sha256=digest))
        case DirectoryLeaf(version=version, sha256=digest):
            return replace(log, directory=DocumentVersion(version=version, sha256=digest))
        case LogKeyLeaf(vkey=vkey):
            return replace(log, keys=(*log.keys, LogKey(vkey=vkey, index=index)))
        case SuccessorLeaf(sha256=digest):
            return replace(log, succeeds=digest)
        case RecoveredLeaf(first=first, end=end):
            return replace(log, put_back=(*log.put_back, PutBack(first=first, end=end, index=index)))
        case _:
            return log


def document_leaf(document: Announced) -> bytes:
    """The leaf in clear that announces a document."""
    kind = AgreementLeaf if document.kind == "agreement" else DirectoryLeaf
    return msgspec.json.encode(kind(version=document.version, sha256=document.sha256))

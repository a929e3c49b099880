"""The store's port: what a batch of messages needs, what it writes, and what an engine promises."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from msgspec import Struct

from contracts.event import Exact, Opening, Shared
from contracts.messages.log_search import LogSearch
from contracts.reply import DecisionClaims
from gateway.decide.exchange import Delivery, Exchange
from gateway.ledger.tree import Edge, Node, Run
from gateway.message import Announced
from keys.documents import DocumentKind


class DocumentVersion(Struct, frozen=True, kw_only=True):
    """The version of a signed document that the log has announced; 0 before the first."""

    version: int = 0
    sha256: str = ""


class LogKey(Struct, frozen=True, kw_only=True):
    """A key that signs the log, and the leaf that says so; None for the key with which the log began."""

    vkey: str
    index: int | None = None


class PutBack(Struct, frozen=True, kw_only=True):
    """Lines from `first` to before `end` that were put back from the public log, as the leaf at `index` says."""

    first: int
    end: int
    index: int


class LogState(Struct, frozen=True, kw_only=True):
    """The one row that every batch reads and writes: the tree's right edge, log time, what has been announced."""

    edge: Edge = Edge()
    at: int = 0
    agreement: DocumentVersion = DocumentVersion()
    directory: DocumentVersion = DocumentVersion()
    keys: tuple[LogKey, ...] = ()
    succeeds: str = ""
    put_back: tuple[PutBack, ...] = ()


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a line of the log stands for, encrypted at rest under its exchange's record key and erased with it.

    `delivered`: to whom the line was delivered; the store adds it from the batch's deliveries.
    """

    shared: Opening
    exact: Opening
    token: str | None = None
    decision: DecisionClaims | None = None
    delivered: tuple[Delivery, ...] = ()


class Line(Struct, frozen=True, kw_only=True):
    """A leaf to write: its public bytes, and what it stands for.

    `erase_at`: when the record of a line that belongs to no exchange is to be erased, in UTC seconds; None if never.
    """

    index: int
    leaf: bytes
    exchange: str | None
    record: Record | None = None
    shared: Shared | None = None
    exact: Exact | None = None
    erase_at: int | None = None


class StoredLine(NamedTuple):
    """A line as it is kept: its public bytes, what it stands for unless that is erased, and which line erased it."""

    leaf: bytes
    record: Record | None
    erased_by: int | None


class Erased(Struct, frozen=True, kw_only=True):
    """A record that goes: the lines that lose it, the line that says so, and the exchange if they were one's."""

    lines: tuple[int, ...]
    by: int
    exchange: str | None = None


class StoredMessage(Struct, frozen=True, kw_only=True):
    """A message that the gateway has settled: its digest, its leaf, and the size of the tree of its receipt."""

    digest: str
    index: int
    size: int


class SealedValue(Struct, frozen=True, kw_only=True):
    """A sealed value to keep, as the sender sealed it; `index` is the leaf of the message that sealed it."""

    exchange: str
    jti: str
    field: str
    kid: str
    index: int
    value: bytes


class Delivered(Struct, frozen=True, kw_only=True):
    """An inbox row: to whom, and at which leaf index."""

    agency: str
    index: int
    exchange: str
    delivery: Delivery


class InboxRow(Struct, frozen=True, kw_only=True):
    """An inbox row with what its line stands for; `record` and `delivery` are None once that is erased."""

    index: int
    exchange: str
    leaf: bytes
    delivery: Delivery | None
    record: Record | None


class FoundLine(Struct, frozen=True, kw_only=True):
    """A line that a search found."""

    index: int
    leaf: bytes
    record: Record | None


class Searched(Struct, frozen=True, kw_only=True):
    """What a search found. `looked_to` is the last line that it looked at; None where it came to the end of the log."""

    lines: tuple[FoundLine, ...]
    looked_to: int | None


class DocumentLeaf(Struct, frozen=True, kw_only=True):
    """The leaf that announced a version of a signed document: from the next line on the gateway went by it."""

    kind: DocumentKind
    version: int
    sha256: str
    index: int


class KeptDocument(Struct, frozen=True, kw_only=True):
    """An announced document, as it was signed."""

    leaf: DocumentLeaf
    signed: bytes


class ExchangeLine(Struct, frozen=True, kw_only=True):
    """A line of an exchange, who said it, and what was delivered with it to whoever asks."""

    index: int
    leaf: bytes
    iss: str | None
    record: Record | None
    delivery: Delivery | None


class StoredCase(Struct, frozen=True, kw_only=True):
    """An exchange with what its lines stand for, by leaf index."""

    exchange: Exchange
    lines: tuple[tuple[int, Record], ...]


class Wanted(Struct, frozen=True, kw_only=True):
    """What a batch needs to be known: messages by (iss, jti), exchanges, sealed values by (exchange, jti).

    `lines`: exchanges whose lines may be erased now; `alone`: lines of no exchange that may be.
    """

    messages: tuple[tuple[str, str], ...] = ()
    exchanges: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    alone: tuple[int, ...] = ()


class KnownValues(Struct, frozen=True, kw_only=True):
    """The sealed values of one message that are still there, with the token that sealed them and its log time."""

    token: str
    at: int
    values: Mapping[str, tuple[str, bytes]]


class Known(Struct, frozen=True, kw_only=True):
    """What the store knows of what was wanted, read inside the transaction. Of `alone`, those not erased yet."""

    log: LogState
    messages: Mapping[tuple[str, str], StoredMessage] = {}
    exchanges: Mapping[str, Exchange] = {}
    values: Mapping[tuple[str, str], KnownValues] = {}
    lines: Mapping[str, tuple[int, ...]] = {}
    alone: frozenset[int] = frozenset()


class Writes(Struct, frozen=True, kw_only=True):
    """What a batch writes, all or nothing.

    `dropped` names messages, by exchange and id, whose sealed values others have replaced.
    `erased_values` names exchanges and `erased_records` lines whose rows go, and whose keys are destroyed after the
    commit.
    """

    log: LogState
    root: bytes
    lines: Sequence[Line]
    nodes: Sequence[Node]
    messages: Sequence[tuple[str, str, StoredMessage]]
    exchanges: Sequence[Exchange]
    sealed: Sequence[SealedValue]
    delivered: Sequence[Delivered]
    dropped: Sequence[tuple[str, str]]
    erased_values: Sequence[str]
    erased_records: Sequence[Erased]
    documents: Sequence[KeptDocument] = ()


Ring = Callable[[Sequence[str]], None]
"""Called with agencies for which something may have come."""


class TreeStore(Protocol):
    """What can be read of the public log. Every method raises `StoreUnavailable` when the engine cannot answer."""

    async def log(self) -> LogState:
        """The log's state as last committed."""

    async def nodes(self, runs: Sequence[Run]) -> Mapping[tuple[int, int], bytes]:
        """Stored nodes of the tree by (level, n); level 0 are leaf hashes."""

    async def leaves(self, first: int, count: int) -> Sequence[bytes]:
        """Leaf bytes from `first` on, as many as there are up to `count`."""


class Tree(TreeStore, Protocol):
    """A `TreeStore` that was opened by itself."""

    async def close(self) -> None:
        """Let go of the database."""


class Store(TreeStore, Protocol):
    """Where the gateway keeps what it must not lose.

    Every method raises `StoreUnavailable` when the engine cannot answer; the caller may try again. Nobody retries
    inside: after a lost COMMIT the outcome is unknown, and only the message's id can tell. Whatever else `transact`
    raises is the fault of the batch, and nothing of it was written: the caller may try its messages one by one.
    """

    async def transact(self, wanted: Callable[[], Wanted], settle: Callable[[Known], Writes]) -> Writes:
        """Load what is wanted, call `settle` once, write what it gives: alone, all or nothing, durable on return.

        `wanted` is asked once, when the turn of this batch has come: what arrives while it waits can still be in it.
        An exchange that is there already can only be written, or erased, where it was wanted: its key comes with it.
        """

    shared: bool
    """Whether other nodes may use the database too."""

    @property
    def leads(self) -> bool:
        """Whether this node gathers the cosignatures now: one at a time of all that share the database."""

    def on_move(self, confirm: Callable[[], Awaitable[None]]) -> None:
        """Before anything is written to another server than before (a standby that was promoted), await this.

        What it raises keeps the store from writing.
        """

    async def listen(self, ring: Ring, news: Callable[[], None]) -> None:
        """Until cancelled: `ring` for what other nodes deliver, and `news` when one has published the log."""

    async def published(self) -> str | None:
        """The published checkpoint that was told to all nodes last."""

    async def publish(self, note: str) -> None:
        """Tell all nodes what is published."""

    async def message(self, iss: str, jti: str) -> tuple[StoredMessage, Record | None] | None:
        """A settled message by its sender and id; its record is None once erased."""

    async def exchange(self, exchange: str) -> Exchange | None:
        """An exchange as last committed."""

    async def inbox(self, agency: str, after: int, limit: int) -> Sequence[InboxRow]:
        """Deliveries with a leaf index above `after`, in order."""

    async def search(self, search: LogSearch) -> Searched:
        """Lines of the log that fit, by leaf index, at most `search.limit`; a search stops after a second or two."""

    async def lines_of(
        self, exchange: str, agency: str, *, whole: bool, after: int, limit: int
    ) -> Sequence[ExchangeLine]:
        """Lines of an exchange with a leaf index above `after`, in order, at most `limit`.

        Without `whole`, those alone that the agency said or that were delivered to it: what is left out leaves no gap,
        neither in the lines nor in where a page ends.
        """

    async def cases(self, after: str, limit: int) -> Sequence[StoredCase]:
        """Exchanges with an id above `after`, in order, at most `limit`, each with its lines."""

    async def documents(self) -> Sequence[DocumentLeaf]:
        """Every announced version of the signed documents that is kept, by leaf index."""

    async def document(self, kind: DocumentKind, version: int) -> bytes | None:
        """An announced document as it was signed, or None."""

    async def keep_document(self, document: Announced, leaf: bytes) -> None:
        """Keep a document that was announced, in this leaf, before documents were kept. Nothing happens if it is."""

    async def due(self, now: int, limit: int) -> Sequence[str]:
        """Exchanges for which something is due at `now`, the longest overdue first."""

    async def lines_due(self, now: int, limit: int) -> Sequence[int]:
        """Lines of no exchange whose records are to be erased at `now`, the longest overdue first."""

    async def next_due(self) -> int | None:
        """The next instant at which something is due."""

    async def leaf(self, index: int) -> StoredLine | None:
        """A line as it is kept."""

    async def close(self) -> None:
        """Finish what is under way and let go of the files."""

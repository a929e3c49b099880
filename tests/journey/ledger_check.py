"""One invariant checker that every journey calls: the whole log again from its leaves, and what it may never say.

It reads the gateway's files by itself, and nothing of the gateway but the shape of its records and of its edge.
"""

import hmac
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from contracts import agreement as agreements
from contracts.checkpoint import Checkpoint, parse_note
from contracts.codec import b64url, unb64url
from contracts.event import (
    AgreementLeaf,
    DirectoryLeaf,
    EventLeaf,
    Exact,
    RecoveredLeaf,
    Shared,
    opens,
    parse_exact,
    parse_leaf,
    parse_shared,
)
from contracts.merkle import leaf_hash, root, verify_consistency
from contracts.messages import SPECS
from contracts.vocabulary import SEALED_SIZES
from gateway.evidence_bundle import sequence
from gateway.ledger.tree import Edge, assemble, consistency, needs
from gateway.store.port import LogState, Record
from keys import tokens
from tests.journey.database import Database, looking
from tests.journey.simulated import Side, World

SLOT: Final = 64
DAY: Final = 86_400
ENDS: Final = ("recall", "cancellation", "expired", "erased", "window-ended")
"""Events of an exchange after which no victim's detail is ever handed over."""


@dataclass(frozen=True)
class Event:
    """A line of the log that still opens."""

    index: int
    shared: Shared
    exact: Exact
    body: dict[str, Any]

    @property
    def accepted(self) -> bool:
        return self.shared.decision == "accepted"


@asynccontextmanager
async def checked(world: World, **limits: int) -> AsyncIterator[Side]:
    """The gateway running on this world's folder; its whole log is checked when the journey is over."""
    async with world.gateway(**limits) as running:
        yield running


def check_ledger(side: Side) -> list[Event]:
    """Check the log of this side's gateway, running or stopped; the events that still open, in their order."""
    data = side.world.folder / "data"
    with looking(side.world) as database:
        bodies = _bodies(database)
        hashes = [leaf_hash(body) for body in bodies]
        _check_tree(database, hashes)
        _check_checkpoints(side, bodies, hashes)
        events = list(_events(database, _slots(data / "keystore"), bodies))
        _check_causes(side, database, bodies, events)
        _check_acknowledged(side, database, events)
        _check_messages(database, len(bodies))
        _check_times(events)
        check_hand_overs(events)
    return events


def _bodies(database: Database) -> list[bytes]:
    rows = database.execute("select i, body from leaf order by i").fetchall()
    assert [i for i, _ in rows] == list(range(len(rows))), "a leaf index is missing"
    return [body for _, body in rows]


def _check_tree(database: Database, hashes: list[bytes]) -> None:
    """The edge, the stored nodes and the stored roots are those of the leaves."""
    (packed,) = database.execute("select state from log_state").fetchone()
    edge = msgspec.msgpack.decode(packed, type=LogState).edge
    assert edge.size == len(hashes)
    assert edge.root() == root(hashes), "the right edge is not that of the leaves"
    for size, stored in database.execute("select size, root from tree"):
        assert stored == root(hashes[:size]), f"the root of the tree of {size} is not that of its leaves"
    stored_nodes = {(level, n): hash_ for level, n, hash_ in database.execute("select level, n, hash from node")}
    assert stored_nodes == dict(_complete_nodes(hashes)), "the stored nodes are not those of the leaves"


def _complete_nodes(hashes: list[bytes]) -> Iterator[tuple[tuple[int, int], bytes]]:
    level = 4
    while (width := 1 << level) <= len(hashes):
        for n in range(len(hashes) // width):
            yield (level, n), root(hashes[n * width : (n + 1) * width])
        level += 4


def _check_checkpoints(side: Side, bodies: list[bytes], hashes: list[bytes]) -> None:
    """Every receipt is in the log, and every checkpoint that was ever seen is a prefix of it."""
    whole = root(hashes)
    nodes = {(0, i): each for i, each in enumerate(hashes)} | dict(_complete_nodes(hashes))
    for proof in side.receipts:
        extra = msgspec.json.decode(proof.extra or b"{}")
        assert bodies[proof.index] == unb64url(extra["leaf"]), "a receipt is for another leaf than the log's"
    heads = [Checkpoint.parse(parse_note(proof.checkpoint).text) for proof in side.receipts] + side.checkpoints
    for head in {(head.size, head.root) for head in heads}:
        spans = consistency(head[0], len(hashes))
        assert {(r.level, r.first + at) for r in needs(spans) for at in range(r.length)} <= nodes.keys()
        verify_consistency(head[0], len(hashes), head[1], whole, assemble(spans, nodes))
    assert side.checkpoints, "no checkpoint was fetched"
    last = max(side.checkpoints, key=lambda head: head.size)
    assert last.root == Edge(size=0).root() if not last.size else last.root == root(hashes[: last.size])


def _slots(folder: Path) -> bytes:
    return (folder / "slots.bin").read_bytes()


def _events(database: Database, slots: bytes, bodies: list[bytes]) -> Iterator[Event]:
    """Every line with a record, its two commitments opened, and its row that of the event."""
    rows = database.execute("select i, slot, record, exchange, day from leaf where record is not null order by i")
    for i, slot, wrapped, exchange, day in rows.fetchall():
        key = slots[slot * SLOT + 32 : slot * SLOT + 64]
        assert key != bytes(32), f"the record of leaf {i} is there, and its key is not"
        plain = AESGCM(key).decrypt(wrapped[:12], wrapped[12:], b"rj-record-v1\0%d" % i)
        record = msgspec.msgpack.decode(plain, type=Record)
        assert isinstance(parse_leaf(bodies[i]), EventLeaf)
        assert opens(bodies[i], "shared", record.shared)
        assert opens(bodies[i], "exact", record.exact)
        shared, exact = parse_shared(record.shared.part), parse_exact(record.exact.part)
        assert exchange in (None, shared.exchange)
        assert day == shared.at // DAY
        yield Event(i, shared, exact, _body(record.token) if shared.decision == "accepted" else {})


def _check_causes(side: Side, database: Database, bodies: list[bytes], events: list[Event]) -> None:
    """Every line has its cause: it opens, or a later one has erased it under a rule, or it says in clear what it is."""
    opened = {event.index: event for event in events}
    clauses = {clause.number for clause in agreements.load(side.world.text).clause}
    erased = database.execute("select i, erased_by from leaf where erased_by is not null").fetchall()
    erased_by: dict[int, int] = {i: by for i, by in erased}  # noqa: C416 - rows are tuples of anything
    leaves = [parse_leaf(body) for body in bodies]
    lost = {i for leaf in leaves if isinstance(leaf, RecoveredLeaf) for i in range(leaf.first, leaf.end)}
    for i, leaf in enumerate(leaves):
        if isinstance(leaf, AgreementLeaf | DirectoryLeaf):
            assert leaf.sha256 in side.world.published, f"line {i} names a document that nobody has signed"
        elif isinstance(leaf, EventLeaf) and i not in opened and i not in lost:
            assert i in erased_by, f"line {i} does not open, and nothing has erased it"
            by = opened.get(erased_by[i])
            assert by is not None, f"line {i} was erased by a line that does not open"
            assert by.index > i, f"line {i} was erased by an earlier one"
            assert by.shared.event == "record-erased", f"line {i} was erased by a line that erases nothing"
            assert i in by.exact.lines, f"line {i} is not among those that line {by.index} has erased"
            assert by.exact.rule in clauses, f"line {i} was erased under no clause of the agreement"
    assert not erased_by.keys() & opened.keys(), "a line is erased, and opens"
    named = {i for event in events for i in event.exact.lines}
    assert named == erased_by.keys(), "an erasure names lines that were not erased"


def _check_acknowledged(side: Side, database: Database, events: list[Event]) -> None:
    """Whatever the gateway has given its word on is in the log, and says so, until it is erased."""
    opened = {event.index: event for event in events}
    erased = {i for (i,) in database.execute("select i from leaf where erased_by is not null")}
    messages = {i for (i,) in database.execute("select i from message")}
    for decision in side.decisions:
        event = opened.get(decision.leaf)
        if event is None:
            assert decision.leaf in erased, f"the message that line {decision.leaf} was for is not in the log"
        else:
            assert (event.shared.jti, event.shared.decision) == (decision.jti, decision.decision)
            assert decision.leaf in messages, "a message that was acknowledged is not known by its id"


def _body(token: str | None) -> dict[str, Any]:
    return msgspec.json.decode(tokens.parse(token).claims)["body"] if token else {}


def _check_messages(database: Database, size: int) -> None:
    """Every message has its leaf, in the tree of its receipt; every delivery its line; every value its exchange."""
    for index, proven in database.execute("select i, size from message"):
        assert 0 <= index < proven <= size
    assert not database.execute("select 1 from delivery where i not in (select i from leaf)").fetchall()
    assert not database.execute("select 1 from sealed where exchange not in (select id from exchange)").fetchall()
    assert not database.execute("select 1 from doomed").fetchall(), "a key was to be destroyed, and is not"


def _check_times(events: list[Event]) -> None:
    times = [event.shared.at for event in events]
    assert times == sorted(times), "log time went back"


def check_hand_overs(events: list[Event]) -> None:
    """Every hand-over in these events, in the log's order, has its permit and its consent, and comes before an end."""
    for exchange in {event.shared.exchange for event in events}:
        told = [_told(event) for event in events if event.shared.exchange == exchange]
        faults = list(sequence.hand_over_faults(told))
        assert not faults, faults


def _told(event: Event) -> sequence.Event:
    spec = next((spec for spec in SPECS if spec.name == event.shared.event), None)
    body = msgspec.convert(event.body, spec.body) if spec and event.body else None
    return sequence.Event(index=event.index, shared=event.shared, body=body)


def sealed_fields(side: Side, exchange: str) -> set[str]:
    """The sealed fields of an exchange that the gateway holds; their names stand there as marks."""
    data = side.world.folder / "data"
    key = (data / "keystore" / "slots.bin").read_bytes()[32:64]
    marks = {b64url(hmac.digest(key, f"field\0{name}".encode(), "sha256")[:16]): name for name in SEALED_SIZES}
    with looking(side.world) as database:
        return {marks[row[0]] for row in database.execute("select field from sealed where exchange = ?", (exchange,))}

"""Batches for the suite over the store's port: what `settle` would give, made by hand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from contracts.codec import encode
from contracts.event import Exact, Opening, Shared, event_leaf
from contracts.merkle import leaf_hash
from contracts.reply import DecisionClaims
from gateway.decide.exchange import Delivery, Exchange
from gateway.ledger.tree import grow
from gateway.store.port import (
    Delivered,
    Erased,
    Known,
    Line,
    LogState,
    Record,
    SealedValue,
    Store,
    StoredMessage,
    Wanted,
    Writes,
)
from tests.agencies import secret

PRISON, FORCE, OTHER = "prison-mdi", "police-13", "police-14"


def uid(number: int) -> str:
    """The id of exchange, or message, `number`."""
    return f"01890000-0000-7000-8000-{number:012x}"


def exchange(number: int, **changes: Any) -> Exchange:
    given: dict[str, Any] = {
        "id": uid(number), "requester": PRISON, "holder": FORCE, "purpose": "conference", "fields": (),
        "offence_groups": ("other",), "sensitivities": (), "asked_by": (), "asked_at": 1, "answer_by": 1000,
        "subject": uid(number), "agreement": "A" * 43,
    }  # fmt: skip
    return Exchange(**(given | changes))


@dataclass
class Batch:
    """Writes in the making: what `settle` would give for these lines."""

    known: Known
    lines: list[Line] = field(default_factory=list)
    parts: dict[str, list[Any]] = field(default_factory=dict)

    def line(
        self, exchange_id: str | None, token: str = "token", shared: dict[str, Any] | None = None, **exact: Any
    ) -> int:
        """A line about an exchange, or about none; its index."""
        index = self.known.log.edge.size + len(self.lines)
        said = Shared(**({"event": "contact-request", "at": index, "iss": PRISON} | (shared or {})))
        meant = Exact(**exact)
        parts = {"s": encode(said), "e": encode(meant)}
        openings = [Opening(salt=secret("salt", name, str(index)), part=part) for name, part in parts.items()]
        decision = DecisionClaims(
            iss="gateway.test/rj", to=PRISON, jti=uid(index), exchange=exchange_id or uid(0), at=index,
            decision="accepted", agreement="A" * 43, leaf=index,
        )  # fmt: skip
        record = Record(shared=openings[0], exact=openings[1], token=token, decision=decision)
        leaf = event_leaf(*openings)
        self.lines.append(Line(index=index, leaf=leaf, exchange=exchange_id, record=record, shared=said, exact=meant))
        return index

    def add(self, **parts: Any) -> "Batch":
        """Rows of any other kind: `messages`, `exchanges`, `sealed`, `delivered`, `dropped`, `erased_…`."""
        for name, rows in parts.items():
            self.parts.setdefault(name, []).extend(rows)
        return self

    def erase(self, number: int) -> "Batch":
        """The record of exchange `number` goes, and a line says so."""
        lines = self.known.lines.get(uid(number), ())
        return self.add(erased_records=[Erased(lines=lines, by=self.line(None), exchange=uid(number))])

    def writes(self, **log: Any) -> Writes:
        growth = grow(self.known.log.edge, [leaf_hash(line.leaf) for line in self.lines])
        names = (
            "messages",
            "exchanges",
            "sealed",
            "delivered",
            "dropped",
            "erased_values",
            "erased_records",
            "documents",
        )
        parts: dict[str, Any] = {name: self.parts.get(name, []) for name in names}
        state = LogState(**({"edge": growth.edge, "at": growth.edge.size} | log))
        return Writes(log=state, root=growth.edge.root(), lines=self.lines, nodes=growth.nodes, **parts)


Fill = Callable[[Batch], object]


async def write(store: Store, fill: Fill, wanted: Wanted | None = None, **log: Any) -> Writes:
    """One batch, filled by `fill`."""

    def settle(known: Known) -> Writes:
        batch = Batch(known)
        fill(batch)
        return batch.writes(**log)

    return await store.transact(lambda: wanted or Wanted(), settle)


ONE_ERASED = Wanted(exchanges=(uid(1),), lines=(uid(1),))
"""What must be known to erase the record of exchange 1."""


async def look(store: Store, wanted: Wanted) -> Known:
    """What a batch would know."""
    seen: list[Known] = []
    await write(store, lambda batch: seen.append(batch.known), wanted)
    return seen[0]


def case(number: int, **changes: Any) -> Fill:
    """An exchange with its request: line, message, sealed subject, delivery to the force."""

    def fill(batch: Batch) -> None:
        made = exchange(number, **changes)
        index = batch.line(made.id, token=f"token {number}", shared={"exchange": made.id})
        batch.add(
            exchanges=[made],
            messages=[(PRISON, uid(number), StoredMessage(digest=f"digest {number}", index=index, size=index + 1))],
            sealed=[sealed(number, "subject", index)],
            delivered=[Delivered(agency=FORCE, index=index, exchange=made.id, delivery=Delivery(to=FORCE, at=7))],
        )

    return fill


def sealed(number: int, name: str, index: int) -> SealedValue:
    return SealedValue(
        exchange=uid(number), jti=uid(number), field=name, kid="K" * 22, index=index, value=f"{name} {number}".encode()
    )


def every(store: Store, number: int) -> Wanted:
    return Wanted(messages=((PRISON, uid(number)),), exchanges=(uid(number),), values=((uid(number), uid(number)),))

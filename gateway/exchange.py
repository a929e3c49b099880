"""THE JOURNEY of one message, top to bottom.

1. verify   bytes become a message whose sender, contract and manifest are checked
2. known?   the same token again gets the same decision; otherwise it must be fresh
3. apply    the agreement's decision and the state machine, pure
4. record   message, state, leaf, sealed values, deliveries: one transaction, durable before anything leaves
5. reply    the decision and its receipt, derived from what was recorded; a strict gateway's cosigners come first
6. deliver  the other agency's inbox is woken

Steps 2 to 4 are `settle`, called once for each batch inside the store's transaction; `writer` collects the batch.
"""

import os
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from contracts.codec import b64url
from contracts.messages.log_search import LogSearch
from contracts.messages.open_ import Open
from contracts.receipt import carry
from contracts.reply import DECISION_TYP, DecisionClaims, HandedOver, LineFound, Reply
from gateway.bell import Bell
from gateway.errors import Forked, Refusal, RulesBehind
from gateway.ledger.heads import Heads, head_from_store, proof_from_store
from gateway.ledger.log import receipt
from gateway.message import Submission, Unfit, Verified
from gateway.publishing import Strict
from gateway.rules import Rules, announces, behind
from gateway.settle import Conflict, Repeat, Settled, Settlement, Stale, settle
from gateway.store.port import FoundLine, Known, KnownValues, Record, Store, StoredMessage
from gateway.verify import Door, verify
from gateway.writer import Writer


class Answer(Struct, frozen=True, kw_only=True):
    """A reply, with what HTTP needs to say about it."""

    reply: Reply
    decision: DecisionClaims
    repeated: bool


class Limits(Struct, frozen=True, kw_only=True):
    """How large a message may be, in bytes, and how many may wait to be recorded."""

    message_bytes: int = 262_144
    waiting: int = 2000


class Gateway:
    """The broker. Everything it goes by is an argument; time is `clock`, in UTC seconds."""

    def __init__(self, rules: Rules, heads: Heads, store: Store, clock: Callable[[], int], limits: Limits) -> None:
        self.rules, self.heads, self.log, self.store, self.clock, self.limits = (
            rules, heads, heads.log, store, clock, limits,
        )  # fmt: skip
        self.bell = Bell()
        self.strict: Strict | None = None
        self.measured: Callable[[Settlement], None] = lambda settlement: None
        self.renew: Callable[[], Awaitable[None]] = _nothing_newer
        self.writer = Writer(store, self._settle, self._committed, self._renew, limits.waiting)

    async def accept(self, raw: bytes) -> Answer:
        """One message, from bytes to a reply that proves itself.

        Raises TooLarge, NotVerified (step 1), Refusal (step 2), Overloaded, StoreUnavailable (step 4), Forked,
        NotCosigned (step 5): then nothing has been handed out, and the same token can be sent again.
        """
        if self.heads.forked:
            raise Forked("The log has stopped.")
        # 1. verify
        message = verify(raw, self.door())
        if self.strict and isinstance(message, Verified) and isinstance(message.claims.body, Open):
            self.strict.check(self.rules.agreement)
        # 2. known? 3. apply 4. record
        result, settlement = await self.writer.submit(message)
        # 5. reply (6. deliver has begun: the bell rang when the batch was durable)
        match result:
            case Settled():
                if self.strict and result.values:
                    await self.strict.wait(settlement.growth.edge.size)
                return await self._reply(message, result, settlement)
            case Repeat():
                return await self._reply_again(message)
            case Conflict():
                raise Refusal("known-id", "Another message has this id. Give the message a new `jti` and sign it.")
            case Stale(detail=detail):
                raise Refusal("stale", detail)
            case _:
                raise AssertionError("A message is always settled.")

    def door(self) -> Door:
        """What a message, or a reading token, is checked against now."""
        return Door(self.rules.directory, self.log.origin, self.clock(), self.limits.message_bytes)

    def _settle(self, known: Known, batch: Sequence[Submission]) -> Settlement:
        """What the rules of this moment make of the batch; the log announces them before the first line under them."""
        rules = self.rules
        if behind(known.log, rules):
            raise RulesBehind("Newer documents are in force.")
        announced = rules.announced if announces(known.log, rules) else ()
        situation = rules.situation(self.clock())
        settlement = settle(known, (*announced, *batch), situation, self.log.origin, os.urandom)
        return replace(settlement, results=settlement.results[len(announced) :])

    async def _committed(self, settlement: Settlement) -> None:
        # 5. reply: the tree that is durable now is signed, once for the batch
        await self.heads.grown(settlement.growth, settlement.writes.root, self.store)
        # 6. deliver: each agency is woken once, in the order of its lines
        self.bell.ring(dict.fromkeys(delivered.agency for delivered in settlement.writes.delivered))
        self.measured(settlement)

    async def _renew(self) -> None:
        await self.renew()

    async def _reply(self, message: Verified | Unfit, settled: Settled, settlement: Settlement) -> Answer:
        """Dying before this returns loses nothing: the same token again rebuilds the reply, all but the values."""
        line, growth = settled.line, settlement.growth
        carried = carry(line.leaf, line.record.shared, line.record.exact) if line.record else carry(line.leaf)
        checkpoint = await self.heads.grown(growth, settlement.writes.root, self.store)
        body = message.claims.body if isinstance(message, Verified) else None
        searched = body if isinstance(body, LogSearch) and settled.decision.decision == "accepted" else None
        found = await self.store.search(searched) if searched else None
        reply = Reply(
            decision=self.log.say(settled.decision, DECISION_TYP),
            receipt=receipt(line.index, growth.proof(line.index), checkpoint, carried),
            handed_over=_handed_over(settled.values) if settled.values else None,
            found=tuple([_line_found(line) for line in found.lines]) if found else None,
            looked_to=found.looked_to if found else None,
        )
        return Answer(reply=reply, decision=settled.decision, repeated=False)

    async def _reply_again(self, message: Verified | Unfit) -> Answer:
        """The same decision and a receipt for the same leaf; sealed values are never handed over again."""
        answer = await self.recall_reply(message.claims.iss, message.claims.jti)
        if answer is None:
            raise Refusal("erased", "This message was settled, and its record has been erased since.")
        return answer

    async def recall_reply(self, iss: str, jti: str) -> Answer | None:
        """The reply to a message that was settled before, or None where there is none (or no longer)."""
        found = await self.store.message(iss, jti)
        record = found[1] if found else None
        if found is None or record is None or record.decision is None:
            return None
        return await self._rebuilt(found[0], record, record.decision)

    async def _rebuilt(self, stored: StoredMessage, record: Record, decision: DecisionClaims) -> Answer:
        line = await self.store.leaf(stored.index)
        hashes = await proof_from_store(self.store, stored.index, stored.size)
        checkpoint = await self.heads.note(await head_from_store(self.store, stored.size), self.store)
        carried = carry(line.leaf if line else b"", record.shared, record.exact)
        proof = receipt(stored.index, hashes, checkpoint, carried)
        return Answer(
            reply=Reply(decision=self.log.say(decision, DECISION_TYP), receipt=proof), decision=decision, repeated=True
        )


async def _nothing_newer() -> None:
    """One node alone announces what it goes by itself."""


def _handed_over(values: KnownValues) -> HandedOver:
    return HandedOver(token=values.token, values={field: b64url(value) for field, (_, value) in values.values.items()})  # type: ignore[misc]  # sealed fields


def _line_found(line: FoundLine) -> LineFound:
    if line.record is None:
        return LineFound(index=line.index, leaf=b64url(line.leaf))
    shared, exact = line.record.shared, line.record.exact
    return LineFound(
        index=line.index,
        leaf=b64url(line.leaf),
        shared=b64url(shared.part),
        shared_salt=b64url(shared.salt),
        exact=b64url(exact.part),
        exact_salt=b64url(exact.salt),
    )

"""What a batch of messages becomes. Pure: time, randomness and everything known are arguments.

For each submission: (2) known? then fresh? → (3) apply → (4) what is to be recorded. The numbers are the journey's.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from contracts.codec import encode
from contracts.event import AgreementLeaf, DirectoryLeaf, Exact, Opening, Shared, event_leaf
from contracts.merkle import leaf_hash
from contracts.messages import Body
from contracts.messages.open_ import Open
from contracts.reply import DecisionClaims, State
from gateway.decide.due import fall_due
from gateway.decide.exchange import Applied, Delivery, Exchange, Refused, Situation
from gateway.decide.states import apply
from gateway.decide.views import view
from gateway.ledger.tree import Growth, grow
from gateway.message import Announced, FellDue, Submission, Unfit, Verified
from gateway.store.port import (
    Delivered,
    DocumentVersion,
    Known,
    KnownValues,
    Line,
    LogState,
    Record,
    SealedValue,
    StoredMessage,
    Wanted,
    Writes,
)

CLOCK_SKEW: Final = 10
SALT_SIZE: Final = 32


class Settled(Struct, frozen=True, kw_only=True):
    """Settled and on record. `values` are handed over now, once, for a fresh `open`."""

    line: Line
    decision: DecisionClaims
    values: KnownValues | None = None


class Repeat(Struct, frozen=True, kw_only=True):
    """The same token again: the same decision, a receipt for the same leaf, no second hand-over."""

    stored: StoredMessage


class Conflict(Struct, frozen=True, kw_only=True):
    """Another token under a known id."""


class Stale(Struct, frozen=True, kw_only=True):
    """Not known, and not fresh: refused and not recorded, or whoever holds old tokens could make the log grow."""

    detail: str


class Nothing(Struct, frozen=True, kw_only=True):
    """Nothing was due any more, or the document was announced already."""


Result = Settled | Repeat | Conflict | Stale | Nothing


class Settlement(Struct, frozen=True, kw_only=True):
    """A batch settled: what to write, what to answer each submission, and the tree's growth for the proofs."""

    writes: Writes
    results: tuple[Result, ...]
    growth: Growth


def wanted(batch: Sequence[Submission]) -> Wanted:
    """What must be known to settle this batch."""
    messages = [m for m in batch if isinstance(m, Verified | Unfit)]
    opens = [m.claims for m in batch if isinstance(m, Verified) and isinstance(m.claims.body, Open)]
    exchanges = [m.claims.exchange for m in batch if isinstance(m, Verified)]
    exchanges += [m.exchange for m in batch if isinstance(m, FellDue)]
    return Wanted(
        messages=tuple((m.claims.iss, m.claims.jti) for m in messages),
        exchanges=tuple(dict.fromkeys(exchanges)),
        values=tuple((claims.exchange, claims.body.of) for claims in opens if isinstance(claims.body, Open)),
    )


def settle(
    known: Known, batch: Sequence[Submission], situation: Situation, origin: str, entropy: Callable[[int], bytes]
) -> Settlement:
    """Settle a batch in its order. Log time never goes back: it is the later of `situation.now` and the log's own."""
    draft = _Draft(known, replace(situation, now=max(situation.now, known.log.at)), origin, entropy)
    results = tuple([draft.take(submission) for submission in batch])
    return draft.settlement(results)


class _Draft:
    """A batch while it is being settled: what is known, with what the batch has added so far."""

    def __init__(self, known: Known, situation: Situation, origin: str, entropy: Callable[[int], bytes]) -> None:
        self.known, self.situation, self.origin, self.entropy = known, situation, origin, entropy
        self.log = known.log
        self.first = known.log.edge.size
        self.lines: list[Line] = []
        self.messages: dict[tuple[str, str], StoredMessage] = {}
        self.exchanges: dict[str, Exchange] = {}
        self.sealed: list[SealedValue] = []
        self.delivered: list[Delivered] = []
        self.erased_values: list[str] = []
        self.erased_records: list[str] = []

    def take(self, submission: Submission) -> Result:
        """Settle one submission."""
        match submission:
            case Verified() as message:
                return self._seen(message) or self._settle(message)
            case Unfit() as message:
                return self._seen(message) or self._refuse_unfit(message)
            case FellDue(exchange=exchange):
                return self._fall_due(exchange)
            case Announced() as document:
                return self._announce(document)

    # 2. Known? Before anything about time; then fresh, then signed by a key that is valid in this transaction.

    def _seen(self, message: Verified | Unfit) -> Result | None:
        claims, now = message.claims, self.situation.now
        key = (claims.iss, claims.jti)
        stored = self.messages.get(key) or self.known.messages.get(key)
        if stored is not None:
            return Repeat(stored=stored) if stored.digest == message.digest else Conflict()
        if claims.iat > now + CLOCK_SKEW:
            return Stale(detail="The message is dated in the future. Set the clock of the sending system.")
        if claims.exp <= now:
            return Stale(detail="The message has expired and was never accepted. Sign it anew and send it again.")
        signer = self.situation.directory.signer(message.kid)
        if signer is None or signer.agency.id != claims.iss or not signer.valid_at(now):
            return Stale(detail="The key that signed the message is no longer valid. Sign it with the current one.")
        return None

    # 3. Apply: the agreement's decision and the state machine.

    def _settle(self, message: Verified) -> Result:
        claims = message.claims
        exchange = self.exchanges.get(claims.exchange) or self.known.exchanges.get(claims.exchange)
        code = message.exact.code if message.exact else None
        applied = apply(exchange, claims, code, self.situation)
        values = None
        if isinstance(applied, Applied) and applied.hand_over:
            values = self._values(claims.exchange, claims.body, applied)
            applied = applied if values else _key_withdrawn()
        if isinstance(applied, Refused):
            return self._refused(message, applied, exchange)
        return self._accepted(message, applied, values)

    def _values(self, exchange: str, body: Body, applied: Applied) -> KnownValues | None:
        """The sealed values to hand over; None where a key they were sealed to may no longer open."""
        of = body.of if isinstance(body, Open) else ""
        kept = self.known.values[(exchange, of)]
        wanted_values = {field: kept.values[field] for field in applied.hand_over}
        recipients = [self.situation.directory.recipient(kid) for kid, _ in wanted_values.values()]
        if all(key is not None and key.may_open_at(self.situation.now) for key in recipients):
            return replace(kept, values=wanted_values)
        return None

    # 4. What is to be recorded.

    def _accepted(self, message: Verified, applied: Applied, values: KnownValues | None) -> Settled:
        claims = message.claims
        fields = applied.keep if message.spec.name != "review" else ()
        shared = self._shared(message, "accepted", applied.hand_over or fields)
        exact = Exact(
            actor=claims.actor,
            purpose=getattr(claims.body, "purpose", None),
            code=applied.code,
            clauses=applied.clauses,
            state=applied.exchange.stage if applied.exchange else None,
            withheld=applied.withheld,
            why=getattr(claims.body, "why", None),
        )
        decision = self._decision(message, "accepted", applied.exchange, applied.clauses)
        decision = replace(decision, code=applied.code, withheld=applied.withheld)
        line = self._write(message, shared, exact, decision, claims.exchange if applied.exchange else None)
        for field in applied.keep:
            self.sealed.append(
                SealedValue(
                    exchange=claims.exchange,
                    jti=claims.jti,
                    field=field,
                    kid=claims.sealed[field].kid,
                    index=line.index,
                    value=message.sealed[field],
                )
            )
        self._follow(applied, line.index)
        return Settled(line=line, decision=decision, values=values)

    def _refused(self, message: Verified, refused: Refused, exchange: Exchange | None) -> Settled:
        claims = message.claims
        exact = Exact(
            actor=claims.actor,
            purpose=getattr(claims.body, "purpose", None),
            code=refused.code,
            clauses=refused.clauses,
            why=refused.slug,
        )
        decision = replace(
            self._decision(message, "refused", refused.exchange, refused.clauses),
            code=refused.code,
            problem=refused.slug,
            detail=refused.detail,
            where=refused.where,
        )
        theirs = refused.exchange or (exchange if refused.slug != "not-found" else None)
        shared = self._shared(message, "refused", ())
        line = self._write(message, shared, exact, decision, theirs.id if theirs else None)
        if refused.exchange is not None:
            self.exchanges[refused.exchange.id] = refused.exchange
        return Settled(line=line, decision=decision)

    def _refuse_unfit(self, message: Unfit) -> Settled:
        shared = self._shared(message, "refused", ())
        decision = replace(
            self._decision(message, "refused", None, ()), problem="unfit", detail=message.detail, where=message.where
        )
        line = self._write(message, shared, Exact(why="unfit"), decision, None)
        return Settled(line=line, decision=decision)

    def _shared(self, message: Verified | Unfit, decision: str, fields: tuple[str, ...]) -> Shared:
        claims = message.claims
        return Shared(
            event=message.spec.name if isinstance(message, Verified) else message.name,
            at=self.situation.now,
            exchange=claims.exchange,
            iss=claims.iss,
            to=message.claims.to if isinstance(message, Verified) else None,
            jti=claims.jti,
            token=message.digest,
            decision="accepted" if decision == "accepted" else "refused",
            agreement=self.situation.agreement_digest,
            fields=fields,  # type: ignore[arg-type]  # sealed field names, checked by the contract
        )

    def _decision(
        self, message: Verified | Unfit, decision: str, exchange: Exchange | None, clauses: tuple[str, ...]
    ) -> DecisionClaims:
        claims = message.claims
        return DecisionClaims(
            iss=self.origin,
            to=claims.iss,
            jti=claims.jti,
            exchange=claims.exchange,
            at=self.situation.now,
            decision="accepted" if decision == "accepted" else "refused",
            agreement=self.situation.agreement_digest,
            leaf=self.first + len(self.lines),
            state=self._state(exchange, claims.iss),
            clauses=clauses,
        )

    def _state(self, exchange: Exchange | None, reader: str) -> State | None:
        agency = self.situation.directory.agency(reader)
        if exchange is None or agency is None:
            return None
        inspects = agency.kind in self.situation.agreement.inspecting.kinds
        seen = view(exchange, agency, inspects=inspects)
        return seen.state if seen else None

    def _write(
        self, message: Verified | Unfit, shared: Shared, exact: Exact, decision: DecisionClaims, exchange: str | None
    ) -> Line:
        line = self._line(shared, exact, exchange, token=message.token, decision=decision)
        key = (message.claims.iss, message.claims.jti)
        self.messages[key] = StoredMessage(digest=message.digest, index=line.index, size=0)
        return line

    def _line(
        self,
        shared: Shared,
        exact: Exact,
        exchange: str | None,
        *,
        token: str | None = None,
        decision: DecisionClaims | None = None,
    ) -> Line:
        salts = self.entropy(2 * SALT_SIZE)
        record = Record(
            shared=Opening(salt=salts[:SALT_SIZE], part=encode(shared)),
            exact=Opening(salt=salts[SALT_SIZE:], part=encode(exact)),
            token=token,
            decision=decision,
        )
        line = Line(
            index=self.first + len(self.lines),
            leaf=event_leaf(record.shared, record.exact),
            exchange=exchange,
            record=record,
            shared=shared,
            exact=exact,
        )
        self.lines.append(line)
        return line

    def _follow(self, applied: Applied, index: int) -> None:
        """What comes with an applied event: new state, deliveries, and the erasure that it orders."""
        exchange = applied.exchange
        if exchange is None:
            return
        self.exchanges[exchange.id] = exchange
        self._deliver(applied.deliver, index, exchange.id)
        if applied.erase is not None:
            self._erase(exchange, applied.erase)

    def _deliver(self, deliveries: tuple[Delivery, ...], index: int, exchange: str) -> None:
        stamped = [replace(delivery, at=self.situation.now) for delivery in deliveries]
        self.delivered += [Delivered(agency=d.to, index=index, exchange=exchange, delivery=d) for d in stamped]

    def _erase(self, exchange: Exchange, rule: str) -> None:
        """Erasure is an event too: both sides are told, and the proofs still hold."""
        self.erased_values.append(exchange.id)
        self.sealed = [value for value in self.sealed if value.exchange != exchange.id]
        shared = Shared(event="erased", at=self.situation.now, exchange=exchange.id)
        line = self._line(shared, Exact(rule=rule, clauses=(rule,)), exchange.id)
        told = tuple(Delivery(to=agency, notice="erased") for agency in (exchange.requester, exchange.holder))
        self._deliver(told, line.index, exchange.id)

    def _fall_due(self, exchange_id: str) -> Result:
        exchange = self.exchanges.get(exchange_id) or self.known.exchanges.get(exchange_id)
        events = list(fall_due(exchange, self.situation)) if exchange else []
        for name, applied in events:
            shared = Shared(event=name, at=self.situation.now, exchange=exchange_id)
            state = applied.exchange.stage if applied.exchange else None
            exact = Exact(code=applied.code, clauses=applied.clauses, state=state)
            line = self._line(shared, exact, None if applied.erase_record else exchange_id)
            self._follow(applied, line.index)
            if applied.erase_record:
                self.erased_records.append(exchange_id)
        return Nothing()

    def _announce(self, document: Announced) -> Result:
        """A leaf in clear for a document that is new; versions only grow."""
        new = DocumentVersion(version=document.version, sha256=document.sha256)
        current = self.log.agreement if document.kind == "agreement" else self.log.directory
        if new == current or new.version <= current.version:
            return Nothing()
        leaf: AgreementLeaf | DirectoryLeaf
        if document.kind == "agreement":
            leaf = AgreementLeaf(version=document.version, sha256=document.sha256)
            self.log = replace(self.log, agreement=new)
        else:
            leaf = DirectoryLeaf(version=document.version, sha256=document.sha256)
            self.log = replace(self.log, directory=new)
        self.lines.append(Line(index=self.first + len(self.lines), leaf=msgspec.json.encode(leaf), exchange=None))
        return Nothing()

    def settlement(self, results: tuple[Result, ...]) -> Settlement:
        """The batch, closed: the tree grown by its leaves, and each receipt's tree size set."""
        growth = grow(self.known.log.edge, [leaf_hash(line.leaf) for line in self.lines])
        size = growth.edge.size
        log: LogState = replace(self.log, edge=growth.edge, at=self.situation.now)
        writes = Writes(
            log=log,
            root=growth.edge.root(),
            lines=self.lines,
            nodes=growth.nodes,
            messages=[(iss, jti, replace(stored, size=size)) for (iss, jti), stored in self.messages.items()],
            exchanges=list(self.exchanges.values()),
            sealed=self.sealed,
            delivered=self.delivered,
            erased_values=self.erased_values,
            erased_records=self.erased_records,
        )
        return Settlement(writes=writes, results=tuple([_sized(result, size) for result in results]), growth=growth)


def _sized(result: Result, size: int) -> Result:
    """A repeat inside the batch is proven in the tree that this batch makes."""
    if isinstance(result, Repeat) and not result.stored.size:
        return Repeat(stored=replace(result.stored, size=size))
    return result


def _key_withdrawn() -> Refused:
    return Refused(
        slug="wrong-state",
        detail="A key that these details were sealed to has been withdrawn. Ask the agency that "
        "shared them to send them again.",
    )

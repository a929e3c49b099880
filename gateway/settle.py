"""What a batch of messages becomes. Pure: time, randomness and everything known are arguments.

For each submission: (2) known? then fresh? → (3) apply → (4) what is to be recorded. The numbers are the journey's.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from contracts.envelope import CLOCK_SKEW
from contracts.event import Exact, Shared
from contracts.messages.open_ import Open
from contracts.reply import DecisionClaims, State
from gateway.decide.calendar import due
from gateway.decide.due import fall_due
from gateway.decide.exchange import Applied, Exchange, Refused, Situation
from gateway.decide.states import apply
from gateway.decide.views import state_seen
from gateway.ledger.tree import Growth
from gateway.message import Announced, FellDue, KeySigns, LinesFellDue, Submission, Succeeds, Unfit, Verified
from gateway.recording import Draft, Said
from gateway.store.port import Known, KnownValues, Line, StoredMessage, Wanted, Writes
from keys import tokens


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
    ending = [m.exchange for m in batch if isinstance(m, FellDue)]
    exchanges += ending
    return Wanted(
        messages=tuple((m.claims.iss, m.claims.jti) for m in messages),
        exchanges=tuple(dict.fromkeys(exchanges)),
        values=tuple((claims.exchange, claims.body.of) for claims in opens if isinstance(claims.body, Open)),
        lines=tuple(dict.fromkeys(ending)),
        alone=tuple(index for m in batch if isinstance(m, LinesFellDue) for index in m.lines),
    )


def settle(
    known: Known, batch: Sequence[Submission], situation: Situation, origin: str, entropy: Callable[[int], bytes]
) -> Settlement:
    """Settle a batch in its order. Log time never goes back: it is the later of `situation.now` and the log's own."""
    settling = _Settling(known, replace(situation, now=max(situation.now, known.log.at)), origin, entropy)
    results = [settling.take(submission) for submission in batch]
    writes, growth = settling.draft.writes()
    return Settlement(
        writes=writes, results=tuple([_sized(result, growth.edge.size) for result in results]), growth=growth
    )


class _Settling:
    """A batch while it is being settled."""

    def __init__(self, known: Known, situation: Situation, origin: str, entropy: Callable[[int], bytes]) -> None:
        self.known, self.situation, self.origin = known, situation, origin
        self.draft = Draft(known, situation.now, entropy)

    def take(self, submission: Submission) -> Result:
        """Settle one submission."""
        match submission:
            case Verified() as message:
                return self._seen(message) or self._apply(message)
            case Unfit() as message:
                return self._seen(message) or self._unfit(message)
            case FellDue(exchange=exchange):
                return self._fall_due(exchange)
            case LinesFellDue(lines=lines):
                self.draft.erase_alone(lines, self.situation.agreement.retention.clause)
                return Nothing()
            case Announced() as document:
                self.draft.announce(document)
                return Nothing()
            case KeySigns(vkey=vkey):
                self.draft.key_signs(vkey)
                return Nothing()
            case Succeeds() as other:
                self.draft.succeed(other)
                return Nothing()

    # 2. Known? Before anything about time; then fresh, then signed by a key that is valid in this transaction.

    def _seen(self, message: Verified | Unfit) -> Result | None:
        claims, now = message.claims, self.situation.now
        stored = self.draft.message(claims.iss, claims.jti)
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

    def _apply(self, message: Verified) -> Settled:
        exchange = self.draft.exchange(message.claims.exchange)
        applied = apply(exchange, message.claims, message.exact, self.situation)
        values = None
        if isinstance(applied, Applied) and applied.hand_over:
            values = self._values(message, applied)
            applied = applied if values else _key_withdrawn()
        if isinstance(applied, Refused):
            return self._refused(message, applied, exchange)
        return self._accepted(message, applied, values)

    def _values(self, message: Verified, applied: Applied) -> KnownValues | None:
        """The sealed values to hand over; None where they are gone, or a key of theirs is compromised since."""
        body = message.claims.body
        kept = self.known.values.get((message.claims.exchange, body.of if isinstance(body, Open) else ""))
        if kept is None or not set(applied.hand_over) <= kept.values.keys():
            return None  # destroyed: an old database may still say that they are there
        values = {field: kept.values[field] for field in applied.hand_over}
        directory = self.situation.directory
        recipients = [directory.recipient(kid) for kid, _ in values.values()]
        sealer = directory.signer(tokens.parse(kept.token).header.kid)
        sound = sealer is not None and (sealer.compromised_since is None or kept.at < sealer.compromised_since)
        if sound and all(key is not None and key.may_open_at(self.situation.now) for key in recipients):
            return replace(kept, values=values)
        return None

    # 4. Record: the event in its two parts, the decision, and what follows from it.

    def _accepted(self, message: Verified, applied: Applied, values: KnownValues | None) -> Settled:
        body, exchange = message.claims.body, applied.exchange
        exact = Exact(
            actor=message.claims.actor,
            purpose=exchange.purpose if exchange else None,
            code=applied.code,
            clauses=applied.clauses,
            state=exchange.stage if exchange else None,
            withheld=applied.withheld,
            why=getattr(body, "why", None),
            copy=body.copy if isinstance(body, Open) else None,
        )
        decision = replace(
            self._decision(message, exchange), clauses=applied.clauses, code=applied.code, withheld=applied.withheld
        )
        said = Said(token=message.token, decision=decision)
        fields = applied.hand_over or tuple(field for field in applied.keep if field != "reasons")
        shared = replace(self._shared(message, decision), to=message.claims.to, fields=fields)
        line = self._say(message, shared, exact, said, exchange)
        if applied.drop is not None:
            self.draft.drop(message.claims.exchange, applied.drop)
        self.draft.keep(message, applied.keep, line.index)
        self.draft.follow(applied, line.index)
        return Settled(line=line, decision=decision, values=values)

    def _refused(self, message: Verified, refused: Refused, exchange: Exchange | None) -> Settled:
        theirs = refused.exchange or (exchange if refused.slug != "not-found" else None)
        exact = Exact(
            actor=message.claims.actor,
            purpose=theirs.purpose if theirs else None,
            code=refused.code,
            clauses=refused.clauses,
            why=refused.slug,
        )
        decision = replace(
            self._decision(message, refused.exchange),
            decision="refused",
            clauses=refused.clauses,
            code=refused.code,
            problem=refused.slug,
            detail=refused.detail,
            where=refused.where,
        )
        if refused.exchange is not None:
            self.draft.put(refused.exchange)
        shared = replace(self._shared(message, decision), to=message.claims.to)
        said = Said(token=message.token, decision=decision)
        line = self._say(message, shared, exact, said, theirs)
        return Settled(line=line, decision=decision)

    def _unfit(self, message: Unfit) -> Settled:
        decision = replace(
            self._decision(message, None),
            decision="refused",
            problem="unfit",
            detail=message.detail,
            where=message.where,
        )
        said = Said(token=message.token, decision=decision)
        line = self._say(message, self._shared(message, decision), Exact(why="unfit"), said, None)
        return Settled(line=line, decision=decision)

    def _say(
        self, message: Verified | Unfit, shared: Shared, exact: Exact, said: Said, exchange: Exchange | None
    ) -> Line:
        """A message's line. It is erased with its exchange; if it belongs to none, after as long by itself."""
        if exchange is not None:
            return self.draft.say(message, shared, exact, said, exchange.id)
        erase_at = due(self.situation.now, self.situation.agreement.retention.record)
        return self.draft.say(message, shared, exact, said, None, erase_at=erase_at)

    def _fall_due(self, exchange_id: str) -> Nothing:
        """What time alone has done, by the same path as every message."""
        exchange = self.draft.exchange(exchange_id)
        if exchange is None:
            return Nothing()
        for name, applied in fall_due(exchange, self.situation):
            if applied.erase_record:
                self.draft.erase_exchange(exchange_id, applied.clauses[0])
                break
            left = applied.exchange or exchange
            exact = Exact(purpose=left.purpose, code=applied.code, clauses=applied.clauses, state=left.stage)
            line = self.draft.happen(name, exact, exchange_id)
            self.draft.follow(applied, line.index)
        return Nothing()

    def _decision(self, message: Verified | Unfit, exchange: Exchange | None) -> DecisionClaims:
        """The decision as far as it is the same for every message; what was decided is put in by the caller."""
        claims = message.claims
        return DecisionClaims(
            iss=self.origin,
            to=claims.iss,
            jti=claims.jti,
            exchange=claims.exchange,
            at=self.situation.now,
            decision="accepted",
            agreement=self.situation.agreement_digest,
            leaf=self.draft.next_index,
            state=self._state(exchange, claims.iss),
        )

    def _state(self, exchange: Exchange | None, reader: str) -> State | None:
        """The exchange's state as the sender may see it."""
        agency = self.situation.directory.agency(reader)
        if exchange is None or agency is None:
            return None
        return state_seen(exchange, agency, inspects=self.situation.agreement.inspects(agency))

    def _shared(self, message: Verified | Unfit, decision: DecisionClaims) -> Shared:
        return Shared(
            event=message.spec.name if isinstance(message, Verified) else message.name,
            at=self.situation.now,
            exchange=decision.exchange,
            iss=decision.to,
            jti=decision.jti,
            token=message.digest,
            decision=decision.decision,
            agreement=self.situation.agreement_digest,
        )


def _sized(result: Result, size: int) -> Result:
    """A repeat inside the batch is proven in the tree that this batch makes."""
    if isinstance(result, Repeat) and not result.stored.size:
        return Repeat(stored=replace(result.stored, size=size))
    return result


def _key_withdrawn() -> Refused:
    return Refused(
        slug="wrong-state",
        detail="A key that sealed or signed these details is no longer trusted. Ask the agency that "
        "shared them to send them again.",
    )

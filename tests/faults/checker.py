"""Whether what clients saw can be true: it reads their history, the exported log, and what agencies read at the end.

acknowledged   whatever the gateway gave its word on stands in the log, at that line, as it was decided
invented       each line is a message that somebody had begun to say, or time's own, or says in clear what it is
one decision   a message has one line and one decision, however often it was sent
released once  no value is handed over twice for one `open`
recall         none is handed over for an `open` that began after a recall was acknowledged
in order       what ended before something else began comes before it in the log
one history    every receipt is of the one tree
delivered      each accepted message lies once in its addressee's inbox, and nothing else does, above all no "no"
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec
from msgspec import Struct

from contracts.checkpoint import Checkpoint, parse_note
from contracts.codec import unb64url
from contracts.envelope import GATEWAY
from contracts.event import EventLeaf, Shared, parse_leaf
from contracts.merkle import leaf_hash, verify_inclusion
from contracts.tlog_proof import TlogProof
from gateway.ledger.tree import Edge, grow
from keys.notes import VerifierKey, verify
from tests.faults.history import Call


class Seen(Struct, frozen=True, kw_only=True):
    """What can be seen in the end. `lines`: what an inspector's search opens; `inboxes`: ids of messages by agency."""

    leaves: Sequence[bytes]
    lines: Mapping[int, Shared]
    inboxes: Mapping[str, Sequence[str]]


def faults(calls: Sequence[Call], seen: Seen, log: VerifierKey) -> list[str]:
    """Each rule that does not hold, in a sentence with its ids."""
    rules = (_acknowledged, _invented, _one_decision, _released_once, _recall, _in_order, _delivered)
    found = [fault for rule in rules for fault in rule(calls, seen)]
    return [*found, *_one_history(calls, seen, log)]


def _acknowledged(calls: Sequence[Call], seen: Seen) -> Iterator[str]:
    for call in calls:
        if call.leaf is None:
            continue
        line = seen.lines.get(call.leaf)
        if line is None:
            yield f"acknowledged: {call.jti} was given line {call.leaf}, which is not there"
        elif (line.jti, line.decision) != (call.jti, call.decision):
            yield f"acknowledged: line {call.leaf} is not the decision that was given for {call.jti}"


def _invented(calls: Sequence[Call], seen: Seen) -> Iterator[str]:
    begun = {(call.iss, call.jti): call.kind for call in calls}
    for index, line in seen.lines.items():
        if line.jti is not None and begun.get((line.iss or "", line.jti)) != line.event:
            yield f"invented: line {index} is a message that nobody has said"
    for index, leaf in enumerate(seen.leaves):
        if isinstance(parse_leaf(leaf), EventLeaf) and index not in seen.lines:
            yield f"invented: line {index} stands for nothing"


def _one_decision(calls: Sequence[Call], seen: Seen) -> Iterator[str]:
    given: dict[str, set[tuple[int, str | None]]] = defaultdict(set)
    for call in calls:
        if call.leaf is not None:
            given[call.jti].add((call.leaf, call.decision))
    yield from (f"one decision: {jti} was decided more than once" for jti, all_ in given.items() if len(all_) > 1)
    lines = Counter((line.iss, line.jti) for line in seen.lines.values() if line.jti)
    yield from (f"one decision: {jti} has {count} lines" for (_, jti), count in lines.items() if count > 1)


def _released_once(calls: Sequence[Call], seen: Seen) -> Iterator[str]:
    handed = Counter(call.jti for call in calls if call.handed)
    yield from (f"released once: {jti} was handed over {count} times" for jti, count in handed.items() if count > 1)


def _recall(calls: Sequence[Call], seen: Seen) -> Iterator[str]:
    ended = {
        (call.exchange, call.of): call.ended
        for call in calls
        if call.kind == "recall" and call.decision == "accepted" and call.ended is not None
    }
    for call in calls:
        since = ended.get((call.exchange, call.of))
        if call.kind == "open" and call.handed and since is not None and call.began > since:
            yield f"recall: {call.jti} was handed over after the recall of {call.of} was acknowledged"


def _in_order(calls: Sequence[Call], seen: Seen) -> Iterator[str]:
    """By the first answer of each message: a repeat is answered with the line of long ago."""
    begun: dict[str, int] = {}
    answered: dict[str, Call] = {}
    for call in calls:
        begun.setdefault(call.jti, call.began)
    for call in sorted((call for call in calls if call.leaf is not None), key=_ended):
        answered.setdefault(call.jti, call)
    instants = [(_ended(call), call) for call in answered.values()] + [(begun[jti], None) for jti in answered]
    newest, before = -1, dict[int, int]()
    for instant, call in sorted(instants, key=lambda each: each[0]):
        if call is None:
            before[instant] = newest
        else:
            newest = max(newest, call.leaf or 0)
            if (call.leaf or 0) < before[begun[call.jti]]:
                yield f"in order: {call.jti} stands before what had ended when it began"


def _ended(call: Call) -> int:
    return call.ended or 0


def _delivered(calls: Sequence[Call], seen: Seen) -> Iterator[str]:
    accepted = {call.jti: call for call in calls if call.decision == "accepted" and call.to != GATEWAY}
    begun = {call.jti for call in calls}
    for agency, ids in seen.inboxes.items():
        counted = Counter(ids)
        yield from (f"delivered: {jti} lies {n} times in the inbox of {agency}" for jti, n in counted.items() if n > 1)
        yield from (f"delivered: {jti} of nobody lies in the inbox of {agency}" for jti in counted.keys() - begun)
    for jti, call in accepted.items():
        lies = jti in seen.inboxes.get(call.to, ())
        if lies and call.hidden:
            yield f'delivered: {jti} is a "no", and lies in the inbox of {call.to}'
        if not lies and not call.hidden:
            yield f"delivered: {jti} was accepted, and is not in the inbox of {call.to}"


def _one_history(calls: Sequence[Call], seen: Seen, log: VerifierKey) -> Iterator[str]:
    proofs = [(call, TlogProof.parse(call.receipt)) for call in calls if call.receipt]
    heads = [(call, proof, _head(proof, log)) for call, proof in proofs]
    roots = _roots(seen.leaves, {head.size for _, _, head in heads if head})
    for call, proof, head in heads:
        if head is None or roots.get(head.size) != head.root:
            yield f"one history: the receipt of {call.jti} is of another tree"
            continue
        leaf = unb64url(msgspec.json.decode(proof.extra or b"{}")["leaf"])
        verify_inclusion(proof.index, head.size, leaf_hash(leaf), proof.hashes, head.root)
        if proof.index != call.leaf or seen.leaves[proof.index] != leaf:
            yield f"one history: the receipt of {call.jti} is for another line"


def _head(proof: TlogProof, log: VerifierKey) -> Checkpoint | None:
    note = parse_note(proof.checkpoint)
    return Checkpoint.parse(note.text) if verify(note, [log]) else None


def _roots(leaves: Sequence[bytes], sizes: set[int]) -> dict[int, bytes]:
    edge, roots = Edge(), dict[int, bytes]()
    for size in sorted(sizes):
        if size <= len(leaves):
            edge = grow(edge, [leaf_hash(leaf) for leaf in leaves[edge.size : size]]).edge
            roots[size] = edge.root()
    return roots

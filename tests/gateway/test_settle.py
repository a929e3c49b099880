"""What a batch becomes: one pure function of what is known, the messages in their order, the time and fresh salts."""

from collections.abc import Callable
from hashlib import sha256
from itertools import count
from typing import Any

import pytest
from msgspec.structs import replace

from contracts.codec import b64url, encode
from contracts.envelope import Claims, Identified, SealedRef
from contracts.event import AgreementLeaf, DirectoryLeaf, opens, parse_exact, parse_leaf, parse_shared
from contracts.event import Exact as LineExact
from contracts.merkle import leaf_hash, verify_inclusion
from contracts.messages import BY_BODY
from contracts.messages.accepted import Accepted
from contracts.messages.cancellation import Cancellation
from contracts.messages.contact_answer import Exact
from contracts.messages.log_search import LogSearch
from contracts.vocabulary import ReasonCode
from gateway.decide.exchange import Situation
from gateway.ledger.tree import Edge, grow
from gateway.message import Announced, FellDue, LinesFellDue, Submission, Unfit, Verified
from gateway.settle import Conflict, Nothing, Repeat, Settled, Settlement, Stale, settle, wanted
from gateway.store.port import DocumentVersion, Erased, Known, KnownValues, LogState, StoredMessage
from keys import tokens
from keys.directory import KnownDirectory
from tests.agencies import TestAgency
from tests.gateway.decide.scene import (
    CONFERENCE,
    EXCHANGE,
    INSPECTORATE,
    NOW,
    ORIGIN,
    POLICE,
    PRISON,
    Answer,
    asks,
    claims,
    no,
    person,
    recalls,
    reviews,
    situation,
    yes,
)
from tests.gateway.decide.scene import (
    opens as opening,
)

DAY = 86_400


def _salts() -> Callable[[int], bytes]:
    """Bytes that are never the same twice in a batch, and the same in every run."""
    numbers = count()
    return lambda size: b"".join(sha256(b"salt %d" % next(numbers)).digest() for _ in range(size // 32))


def verified(said: Claims[Any] | Answer, code: ReasonCode | None = None, **changes: Any) -> Verified:
    """A message as the door lets it in, sealed to its addressee's key and signed by its sender's."""
    exact = None
    if isinstance(said, Answer):
        exact, said = Exact(code=code, supersedes=said.supersedes, salt="s" * 22), said.claims
    kid = TestAgency(said.to).sealing_kid if said.to != "gateway" else ""
    sealed = {name: SealedRef(kid=kid, sha256="d" * 43) for name in said.sealed}
    said = replace(said, sealed=sealed)
    given: dict[str, Any] = {
        "spec": BY_BODY[type(said.body)],
        "claims": said,
        "token": _token(said),
        "digest": b64url(sha256(said.jti.encode()).digest()),
        "kid": TestAgency(said.iss).signing_kid,
        "sealed": {name: f"{name} of {said.jti}".encode() for name in said.sealed},
        "exact": exact,
    } | changes
    return Verified(**given)


def _token(said: Claims[Any]) -> str:
    """A signed token; its bytes are not looked at here but for who signed it."""
    sender = TestAgency(said.iss)
    return tokens.sign(encode(said), BY_BODY[type(said.body)].typ, sender.signing_kid, sender.signing)


def _request(**body: Any) -> Verified:
    return verified(claims(PRISON, POLICE, asks(**body), sealed=("subject",)))


def _settle(batch: list[Submission], known: Known | None = None, under: Situation | None = None) -> Settlement:
    return settle(known or Known(log=LogState()), batch, under or situation(), ORIGIN, _salts())


def _known(after: Settlement, *batch: Submission) -> Known:
    """What the store would know of the next batch, once this one is written."""
    writes, asked = after.writes, wanted(batch)
    said = {line.index: line.record.token for line in writes.lines if line.record}
    values: dict[tuple[str, str], KnownValues] = {}
    for key in asked.values:
        kept = {v.field: (v.kid, v.value) for v in writes.sealed if (v.exchange, v.jti) == key}
        index = next((v.index for v in writes.sealed if (v.exchange, v.jti) == key), -1)
        values[key] = KnownValues(token=said.get(index) or "", at=writes.log.at, values=kept)
    return Known(
        log=writes.log,
        messages={(iss, jti): stored for iss, jti, stored in writes.messages if (iss, jti) in asked.messages},
        exchanges={each.id: each for each in writes.exchanges if each.id in asked.exchanges},
        values=values,
        lines={each: tuple(n.index for n in writes.lines if n.exchange == each) for each in asked.lines},
    )


def _only(settlement: Settlement) -> Any:
    (result,) = settlement.results
    return result


def test_each_message_has_its_line_in_the_order_of_the_batch() -> None:
    """Indexes go on from the log's size; each line is proven in the tree that the batch makes."""
    before = grow(Edge(), [leaf_hash(b"%d" % n) for n in range(5)]).edge
    requests = [
        verified(replace(_request().claims, exchange=f"01890a5d-ac96-774b-bcce-00000000000{n}")) for n in range(3)
    ]
    made = _settle(list(requests), Known(log=LogState(edge=before, at=NOW - 1)))
    assert [line.index for line in made.writes.lines] == [5, 6, 7]
    assert (made.writes.log.edge.size, made.writes.root) == (8, made.growth.edge.root())
    for result, line in zip(made.results, made.writes.lines, strict=True):
        assert isinstance(result, Settled)
        assert (result.line, result.decision.leaf) == (line, line.index)
        proof = made.growth.proof(line.index)
        verify_inclusion(line.index, 8, leaf_hash(line.leaf), proof, made.writes.root)
    assert [stored.size for _, _, stored in made.writes.messages] == [8, 8, 8]


def test_a_line_commits_to_what_happened_and_shows_nothing() -> None:
    """Both commitments open; the leaf holds neither part; salts are fresh for each part of each line."""
    request = _request()
    made = _settle([request, verified(no(), "R19")])
    salts = set()
    for line in made.writes.lines:
        assert line.record is not None
        assert opens(line.leaf, "shared", line.record.shared)
        assert opens(line.leaf, "exact", line.record.exact)
        assert PRISON.encode() not in line.leaf
        salts |= {line.record.shared.salt, line.record.exact.salt}
    assert len(salts) == 4
    shared, exact = (getattr(made.writes.lines[1].record, part).part for part in ("shared", "exact"))
    assert b'"R19"' not in shared
    assert (parse_exact(exact).code, parse_exact(exact).purpose) == ("R19", "conference")
    assert (parse_shared(shared).event, parse_shared(shared).iss) == ("contact-answer", POLICE)
    assert parse_shared(shared).token == made.writes.messages[1][2].digest


def test_the_same_arguments_give_the_same_settlement() -> None:
    """Pure: a batch that is applied again after a rollback becomes what it was."""
    batch: list[Submission] = [_request(), FellDue(exchange=EXCHANGE), verified(no(), "R20")]
    assert _settle(batch) == _settle(batch)


# 2. Known? Fresh?


def test_a_repeat_is_known_in_the_batch_and_after_it() -> None:
    """The same token: the same leaf, one line, and a tree size in which the receipt is proven."""
    request = _request()
    made = _settle([request, request])
    first, second = made.results
    assert isinstance(first, Settled)
    assert second == Repeat(stored=StoredMessage(digest=request.digest, index=0, size=1))
    assert len(made.writes.lines) == 1
    again = _settle([request], _known(made, request))
    assert _only(again) == second
    assert (list(again.writes.lines), again.writes.log.edge) == ([], made.writes.log.edge)


def test_another_token_under_a_known_id_is_a_conflict() -> None:
    """In the batch and after it; the same id from another agency is another message."""
    request = _request()
    other = verified(request.claims, digest="D" * 43)
    made = _settle([request, other])
    assert made.results[1] == Conflict()
    assert _only(_settle([other], _known(made, other))) == Conflict()
    neighbour = verified(replace(request.claims, iss="prison-lei", exchange="01890a5d-ac96-774b-bcce-000000000009"))
    assert isinstance(_settle([request, neighbour]).results[1], Settled)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"iat": NOW + 11, "exp": NOW + 60}, "future"),
        ({"exp": NOW}, "expired"),
        ({"iat": NOW - 60, "exp": NOW - 1}, "expired"),
    ],
)
def test_what_is_not_fresh_leaves_no_line(changes: dict[str, int], word: str) -> None:
    """Or whoever holds old tokens could make the log grow. The bounds themselves are inside."""
    request = _request()
    made = _settle([verified(replace(request.claims, **changes))])
    result = _only(made)
    assert isinstance(result, Stale)
    assert word in result.detail
    assert (list(made.writes.lines), list(made.writes.messages)) == ([], [])
    edge = verified(replace(request.claims, iat=NOW + 10, exp=NOW + 1))
    assert isinstance(_only(_settle([edge])), Settled)


def test_a_repeat_is_known_however_old_it_is() -> None:
    """Known comes before fresh: the receipt of an expired token can still be asked for."""
    request = _request()
    made = _settle([request])
    late = _settle([request], _known(made, request), situation(NOW + DAY))
    assert isinstance(_only(late), Repeat)


@pytest.mark.parametrize("changes", [{"revoked_at": NOW}, {"compromised_since": NOW - DAY}, {"valid_until": NOW}])
def test_a_key_that_was_withdrawn_since_the_door_signs_nothing(changes: dict[str, int]) -> None:
    """The directory current in the transaction decides, and the agency that it names must be the sender."""
    result = _only(_settle([_request()], under=_under(signer=changes)))
    assert isinstance(result, Stale)
    assert "key" in result.detail
    foreign = _request()
    stolen = verified(foreign.claims, kid=TestAgency("prison-lei").signing_kid)
    unknown = verified(foreign.claims, kid="U" * 22)
    for message in (stolen, unknown):
        assert isinstance(_only(_settle([message])), Stale)


def _under(
    signer: dict[str, int] | None = None, recipient: dict[str, int] | None = None, of: str = PRISON
) -> Situation:
    """The situation with the keys of one agency changed."""
    known = situation().directory
    agencies = [found for name in (PRISON, POLICE, INSPECTORATE) if (found := known.agency(name))]
    signers = [_changed(known.signer(TestAgency(a.id).signing_kid), signer if a.id == of else None) for a in agencies]
    recipients = [
        _changed(known.recipient(TestAgency(a.id).sealing_kid), recipient if a.id == of else None) for a in agencies
    ]
    directory = KnownDirectory(
        gateway=ORIGIN,
        version=2,
        digest="D" * 43,
        agencies=tuple(agencies),
        signers=tuple(signers),
        recipients=tuple(recipients),
    )
    return replace(situation(), directory=directory)


def _changed(key: Any, changes: dict[str, int] | None) -> Any:
    return replace(key, **(changes or {}))


def test_log_time_never_goes_back() -> None:
    """A clock that steps back, or another node's that lags, settles at the log's own time."""
    made = _settle([_request()], Known(log=LogState(at=NOW + 50)), situation(NOW))
    assert (made.writes.log.at, _only(made).decision.at) == (NOW + 50, NOW + 50)
    assert _settle([_request()], Known(log=LogState(at=NOW - 5)), situation(NOW)).writes.log.at == NOW
    assert _settle([], Known(log=LogState(at=NOW - 5)), situation(NOW)).writes.log.at == NOW - 5


# 3. Apply. 4. Record.


def test_a_whole_exchange_in_one_batch() -> None:
    """Each message meets what the one before it has left."""
    answer = yes()
    made = _settle([_request(), verified(claims(POLICE, PRISON, Accepted(office="main"))), verified(answer)])
    assert [result.decision.decision for result in made.results if isinstance(result, Settled)] == ["accepted"] * 3
    assert [(d.agency, d.index, d.delivery.at) for d in made.writes.delivered] == [
        (POLICE, 0, NOW),
        (PRISON, 1, NOW),
        (PRISON, 2, NOW),
    ]
    assert {value.field for value in made.writes.sealed} == {"subject", *CONFERENCE}
    (exchange,) = made.writes.exchanges
    assert exchange.stage == "shared"


def test_what_may_not_be_kept_is_written_nowhere() -> None:
    """A field that was not asked for is named in the holder's decision, and its bytes are in no row."""
    answer = verified(yes(sealed=(*CONFERENCE, "home_address")))
    made = _settle([_request(), answer])
    assert isinstance(made.results[1], Settled)
    assert made.results[1].decision.withheld == ("home_address",)
    assert answer.sealed["home_address"] not in [value.value for value in made.writes.sealed]
    assert made.writes.delivered[-1].delivery.withheld == 1


def test_a_refusal_is_a_line_that_changes_nothing_else() -> None:
    """On record with code, clauses and a decision; a refused request makes an exchange that is over."""
    refused = verified(claims(PRISON, POLICE, asks("other"), sealed=("subject",)))
    made = _settle([refused])
    decision = _only(made).decision
    assert (decision.decision, decision.code, decision.state) == ("refused", "R03", "refused")
    assert (list(made.writes.sealed), list(made.writes.delivered)) == ([], [])
    assert made.writes.lines[0].exchange == EXCHANGE
    stranger = verified(claims("police-14", PRISON, Accepted(office="main")))
    unknown = _settle([_request(), stranger])
    assert unknown.writes.lines[1].exchange is None
    assert isinstance(unknown.results[1], Settled)
    assert unknown.results[1].decision.problem == "not-found"


def test_an_unfit_message_is_refused_on_record() -> None:
    """What is wrong and where; nothing of it is believed but who says it; and it is known when it is repeated."""
    unfit = Unfit(
        name="contact-request",
        claims=Identified(iss=PRISON, iat=NOW, exp=NOW + 60, jti=_request().claims.jti, exchange=EXCHANGE),
        token="token",
        digest="U" * 43,
        kid=TestAgency(PRISON).signing_kid,
        detail="Say it so.",
        where="$.body",
    )
    made = _settle([unfit, unfit])
    first, second = made.results
    assert isinstance(first, Settled)
    assert isinstance(second, Repeat)
    decision = first.decision
    assert (decision.decision, decision.problem, decision.detail, decision.where) == (
        "refused",
        "unfit",
        "Say it so.",
        "$.body",
    )
    assert (list(made.writes.exchanges), made.writes.lines[0].exchange) == ([], None)


def test_values_are_handed_over_with_the_line_and_never_for_a_repeat() -> None:
    """Those fields that were asked for, with the token that sealed them."""
    answer = yes()
    sealing = verified(answer)
    made = _settle([_request(), sealing])
    message = verified(opening(PRISON, answer.jti, "safe_times"))
    opened = _settle([message, message], _known(made, message))
    first, second = opened.results
    assert isinstance(first, Settled)
    assert first.values is not None
    assert (first.values.token, list(first.values.values)) == (_token(sealing.claims), ["safe_times"])
    assert isinstance(second, Repeat)
    assert [(d.agency, d.delivery.notice) for d in opened.writes.delivered] == [(POLICE, "opened")]


@pytest.mark.parametrize(
    "keys",
    [
        {"recipient": {"compromised_since": NOW - DAY}},
        {"recipient": {"open_until": NOW}},
        {"signer": {"compromised_since": NOW}, "of": POLICE},
    ],
    ids=["sealed to a compromised key", "past its time", "sealed by a compromised key"],
)
def test_what_an_untrusted_key_has_touched_is_not_handed_over(keys: dict[str, Any]) -> None:
    """Its thief may be the one who asks, or who answered. Refused, on record, and nobody is told of an opening."""
    answer = yes()
    made = _settle([_request(), verified(answer)])
    message = verified(opening(PRISON, answer.jti, "safe_times"))
    opened = _settle([message], _known(made, message), _under(**keys))
    result = _only(opened)
    assert isinstance(result, Settled)
    assert (result.values, result.decision.problem) == (None, "wrong-state")
    assert list(opened.writes.delivered) == []
    before = _under(signer={"compromised_since": NOW + 1}, of=POLICE)
    result = _only(_settle([message], _known(made, message), before))
    assert result.values is not None


def test_what_is_corrected_is_dropped() -> None:
    """The sealed values of the earlier answer go in the transaction that keeps the later ones."""
    first = yes()
    made = _settle([_request(), verified(first), verified(yes(supersedes=first.jti))])
    assert list(made.writes.dropped) == [(EXCHANGE, first.jti)]


def test_an_end_erases_what_the_batch_has_kept_but_not_the_reviewers_reasons() -> None:
    """Answer and recall, review and cancellation in one batch: the values go, the reasons stay with the record."""
    answer = yes()
    made = _settle([
        _request(offence_groups=("hate",)),
        verified(reviews("proceed")),
        verified(answer),
        verified(recalls(answer.jti)),
    ])  # fmt: skip
    assert [value.field for value in made.writes.sealed] == ["reasons"]
    assert list(made.writes.erased_values) == [EXCHANGE]
    assert made.writes.lines[-1].shared is not None
    assert made.writes.lines[-1].shared.event == "erased"
    assert [(d.agency, d.delivery.notice) for d in made.writes.delivered[-3:]] == [
        (PRISON, None),
        (PRISON, "erased"),
        (POLICE, "erased"),
    ]


def test_an_open_after_a_recall_in_the_same_batch_gets_nothing() -> None:
    """And one before it is handed the values: the order of the batch is the order of the log."""
    answer = yes()
    made = _settle([_request(), verified(answer)])
    before, after = (verified(opening(PRISON, answer.jti, "safe_times")) for _ in range(2))
    batch: list[Submission] = [before, verified(recalls(answer.jti)), after]
    first, _, second = _settle(batch, _known(made, *batch)).results
    assert isinstance(first, Settled)
    assert isinstance(second, Settled)
    assert first.values is not None
    assert (second.values, second.decision.decision) == (None, "refused")


def test_time_is_a_submission_like_any_other() -> None:
    """The window's end: its own line, the erasure's, and both sides told; again, or for nothing, it is nothing."""
    made = _settle([_request()])
    due = FellDue(exchange=EXCHANGE)
    end = situation(NOW + 40 * DAY)
    ended = _settle([due, due, FellDue(exchange="01890a5d-ac96-774b-bcce-000000000007")], _known(made, due), end)
    assert set(map(type, ended.results)) == {Nothing}
    events = [line.shared.event for line in ended.writes.lines if line.shared]
    assert events == ["window-ended", "erased"]
    assert [(d.agency, d.delivery.notice) for d in ended.writes.delivered] == [
        (PRISON, "cannot-proceed"),
        (POLICE, "cannot-proceed"),
        (PRISON, "erased"),
        (POLICE, "erased"),
    ]
    assert list(ended.writes.erased_values) == [EXCHANGE]


def test_the_erasure_of_a_record_outlives_it() -> None:
    """Its line belongs to no exchange, so that it is not erased with the rest."""
    made = _settle([_request(), verified(claims(PRISON, POLICE, Cancellation(why="other")))])
    due = FellDue(exchange=EXCHANGE)
    erased = _settle([due], _known(made, due), situation(NOW + 2190 * DAY))
    (line,) = erased.writes.lines
    assert line.shared is not None
    assert (line.shared.event, line.shared.exchange, line.exchange) == ("record-erased", EXCHANGE, None)
    assert list(erased.writes.erased_records) == [Erased(lines=(0, 1, 2), by=3, exchange=EXCHANGE)]
    assert line.exact == LineExact(rule="11.8", clauses=("11.8",), lines=(0, 1, 2))


def test_what_a_batch_says_before_an_erasure_is_erased_with_the_rest_and_nothing_after_it() -> None:
    """Its lines are named too; for whoever comes later in the batch there is no such exchange."""
    made = _settle([_request(), verified(claims(PRISON, POLICE, Cancellation(why="other")))])
    due, before, after = FellDue(exchange=EXCHANGE), verified(recalls("x")), verified(recalls("x"))
    known = _known(made, before, due)
    over = {EXCHANGE: replace(known.exchanges[EXCHANGE], erase_at=NOW)}
    erased = _settle([before, due, after], replace(known, exchanges=over))
    assert [each.lines for each in erased.writes.erased_records] == [(0, 1, 2, 3)]
    last = erased.results[2]
    assert isinstance(last, Settled)
    assert (last.decision.problem, last.line.exchange) == ("not-found", None)


def test_lines_of_no_exchange_have_an_end_of_their_own() -> None:
    """A search, a stranger's message, an unfit one: each after the agreement's span, in one line that names them."""
    search = verified(claims(INSPECTORATE, "gateway", LogSearch(why="complaint")))
    made = _settle([_request(), search])
    assert [line.erase_at for line in made.writes.lines] == [None, NOW + 2190 * DAY]
    known = Known(log=made.writes.log, alone=frozenset((1, 7)))
    batch = [LinesFellDue(lines=(1, 6)), LinesFellDue(lines=(1, 7)), LinesFellDue(lines=(1,))]
    erased = _settle(batch, known)
    assert wanted(batch).alone == (1, 6, 1, 7, 1)
    assert list(erased.writes.erased_records) == [Erased(lines=(1,), by=2), Erased(lines=(7,), by=3)]
    assert [(line.exact, line.erase_at) for line in erased.writes.lines if line.exact] == [
        (LineExact(rule="11.8", clauses=("11.8",), lines=(1,)), None),
        (LineExact(rule="11.8", clauses=("11.8",), lines=(7,)), None),
    ]


def test_documents_are_announced_once_and_versions_only_grow() -> None:
    """A leaf in clear for each new version; the same one again, or an older one, leaves no line."""
    second = Announced(kind="agreement", version=2, sha256="A" * 43, signed=b"")
    directory = Announced(kind="directory", version=7, sha256="B" * 43, signed=b"")
    older = Announced(kind="agreement", version=1, sha256="C" * 43, signed=b"")
    made = _settle([second, directory, second, older])
    assert [parse_leaf(line.leaf) for line in made.writes.lines] == [
        AgreementLeaf(version=2, sha256="A" * 43),
        DirectoryLeaf(version=7, sha256="B" * 43),
    ]
    assert made.writes.log.agreement == DocumentVersion(version=2, sha256="A" * 43)
    assert made.writes.log.directory == DocumentVersion(version=7, sha256="B" * 43)
    assert set(map(type, made.results)) == {Nothing}


def test_a_search_belongs_to_no_exchange() -> None:
    """Accepted, on record, delivered to nobody."""
    search = verified(claims(INSPECTORATE, "gateway", LogSearch(why="complaint", code="R19")))
    made = _settle([search])
    (line,) = made.writes.lines
    assert (line.exchange, line.exact and line.exact.why, list(made.writes.delivered)) == (None, "complaint", [])
    assert _only(made).decision.state is None


def test_what_a_batch_wants_to_know() -> None:
    """Every message by its id, every exchange once, and the values that an `open` names."""
    request, answer = _request(), yes()
    message = verified(opening(PRISON, answer.jti, "safe_times", actor=person()))
    other = "01890a5d-ac96-774b-bcce-000000000008"
    asked = wanted([request, message, FellDue(exchange=EXCHANGE), FellDue(exchange=other)])
    assert asked.messages == ((PRISON, request.claims.jti), (PRISON, message.claims.jti))
    assert asked.exchanges == (EXCHANGE, other)
    assert asked.values == ((EXCHANGE, answer.jti),)


def test_the_decision_says_what_its_reader_may_know() -> None:
    """After a no, a requester's own message shows a case with the police, and the holder's own shows its no."""
    made = _settle([_request(), verified(no(), "R19")])
    result = made.results[1]
    assert isinstance(result, Settled)
    assert (result.decision.state, result.decision.code) == ("cannot-proceed", "R19")
    cancelled = verified(claims(PRISON, POLICE, Cancellation(why="other")))
    after = _only(_settle([cancelled], _known(made, cancelled)))
    assert (after.decision.state, after.decision.code) == ("cancelled", None)

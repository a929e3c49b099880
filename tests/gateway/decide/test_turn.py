"""Who may speak: by side, address, stage and agreement; the table is the whole truth."""

from datetime import date
from typing import Any, get_args

import pytest
from msgspec.structs import replace

from contracts.envelope import AgreementRef
from contracts.messages import BY_BODY, Body
from contracts.messages.accepted import Accepted
from contracts.messages.cancellation import Cancellation
from contracts.messages.contact_answer import Exact
from contracts.messages.contact_request import ContactRequest
from contracts.messages.documents import Amendment, DirectoryChange
from contracts.messages.log_search import LogSearch
from contracts.messages.more_needed import MoreNeeded
from contracts.messages.open_ import Open
from contracts.messages.outcome import Outcome
from contracts.messages.sensitivity import SensitivityFound
from gateway.decide.exchange import STAGES, Applied, Exchange, Refused, Stage
from gateway.decide.states import SPEAKS, _spoken, apply
from gateway.decide.turn import NOT_THERE
from tests.gateway.decide.scene import (
    DIGEST,
    EXCHANGE,
    INSPECTORATE,
    NOT_JOINED,
    NOW,
    POLICE,
    PRISON,
    SYSTEM,
    Play,
    acknowledges,
    asks,
    claims,
    no,
    opens,
    person,
    recalls,
    reviews,
    situation,
    supplements,
    yes,
)

ANSWER = "01890a5d-ac96-774b-bcce-00000000aaaa"
FINAL = Outcome(contact="made", chose="letter", status="completed", disclosure="not-disclosable", final=True)


def _messages() -> dict[type, Any]:
    """One message of each kind that a side of an exchange may send, fit for it in every other respect."""
    return {
        type(said.body): said
        for said in (
            claims(POLICE, PRISON, Accepted(office="main")),
            claims(POLICE, PRISON, MoreNeeded(missing=("letter",))),
            claims(POLICE, "gateway", SensitivityFound(found=("hate",))),
            reviews("proceed"),
            yes().claims,
            recalls(ANSWER),
            supplements(),
            claims(PRISON, POLICE, Cancellation(why="other")),
            claims(PRISON, POLICE, FINAL),
            acknowledges(ANSWER),
        )
    }


def _exchange(stage: Stage, body: type) -> Exchange:
    """An exchange at a stage, in which the message has something to do."""
    ends = {"open_until": NOW + 60} if stage in ("shared", "agreed") else {}
    waiting = body.__name__ in ("Review", "ContactAnswer")
    return Exchange(
        id=EXCHANGE,
        requester=PRISON,
        holder=POLICE,
        purpose="conference",
        fields=asks().fields,
        offence_groups=("other",),
        sensitivities=(),
        asked_by=("A" * 22,),
        asked_at=NOW,
        answer_by=NOW + 60,
        subject=EXCHANGE,
        agreement=DIGEST,
        stage=stage,
        missing=("letter",),
        answer=ANSWER,
        review="needed" if waiting and body.__name__ == "Review" else "not-needed",
        acknowledge_by=NOW + 60 if stage == "withdrawn" else None,
        **ends,
    )


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("body", SPEAKS, ids=lambda body: BY_BODY[body].name)
def test_the_table_says_who_speaks_when(body: type, stage: Stage) -> None:
    """At its stages a message is taken, at every other it is out of turn, and from the other side it is R04."""
    exchange, said = _exchange(stage, body), _messages()[body]
    turn = SPEAKS[body]
    result = apply(exchange, said, Exact(code=None, supersedes=ANSWER, salt="s" * 22), situation())
    if stage in turn.stages:
        assert isinstance(result, Applied), result
    else:
        assert isinstance(result, Refused)
        assert result.slug == ("not-found" if stage == "refused" and said.iss == POLICE else "wrong-state")
    other = replace(said, iss=PRISON if said.iss == POLICE else POLICE)
    refused = apply(exchange, other, None, situation())
    assert isinstance(refused, Refused)
    assert refused.code == "R04" or (stage == "refused" and refused == NOT_THERE)


@pytest.mark.parametrize("body", SPEAKS, ids=lambda body: BY_BODY[body].name)
def test_each_message_has_one_addressee(body: type) -> None:
    """To anybody else it is refused by name of the member, before anything is kept."""
    said = _messages()[body]
    exchange = _exchange(SPEAKS[body].stages[0], body)
    for to in {PRISON, POLICE, "prison-lei", INSPECTORATE, "gateway", "police-77"} - {said.to}:
        refused = apply(exchange, replace(said, to=to), None, situation())
        assert isinstance(refused, Refused)
        assert (refused.slug, refused.where) == ("unfit", "to")


@pytest.mark.parametrize("body", SPEAKS, ids=lambda body: BY_BODY[body].name)
def test_what_protects_is_heard_under_any_agreement(body: type) -> None:
    """Clause 12.3, and nothing else: lapsed, of another version, or by an agency that has not joined."""
    said = _messages()[body]
    exchange = _exchange(SPEAKS[body].stages[0], body)
    heard = BY_BODY[body].name in ("recall", "recall-acknowledged", "cancellation")
    lapsed = situation(ends=date(2026, 11, 22))
    for named in ({"version": 2}, {"digest": "D" * 43}, {"id": "other"}):
        ref = AgreementRef(**({"id": "noms-acpo", "version": 1, "digest": DIGEST} | named))
        _check_heard(apply(exchange, replace(said, agreement=ref), None, situation()), heard=heard)
    _check_heard(apply(exchange, said, None, lapsed), heard=heard)
    side = SPEAKS[body].by
    outside = replace(exchange, requester=NOT_JOINED) if side == "requester" else replace(exchange, holder=NOT_JOINED)
    if body is not Accepted:
        _check_heard(apply(outside, replace(said, iss=NOT_JOINED), None, situation()), heard=heard)


def _check_heard(result: Applied | Refused, *, heard: bool) -> None:
    if heard:
        assert isinstance(result, Applied), result
    else:
        assert isinstance(result, Refused)
        assert (result.code, result.clauses) == ("R05", ("12.1",))


def test_after_its_no_a_holder_only_corrects_it() -> None:
    """Nothing else of the holder's is heard; and a no is not recalled, not even once the request is cancelled."""
    play = Play()
    play.asked()
    said = no()
    play.accept(said, "R19")
    for message in (
        claims(POLICE, PRISON, Accepted(office="main")),
        claims(POLICE, PRISON, MoreNeeded(missing=("letter",))),
        claims(POLICE, "gateway", SensitivityFound(found=("hate",))),
    ):
        assert play.refuse(message).slug == "wrong-state"
    play.accept(claims(PRISON, POLICE, Cancellation(why="other")))
    assert play.refuse(recalls(said.jti)).slug == "wrong-state"


def test_a_stranger_learns_nothing_of_an_exchange() -> None:
    """One that is there and one that is not: the same words, whatever the message and whatever is wrong with it."""
    play = Play()
    play.asked()
    older = AgreementRef(id="noms-acpo", version=7, digest="D" * 43)
    for iss in ("prison-lei", "police-14", "party-noms"):
        for said in (*_messages().values(), opens(PRISON, ANSWER, "safe_times")):
            by_stranger = replace(said, iss=iss, agreement=older)
            assert play.say(by_stranger) == apply(None, by_stranger, None, situation()) == NOT_THERE


def test_a_refused_request_never_reached_its_holder() -> None:
    """For the holder there is no such exchange; for the requester and inspectors there is."""
    play = Play()
    play.refuse(claims(PRISON, POLICE, asks("other"), sealed=("subject",)))
    assert play.seen(POLICE) is None
    assert play.say(claims(POLICE, PRISON, Accepted(office="main"))) == NOT_THERE
    assert play.seen(PRISON) is not None
    assert play.seen(INSPECTORATE) is not None


def test_a_sender_that_the_directory_no_longer_has_is_nobody() -> None:
    """Between the door and the transaction an agency may have gone."""
    assert apply(None, claims("police-77", PRISON, Accepted(office="main")), None, situation()) == NOT_THERE


def test_an_exchange_begins_once() -> None:
    """A second request is out of turn for its own requester, and for another prison the exchange does not exist."""
    play = Play()
    play.asked()
    again = claims(PRISON, POLICE, asks(), sealed=("subject",))
    assert play.refuse(again).slug == "wrong-state"
    assert play.say(replace(again, iss="prison-lei")) == NOT_THERE


def test_details_of_the_states() -> None:
    """An unknown office, a supplement nobody asked for, and recalls and acknowledgements of the wrong answer."""
    play = Play()
    play.asked()
    assert play.refuse(claims(POLICE, PRISON, Accepted(office="nowhere"))).where == "office"
    assert play.refuse(supplements()).slug == "wrong-state"
    answer = play.shared().jti
    assert play.refuse(recalls(ANSWER)).where == "of"
    play.accept(recalls(answer))
    assert play.refuse(acknowledges(ANSWER)).where == "of"
    play.accept(acknowledges(answer))
    assert play.refuse(acknowledges(answer)).slug == "wrong-state"


def test_an_outcome_on_the_way_does_not_close() -> None:
    """Only `final` does (clause 8.8)."""
    play = Play()
    play.asked()
    play.shared()
    applied = play.accept(claims(PRISON, POLICE, replace(FINAL, final=False)))
    assert (applied.erase, play.exchange and play.exchange.stage) == (None, "shared")
    applied = play.accept(claims(PRISON, POLICE, FINAL))
    assert (applied.erase, play.exchange and play.exchange.stage) == ("11.8", "closed")


def test_only_inspectors_search_and_only_parties_order_documents() -> None:
    """Both are said to the gateway, belong to no exchange, and are heard outside the term too."""
    search, amendment = LogSearch(why="inspection"), Amendment(version=2, sha256="D" * 43)
    change = DirectoryChange(version=2, sha256="D" * 43)
    lapsed = Play(changes={"ends": date(2026, 11, 22)})
    assert lapsed.accept(claims(INSPECTORATE, "gateway", search)).exchange is None
    for document in (amendment, change):
        assert lapsed.accept(claims("party-noms", "gateway", document, actor=SYSTEM)).exchange is None
        assert lapsed.refuse(claims(PRISON, "gateway", document)).code == "R04"
        assert lapsed.refuse(claims("party-noms", PRISON, document, actor=SYSTEM)).where == "to"
    assert lapsed.refuse(claims(INSPECTORATE, PRISON, search)).where == "to"
    for by, actor in (
        (PRISON, person()),
        (INSPECTORATE, SYSTEM),
        (INSPECTORATE, person(INSPECTORATE, role="reviewer")),
    ):
        assert lapsed.refuse(claims(by, "gateway", search, actor=actor)).code == "R04"


def test_every_message_is_in_the_table_or_has_a_rule_of_its_own() -> None:
    """Adding a message without saying who may send it fails here; and what has its own rule never reaches the rest."""
    own = {ContactRequest, Open, LogSearch, Amendment, DirectoryChange}
    assert set(get_args(Body)) == set(SPEAKS) | own
    play = Play()
    play.asked()
    assert play.exchange is not None
    for said in (opens(PRISON, ANSWER, "safe_times"), claims(PRISON, POLICE, asks())):
        assert _spoken(play.exchange, said, None, situation()) == NOT_THERE

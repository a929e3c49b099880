"""Arbitrary messages at arbitrary times in arbitrary order: what no sequence of them can bring about.

1. No field is handed over that was not asked for, permitted and consented to, nor after an end of any kind.
2. To the requester a "no" of any code at any time, and a silence, are one and the same.
3. Time always gets on: a sweep ends, and leaves nothing due.
"""

from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from msgspec.structs import replace

from contracts.envelope import Claims
from contracts.messages.accepted import Accepted
from contracts.messages.actor import Person, System
from contracts.messages.cancellation import Cancellation
from contracts.messages.more_needed import MoreNeeded
from contracts.messages.outcome import Outcome
from contracts.messages.sensitivity import SensitivityFound
from contracts.reply import ExchangeView
from contracts.vocabulary import OffenceGroup, Purpose, ReasonCode
from gateway.decide.answer import NEGATIVE
from gateway.decide.due import next_due
from gateway.decide.exchange import Applied, Delivery, Exchange, Refused
from tests.gateway.decide.scene import (
    DAY,
    INSPECTORATE,
    POLICE,
    PRISON,
    SYSTEM,
    Answer,
    Play,
    acknowledges,
    agreement,
    asks,
    claims,
    consent,
    new_id,
    no,
    opens,
    person,
    recalls,
    reviewer,
    reviews,
    supplements,
    yes,
)

DETAILS = (
    "preferred_name", "contact_channel", "safe_times", "access_needs", "meeting_place", "safety_notes",
    "representative_name", "representative_channel", "exclusion", "home_address", "date_of_birth", "second_number",
)  # fmt: skip
PURPOSES: tuple[Purpose, ...] = ("approach", "conference", "preparation", "representative", "rotl-check")
STEPS = (1, 60, DAY, 7 * DAY, 28 * DAY, 91 * DAY, 400 * DAY)
IDS = st.sampled_from(["A", "B", "R"])
fields = st.lists(st.sampled_from(DETAILS), max_size=6, unique=True).map(tuple)
FLAWS = st.sampled_from(["", "", "", "", "extra", "gap", "long", "somebody else"])
OPENED = st.sampled_from(["current", "current", "current", "old", "subject", "review", "unknown"])
groups = st.sampled_from(["other", "other", "hate"])
sides = st.sampled_from([PRISON, PRISON, POLICE, POLICE, INSPECTORATE, "prison-lei", "police-14"])


def _permitted(purpose: Purpose) -> tuple[str, ...]:
    found = agreement().rule(purpose)
    return found.fields if found else ()


class HandOvers(RuleBasedStateMachine):
    """One exchange, every message, and a model beside it that knows nothing of the states."""

    def __init__(self) -> None:
        super().__init__()
        self.forget()

    def forget(self) -> None:
        """Nothing has been asked."""
        self.play = Play()
        self.asked: tuple[str, ...] | None = None
        self.purpose: Purpose = "conference"
        self.sensitive = False
        self.reviewed = True
        self.yes: dict[str, tuple[tuple[str, ...], int]] = {}
        self.current: str | None = None
        self.subject: str | None = None
        self.reviews: list[str] = []
        self.over = False
        self.answer_by = 0

    def say(self, said: Claims[Any] | Answer, code: ReasonCode | None = None) -> Applied | Refused:
        """A message, by a person who has just signed in."""
        if isinstance(said, Claims) and isinstance(said.actor, Person):
            said = replace(said, actor=replace(said.actor, auth_time=self.play.now))
        return self.play.say(said, code)

    @initialize(purpose=st.sampled_from(PURPOSES), group=groups, answered=st.booleans())
    def begin(self, purpose: Purpose, group: OffenceGroup, *, answered: bool) -> None:
        """Half of the runs begin with details shared: most of what could go wrong does so later."""
        self.request(purpose, _permitted(purpose), group, ())
        if answered:
            self.review("R", "advanced", decline=False)
            self.answer_yes("A", "extra", 30, named=False)

    @rule(purpose=st.sampled_from(PURPOSES), wanted=fields, group=groups, flags=st.sampled_from([(), ("stalking",)]))
    def request(self, purpose: Purpose, wanted: tuple[Any, ...], group: OffenceGroup, flags: Any) -> None:
        body = asks(purpose, fields=wanted, offence_groups=(group,), sensitivities=flags)
        said = claims(PRISON, POLICE, body, sealed=("subject",))
        if isinstance(self.say(said), Applied):
            assert self.asked is None
            assert set(wanted) <= set(_permitted(purpose))
            self.asked, self.purpose, self.subject = wanted, purpose, said.jti
            self.sensitive = bool(flags) or group != "other"
            self.reviewed = not self.sensitive
            assert self.play.exchange is not None
            self.answer_by = self.play.exchange.answer_by
        elif self.asked is None:
            self.play.exchange = None  # another one is asked for anew

    @rule(by=IDS, flaw=FLAWS, days=st.sampled_from([1, 30, 170]), named=st.booleans())
    def answer_yes(self, by: str, flaw: str, days: int, *, named: bool) -> None:
        asked = self.asked or ()
        given = {"gap": asked[1:], "extra": (*asked, *(f for f in DETAILS if f not in asked))}.get(flaw, asked)
        until = self.play.now + (days if flaw != "long" else 181) * DAY
        guardian = (self.purpose == "representative") != (flaw == "somebody else")
        who = "guardian" if guardian else "victim"
        said = yes(
            "shared" if asked else "agreed",
            sealed=given,
            consent=consent(given_at=self.play.now, valid_until=until, given_by=who),
            supersedes=self.play.exchange.answer if self.play.exchange and named else None,
            actor=person(POLICE, by),
        )
        result = self.say(said)
        if isinstance(result, Applied):
            assert set(result.keep) <= set(asked) & set(_permitted(self.purpose)) & set(given)
            assert flaw in ("", "extra") or (flaw == "gap" and not asked)
            assert self.reviewed, "a yes before its review"
            assert person(POLICE, by).id not in self.play.exchange.reviewed_by  # type: ignore[union-attr]
            assert not self.over, "a yes after an end"
            self.yes[said.jti] = (result.keep, min(until, self.play.now + 90 * DAY))
            self.current = said.jti

    @rule(code=st.sampled_from(["R15", *NEGATIVE]), supersede=st.booleans())
    def answer_no(self, code: ReasonCode, *, supersede: bool) -> None:
        earlier = self.play.exchange.answer if self.play.exchange and supersede else None
        elsewhere = {"outcome": "held-elsewhere", "held_by": "police-14"} if code == "R15" else {}
        result = self.say(no(**elsewhere, supersedes=earlier), code)
        if isinstance(result, Applied):
            assert self.current is None, "a yes was taken back without a recall"
            self.over = self.over or code == "R15"

    @rule(by=IDS, training=st.sampled_from(["foundation", "advanced"]), decline=st.booleans())
    def review(self, by: str, training: str, *, decline: bool) -> None:
        actor = reviewer(id=person(POLICE, by).id, training=training)
        said = reviews("decline" if decline else "proceed", actor=actor)
        if isinstance(self.say(said), Applied):
            assert training == "advanced"
            self.reviewed = not decline
            self.reviews.append(said.jti)

    @rule(found=st.sampled_from(["hate", "stalking"]))
    def find(self, found: Any) -> None:
        before = self.play.exchange
        result = self.say(claims(POLICE, "gateway", SensitivityFound(found=(found,))))
        if isinstance(result, Applied) and before and (found not in before.sensitivities or not self.sensitive):
            self.sensitive, self.reviewed = True, False

    @rule(which=st.sampled_from(["accepted", "more", "supplement", "cancel", "outcome", "final", "recall", "ack"]))
    def speak(self, which: str) -> None:
        answer = (self.play.exchange.answer if self.play.exchange else None) or new_id()
        outcome = Outcome(
            contact="made", chose="letter", status="completed", disclosure="not-disclosable", final=which == "final"
        )
        said = {
            "accepted": claims(POLICE, PRISON, Accepted(office="main"), actor=SYSTEM),
            "more": claims(POLICE, PRISON, MoreNeeded(missing=("letter",)), actor=SYSTEM),
            "supplement": supplements(),
            "cancel": claims(PRISON, POLICE, Cancellation(why="other"), actor=SYSTEM),
            "outcome": claims(PRISON, POLICE, outcome),
            "final": claims(PRISON, POLICE, outcome),
            "recall": recalls(answer),
            "ack": acknowledges(answer),
        }[which]
        if isinstance(self.say(said), Applied):
            self.over = self.over or which in ("cancel", "final", "recall")
            self.subject = said.jti if which == "supplement" else self.subject

    @rule(by=sides, what=OPENED, wanted=st.one_of(st.none(), st.none(), fields), actor=st.sampled_from([None, SYSTEM]))
    def open(self, by: str, what: str, wanted: tuple[str, ...] | None, actor: System | None) -> None:
        ofs = {
            "current": self.current,
            "old": next(iter(self.yes), None),
            "subject": self.subject,
            "review": self.reviews[-1] if self.reviews else None,
        }
        of = ofs.get(what) or new_id()
        released = {"subject": ("subject",), "review": ("reasons",)}.get(what, self.yes.get(of, ((), 0))[0])
        result = self.say(opens(by, of, *(wanted or released or ("safe_times",)), actor=actor or person(by)))
        if isinstance(result, Applied):
            assert actor is None, "handed over to a system"
            self._check(by, of, result)

    def _check(self, by: str, of: str, result: Applied) -> None:
        handed, now = set(result.hand_over), self.play.now
        if by == INSPECTORATE:
            assert of in self.reviews
            assert handed == {"reasons"}
            return
        assert not self.over, "handed over after an end"
        if by == POLICE:
            assert (of, handed) == (self.subject, {"subject"})
            assert self.current or now < self.answer_by
            return
        assert by == PRISON
        assert of == self.current
        kept, until = self.yes[of]
        assert now < until, "handed over after the end of the yes"
        assert handed <= set(kept) & set(self.asked or ()) & set(_permitted(self.purpose))

    @rule(step=st.sampled_from(STEPS), swept=st.booleans())
    def wait(self, step: int, *, swept: bool) -> None:
        self.play.now += step
        if swept:
            self.sweep()

    @precondition(lambda self: self.play.exchange is not None)
    @rule()
    def wait_for_what_is_due(self) -> None:
        """To the very second, and nothing has swept yet."""
        due = next_due(self.play.exchange) if self.play.exchange else None
        self.play.now = max(self.play.now, due or 0)

    @rule()
    def sweep(self) -> None:
        events = self.play.sweep()
        self.over = self.over or any(name in ("window-ended", "expired") for name, _ in events)
        if events and events[-1][1].erase_record:
            self.forget()
        elif self.play.exchange is not None:
            due = next_due(self.play.exchange)
            assert due is None or due > self.play.now

    @precondition(lambda self: self.play.exchange is not None)
    @invariant()
    def what_is_over_stays_over(self) -> None:
        exchange = self.play.exchange
        assert exchange is not None
        if exchange.erased:
            assert exchange.stage not in ("with-police", "shared", "agreed")
            assert exchange.open_until is None
            assert exchange.erase_at is not None or exchange.stage == "refused"
        if exchange.stage in ("shared", "agreed"):
            assert exchange.answer in self.yes


class Twins(RuleBasedStateMachine):
    """Two exchanges that the requester treats alike. In one the holder says no; in the other it says nothing more."""

    said: Play
    silent: Play
    no_given: bool

    @initialize(group=groups)
    def begin(self, group: OffenceGroup) -> None:
        self.said, self.silent, self.no_given = Play(), Play(), False
        self.both(claims(PRISON, POLICE, asks(offence_groups=(group,)), sealed=("subject",)))

    def both(self, message: Claims[Any]) -> None:
        """A message that comes upon both alike: what the requester can see of it is the same."""
        if message.iss == PRISON and isinstance(message.actor, Person):
            message = replace(message, actor=replace(message.actor, auth_time=self.said.now))
        first, second = self.said.say(message), self.silent.say(message)
        if message.iss == PRISON:
            assert _outcome(first) == _outcome(second)

    @precondition(lambda self: not self.no_given)
    @rule(which=st.sampled_from(["accepted", "more", "sensitive", "proceed"]))
    def holder(self, which: str) -> None:
        said = {
            "accepted": claims(POLICE, PRISON, Accepted(office="main"), actor=SYSTEM),
            "more": claims(POLICE, PRISON, MoreNeeded(missing=("letter", "identifiers")), actor=SYSTEM),
            "sensitive": claims(POLICE, "gateway", SensitivityFound(found=("stalking",))),
            "proceed": reviews("proceed"),
        }
        self.both(said[which])

    @rule(code=st.sampled_from(NEGATIVE), sealed=st.booleans())
    def answer_no(self, code: ReasonCode, *, sealed: bool) -> None:
        earlier = self.said.exchange.answer if self.said.exchange else None
        self._alone(no(supersedes=earlier, sealed=("home_address",) if sealed else ()), code)

    @rule()
    def decline(self) -> None:
        self._alone(reviews("decline", actor=reviewer()), None)

    @rule(which=st.sampled_from(["recall", "more", "late yes"]))
    def meddle(self, which: str) -> None:
        """What a holder may try after its no, and what must not reach the requester either."""
        if not self.no_given or self.said.exchange is None:
            return
        answer = self.said.exchange.answer or new_id()
        if which == "recall":
            self._alone(recalls(answer), None)
        elif which == "more":
            self._alone(claims(POLICE, PRISON, MoreNeeded(missing=("letter",)), actor=SYSTEM), None)
        elif self.said.now >= self.said.exchange.answer_by:
            self._alone(yes(supersedes=answer, consent=_until(self.said.now)), None)

    def _alone(self, message: Claims[Any] | Answer, code: ReasonCode | None) -> None:
        result = self.said.say(message, code)
        if isinstance(result, Applied):
            self.no_given = True
            assert [d for d in result.deliver if d.to == PRISON] == []

    @rule(which=st.sampled_from(["supplement", "cancel", "outcome", "ack", "open", "again"]))
    def requester(self, which: str) -> None:
        outcome = Outcome(contact="made", chose="letter", status="completed", disclosure="not-disclosable", final=True)
        named = new_id()
        said = {
            "supplement": supplements(),
            "cancel": claims(PRISON, POLICE, Cancellation(why="other")),
            "outcome": claims(PRISON, POLICE, outcome),
            "ack": acknowledges(named),
            "open": opens(PRISON, named, "safe_times"),
            "again": claims(PRISON, POLICE, asks(), sealed=("subject",)),
        }
        self.both(said[which])

    @rule(step=st.sampled_from((1, DAY, 3 * DAY, 10 * DAY, 28 * DAY)), swept=st.booleans())
    def wait(self, step: int, *, swept: bool) -> None:
        for play in (self.said, self.silent):
            play.now += step
        if swept:
            told = [[_told(applied) for _, applied in play.sweep()] for play in (self.said, self.silent)]
            assert [each for each in told[0] if each] == [each for each in told[1] if each]

    @rule()
    def wait_for_the_end_of_the_window(self) -> None:
        """To the very second, and nothing has swept yet."""
        for play in (self.said, self.silent):
            play.now = max(play.now, play.exchange.answer_by if play.exchange else 0)

    @invariant()
    def the_requester_sees_the_same(self) -> None:
        if hasattr(self, "said"):
            assert _seen(self.said) == _seen(self.silent)


def _until(now: int) -> Any:
    return consent(given_at=now, valid_until=now + DAY)


def _seen(play: Play) -> ExchangeView | None:
    return play.seen(PRISON) if play.exchange else None


def _told(applied: Applied) -> list[Delivery]:
    return [delivery for delivery in applied.deliver if delivery.to == PRISON]


def _outcome(result: Applied | Refused) -> tuple[Any, ...]:
    """What a sender can see of what became of its message: everything but the exchange behind it."""
    if isinstance(result, Refused):
        return (result.slug, result.detail, result.code, result.clauses, result.where)
    left: Exchange | None = result.exchange
    return (
        result.clauses,
        result.code,
        result.keep,
        result.hand_over,
        result.erase,
        _told(result),
        left and left.stage,
    )


TestHandOvers = HandOvers.TestCase
TestHandOvers.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestTwins = Twins.TestCase
TestTwins.settings = settings(max_examples=250, stateful_step_count=30, deadline=None)

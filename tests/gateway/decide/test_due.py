"""What time alone does: each due date to the second, told to those who may know, once."""

from typing import Any

from contracts.messages.accepted import Accepted
from contracts.messages.cancellation import Cancellation
from contracts.messages.more_needed import MoreNeeded
from contracts.messages.outcome import Outcome
from contracts.messages.sensitivity import SensitivityFound
from gateway.decide.calendar import due
from gateway.decide.due import next_due
from gateway.decide.exchange import Applied
from tests.gateway.decide.scene import (
    DAY,
    NOW,
    POLICE,
    PRISON,
    Answer,
    Play,
    acknowledges,
    claims,
    consent,
    no,
    recalls,
    reviews,
    yes,
)

ACCEPT, REVIEW, ANSWER = (due(NOW, f"{days} working days") for days in (2, 5, 20))


def _names(events: list[tuple[str, Applied]]) -> list[str]:
    return [name for name, _ in events]


def _told(events: list[tuple[str, Applied]]) -> list[tuple[str, Any, int | None]]:
    return [(d.to, d.notice, d.due) for _, applied in events for d in applied.deliver]


def _at(play: Play, now: int) -> list[tuple[str, Applied]]:
    play.now = now
    return play.sweep()


def test_acceptance_and_review_are_owed_each_in_its_own_time() -> None:
    """A sensitive case: two working days for the office, five for the review; the holder is told, nobody else."""
    play = Play()
    play.asked(offence_groups=("sexual",))
    assert play.exchange is not None
    assert next_due(play.exchange) == ACCEPT
    assert _at(play, ACCEPT - 1) == []
    assert _told(_at(play, ACCEPT)) == [(POLICE, "overdue", ACCEPT)]
    assert next_due(play.exchange) == REVIEW
    assert _told(_at(play, REVIEW)) == [(POLICE, "overdue", REVIEW)]
    assert next_due(play.exchange) == ANSWER
    assert play.exchange.overdue


def test_what_was_done_in_time_is_never_overdue() -> None:
    """An accepted request still owes its review, a reviewed one still its office; an answered one owes nothing."""
    told = {}
    for name, said in {
        "nothing": (),
        "accepted": (claims(POLICE, PRISON, Accepted(office="main")),),
        "more needed": (claims(POLICE, PRISON, MoreNeeded(missing=("letter",))),),
        "reviewed": (reviews("proceed"),),
        "both": (claims(POLICE, PRISON, Accepted(office="main")), reviews("proceed")),
        "declined": (reviews("decline"),),
        "no": (no(),),
    }.items():
        play = Play()
        play.asked(offence_groups=("sexual",))
        for each in said:
            play.accept(each, "R19" if isinstance(each, Answer) else None)
        told[name] = [due_by for _, _, due_by in _told(_at(play, ACCEPT)) + _told(_at(play, REVIEW))]
        assert play.exchange is not None
        assert play.exchange.overdue == bool(told[name])
    assert told == {
        "nothing": [ACCEPT, REVIEW],
        "accepted": [REVIEW],
        "more needed": [REVIEW],
        "reviewed": [ACCEPT],
        "both": [],
        "declined": [],
        "no": [],
    }


def test_every_exchange_is_looked_at_alike_while_it_is_with_the_police() -> None:
    """The same lines at the same instants, ordinary or sensitive, accepted, silent or ended in a no."""
    for body in ({}, {"offence_groups": ("sexual",)}):
        for said in ((), (claims(POLICE, PRISON, Accepted(office="main")),), (no(),)):
            play = Play()
            play.asked(**body)
            for each in said:
                play.accept(each, "R19" if isinstance(each, Answer) else None)
            looks = [
                (instant, _names(_at(play, instant))) for instant in (ACCEPT - 1, ACCEPT, REVIEW - 1, REVIEW, ANSWER)
            ]
            lines = [names for _, names in looks]
            assert lines == [[], ["time-checked"], [], ["time-checked"], ["window-ended"]]


def test_a_sensitivity_found_later_gives_the_reviewer_the_whole_time() -> None:
    """Five working days from the finding: nobody is late at the regular look, nor where the review came in time."""
    for reviewed in (False, True):
        play = Play()
        play.asked()
        play.accept(claims(POLICE, PRISON, Accepted(office="main")))
        play.now = NOW + 3 * DAY
        play.accept(claims(POLICE, "gateway", SensitivityFound(found=("hate",))))
        owed = due(play.now, "5 working days")
        assert owed > REVIEW
        assert _told(_at(play, REVIEW)) == []
        if reviewed:
            play.accept(reviews("proceed"))
        assert _told(_at(play, owed)) == ([] if reviewed else [(POLICE, "overdue", owed)])
    late = Play()
    late.asked()
    _at(late, REVIEW + DAY)
    late.accept(claims(POLICE, "gateway", SensitivityFound(found=("hate",))))
    assert late.exchange is not None
    assert next_due(late.exchange) == due(late.now, "5 working days")


def test_the_window_ends_alike_for_a_no_and_a_silence() -> None:
    """One event, one clause, one notice to each, one erasure; only the exact code differs, which is for inspectors."""
    ended = {}
    for name in ("no", "silence"):
        play = Play()
        play.asked()
        if name == "no":
            play.accept(no(), "R19")
        assert "window-ended" not in _names(_at(play, ANSWER - 1))
        ((event, applied),) = _at(play, ANSWER)
        assert (event, applied.clauses, applied.erase) == ("window-ended", ("9.4",), "11.8")
        ended[name] = (applied.deliver, play.seen(PRISON))
        assert applied.code == ("R19" if name == "no" else None)
    assert ended["no"] == ended["silence"]
    assert [(d.to, d.notice) for d in ended["no"][0]] == [(PRISON, "cannot-proceed"), (POLICE, "cannot-proceed")]


def test_after_the_window_nothing_is_owed_in_it() -> None:
    """A gateway that slept past the end tells of the end alone, not of what was owed before."""
    play = Play()
    play.asked(offence_groups=("sexual",))
    assert _names(_at(play, ANSWER + DAY)) == ["window-ended"]
    assert play.exchange is not None
    assert next_due(play.exchange) == due(play.now, "2190 days")


def test_the_end_of_the_yes_erases_and_still_asks_for_the_outcome() -> None:
    """`expired` to both; the outcome stays owed, and its notice goes to the requester."""
    play = Play()
    play.asked()
    play.shared()
    events = _at(play, NOW + DAY)
    assert _names(events) == ["expired"]
    assert _told(events) == [(PRISON, "expired", None), (POLICE, "expired", None)]
    assert events[0][1].erase == "11.8"
    outcome_by = due(NOW, "60 working days")
    assert play.exchange is not None
    assert next_due(play.exchange) == outcome_by
    events = _at(play, outcome_by)
    assert _names(events) == ["outcome-overdue"]
    assert _told(events) == [(PRISON, "outcome-overdue", outcome_by)]


def test_a_cancelled_or_withdrawn_exchange_owes_no_outcome() -> None:
    """Nobody is chased for an outcome that nobody waits for."""
    for ending in ("cancelled", "withdrawn"):
        play = Play()
        play.asked()
        answer = play.shared().jti
        play.accept(claims(PRISON, POLICE, Cancellation(why="other")) if ending == "cancelled" else recalls(answer))
        if ending == "withdrawn":
            play.accept(acknowledges(answer))
        assert play.exchange is not None
        assert next_due(play.exchange) == play.exchange.erase_at


def test_a_recall_is_chased_once_even_after_an_overdue_acceptance() -> None:
    """Both sides are told, on the day; an acknowledgement is heard before and after."""
    play = Play()
    play.asked()
    _at(play, ACCEPT)
    assert play.exchange is not None
    assert play.exchange.overdue
    said = yes(consent=consent(given_at=play.now, valid_until=play.now + DAY))
    play.accept(said)
    applied = play.accept(recalls(said.jti))
    acknowledge_by = due(play.now, "1 working day")
    assert [(d.to, d.due) for d in applied.deliver] == [(PRISON, acknowledge_by)]
    assert next_due(play.exchange) == acknowledge_by
    events = _at(play, acknowledge_by)
    assert _told(events) == [(PRISON, "overdue", acknowledge_by), (POLICE, "overdue", acknowledge_by)]
    assert play.sweep() == []
    assert play.exchange.acknowledge_by == acknowledge_by
    play.accept(acknowledges(said.jti))
    assert play.exchange.acknowledge_by is None


def test_the_record_goes_at_the_end_of_its_time() -> None:
    """Counted from the close; after it, nothing is ever due again."""
    play = Play()
    play.asked()
    play.shared()
    final = Outcome(contact="made", chose="letter", status="completed", disclosure="not-disclosable", final=True)
    play.accept(claims(PRISON, POLICE, final))
    assert play.exchange is not None
    erase_at = due(NOW, "2190 days")
    assert next_due(play.exchange) == erase_at
    ((name, applied),) = _at(play, erase_at)
    assert (name, applied.erase_record, applied.deliver) == ("record-erased", True, ())
    assert next_due(play.exchange) is None


def test_values_are_erased_once() -> None:
    """An end after an end orders no second erasure: expiry, then closing, then recall."""
    play = Play()
    play.asked()
    answer = play.shared().jti
    assert _at(play, NOW + DAY)[0][1].erase == "11.8"
    final = Outcome(contact="made", chose="letter", status="completed", disclosure="not-disclosable", final=True)
    assert play.accept(claims(PRISON, POLICE, final)).erase is None
    assert play.accept(recalls(answer)).erase is None


def test_several_due_dates_are_met_in_one_sweep() -> None:
    """What is due together happens in order, each on what the one before has left."""
    play = Play()
    play.asked()
    play.shared()
    events = _at(play, due(NOW, "2190 days") + 2 * DAY)
    assert _names(events) == ["expired", "outcome-overdue"]
    play.now = due(play.now, "2190 days")
    assert _names(play.sweep()) == ["record-erased"]

"""`open`: who is handed which values at which instant; each refusal with the clause that it rests on."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from contracts.messages.cancellation import Cancellation
from contracts.messages.more_needed import MoreNeeded
from contracts.messages.outcome import Outcome
from contracts.messages.sensitivity import SensitivityFound
from tests.gateway.decide.scene import (
    CONFERENCE,
    DAY,
    INSPECTORATE,
    NOW,
    POLICE,
    PRISON,
    SYSTEM,
    Play,
    claims,
    no,
    opens,
    person,
    recalls,
    reviewer,
    reviews,
    supplements,
)  # fmt: skip


def _shared() -> tuple[Play, str]:
    play = Play()
    play.asked()
    return play, play.shared().jti


def test_the_reader_is_handed_what_was_released_and_the_sealer_is_told() -> None:
    """Each field once, in the order asked for; the exchange does not change."""
    play, answer = _shared()
    before = play.exchange
    applied = play.accept(opens(PRISON, answer, "safe_times", "safe_times", "preferred_name"))
    assert applied.hand_over == ("safe_times", "preferred_name")
    told = [(d.to, d.notice, d.fields, d.why) for d in applied.deliver]
    assert told == [(POLICE, "opened", ("safe_times", "preferred_name"), "contact-victim")]
    assert play.exchange == before


@pytest.mark.parametrize(
    "actor",
    [
        SYSTEM,
        person(role="residential-officer"),
        person(training="none"),
        person(trained_until="2026-11-22"),
        person(amr=("pwd", "otp")),
        person(auth_time=NOW - 12 * 3600 - 1),
        person(auth_time=NOW + 11),
    ],
)
def test_an_unfit_reader_is_handed_nothing(actor: Any) -> None:
    """R04 by clause 4.6."""
    play, answer = _shared()
    refused = play.refuse(opens(PRISON, answer, "safe_times", actor=actor))
    assert (refused.slug, refused.code, refused.clauses) == ("not-permitted", "R04", ("4.6",))


@pytest.mark.parametrize("actor", [person(auth_time=NOW - 12 * 3600), person(auth_time=NOW + 10), person(amr=("mfa",))])
def test_the_bounds_of_a_sign_in_are_inside(actor: Any) -> None:
    """Twelve hours to the second, ten seconds of skew."""
    play, answer = _shared()
    play.accept(opens(PRISON, answer, "safe_times", actor=actor))


def test_one_factor_is_enough_only_where_the_agreement_says_so() -> None:
    """The second factor is the agreement's own demand."""
    play, answer = _shared()
    one = opens(PRISON, answer, "safe_times", actor=person(amr=("pwd",)))
    play.refuse(one)
    play.changes = {"opening": replace(play.situation.agreement.opening, multi_factor=False)}
    play.accept(one)


def test_hand_over_ends_to_the_second() -> None:
    """At `open_until` nothing is handed over, swept or not; a second before, it is."""
    play, answer = _shared()
    at_the_end = person(auth_time=NOW + DAY)
    play.now = NOW + DAY - 1
    play.accept(opens(PRISON, answer, "safe_times", actor=at_the_end))
    play.now = NOW + DAY
    for _ in ("before the sweep", "after it"):
        refused = play.refuse(opens(PRISON, answer, "safe_times", actor=at_the_end))
        assert (refused.slug, refused.clauses) == ("wrong-state", ("8.5",))
        play.sweep()
    assert play.exchange is not None
    assert play.exchange.stage == "expired"


@pytest.mark.parametrize("how", ["recall", "cancellation", "outcome"])
def test_nothing_opens_after_an_end(how: str) -> None:
    """Recall, cancellation, final outcome: neither the details nor the request."""
    play = Play()
    request = play.asked()
    answer = play.shared().jti
    final = Outcome(contact="made", chose="letter", status="completed", disclosure="not-disclosable", final=True)
    ends = {
        "recall": recalls(answer),
        "cancellation": claims(PRISON, POLICE, Cancellation(why="transferred")),
        "outcome": claims(PRISON, POLICE, final),
    }
    play.accept(opens(POLICE, request.jti, "subject"))
    play.accept(ends[how])
    assert play.refuse(opens(PRISON, answer, "safe_times")).slug == "wrong-state"
    assert play.refuse(opens(POLICE, request.jti, "subject")).slug == "wrong-state"


def test_the_holder_reads_the_request_while_it_is_dealt_with() -> None:
    """The current subject, until the window has ended; the supplement's takes the place of the request's."""
    play = Play()
    request = play.asked()
    play.accept(opens(POLICE, request.jti, "subject"))
    play.accept(claims(POLICE, PRISON, MoreNeeded(missing=("identifiers",))))
    supplement = supplements()
    play.accept(supplement)
    assert play.refuse(opens(POLICE, request.jti, "subject")).where == "of"
    applied = play.accept(opens(POLICE, supplement.jti, "subject"))
    assert applied.deliver == (), "the rhythm of the police's reading would tell a no from a silence"
    play.accept(no(), "R19")
    play.accept(opens(POLICE, supplement.jti, "subject"))
    assert play.exchange is not None
    play.now = play.exchange.answer_by
    late = person(POLICE, auth_time=play.now)
    assert play.refuse(opens(POLICE, supplement.jti, "subject", actor=late)).slug == "wrong-state"


def test_fields_that_were_not_released_are_refused_by_name() -> None:
    """R17: not asked for, never released, or the other side's."""
    play = Play()
    play.asked(fields=CONFERENCE[:2])
    answer = play.shared().jti
    for field in ("safe_times", "home_address", "subject", "reasons"):
        assert play.refuse(opens(PRISON, answer, CONFERENCE[0], field)).code == "R17"
    assert play.refuse(opens(PRISON, "01890a5d-ac96-774b-bcce-b302099a8057", CONFERENCE[0])).where == "of"


def test_a_requester_opens_nothing_before_the_yes() -> None:
    """Whatever it names, and whatever has been answered."""
    play = Play()
    play.asked()
    assert play.refuse(opens(PRISON, "01890a5d-ac96-774b-bcce-b302099a8057", "safe_times")).slug == "wrong-state"
    said = no()
    play.accept(said, "R19")
    assert play.refuse(opens(PRISON, said.jti, "safe_times")).slug == "wrong-state"


def test_inspectors_read_every_reviewers_reasons_and_nothing_else() -> None:
    """Of the first review and of the second, at every stage; never a detail."""
    play = Play()
    play.asked(offence_groups=("hate",))
    first, second = reviews("proceed"), reviews("decline", actor=reviewer(id="Q" * 22))
    play.accept(first)
    play.accept(claims(POLICE, "gateway", SensitivityFound(found=("stalking",))))
    play.accept(second)
    assert play.exchange is not None
    play.now = play.exchange.answer_by
    play.sweep()
    reader = person(INSPECTORATE, auth_time=play.now)
    for review in (first, second):
        applied = play.accept(opens(INSPECTORATE, review.jti, "reasons", actor=reader))
        assert [d.to for d in applied.deliver] == [POLICE]
        assert play.refuse(opens(INSPECTORATE, review.jti, "subject", actor=reader)).code == "R17"
    assert play.refuse(opens(INSPECTORATE, play.exchange.subject, "subject", actor=reader)).where == "of"


def test_nobody_opens_under_another_version_or_without_having_joined() -> None:
    """Clause 12.1: R05 after the agreement's last day, for inspectors too."""
    play = Play()
    play.asked(offence_groups=("hate",))
    review = reviews("proceed")
    play.accept(review)
    answer = play.shared().jti
    play.accept(opens(INSPECTORATE, review.jti, "reasons"))
    play.changes = {"ends": date(2026, 11, 22)}
    assert play.refuse(opens(PRISON, answer, "safe_times")).code == "R05"
    assert play.refuse(opens(INSPECTORATE, review.jti, "reasons")).code == "R05"


def test_an_open_is_for_the_gateway() -> None:
    """Addressed to an agency it is refused."""
    play, answer = _shared()
    body = opens(PRISON, answer, "safe_times").body
    assert play.refuse(claims(PRISON, POLICE, body)).where == "to"

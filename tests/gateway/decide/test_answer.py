"""The holder's answer: consent, fields, reasons and corrections, each rule with its positive control."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from contracts.messages.more_needed import MoreNeeded
from contracts.vocabulary import ReasonCode
from gateway.decide.answer import NEGATIVE
from tests.gateway.decide.scene import (
    CONFERENCE,
    DAY,
    NOW,
    POLICE,
    PRISON,
    SYSTEM,
    Play,
    agreement,
    claims,
    consent,
    no,
    person,
    reviewer,
    reviews,
    supplements,
    yes,
)  # fmt: skip


@pytest.mark.parametrize("code", NEGATIVE)
def test_a_no_stays_with_the_holder(code: ReasonCode) -> None:
    """Whatever the code: nothing is delivered, nothing is kept, and the stage does not move."""
    play = Play()
    play.asked()
    applied = play.accept(no(sealed=("home_address",)), code)
    assert (applied.deliver, applied.keep, applied.erase) == ((), (), None)
    assert (applied.code, applied.withheld) == (code, ("home_address",))
    assert play.exchange is not None
    assert (play.exchange.stage, play.exchange.code, play.exchange.ended_no) == ("with-police", code, True)


def test_the_faces_of_all_reasons_agree_with_what_may_be_answered() -> None:
    """What the agreement lets a holder say as `cannot-proceed` are the codes with that face (R12 if not flagged)."""
    faces = {reason.code for reason in agreement().reason if reason.face in ("cannot-proceed", "told-if-flagged")}
    assert set(NEGATIVE) == faces


def test_a_yes_is_told_at_once_and_lasts_as_long_as_both_allow() -> None:
    """Hand-over ends with the consent or with the retention of values, whichever is sooner."""
    for lasts, days in ((DAY, 1), (120 * DAY, 90)):
        play = Play()
        play.asked()
        said = yes(consent=consent(valid_until=NOW + lasts), sealed=(*CONFERENCE, "home_address"))
        applied = play.accept(said)
        assert (applied.keep, applied.withheld) == (CONFERENCE, ("home_address",))
        assert [(d.to, d.withheld, d.notice) for d in applied.deliver] == [(PRISON, 1, None)]
        assert play.exchange is not None
        assert play.exchange.open_until == NOW + days * DAY


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"consent": None}, "consent"),
        ({"consent": consent(informed=())}, "consent.informed"),
        ({"consent": consent(given_by="guardian")}, "consent.given_by"),
        ({"consent": consent(given_at=NOW + 11)}, "consent.given_at"),
        ({"consent": consent(given_at=NOW - DAY, valid_until=NOW)}, "consent.valid_until"),
        ({"consent": consent(valid_until=NOW + 180 * DAY + 1)}, "consent.valid_until"),
        ({"consent": consent(letter="L" * 43)}, "consent.letter"),
        ({"sealed": CONFERENCE[1:]}, "sealed"),
        ({"outcome": "agreed"}, "outcome"),
        ({"held_by": "police-14"}, "held_by"),
        ({"supersedes": "01890a5d-ac96-774b-bcce-b302099a8057"}, "exact.supersedes"),
    ],
)
def test_a_yes_with_a_flaw_is_not_one(changes: dict[str, Any], where: str) -> None:
    """Each flaw by itself is named, and the answer without it is accepted."""
    play = Play()
    play.asked()
    refused = play.refuse(yes(**changes))
    assert (refused.slug, refused.where) == ("unfit", where)
    longest = consent(given_at=NOW + 10, valid_until=NOW + 10 + 180 * DAY)
    play.accept(yes(consent=longest))


@pytest.mark.parametrize("actor", [SYSTEM, person(POLICE, role="reviewer"), person(POLICE, role="custodian")])
def test_a_yes_is_recorded_by_a_person_who_may(actor: Any) -> None:
    """R04 by clause 4.2."""
    play = Play()
    play.asked()
    refused = play.refuse(yes(actor=actor))
    assert (refused.code, refused.clauses) == ("R04", ("4.2",))


def test_a_purpose_that_is_no_longer_permitted_is_answered_by_no_yes() -> None:
    """The agreement may have changed since the request: what it does not say is refused (R03)."""
    play = Play()
    play.asked()
    play.changes = {"purpose": agreement().purpose[:1]}
    assert play.refuse(yes()).code == "R03"
    play.accept(no(), "R20")


def test_what_the_agreement_no_longer_releases_is_dropped() -> None:
    """Fields are those of the purpose on the day of the answer."""
    play = Play()
    play.asked()
    rules = tuple(r for r in agreement().purpose if r.name != "conference")
    fewer = next(r for r in agreement().purpose if r.name == "conference")
    play.changes = {"purpose": (*rules, replace(fewer, fields=("safe_times",)))}
    applied = play.accept(yes())
    assert applied.keep == ("safe_times",)
    assert set(applied.withheld) == set(CONFERENCE) - {"safe_times"}


@pytest.mark.parametrize(
    ("outcome", "code", "body", "where"),
    [
        ("cannot-proceed", "R13", {}, "exact.code"),
        ("cannot-proceed", "R17", {}, "exact.code"),
        ("cannot-proceed", None, {}, "exact.code"),
        ("cannot-proceed", "R19", {"consent": consent()}, "consent"),
        ("held-elsewhere", "R20", {"held_by": "police-14"}, "exact.code"),
        ("held-elsewhere", None, {"held_by": "police-14"}, "exact.code"),
        ("held-elsewhere", "R15", {}, "held_by"),
        ("held-elsewhere", "R15", {"held_by": POLICE}, "held_by"),
        ("held-elsewhere", "R15", {"held_by": "vlu-13"}, "held_by"),
        ("held-elsewhere", "R13", {"held_by": "police-14"}, "held_by"),
        ("held-elsewhere", "R13", {"held_by": "vlu-77"}, "held_by"),
    ],
)
def test_reason_and_outcome_fit(outcome: str, code: str | None, body: dict[str, Any], where: str) -> None:
    """Each outcome has its codes, and held elsewhere its agency of the right kind."""
    play = Play()
    play.asked()
    refused = play.refuse(no(outcome, **body), code)
    assert (refused.slug, refused.where) == ("unfit", where)


def test_a_yes_carries_no_reason() -> None:
    """A code beside a yes is refused."""
    play = Play()
    play.asked()
    assert play.refuse(yes(), "R19").where == "exact.code"


def test_held_elsewhere_ends_the_exchange_even_after_a_no() -> None:
    """The requester is told where, at once; the values go; a no before it is corrected by it."""
    play = Play()
    play.asked()
    first = no()
    play.accept(first, "R02")
    applied = play.accept(no("held-elsewhere", held_by="police-14", supersedes=first.jti), "R15")
    assert [d.to for d in applied.deliver] == [PRISON]
    assert applied.erase == "11.8"
    assert play.exchange is not None
    assert (play.exchange.stage, play.exchange.held_by, play.exchange.ended_no) == (
        "held-elsewhere",
        "police-14",
        False,
    )
    assert play.exchange.told == ("9.3",)


def test_a_correction_names_what_it_corrects() -> None:
    """A no by a no, a no by a yes, a yes by a yes; never a yes by a no, which is a recall's to do."""
    play = Play()
    play.asked()
    first = no()
    play.accept(first, "R14")
    assert play.refuse(no(), "R19").where == "exact.supersedes"
    second = no(supersedes=first.jti)
    play.accept(second, "R19")
    assert play.refuse(yes(supersedes=first.jti)).where == "exact.supersedes"
    third = yes(supersedes=second.jti)
    play.accept(third)
    assert play.exchange is not None
    assert (play.exchange.ended_no, play.exchange.code, play.exchange.stage) == (False, None, "shared")
    assert play.refuse(no(supersedes=third.jti), "R19").slug == "wrong-state"
    applied = play.accept(yes(supersedes=third.jti))
    assert applied.drop == third.jti, "what is corrected is kept no longer"


def test_a_sensitive_case_needs_its_review_and_another_person() -> None:
    """R08 before the review, R04 for whoever reviewed it, and then a colleague's yes."""
    play = Play()
    play.asked(offence_groups=("stalking",))
    assert play.refuse(yes()).code == "R08"
    play.accept(reviews("proceed"))
    same = person(POLICE, id=reviewer().id)
    assert play.refuse(yes(actor=same)).clauses == ("7.4",)
    play.accept(yes())


def test_a_declined_case_has_its_answer() -> None:
    """Neither a yes nor another reason takes the place of R08."""
    play = Play()
    play.asked(offence_groups=("stalking",))
    play.accept(reviews("decline"))
    for said, code in ((yes(), None), (no(), "R19"), (no("held-elsewhere", held_by="police-14"), "R15")):
        assert play.refuse(said, code).slug == "wrong-state"


def test_a_no_is_heard_after_the_agreement_has_lapsed() -> None:
    """Clause 12.3: a no and held elsewhere pass; a yes does not (R05)."""
    for said, code in ((no(), "R19"), (no("held-elsewhere", held_by="police-14"), "R15")):
        play = Play()
        play.asked()
        play.changes = {"ends": date(2026, 11, 22)}
        assert play.refuse(yes()).code == "R05"
        play.accept(said, code)


def test_answers_are_the_holders_to_give_and_for_the_requester() -> None:
    """By the requester R04; by a stranger as if there were nothing; to another agency a wrong address."""
    play = Play()
    play.asked()
    body = yes().claims.body
    assert play.refuse(claims(PRISON, PRISON, body)).code == "R04"
    assert play.refuse(yes(iss="police-14")).slug == "not-found"
    assert play.refuse(yes(to="prison-lei")).where == "to"


def test_a_supplement_takes_the_place_of_the_subject() -> None:
    """The earlier one is kept no longer."""
    play = Play()
    request = play.asked()
    play.accept(claims(POLICE, PRISON, MoreNeeded(missing=("identifiers",))))
    applied = play.accept(supplements())
    assert (applied.keep, applied.drop) == (("subject",), request.jti)


def test_a_supplement_is_taken_after_a_no_as_after_a_silence() -> None:
    """And until then the requester still reads what is missing."""
    seen = []
    for said in ((), (no(),)):
        play = Play()
        play.asked()
        play.accept(claims(POLICE, PRISON, MoreNeeded(missing=("identifiers",))))
        for each in said:
            play.accept(each, "R19")
        seen.append(play.seen(PRISON))
        play.accept(supplements())
        seen.append(play.seen(PRISON))
    assert seen[:2] == seen[2:]

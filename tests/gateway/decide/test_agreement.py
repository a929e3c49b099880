"""The agreement applied to a request: every finding by itself, in the agreement's order, with a positive control."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from contracts.envelope import AgreementRef
from gateway.decide.agreement import in_force, may_act, refusal, sensitive, trained
from gateway.decide.exchange import Refused
from tests.gateway.decide.scene import (
    DIGEST,
    GROUNDS,
    NOT_JOINED,
    NOW,
    POLICE,
    PRISON,
    SYSTEM,
    Play,
    agency,
    agreement,
    asks,
    claims,
    person,
    situation,
)  # fmt: skip


def test_a_term_includes_both_its_days() -> None:
    """In force from the start of its first day to the end of its last (UTC dates)."""
    terms = replace(agreement(), in_force=date(2026, 11, 23), ends=date(2026, 11, 24))
    midnight = NOW - 12 * 3600
    instants = (midnight - 1, midnight, midnight + 2 * 86_400 - 1, midnight + 2 * 86_400)
    assert [in_force(terms, instant) for instant in instants] == [False, True, True, False]


@pytest.mark.parametrize(
    ("changes", "least", "enough"),
    [
        ({"training": "none"}, "none", True),
        ({"training": "none"}, "foundation", False),
        ({"training": "foundation"}, "foundation", True),
        ({"training": "foundation"}, "advanced", False),
        ({"training": "advanced"}, "foundation", True),
        ({"training": "advanced", "trained_until": "2026-11-23"}, "advanced", True),
        ({"training": "advanced", "trained_until": "2026-11-22"}, "foundation", False),
        ({"training": "advanced", "trained_until": "2026-11-22"}, "none", True),
        ({"training": "advanced", "trained_until": "2026-02-31"}, "foundation", False),
    ],
)
def test_training_is_a_ladder_with_an_expiry(changes: dict[str, Any], least: Any, enough: bool) -> None:
    """Each step includes the one below; past its date it counts as none (clause 4.3), the day itself still counting."""
    assert trained(person(**changes), least, NOW) is enough


def test_a_system_never_acts_for_a_person() -> None:
    """Clause 4.5: whatever role is asked for."""
    assert may_act(person(), ("rj-coordinator",), "foundation", NOW)
    assert not may_act(SYSTEM, ("rj-coordinator",), "none", NOW)
    assert not may_act(person(role="other"), ("rj-coordinator",), "none", NOW)


@pytest.mark.parametrize("word", ["sexual", "domestic-abuse", "hate", "stalking", "death"])
def test_a_case_is_sensitive_by_flag_or_by_offence_group(word: str) -> None:
    """Part 7: either is enough; without both the case is ordinary."""
    assert sensitive(asks(sensitivities=(word,)), agreement())
    assert sensitive(asks(offence_groups=("other", word)), agreement())
    assert not sensitive(asks(), agreement())


def _asked(agency_id: str = PRISON, to: str = POLICE, body: Any = None, **changes: Any) -> Refused:
    return Play().refuse(claims(agency_id, to, body or asks(), sealed=("subject",), **changes))


def test_each_reason_by_itself() -> None:
    """R05 by version, by term, by accession; R04; R03; R12; R17; R10; R21: each names its clause."""
    other = AgreementRef(id="noms-acpo", version=2, digest=DIGEST)
    grounds = asks().grounds
    child = asks(sensitivities=("child-victim",))
    found = {
        "version": _asked(agreement=other),
        "joined": _asked(to=NOT_JOINED),
        "role": _asked(actor=person(role="residential-officer")),
        "asker": _asked("vlu-13", actor=person()),
        "holder": _asked(to="prison-lei"),
        "purpose": _asked(body=asks("other")),
        "child": _asked(body=child),
        "fields": _asked(body=asks(fields=("exclusion",))),
        "grounds": _asked(body=asks(grounds=())),
        "ground": _asked(body=asks(grounds=grounds[:1])),
    }
    assert {name: (refused.code, refused.clauses) for name, refused in found.items()} == {
        "version": ("R05", ("12.1",)),
        "joined": ("R05", ("12.1",)),
        "role": ("R04", ("4.1",)),
        "asker": ("R04", ("4.1",)),
        "holder": ("R04", ("4.2", "4.1")),
        "purpose": ("R03", ("3.1",)),
        "child": ("R12", ("7.6",)),
        "fields": ("R17", ("3.4", "3.8")),
        "grounds": ("R10", ("5.3", "5.1")),
        "ground": ("R21", ("5.3", "5.1")),
    }
    for refused in found.values():
        assert refused.exchange is not None
        assert (refused.exchange.stage, refused.exchange.told) == ("refused", refused.clauses)


def test_nobody_asks_outside_the_term() -> None:
    """After the last day, R05; both where the version is checked and among the agreement's own findings."""
    ended = {"ends": date(2026, 11, 22)}
    play = Play(changes=ended)
    assert play.refuse(claims(PRISON, POLICE, asks(), sealed=("subject",))).code == "R05"
    found = refusal(asks(), agency(PRISON), agency(POLICE), person(), situation(**ended))
    assert found is not None
    assert found.code == "R05"


@pytest.mark.parametrize("missing", GROUNDS[:2])
def test_responsibility_comes_before_every_other_ground(missing: str) -> None:
    """R10 where responsibility is not accepted, R21 for any other ground, and it is named."""
    refused = _asked(body=asks(grounds=tuple(g for g in asks().grounds if g.ground != missing)))
    assert refused.code == ("R10" if missing == "responsibility-accepted" else "R21")
    assert missing in refused.detail


@pytest.mark.parametrize("purpose", ["approach", "letter", "conference", "preparation", "representative", "rotl-check"])
def test_every_purpose_is_permitted_with_what_it_needs(purpose: str) -> None:
    """The positive control: what the tables say is accepted."""
    play = Play()
    play.asked(purpose)
    assert play.exchange is not None
    assert play.exchange.stage == "with-police"


def test_a_letter_must_be_named() -> None:
    """Which letter, by its digest: the yes is to that one."""
    refused = _asked(body=asks("letter", letter=None))
    assert (refused.slug, refused.where, refused.clauses) == ("unfit", "letter", ("3.3",))


def test_a_request_is_for_an_agency_of_the_directory() -> None:
    """Nobody of that name: the request does not follow its contract, and makes no exchange."""
    refused = _asked(to="police-77")
    assert (refused.slug, refused.where, refused.exchange) == ("unfit", "to", None)

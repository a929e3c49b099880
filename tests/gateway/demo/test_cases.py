"""Cases from a file, and what differs from what was expected of them."""

import json
from pathlib import Path

import pytest

from gateway.demo import cases, journey, result
from gateway.demo.cases import Case, CasesRefused
from gateway.demo.result import Result, differences

PRIVATE = "Zbigniew Okonkwo-Ffoulkes"


def line(name: str, **changes: object) -> dict[str, object]:
    made: dict[str, object] = {
        "case": name,
        "prison": "MDI",
        "force": "13",
        "prison_number": "A1234BC",
        "pnc_id": "79/163001B",
        "offender_name": PRIVATE,
        "offence_code": "TH68001",
        "crime_reference": "13/1",
        "purpose": "conference",
        "fields": ["preferred_name"],
        "grounds": ["responsibility-accepted"],
        "requester": {"staff_id": "s1", "role": "rj-coordinator", "training": "foundation"},
        "victim": {"decision": "yes", "preferred_name": "Amina"},
    }
    return made | changes


def read(folder: Path, *lines: dict[str, object] | str) -> list[Case]:
    file = folder / "cases.jsonl"
    file.write_text("\n".join(each if isinstance(each, str) else json.dumps(each) for each in lines))
    return cases.read(file)


def test_a_case_names_the_agencies_that_it_needs(tmp_path: Path) -> None:
    """The prison that asks, the force that is asked, and the one that holds the record."""
    (case,) = read(tmp_path, line("a", held_by="14"))
    assert case.needs == ("prison-mdi", "police-13", "police-14")


def test_a_place_that_is_no_place_needs_no_agency(tmp_path: Path) -> None:
    """Its case is stopped at the desk instead."""
    (case,) = read(tmp_path, line("a", prison="!!", force="1"))
    assert (case.asks, case.asked, case.needs) == (None, None, ())


def test_chains_go_first_and_then_what_waits_for_a_window(tmp_path: Path) -> None:
    """The longest chain of cases decides how long the whole run takes."""
    no = {"decision": "no"}
    read_ = read(tmp_path, line("yes"), line("no", victim=no), line("third", after="second"),
                 line("second", after="first"), line("first"))  # fmt: skip
    assert [case.case for case in cases.in_order(read_)] == ["first", "second", "no", "yes", "third"]


@pytest.mark.parametrize(
    "lines",
    [
        [line("a"), line("a")],
        [line("a", after="b")],
        [line("a", after="b"), {**line("b"), "while": "a"}],
        ["{"],
        [json.dumps(line("a", victim={"decision": PRIVATE}))],
        [json.dumps(line("a"))[:-1] + ', "case": "b"}'],
    ],
)
def test_a_file_that_cannot_be_run_is_refused_without_repeating_it(tmp_path: Path, lines: list[str]) -> None:
    """Two of a name, an unknown name, a circle, no JSON, an unknown word, a member twice."""
    with pytest.raises(CasesRefused) as refused:
        read(tmp_path, *lines)
    assert PRIVATE not in str(refused.value)


def test_what_a_force_shares_is_what_was_asked_for_and_its_extra(tmp_path: Path) -> None:
    """A detail that was not asked for stays with the force, unless it is over-generous."""
    victim = {"decision": "yes", "preferred_name": "Amina", "safe_times": "noon", "extra": {"home_address": "x"}}
    (case,) = read(tmp_path, line("a", victim=victim))
    assert case.victim.values(case.fields) == {"preferred_name": "Amina", "home_address": "x"}


def test_a_request_leaves_out_grounds_that_nobody_knows(tmp_path: Path) -> None:
    """They attest nothing, and must not stop the ones that do."""
    (case,) = read(tmp_path, line("a", grounds=["horoscope", "risk-assessment"], flags=["tuesday", "hate"]))
    asked = journey.request(case, None)
    assert (asked["grounds"], asked["sensitivities"]) == ([{"ground": "risk-assessment"}], ["hate"])


def test_a_pnc_id_is_canonical_whatever_else_is_wrong(tmp_path: Path) -> None:
    """And null only if it is itself invalid."""
    good, bad = read(tmp_path, line("a", prison_number="nonsense"), line("b", pnc_id="79-163001B"))
    assert (journey.canonical_pnc(good), journey.canonical_pnc(bad)) == ("1979/0163001B", None)


def test_only_what_is_expected_is_compared_and_lists_as_sets(tmp_path: Path) -> None:
    """An expected null is compared; a member that is not there is not."""
    expect = {"state": "released", "reason": None, "released": ["b", "a"]}
    (case,) = read(tmp_path, line("a", expect=expect))
    assert not list(differences(case, Result(case="a", state="released", released=("a", "b"), via="13")))
    wrong = list(differences(case, Result(case="a", state="released", reason="R19", released=("a",))))
    assert [each.member for each in wrong] == ["reason", "released"]


def test_the_report_has_a_line_for_each_case_with_every_member(tmp_path: Path) -> None:
    """Members without a value are null, not absent."""
    result.write(tmp_path / "out.jsonl", [Result(case="a", state="invalid", reason="R01"), Result(case="b", state="x")])
    first, _ = map(json.loads, (tmp_path / "out.jsonl").read_text().splitlines())
    assert set(first) == {
        "case", "state", "reason", "released", "withheld", "via", "pnc_id", "exchange", "requester_saw",
    }  # fmt: skip

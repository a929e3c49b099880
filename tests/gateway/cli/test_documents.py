"""`rj agreement` and `rj directory`: signed by both parties, or not believed."""

from pathlib import Path

import pytest

from gateway.cli.exits import Exit
from tests.gateway.cli.commands import AGENCIES, answer_of, done, rj, told


def test_an_agreement_says_what_it_is(world: Path) -> None:
    """And who signed it, once that is verified."""
    words = ("agreement", "check", world / "agreement.json", "--officers", world / "officers.vkeys", "--json")
    found = answer_of(rj(*words))
    assert (found["id"], found["verified"], found["in_force_today"]) == ("noms-acpo", True, True)
    assert found["signed_by"] == ["noms.example/officer", "acpo.example/officer"]


def test_one_officers_signature_is_not_enough(world: Path, tmp_path: Path) -> None:
    """The other one is named."""
    half = tmp_path / "half.json"
    done(rj("agreement", "sign", world / "agreement.toml", "--officer", world / "noms.key", "-o", half))
    result = rj("agreement", "check", half, "--officers", world / "officers.vkeys")
    assert "lacks the signature of acpo.example/officer" in told(result, Exit.NOT_VERIFIED)


def test_the_same_officer_signs_once(world: Path) -> None:
    """A second run changes nothing."""
    before = (world / "agreement.json").read_bytes()
    done(rj("agreement", "sign", world / "agreement.json", "--officer", world / "noms.key"))
    assert (world / "agreement.json").read_bytes() == before


def test_an_unknown_word_in_the_agreement_is_named(world: Path, tmp_path: Path) -> None:
    """It can be neither checked nor signed."""
    bad = tmp_path / "bad.toml"
    bad.write_text((world / "agreement.toml").read_text().replace('training = "foundation"', 'training = "some"', 1))
    assert "does not know" in told(rj("agreement", "check", bad), Exit.DIFFERENT)
    told(rj("agreement", "sign", bad, "--officer", world / "noms.key", "-o", tmp_path / "x"), Exit.DIFFERENT)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("number", "numbers"), [("8.5", {"8.5"}), ("1", {"1", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "1.7"})]
)
def test_a_clause_is_read_alone_and_a_part_as_a_whole(world: Path, number: str, numbers: set[str]) -> None:
    """Clause 1 is not clause 10."""
    shown = answer_of(rj("agreement", "show", world / "agreement.toml", "--clause", number, "--json"))
    assert {clause["number"] for clause in shown["clauses"]} == numbers
    assert number in done(rj("agreement", "show", world / "agreement.json", "--clause", number))


def test_a_clause_that_is_not_there_is_told(world: Path) -> None:
    """Rather than nothing."""
    told(rj("agreement", "show", world / "agreement.toml", "--clause", "99"), Exit.DIFFERENT)


def test_a_directory_is_checked_in_every_part(world: Path) -> None:
    """As a desk checks it before it seals."""
    words = ("directory", "check", world / "directory.json", "--officers", world / "officers.vkeys", "--json")
    assert answer_of(rj(*words))["agencies"] == len(AGENCIES)


def test_a_changed_directory_is_not_believed(world: Path, tmp_path: Path) -> None:
    """One letter is enough."""
    changed = tmp_path / "d.json"
    changed.write_text((world / "directory.json").read_text().replace("RJ team", "RJ seam"))
    result = rj("directory", "check", changed, "--officers", world / "officers.vkeys")
    assert "not the one that was signed" in told(result, Exit.NOT_VERIFIED)


def test_a_directory_that_no_desk_would_accept_is_not_built(world: Path, tmp_path: Path) -> None:
    """Its endorsements are for another gateway."""
    entry = ("--entry", world / "police-13/entry.json")
    words = ("directory", "build", tmp_path / "d.json", "--origin", "other.example/rj", "--version", 1, *entry)
    assert "No desk would accept" in told(rj(*words), Exit.DIFFERENT)
    assert not (tmp_path / "d.json").exists()


def test_a_directory_lists_its_agencies(world: Path) -> None:
    """Readable by people, whole for programs."""
    assert "police-13" in done(rj("directory", "show", world / "directory.json"))
    listed = answer_of(rj("directory", "show", world / "directory.json", "--json"))
    assert [agency["id"] for agency in listed["agencies"]] == list(AGENCIES)

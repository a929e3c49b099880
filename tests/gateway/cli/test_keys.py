"""`rj keys`: secrets stay, what is public is printed."""

import json
from pathlib import Path

import pytest

from gateway.cli.exits import Exit
from tests.gateway.cli.commands import ORIGIN, answer_of, done, rj, told


def test_secrets_are_the_owners_alone(world: Path) -> None:
    """Vaults, unlock keys, officers' keys."""
    for name in ("noms.key", "log/vault", "log/unlock.key", "police-13/vault", "police-13/unlock.key"):
        assert (world / name).stat().st_mode & 0o077 == 0, name


@pytest.mark.parametrize("words", [("new-officer", "noms.key", "--name", "x"), ("new-log", "log", "--origin", "x")])
def test_keys_are_never_written_over(world: Path, words: tuple[str, ...]) -> None:
    """A second run by mistake must not lose the first one's keys."""
    before = (world / "log/vault").read_bytes(), (world / "noms.key").read_bytes()
    assert "is there already" in told(rj("keys", words[0], world / words[1], *words[2:]), Exit.CONFIGURATION)
    assert before == ((world / "log/vault").read_bytes(), (world / "noms.key").read_bytes())


def test_an_agency_that_the_directory_could_not_list_is_not_made(tmp_path: Path) -> None:
    """Nothing is left behind."""
    words = ("--agency", "Police 13", "--kind", "police", "--name", "x", "--origin", ORIGIN)
    assert "small letters" in told(rj("keys", "new-agency", tmp_path / "new", *words), Exit.USAGE)
    assert not (tmp_path / "new").exists()


def test_a_new_sealing_key_is_listed_and_vouched_for(world: Path, tmp_path: Path) -> None:
    """The old one stays, because what was sealed to it may still be opened; the directory accepts the new entry."""
    _copy(world / "police-13", tmp_path / "police-13")
    before = answer_of(rj("keys", "list", tmp_path / "police-13", "--json"))
    made = answer_of(rj("keys", "rotate-sealing", tmp_path / "police-13", "--origin", ORIGIN, "--json"))
    after = answer_of(rj("keys", "list", tmp_path / "police-13", "--json"))
    assert [row["kid"] for row in after] == [*(row["kid"] for row in before), made["new"]]
    entry = ("--entry", tmp_path / "police-13/entry.json")
    done(rj("directory", "build", tmp_path / "d.json", "--origin", ORIGIN, "--version", 2, *entry))


def test_a_sealing_key_whose_time_is_over_is_destroyed(world: Path, tmp_path: Path) -> None:
    """From the vault and from the entry."""
    _copy(world / "police-13", tmp_path / "police-13")
    entry = tmp_path / "police-13/entry.json"
    changed = json.loads(entry.read_text())
    changed["sealing"][0] |= {"valid_from": 1, "seal_until": 2, "open_until": 3}
    entry.write_text(json.dumps(changed))
    made = answer_of(rj("keys", "rotate-sealing", tmp_path / "police-13", "--origin", ORIGIN, "--json"))
    assert made["destroyed"] == [changed["sealing"][0]["kid"]]
    assert [key["kid"] for key in json.loads(entry.read_text())["sealing"]] == [made["new"]]
    listed = answer_of(rj("keys", "list", tmp_path / "police-13", "--json"))
    assert [row["kid"] for row in listed if row["for"] == "sealing"] == [made["new"]]


def test_no_secret_is_shown(world: Path) -> None:
    """Neither by `list` nor by an error."""
    secret = (world / "police-13/unlock.key").read_text().strip()
    assert secret not in rj("keys", "list", world / "police-13").output
    result = rj("agreement", "sign", world / "agreement.json", "--officer", world / "police-13/unlock.key")
    assert "not an officer's key" in told(result, Exit.CONFIGURATION)
    assert secret not in result.output


def _copy(source: Path, target: Path) -> None:
    target.mkdir()
    for each in source.iterdir():
        if each.is_file():
            (target / each.name).write_bytes(each.read_bytes())

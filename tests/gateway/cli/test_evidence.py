"""`rj evidence` and `rj verify evidence`: from a case at a desk to a file that a court checks offline."""

import json
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.exits import Exit
from gateway.evidence_bundle import archive
from tests.gateway.cli.commands import NOWHERE, Rj, answer_of, done, rj, told


@pytest.fixture
def exchange(prison: Rj, tmp_path: Path) -> str:
    """A case that a prison has asked about."""
    asked: dict[str, Any] = json.loads(done(prison("request", "--example")))
    asked["offender"]["name"] = "Joe O'Brien"
    asked["offence"]["crime_reference"] = f"13AB/{time.time_ns()}"
    (tmp_path / "request.json").write_text(json.dumps(asked))
    case: str = answer_of(prison("request", tmp_path / "request.json", "--json"))["case"]["exchange"]
    return case


def test_a_party_writes_its_evidence_and_anybody_checks_it(
    prison: Rj, exchange: str, world: Path, tmp_path: Path
) -> None:
    """One file, readable by its owner alone; checked with the log's key, and the officers' if they are given."""
    file = tmp_path / "evidence.zip"
    written = done(prison("evidence", exchange, "-o", file))
    assert "all of it is proved" in " ".join(written.split())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    known = ("--key", world / "log.vkey", "--officers", world / "officers.vkeys")
    checked = done(rj("verify", "evidence", file, *known))
    assert "✓" in checked
    assert "Asked" in checked
    assert "requester" in checked
    assert "your officers' keys" in checked
    without = done(rj("verify", "evidence", file, "--key", world / "log.vkey"))
    assert "chosen by whoever made it" in " ".join(without.split())
    found = answer_of(rj("verify", "evidence", file, *known, "--json"))
    assert (found["exchange"], found["side"], found["faults"]) == (exchange, "requester", [])
    assert [line["event"] for line in found["lines"]] == ["contact-request"]


def test_evidence_is_never_written_over(prison: Rj, exchange: str, tmp_path: Path) -> None:
    """Not by another case, nor by the same one again; and nothing is left of what was not written."""
    file = tmp_path / "evidence.zip"
    file.write_text("mine")
    assert "never written over" in told(prison("evidence", exchange, "-o", file), Exit.CONFIGURATION)
    assert file.read_text() == "mine"
    told(prison("evidence", NOWHERE, "-o", tmp_path / "other.zip"), Exit.REFUSED)
    assert not [path for path in tmp_path.iterdir() if "zip" in path.name and path != file]


def test_an_inspector_says_why(inspector: Rj, exchange: str, world: Path, tmp_path: Path) -> None:
    """With --why and --staff; without them it is no case of theirs."""
    file = tmp_path / "evidence.zip"
    told(inspector("evidence", exchange, "-o", file), Exit.REFUSED)
    told(inspector("evidence", exchange, "-o", file, "--why", "curious"), Exit.USAGE)
    found = answer_of(inspector("evidence", exchange, "-o", file, "--why", "complaint", "--json"))
    assert found["bytes"] == file.stat().st_size
    checked = answer_of(rj("verify", "evidence", file, "--key", world / "log.vkey", "--json"))
    assert (checked["side"], checked["reader"]) == ("inspector", "inspectorate-hmip")


def test_what_does_not_hold_ends_with_six_and_what_is_none_with_seven(
    prison: Rj, exchange: str, world: Path, tmp_path: Path
) -> None:
    """A changed byte, another log's key, a file of something else."""
    file, key = tmp_path / "evidence.zip", ("--key", world / "log.vkey")
    done(prison("evidence", exchange, "-o", file))
    raw = file.read_bytes()
    broken = tmp_path / "broken.zip"
    broken.write_bytes(raw[:5000] + bytes([raw[5000] ^ 1]) + raw[5001:])
    assert "does not hold" in told(rj("verify", "evidence", broken, *key), Exit.NOT_VERIFIED)
    other = done(rj("keys", "new-log", tmp_path / "other", "--origin", "gateway.example/rj")).strip()
    told(rj("verify", "evidence", file, "--key", other), Exit.NOT_VERIFIED)
    text = tmp_path / "text.zip"
    text.write_text("no evidence")
    told(rj("verify", "evidence", text, *key), Exit.TYPED)


def test_a_quorum_is_asked_for_where_a_policy_is_given(prison: Rj, exchange: str, world: Path, tmp_path: Path) -> None:
    """Without one the report says that cosigners were not checked."""
    file, policy = tmp_path / "evidence.zip", tmp_path / "policy"
    done(prison("evidence", exchange, "-o", file))
    vkey = (world / "log.vkey").read_text().strip()
    policy.write_text(f"log {vkey}\nquorum none\n")
    checked = rj("verify", "evidence", file, "--key", vkey, "--policy", policy)
    assert "Enough cosigners" in done(checked)
    assert "Cosigners were not asked for" in done(rj("verify", "evidence", file, "--key", vkey))
    assert archive.unpack(file.read_bytes())

"""`rj verify receipt` says how a line stands, in words and by its exit code, and who has cosigned."""

import json
from pathlib import Path

import pytest

from contracts.receipt import carry
from gateway.cli.exits import Exit
from tests.gateway.cli.commands import done, rj, told
from tests.gateway.desk.cosigners import Cosigners
from tests.gateway.desk.test_upgrading import LOG, kept, leaves, opening, proof
from tests.keys.test_receipts import SIGNER, erased, erasing, receipt

ENTRIES = leaves(9)
COSIGNERS = Cosigners(LOG.vkey, ("police", "inspectorate"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Keys, a policy, and a receipt of each standing."""
    (tmp_path / "log.vkey").write_text(LOG.vkey.encode() + "\n")
    (tmp_path / "witness.policy").write_text(COSIGNERS.text)
    plain = proof(3, ENTRIES, carry(ENTRIES[3], opening("shared", 3)))
    texts = {
        "opened": kept(3, 5),
        "closed": proof(3, ENTRIES),
        "missing": proof(3, ENTRIES, carry(ENTRIES[3])),
        "cosigned": COSIGNERS.cosigned(plain),
        "few": Cosigners(LOG.vkey, ("police",)).cosigned(plain),
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(("name", "says"), [("opened", "It opens"), ("closed", "not opened to this reader")])
def test_the_standing_is_told_in_words(folder: Path, name: str, says: str) -> None:
    """And as one word in JSON."""
    key = ("--key", folder / "log.vkey")
    assert says in done(rj("verify", "receipt", folder / name, *key))
    assert json.loads(done(rj("verify", "receipt", folder / name, *key, "--json")))["standing"] == name


def test_an_erasure_is_told_with_its_clause_and_line(tmp_path: Path) -> None:
    """So that a court can look both up."""
    (tmp_path / "receipt").write_text(erased(erasing()))
    command = ("verify", "receipt", tmp_path / "receipt", "--key", SIGNER.vkey.encode())
    assert "erased under clause 11.8: line 3 says so" in done(rj(*command))
    found = json.loads(done(rj(*command, "--json")))
    assert (found["standing"], found["erased"]) == ("erased", {"rule": "11.8", "by": 3})
    (tmp_path / "receipt").write_text(erased(erasing((0,))))
    told(rj(*command), Exit.NOT_VERIFIED)


def test_a_missing_line_is_an_alarm(folder: Path) -> None:
    """It is in the log, and neither opens nor was erased: exit code 6, also among others that are well."""
    key = ("--key", folder / "log.vkey")
    result = rj("verify", "receipt", folder / "opened", folder / "missing", *key)
    assert (result.exit_code, "It opens" in result.stdout) == (Exit.NOT_VERIFIED, True)
    assert "MISSING: line 3" in " ".join(result.stderr.split())


def test_a_policy_names_who_has_cosigned(folder: Path) -> None:
    """A quorum, by the names of the policy; without one the receipt is the log's word alone."""
    options = ("--key", folder / "log.vkey", "--policy", folder / "witness.policy")
    assert "Cosigned by police, inspectorate" in done(rj("verify", "receipt", folder / "cosigned", *options))
    found = json.loads(done(rj("verify", "receipt", folder / "cosigned", *options, "--json")))
    assert found["cosigned"] == ["police", "inspectorate"]
    for name in ("few", "opened"):
        assert "Too few witnesses" in told(rj("verify", "receipt", folder / name, *options), Exit.NOT_VERIFIED)
    (folder / "witness.policy").write_text("quorum\n")
    told(rj("verify", "receipt", folder / "cosigned", *options), Exit.CONFIGURATION)


def test_a_log_that_has_changed_its_key_is_checked_with_both(tmp_path: Path, folder: Path) -> None:
    """Each receipt under whichever signed it; in any order."""
    (tmp_path / "other").write_text(receipt())
    keys = [part for key in (LOG.vkey, SIGNER.vkey) for part in ("--key", key.encode())]
    proven = json.loads(done(rj("verify", "receipt", folder / "opened", tmp_path / "other", *keys, "--json")))
    assert [each["standing"] for each in proven] == ["opened", "opened"]
    told(rj("verify", "receipt", tmp_path / "other", *keys[:2]), Exit.NOT_VERIFIED)

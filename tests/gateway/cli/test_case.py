"""A case through the agencies' own desks, over real HTTP, and the proof of it."""

import json
import re
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import Result

from contracts.codec import b64url
from contracts.tlog_proof import TlogProof
from gateway.cli.exits import Exit
from gateway.config import read_vault
from keys import tokens
from tests.gateway.cli.commands import NOWHERE, ORIGIN, Rj, answer_of, done, rj, told


def _example(prison: Rj) -> dict[str, Any]:
    """The example, with what it leaves open filled in."""
    asked: dict[str, Any] = json.loads(done(prison("request", "--example")))
    asked["offender"]["name"] = "Joe O'Brien"
    asked["offence"]["crime_reference"] = ""
    return asked


def _request(prison: Rj, tmp_path: Path) -> dict[str, Any]:
    asked = _example(prison)
    asked["offence"]["crime_reference"] = f"13AB/{time.time_ns()}"
    (tmp_path / "request.json").write_text(json.dumps(asked))
    said: dict[str, Any] = answer_of(prison("request", tmp_path / "request.json", "--json"))
    return said


def _arrived(agency: Rj, exchange: str, event: str) -> None:
    """Wait until the agency has heard of it."""
    for _ in range(20):
        events = answer_of(agency("inbox", "--events", "--wait", 1, "--json"))["events"]
        if any((each["exchange"], each["event"]) == (exchange, event) for each in events):
            return
        time.sleep(0.1)
    pytest.fail(f"{event} did not arrive.")


def _yes(police: Rj, exchange: str, tmp_path: Path) -> Result:
    said = json.loads(done(police("answer", "--example")))
    said["values"] = {"preferred_name": "Ann Smith", "contact_channel": "07700 900123", "home_address": "1 High Street"}
    said["consent"] |= {"given_at": int(time.time()) - 60, "valid_until": int(time.time()) + 86_400}
    return police("answer", exchange, "-", stdin=json.dumps(said))


def test_a_case_from_the_question_to_its_withdrawal(prison: Rj, police: Rj, inspector: Rj, world: Path,
                                                     tmp_path: Path) -> None:  # fmt: skip
    """Ask, read, answer, open, recall, search, and prove it: each command says what the person should know next."""
    exchange = _request(prison, tmp_path)["case"]["exchange"]
    _arrived(police, exchange, "contact-request")
    assert exchange in done(police("inbox"))
    read = done(police("open", exchange, "--why", "read-request", "--no-conflict"))
    assert "1979/0163001B" in read
    answered = done(_yes(police, exchange, tmp_path))
    assert "home_address" in answered
    _arrived(prison, exchange, "contact-answer")
    shown = done(prison("inbox", exchange))
    assert f"rj open {exchange}" in shown
    assert "may be told" in shown
    opened = answer_of(prison("open", exchange, "--why", "contact-victim", "--no-conflict", "--json"))
    assert opened["values"]["preferred_name"] == "Ann Smith"
    assert "home_address" not in opened["values"]
    done(police("recall", exchange))
    _arrived(prison, exchange, "recall")
    assert "no details to open" in told(
        prison("open", exchange, "--why", "contact-victim", "--no-conflict"), Exit.REFUSED
    )
    done(prison("recall", exchange, "--acknowledge"))
    found = answer_of(inspector("search", "--why", "inspection", "--about", exchange, "--json"))
    events = [line["shared"]["event"] for line in found["lines"]]
    assert events[0] == "contact-request"
    assert {"open", "contact-answer", "recall", "recall-acknowledged"} <= set(events)
    _check_receipt(prison, opened["jti"], world, tmp_path)


def _check_receipt(prison: Rj, jti: str, world: Path, tmp_path: Path) -> None:
    """As the desk keeps it, as the gateway replied it, and as a bare proof; and not once it is changed."""
    kept = answer_of(prison("inbox", "--receipt", jti))
    forms = {
        "kept.json": json.dumps(kept),
        "reply.json": json.dumps({"decision": kept["decision_token"], "receipt": kept["receipt"]}),
        "bare.txt": kept["receipt"],
    }
    for name, text in forms.items():
        (tmp_path / name).write_text(text)
    key = ("--key", world / "log.vkey")
    assert "The log signed the decision: accepted" in done(rj("verify", "receipt", tmp_path / "kept.json", *key))
    proven = answer_of(rj("verify", "receipt", *(tmp_path / name for name in forms), *key, "--json"))
    assert [each["shared"]["event"] for each in proven] == ["open"] * 3
    assert [each["decision"]["jti"] if "decision" in each else None for each in proven] == [jti, jti, None]
    _check_forgeries(kept, tmp_path / "forged.json", world)


def _check_forgeries(kept: dict[str, Any], file: Path, world: Path) -> None:
    receipt, token = kept["receipt"], kept["decision_token"]
    index = re.search(r"index (\d+)", receipt)
    assert index is not None
    moved = receipt.replace(index[0], f"index {int(index[1]) - 1}")
    forged = [
        {"receipt": moved},
        {"receipt": _with_extra(receipt, shared=b64url(b'{"event":"recall","at":1}'))},
        {"receipt": _with_extra(receipt, exact=b64url(b"{}"))},
        {**kept, "decision_token": _other_decision(token, world)},
        {**kept, "receipt": receipt.replace(index[0], f"index {int(index[1]) + 1}")},
        {**kept, "receipt": receipt.replace(ORIGIN, "other.example/rj")},
        {**kept, "receipt": re.sub(r"extra .*\n", "", receipt)},
        {**kept, "receipt": "c2sp.org/tlog-proof@v1\n"},
        {**kept, "decision_token": token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")},
        {**kept, "leaf": 0},
        {**kept, "jti": NOWHERE},
        {**kept, "exchange": NOWHERE},
        {**kept, "message": "recall"},
        {**kept, "decision": {**kept["decision"], "decision": "refused"}},
        {**kept, "decision": {**kept["decision"], "code": "R19"}},
        {**kept, "decision_token": None, "decision": {"decision": "refused"}},
    ]
    for each in forged:
        file.write_text(json.dumps(each))
        told(rj("verify", "receipt", file, "--key", world / "log.vkey"), Exit.NOT_VERIFIED)
    file.write_text(json.dumps(kept))
    officer = (world / "officers.vkeys").read_text().splitlines()[0]
    told(rj("verify", "receipt", file, "--key", officer), Exit.NOT_VERIFIED)


def _with_extra(receipt: str, **changed: str) -> str:
    """The receipt with other openings: `extra` is signed by nobody."""
    proof = TlogProof.parse(receipt)
    return msgspec.structs.replace(
        proof, extra=json.dumps({**json.loads(proof.extra or b""), **changed}).encode()
    ).encode()


def _other_decision(token: str, world: Path) -> str:
    """Another decision for the same line: a log that says two things is not believed."""
    vault = read_vault(world / "log/vault", world / "log/unlock.key")
    ((kid, _),) = vault.signing_seeds.items()
    parsed = tokens.parse(token)
    claims = json.loads(parsed.claims) | {"decision": "refused"}
    return tokens.sign(json.dumps(claims).encode(), parsed.header.typ, kid, vault.signing(kid))


def test_a_no_names_its_code_and_nothing_else(prison: Rj, police: Rj, tmp_path: Path) -> None:
    """No file is needed for it."""
    exchange = _request(prison, tmp_path)["case"]["exchange"]
    _arrived(police, exchange, "contact-request")
    assert "On record" in done(police("answer", exchange, "--outcome", "cannot-proceed", "--code", "R02"))


def test_what_needs_changing_is_told_and_not_repeated(prison: Rj, tmp_path: Path) -> None:
    """Every fault at once, in plain words."""
    asked = _example(prison)
    asked["offender"] |= {"pnc_id": "79/163001X", "name": "Joe O'Brien"}
    (tmp_path / "request.json").write_text(json.dumps(asked))
    result = prison("request", tmp_path / "request.json")
    text = told(result, Exit.TYPED)
    assert "pnc_id" in text
    assert "crime_reference" in text
    assert "reason R01" in text
    assert "163001X" not in result.output
    assert "Brien" not in result.output


def test_a_refusal_names_clause_and_code(prison: Rj, tmp_path: Path) -> None:
    """By the gateway, under the agreement."""
    asked = _example(prison)
    asked["offence"]["crime_reference"] = f"13AB/{time.time_ns()}"
    asked["fields"] = ["home_address"]
    (tmp_path / "request.json").write_text(json.dumps(asked))
    result = prison("request", tmp_path / "request.json", "--json")
    problem = json.loads(result.stderr)
    assert (result.exit_code, problem["exit"], problem["code"]) == (Exit.REFUSED, 4, "R17")
    assert problem["clauses"]


def test_nothing_is_opened_by_who_does_not_declare(prison: Rj) -> None:
    """Agreement clause 8.3, asked before anything is sent."""
    result = prison("open", NOWHERE, "--why", "contact-victim")
    assert "--no-conflict" in told(result, Exit.REFUSED)


def test_only_an_inspector_searches(police: Rj) -> None:
    """The desk refuses with the clause."""
    assert "reason R04" in told(police("search", "--why", "inspection"), Exit.REFUSED)


def test_a_case_of_nobodys_is_not_there(prison: Rj) -> None:
    """In the words of the desk."""
    told(prison("inbox", NOWHERE), Exit.REFUSED)


def test_a_wrong_key_is_a_setting_to_change(prison: Rj, tmp_path: Path) -> None:
    """Not a refusal of the agreement."""
    (tmp_path / "key").write_text("wrong")
    told(prison("inbox", "--key", tmp_path / "key"), Exit.CONFIGURATION)
    told(prison("inbox", "--key", tmp_path / "gone"), Exit.CONFIGURATION)


@pytest.mark.parametrize("typed", ["[]", "{", '"Ann Smith"'])
def test_a_file_that_is_no_json_object_is_told_unread(prison: Rj, tmp_path: Path, typed: str) -> None:
    """Without a word of what is in it."""
    (tmp_path / "x.json").write_text(typed)
    assert "Ann" not in told(prison("request", tmp_path / "x.json"), Exit.TYPED)

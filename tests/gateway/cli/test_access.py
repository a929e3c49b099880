"""`rj access-report`: a page that a victim can take home, and nothing of it where others see it."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.exits import Exit
from tests.gateway.cli.commands import NOWHERE, Rj, answer_of, done, told
from tests.gateway.cli.test_case import _arrived, _example, _yes


@pytest.fixture
def crime() -> str:
    return f"13AB/{time.time_ns()}"


@pytest.fixture
def exchange(prison: Rj, police: Rj, tmp_path: Path, crime: str) -> str:
    """A case in which the prison has opened what the victim agreed to share."""
    asked = _example(prison)
    asked["offence"]["crime_reference"] = crime
    opened: str = answer_of(prison("request", "-", "--json", stdin=json.dumps(asked)))["case"]["exchange"]
    _arrived(police, opened, "contact-request")
    done(police("open", opened, "--why", "read-request", "--no-conflict"))
    done(_yes(police, opened, tmp_path))
    _arrived(prison, opened, "contact-answer")
    done(prison("open", opened, "--why", "contact-victim", "--no-conflict"))
    return opened


def _asked(crime: str, **more: Any) -> str:
    return json.dumps({"crime_reference": crime} | more)


def test_a_page_to_take_home_and_beside_it_what_staff_need(
    police: Rj, exchange: str, crime: str, tmp_path: Path
) -> None:
    """Standard output is the victim's: no line, no case, no prison. The proofs are on standard error."""
    result = police("access-report", "-", "--identity", "in-person", stdin=_asked(crime))
    assert result.exit_code == Exit.OK
    page, beside = result.stdout, result.stderr
    assert page.startswith("Who looked at your details\nMade for you on ")
    assert "Who: a restorative justice coordinator at a prison\n" in page
    assert "What: the name you like to be called; " in page
    assert "Part of: arranging a meeting, to which you said yes" in page
    for secret in ("prison-mdi", exchange, crime, "13AB", "Ann Smith", "O'Brien", "deliveries", "receipts"):
        assert secret not in page
    assert exchange in beside
    assert "deliveries/" in beside
    assert crime not in beside

    out = tmp_path / "page.txt"
    words = ("access-report", "-", "--identity", "document", "--out", out)
    done(police(*words, stdin=_asked(crime)))
    assert "at a prison" in out.read_text("utf-8")
    assert out.stat().st_mode & 0o077 == 0
    told(police(*words, stdin=_asked(crime)), Exit.CONFIGURATION)
    answer = answer_of(police("access-report", "-", "--identity", "document", "--json", stdin=_asked(crime)))
    assert len(answer["report"]["earlier"]) == 2, "the one whose file was there already was not given"


def test_the_reference_is_never_on_the_command_line(police: Rj, exchange: str, crime: str) -> None:
    """It comes from a file, standard input or a prompt; a wrong word is not repeated."""
    for words in ((), (crime,), ("--crime-reference", crime)):
        result = police("access-report", *words, "--identity", "in-person")
        assert result.exit_code == Exit.USAGE
        assert crime not in result.output
    assert "--identity" in told(police("access-report", "-", stdin=_asked(crime)), Exit.USAGE)


def test_what_only_a_person_can_tell_is_asked_for(prison: Rj, police: Rj, exchange: str, crime: str) -> None:
    """A reference that is read as another, a case that is not found by it, and a prison that asks."""
    near = f"{crime}0"
    words = ("access-report", "-", "--identity", "known-contact")
    assert exchange in told(police(*words, stdin=_asked(near)), Exit.TYPED)
    told(police(*words, stdin=_asked(crime, exchanges=[NOWHERE])), Exit.TYPED)
    assert "at a prison" in done(police(*words, stdin=_asked(near, exchanges=[exchange])))
    told(prison(*words, stdin=_asked(crime)), Exit.REFUSED)

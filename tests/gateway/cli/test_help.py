"""`rj` tells a newcomer what it does."""

import re
import subprocess
import sys

import pytest

from gateway.cli import main
from gateway.cli.exits import MEANINGS, Exit
from gateway.cli.program import SECTIONS
from tests.gateway.cli.commands import COMMANDS, REPO, done, rj


def test_rj_alone_says_where_to_start() -> None:
    """Not a wall of options."""
    guide = done(rj())
    assert "rj demo" in guide
    assert len(guide.splitlines()) < 20


def test_help_lists_every_command_and_every_exit_code() -> None:
    """In sections, each with a sentence that is not cut off."""
    text = done(rj("--help"))
    assert all(title in text for title in SECTIONS)
    assert all(f"\n  {name}" in text for name in main.commands)
    assert all(meaning in text for meaning in MEANINGS.values())
    assert "..." not in text.replace("[ARGS]...", "")


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_each_command_has_a_sentence_and_an_example(path: tuple[str, ...]) -> None:
    """That a newcomer can copy; and JSON for programs, but where a process or a story runs."""
    text = done(rj(*path, "--help"))
    sentence = (COMMANDS[path].help or "").splitlines()[0]
    assert sentence.endswith(".")
    assert re.search(rf"Examples?:\n  +rj {' '.join(path)}", text)
    assert "--json" in text or path in {("demo",), ("gateway",), ("desk",)}


def test_help_starts_fast() -> None:
    """Nothing heavy is imported before a command needs it."""
    heavy = ("rich", "cryptography", "aiohttp", "apsw")
    code = f"import sys, gateway.cli; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPO, check=True)
    assert found.stdout == "[]\n"


def test_each_exit_code_has_a_meaning_of_its_own() -> None:
    """One table; nothing missing, nothing twice."""
    assert set(MEANINGS) == set(Exit)
    assert len(set(MEANINGS.values())) == len(Exit)

"""Documents that fail the build when they are wrong: commands, links, paths, quotations; no trace of where we work."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest
from click.testing import CliRunner

from gateway.cli import main

ROOT = Path(__file__).resolve().parents[1]
MADE = {".git", ".venv", ".coverage", "build", "dist", "node_modules"}
"""What is not the project's own text; so is every hidden folder but `.ci`, and every cache."""

TEXT = {".py", ".md", ".toml", ".json", ".cfg", ".ini", ".yml", ".yaml", ".sh", ".lock", ".txt", ""}
YET_TO_BE_WRITTEN = {"contracts/messages/reminder.py"}
"""Named in a how-to, which tells its reader to write it."""

CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)\s]+)\)")
OURS = re.compile(r"\b(?:contracts|keys|gateway|tests|deploy|docs)/[\w./-]*\w/?")
RJ = re.compile(r"(?:^|\s|`)(?:\.venv/bin/)?rj((?: (?:[a-z][a-z-]*|--?[a-z-]+|[A-Z]+|[\w./-]+))+)", re.MULTILINE)
MAKE = re.compile(r"(?:^|`)make ([a-z-]+)", re.MULTILINE)


def _files(folder: Path = ROOT) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith(".") and path.name not in {".ci", ".gitignore"}
        if hidden or path.name in MADE or path.name.endswith((".egg-info", "__pycache__")):
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.suffix in TEXT:
            yield path


DOCUMENTS = [path for path in _files() if path.suffix == ".md"]
each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())


def _code(document: Path) -> str:
    """What stands in code, fenced or between backticks, a piece a line."""
    return "\n".join(piece.strip("`").strip() for piece in CODE.findall(document.read_text("utf-8")))


def _commands(document: Path) -> set[tuple[str, ...]]:
    """Each `rj` command that is written out, as words."""
    return {tuple(shlex.split(words)) for words in RJ.findall(_code(document))}


def _named(words: tuple[str, ...]) -> tuple[click.Command, tuple[str, ...]]:
    """The command that the words name, and the words that name it."""
    command: click.Command = main
    for n, word in enumerate(words):
        if not isinstance(command, click.Group) or word.startswith("-") or word.isupper():
            return command, words[:n]
        found = command.commands.get(word)
        assert found is not None, f"there is no `rj {' '.join(words[: n + 1])}`"
        command = found
    return command, words


def test_the_readme_names_commands_at_all() -> None:
    """What the tests below look through is not empty."""
    assert len(_commands(ROOT / "README.md")) >= 8
    assert set(MAKE.findall(_code(ROOT / "README.md"))) >= {"demo", "test", "check", "bench"}


@each_document
def test_every_rj_command_exists_and_explains_itself(document: Path) -> None:
    """Its words name a command, its options are that command's, and `--help` runs."""
    for words in _commands(document):
        command, path = _named(words)
        known = {name for parameter in command.params for name in parameter.opts} | {"--help", "-h"}
        assert {word for word in words[len(path) :] if word.startswith("--")} <= known, words
        result = CliRunner().invoke(main, [*path, "--help"])
        assert result.exit_code == 0, words
        assert "Usage:" in result.output


@each_document
def test_every_make_target_exists(document: Path) -> None:
    """`make demo` is in the Makefile, and so is every other."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert set(MAKE.findall(_code(document))) <= targets


@each_document
def test_every_link_leads_somewhere(document: Path) -> None:
    """Relative links are to files and folders that are there, inside the project."""
    for link in LINK.findall(document.read_text("utf-8")):
        target = (document.parent / urlsplit(link).path).resolve()
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link


@each_document
def test_every_path_of_ours_exists(document: Path) -> None:
    """A file or folder that is named in code is there."""
    for path in set(OURS.findall(_code(document))) - YET_TO_BE_WRITTEN:
        assert (ROOT / path).exists() or not Path(path).suffix, path


def test_the_readme_quotes_the_demonstration() -> None:
    """Each check that the README quotes is one that the demonstration makes, in these words."""
    story = "".join(path.read_text("utf-8") for path in (ROOT / "gateway" / "demo").rglob("*.py"))
    quoted = re.findall(r"✓ ([^:\n]+)", (ROOT / "README.md").read_text("utf-8"))
    assert len(quoted) >= 4
    for sentence in quoted:
        assert sentence in story


def test_the_readme_says_how_many_stories_there_are() -> None:
    """Nine, today."""
    numbers = ("seven", "eight", "nine", "ten", "eleven", "twelve")
    story = ROOT / "gateway" / "demo" / "story"
    scenes = sum("\nSCENE = " in path.read_text("utf-8") for path in story.glob("*.py"))
    assert f"{numbers[scenes - 7]} short stories" in (ROOT / "README.md").read_text("utf-8")


# Where we work

FOLDERS = re.compile("|".join(rf"(?<![\w.*])/{name}/" for name in ("work", "root", "home", "Users")))
HOSTS = re.compile(
    "|".join(rf"[\w.-]*\b{name}\b[\w.-]*" for name in ("artifactory", "devpi", "jfrog", "nexus", "verdaccio"))
)
INDEXES = re.compile(r"\b(?:extra-)?index[-_]url\b", re.IGNORECASE)


def test_no_file_names_the_place_where_it_was_written() -> None:
    """No folder of one machine, no private registry, no setting that names one."""
    own = Path(__file__).resolve()
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in _files()
        for pattern in (FOLDERS, HOSTS, INDEXES)
        for match in pattern.finditer(path.read_text("utf-8"))
        if path != own
    }
    assert not found


def test_the_lock_file_is_of_the_public_registry() -> None:
    """Every package comes from there, with its digest; nothing else names a registry."""
    lock = (ROOT / "uv.lock").read_text("utf-8")
    assert {urlsplit(address).hostname for address in re.findall(r'"(https?://[^"]+)"', lock)} == {
        "pypi.org",
        "files.pythonhosted.org",
    }
    for path in _files():
        if path.name not in ("uv.lock", Path(__file__).name):
            assert "pythonhosted" not in path.read_text("utf-8"), path

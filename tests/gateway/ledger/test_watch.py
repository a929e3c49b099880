"""`rj watch`: growth is followed and told, and whatever is not growth raises an alarm."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.codec import encode
from contracts.event import AgreementLeaf, DirectoryLeaf, LogKeyLeaf, RecoveredLeaf, SuccessorLeaf
from gateway.cli.exits import Exit
from keys.documents import digest_of
from tests.agencies import Officers, TestAgency, make_directory
from tests.gateway.cli.commands import done, rj, told
from tests.made_log import ORIGIN, TIME, MadeLog, event

NOW = 1_790_000_000


@pytest.fixture
def made(tmp_path: Path) -> MadeLog:
    return MadeLog(tmp_path / "log")


@pytest.fixture
def url(made: MadeLog) -> Iterator[str]:
    with made.served() as address:
        yield address


class Watcher:
    """One who looks now and then, and remembers in a file."""

    def __init__(self, where: object, made: MadeLog, *more: object) -> None:
        self.state = made.folder / "watch" / "state.json"
        self.state.parent.mkdir(exist_ok=True)
        self.words = ("watch", where, "--key", made.vkey, "--state", self.state, "--once", *more)

    def looks(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in done(rj(*self.words, "--json")).splitlines()]

    def alarmed(self) -> str:
        """The sentence of an alarm, on one line."""
        result = rj(*self.words)
        assert result.exit_code == Exit.NOT_VERIFIED, result.output
        return re.sub(r"\s+", " ", result.stderr)

    def evidence(self) -> dict[str, str]:
        """The checkpoints kept of an alarm, by the end of their names."""
        return {path.suffix: path.read_text() for path in self.state.parent.glob("state.json.*")}


def fork(made: MadeLog, tmp_path: Path, size: int, history: str = "fork", begin: int = 0) -> str:
    """Put another history's database and checkpoint where the log is served, the same up to line `begin`."""
    other = MadeLog(tmp_path / f"other-{history}-{size}", history=history)
    other.grow(0, [event(number) for number in range(begin)])
    note = other.grow(size - begin)
    made.folder = other.folder
    return note


def test_growth_is_followed_from_any_size(made: MadeLog, url: str) -> None:
    """The first look reads everything, later ones what is new; nothing new is told as nothing."""
    watcher = Watcher(url, made)
    assert [(each["lines"], each["new"]) for each in watcher.looks()] == [(0, 0)]
    for count in (1, 254, 1, 1, 300, 3):
        made.grow(count)
        assert [(each["lines"], each["new"]) for each in watcher.looks()] == [(made.size, count)]
        assert watcher.looks() == []


def test_each_line_in_clear_is_told_with_its_number(made: MadeLog, url: str) -> None:
    """Of every class, and one of no known form; not one event among them."""
    digest = "A" * 43
    clear = [
        AgreementLeaf(version=2, sha256=digest), LogKeyLeaf(vkey=made.vkey), RecoveredLeaf(first=1, end=3),
        SuccessorLeaf(origin="old.example/rj", size=7, root=digest, sha256=digest),
    ]  # fmt: skip
    made.grow(0, [event(0), *map(encode, clear), b'{"class":"event","class":"directory"}', event(6)])
    _, *lines = Watcher(url, made).looks()
    assert [(line["line"], line["class"]) for line in lines] == [
        (1, "agreement"), (2, "log-key"), (3, "recovered"), (4, "successor"), (5, "unknown"),
    ]  # fmt: skip
    assert lines[0]["sha256"] == digest
    assert "line 2: log-key vkey gateway.test/rj+" in done(rj("watch", url, "--key", made.vkey, "--once"))


def publish_directory(made: MadeLog, version: int, *agencies: str, announced: bool = True) -> str:
    """Sign a directory, serve it, and announce it in the log; gives its text."""
    signed = make_directory(ORIGIN, [TestAgency(each) for each in agencies], Officers.make(), NOW, version)
    (made.folder / "directory.json").write_bytes(encode(signed))
    if announced:
        made.grow(0, [encode(DirectoryLeaf(version=version, sha256=digest_of(signed.document)))])
    return signed.document


def test_a_key_added_behind_an_agencys_back_is_seen(made: MadeLog, url: str) -> None:
    """Every key that comes or goes is named with its agency, even where the watcher was not there in between."""
    watcher = Watcher(url, made)
    publish_directory(made, 1, "prison-mdi", "police-13")
    made.grow(5)
    *_, keys = watcher.looks()
    assert keys == {"keys": 4, "agencies": 2, "version": 1}
    publish_directory(made, 2, "prison-mdi", "police-13", "police-14")
    publish_directory(made, 3, "prison-mdi", "police-14")
    _, second, third, *changes = watcher.looks()
    assert (second["version"], third["version"]) == (2, 3)
    assert {(each["change"], each["agency"], each["use"]) for each in changes} == {
        ("added", "police-14", "signing"), ("added", "police-14", "sealing"),
        ("removed", "police-13", "signing"), ("removed", "police-13", "sealing"),
    }  # fmt: skip
    assert all(re.fullmatch(r"[\w-]+", each["kid"]) for each in changes)


def test_a_key_added_to_an_agency_and_one_revoked_are_told_apart(made: MadeLog, url: str) -> None:
    """The agency's own other keys stay as they were."""
    watcher = Watcher(url, made)
    text = publish_directory(made, 1, "prison-mdi", "police-13")
    watcher.looks()
    directory = json.loads(text)
    directory["version"] = 2
    police = next(each for each in directory["agencies"] if each["id"] == "police-13")
    police["signing"].append(dict(police["signing"][0], kid="K" * len(police["signing"][0]["kid"])))
    police["sealing"][0]["compromised_since"] = NOW
    document = json.dumps(directory)
    (made.folder / "directory.json").write_text(json.dumps({"document": document, "note": "not looked at"}))
    made.grow(0, [encode(DirectoryLeaf(version=2, sha256=digest_of(document)))])
    _, _, *changes = watcher.looks()
    assert [(each["change"], each["agency"], each["use"]) for each in changes] == [
        ("added", "police-13", "signing"), ("revoked", "police-13", "sealing"),
    ]  # fmt: skip


def test_a_directory_that_is_not_the_announced_one_raises_an_alarm(made: MadeLog, url: str) -> None:
    """But one whose line is not published yet is waited for."""
    watcher = Watcher(url, made)
    publish_directory(made, 1, "prison-mdi")
    watcher.looks()
    publish_directory(made, 2, "prison-mdi", "police-13", announced=False)
    assert watcher.looks() == []
    (made.folder / "directory.json").write_text("{}")
    assert watcher.looks() == []  # nothing new was announced
    publish_directory(made, 2, "prison-mdi", "police-13", announced=False)
    publish_directory(made, 3, "prison-mdi", "police-13", "vlu-13", announced=False)
    made.grow(0, [encode(DirectoryLeaf(version=2, sha256="B" * 43))])
    assert [line["class"] for line in watcher.looks()[1:]] == ["directory"]
    publish_directory(made, 2, "prison-mdi", "police-13", announced=False)
    assert "does not serve the directory, version 2" in watcher.alarmed()
    assert "does not serve the directory, version 2" in watcher.alarmed()
    publish_directory(made, 3, "prison-mdi", "police-14")
    assert [each["agency"] for each in watcher.looks()[2:]] == ["police-14", "police-14"]


def test_a_copy_of_the_log_without_a_directory_is_followed_all_the_same(made: MadeLog, url: str) -> None:
    """And what it cannot show is said."""
    watcher = Watcher(url, made)
    publish_directory(made, 1, "prison-mdi")
    (made.folder / "directory.json").unlink()
    assert watcher.looks()[2:] == [{"directory": None}]


@pytest.mark.parametrize("begin", [0, 299])
def test_two_histories_of_one_size_raise_an_alarm_with_evidence(made: MadeLog, tmp_path: Path, begin: int) -> None:
    """Both signed checkpoints are kept: whoever has the log's key can see that it signed both."""
    known = made.grow(300)
    watcher = Watcher(made.folder / "out", made)
    done(rj("ledger", "export", made.folder / "out", "--dir", made.folder))
    watcher.looks()
    found = fork(made, tmp_path, 300, begin=begin)
    (watcher.state.parent.parent / "out" / "checkpoint").write_text(found)
    assert "two histories of its 300 lines" in watcher.alarmed()
    assert watcher.evidence() == {".known": known, ".found": found}


def test_a_shrunken_log_raises_an_alarm(made: MadeLog, url: str) -> None:
    """Even to what it once was: lines that were there are gone."""
    old = made.grow(10)
    watcher = Watcher(url, made)
    new = made.grow(5)
    watcher.looks()
    (made.folder / "guard" / "checkpoint").write_text(old)
    assert "had 15 lines and now shows 10" in watcher.alarmed()
    assert watcher.evidence() == {".known": new, ".found": old}


@pytest.mark.parametrize("begin", [0, 3, 299])
def test_a_rewritten_line_raises_an_alarm_though_the_log_grew(made: MadeLog, tmp_path: Path, begin: int) -> None:
    """The new lines fit the new checkpoint; the old ones are no longer those that were seen."""
    made.grow(300)
    watcher = Watcher(made.folder / "out", made)
    out = made.folder / "out"
    done(rj("ledger", "export", out, "--dir", made.folder))
    watcher.looks()
    fork(made, tmp_path, 600, begin=begin)
    done(rj("ledger", "export", made.folder / "out", "--dir", made.folder))
    out.rename(out.with_name("before"))
    (made.folder / "out").rename(out)
    assert "no longer begins with the 300 lines" in watcher.alarmed()
    assert watcher.evidence().keys() == {".known", ".found"}


def test_lines_that_are_not_those_of_the_checkpoint_raise_an_alarm(made: MadeLog) -> None:
    """Changed, cut or missing: a new bundle is part of the proof."""
    out = made.folder / "out"
    made.grow(300)
    done(rj("ledger", "export", out, "--dir", made.folder))
    watcher = Watcher(out, made)
    watcher.looks()
    made.grow(20)
    done(rj("ledger", "export", out, "--dir", made.folder))
    bundle = out / "tile/entries/001.p/64"
    data = bundle.read_bytes()
    for spoilt in (data[:-1] + b"!", data[:-1], b""):
        bundle.write_bytes(spoilt)
        assert "checkpoint" in watcher.alarmed()
    bundle.unlink()
    assert "is missing" in watcher.alarmed()
    bundle.write_bytes(data)
    assert watcher.looks()[0]["new"] == 20


def test_a_checkpoint_that_the_log_did_not_sign_raises_an_alarm(made: MadeLog, url: str) -> None:
    """Or that too few witnesses cosigned, where a policy asks for them."""
    note = made.grow(3)
    watcher = Watcher(url, made)
    strict = Watcher(url, made, "--policy", made.folder / "witness.policy")
    checkpoint = made.folder / "guard" / "checkpoint"
    for spoilt in (note.replace("\n3\n", "\n4\n"), "nonsense", note.partition("\n\n")[0] + "\n"):
        checkpoint.write_text(spoilt)
        assert "must not be believed" in watcher.alarmed()
    checkpoint.write_text("".join(note.splitlines(keepends=True)[:-2]))
    assert "Too few witnesses" in strict.alarmed()
    watcher.looks()


def test_an_old_quorum_raises_an_alarm_where_it_is_asked_for(made: MadeLog, url: str) -> None:
    """The age is that of the moment at which the quorum was complete."""
    made.grow(3)
    policy = ("--policy", made.folder / "witness.policy", "--oldest")
    age = int(time.time()) - TIME
    assert "older than --oldest" in Watcher(url, made, *policy, max(1, age - 60)).alarmed() if age > 120 else True
    Watcher(url, made, *policy, max(age, 0) + 3600).looks()
    result = rj("watch", url, "--key", made.vkey, "--oldest", 5, "--once")
    assert result.exit_code == Exit.USAGE


def test_a_log_that_is_away_is_no_alarm(made: MadeLog) -> None:
    """With --once it is an end of its own; otherwise the watch goes on."""
    told(rj("watch", "http://127.0.0.1:1", "--key", made.vkey, "--once"), Exit.AWAY)
    told(rj("watch", made.folder / "nowhere", "--key", made.vkey, "--once"), Exit.AWAY)


def test_a_state_file_that_was_changed_is_not_believed(made: MadeLog, url: str) -> None:
    """Or that is of another log."""
    made.grow(3)
    watcher = Watcher(url, made)
    watcher.looks()
    state = json.loads(watcher.state.read_text())
    for change in ({"edge": {"size": 1, "hashes": state["edge"]["hashes"][:1]}}, {"note": "x"}, {"edge": 5}):
        watcher.state.write_text(json.dumps(state | change))
        told(rj(*watcher.words), Exit.CONFIGURATION)


def test_it_goes_on_when_the_log_is_away_and_ends_cleanly_when_interrupted(made: MadeLog, tmp_path: Path) -> None:
    """As a process: away, back, grown; then Ctrl-C, and the exit code of a success."""
    out, hidden = made.folder / "out", made.folder / "hidden"
    made.grow(3)
    done(rj("ledger", "export", out, "--dir", made.folder))
    words = ["-m", "gateway.cli", "watch", str(out), "--key", made.vkey, "--every", "1", "--json"]
    interruptible = "signal.signal(signal.SIGINT, signal.default_int_handler)"  # a background job's children are not
    code = f"import signal, sys; {interruptible}; from gateway.cli import main; sys.argv[0] = 'rj'; main()"
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code, *words[2:]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["lines"] == 3
    out.rename(hidden)
    assert "away" in json.loads(process.stdout.readline())
    made.grow(2)
    done(rj("ledger", "export", hidden, "--dir", made.folder))
    hidden.rename(out)
    while "lines" not in (line := json.loads(process.stdout.readline())):
        continue
    assert (line["lines"], line["new"]) == (5, 2)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=20)
    assert (process.returncode, complaint) == (0, "")

"""`rj verify log`: what holds is proved, and no byte of any file can be changed, cut, added or lost unseen."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.checkpoint import parse_note
from gateway.cli.exits import Exit
from gateway.ledger import audit as auditing
from keys.notes import NoteSigner
from tests.agencies import signing_private
from tests.gateway.cli.commands import answer_of, done, rj, told
from tests.gateway.ledger.test_export import files
from tests.made_log import ORIGIN, WITNESSES, MadeLog

SIZE = 600


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeLog:
    """A log of 300, then 600 lines; its export has the partial tiles of both."""
    log = MadeLog(tmp_path_factory.mktemp("made") / "gateway")
    old = log.grow(300)
    done(rj("ledger", "export", log.folder / "out", "--dir", log.folder))
    (log.folder / "old").write_text(old)
    early = files(log.folder / "out")
    log.grow(SIZE - 300)
    done(rj("ledger", "export", log.folder / "out", "--dir", log.folder))
    for name, data in early.items():  # an operator need not take them away
        if name != "checkpoint":
            (log.folder / "out" / name).parent.mkdir(exist_ok=True)
            (log.folder / "out" / name).write_bytes(data)
    return log


@pytest.fixture
def out(made: MadeLog, tmp_path: Path) -> Path:
    """A copy of the export, to be spoilt."""
    return shutil.copytree(made.folder / "out", tmp_path / "out")


def faulty(made: MadeLog, where: object) -> list[str]:
    """The files that the verifier names."""
    result = rj("verify", "log", where, "--key", made.vkey, "--policy", made.folder / "witness.policy", "--json")
    assert result.exit_code == Exit.NOT_VERIFIED, result.output
    return list(json.loads(result.stderr).get("files", []))


def test_it_says_what_it_proved(made: MadeLog, out: Path) -> None:
    """Lines, tiles, root, keys and cosigners; the same of the folder and of the address."""
    words = ("--key", made.vkey, "--policy", made.folder / "witness.policy", "--json")
    proved = answer_of(rj("verify", "log", out, *words))
    assert (proved["lines"], proved["tiles"], proved["unknown_signatures"]) == (SIZE, 4, 0)
    assert set(proved["cosigned"]) == set(WITNESSES)
    with made.served() as url:
        assert answer_of(rj("verify", "log", url, *words)) == proved
    assert "3 signatures by keys that are not named here" in done(rj("verify", "log", out, "--key", made.vkey))


def test_every_changed_byte_is_found_in_the_file_that_it_is_in(made: MadeLog, out: Path) -> None:
    """In full and partial bundles and tiles, of this tree and of the earlier one that lies beside it."""
    draw = random.Random(3)
    for name, data in files(out).items():
        if name == "checkpoint":
            continue
        for at in {0, 1, len(data) - 1, *(draw.randrange(len(data)) for _ in range(4))}:
            spoilt = bytearray(data)
            spoilt[at] ^= 1 << draw.randrange(8)
            (out / name).write_bytes(spoilt)
            assert name in faulty(made, out), (name, at)
        (out / name).write_bytes(data)


@pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: b"", lambda data: data + b"\0",
                                   lambda data: data + data, lambda data: data[32:]])  # fmt: skip
def test_every_file_cut_or_lengthened_is_named(made: MadeLog, out: Path, spoil: Callable[[bytes], bytes]) -> None:
    """By any number of bytes."""
    for name, data in files(out).items():
        if name != "checkpoint":
            (out / name).write_bytes(spoil(data))
            assert name in faulty(made, out), name
            (out / name).write_bytes(data)


def test_every_missing_file_is_named(made: MadeLog, out: Path) -> None:
    """Those of earlier trees need not be there, and a missing checkpoint leaves nothing to check."""
    for name, data in files(out).items():
        (out / name).unlink()
        words = ("verify", "log", out, "--key", made.vkey)
        if name == "checkpoint":
            assert "no checkpoint" in told(rj(*words), Exit.AWAY)
        elif name.rpartition("/")[0] in {"tile/entries/001.p", "tile/0/001.p", "tile/1/000.p"} and name[-1] != "2":
            done(rj(*words))  # what 300 lines had
        else:
            assert name in faulty(made, out)
        (out / name).write_bytes(data)


def test_one_fault_is_told_once(made: MadeLog, out: Path) -> None:
    """A changed line does not make everything above it suspect: the tile above tells which of two is right."""
    for name in ("tile/entries/001.p", "tile/0/001.p"):
        shutil.rmtree(out / name)
    for name in ("tile/entries/001", "tile/0/000", "tile/0/001", "tile/1/000.p/2"):
        data = (out / name).read_bytes()
        (out / name).write_bytes(data[:40] + b"!" + data[41:])
        assert faulty(made, out) == [name]
        (out / name).write_bytes(data)


def test_both_a_bundle_and_its_tile_lost_are_both_named(made: MadeLog, out: Path) -> None:
    """And nothing breaks."""
    for name in ("tile/entries/000", "tile/0/000"):
        (out / name).unlink()
    assert faulty(made, out) == ["tile/0/000", "tile/entries/000"]


@pytest.mark.parametrize("name", ["tile/0/003", "tile/entries/002.p/89", "tile/2/000.p/1", "tile/1/000", "tile/0/notes",
                                  "tile/.hidden", "tile/0/000.p/07", "tile/entries/000~"])  # fmt: skip
def test_a_file_that_is_none_of_the_log_is_named(made: MadeLog, out: Path, name: str) -> None:
    """Lines beyond the checkpoint, and what some program left."""
    (out / name).parent.mkdir(parents=True, exist_ok=True)
    (out / name).write_bytes((out / "tile/0/000").read_bytes())
    assert faulty(made, out) == [name]


def test_links_that_lead_in_circles_come_to_an_end(made: MadeLog, out: Path) -> None:
    """A folder from somebody else may hold links to itself, to what is above it, and to nothing."""
    for name, target in (("one", "."), ("two", "entries"), ("three", ".."), ("four", "four"), ("five", "nowhere")):
        (out / "tile" / name).symlink_to(target)
    assert {"tile/one", "tile/four", "tile/five"} <= set(faulty(made, out))


def test_no_byte_of_the_checkpoint_changes_unseen(made: MadeLog, out: Path) -> None:
    """Each either breaks it, or makes a signature one of an unknown key, and that is counted."""
    words = ("verify", "log", out, "--key", made.vkey, "--policy", made.folder / "witness.policy", "--json")
    data = (out / "checkpoint").read_bytes()
    for at in range(0, len(data), 3):
        (out / "checkpoint").write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        result = rj(*words)
        if result.exit_code == Exit.OK:
            assert json.loads(result.stdout)["unknown_signatures"] == 1
        else:
            assert result.exit_code == Exit.NOT_VERIFIED, result.output


def test_too_few_cosignatures_are_refused(made: MadeLog, out: Path) -> None:
    """Two of three are a quorum, one is not; a changed one is refused even where two others would do."""
    whole = (made.folder / "guard" / "checkpoint").read_text()
    text = parse_note(whole).text
    lines = whole.removeprefix(text + "\n").splitlines(keepends=True)
    words = ("verify", "log", out, "--key", made.vkey, "--policy", made.folder / "witness.policy")
    (out / "checkpoint").write_text(text + "\n" + "".join(lines[:3]))
    assert "cosigned by  prison-service, police" in done(rj(*words))
    (out / "checkpoint").write_text(text + "\n" + "".join(lines[1:]))
    assert "not signed the checkpoint" in told(rj(*words), Exit.NOT_VERIFIED)
    (out / "checkpoint").write_text(text + "\n" + "".join(lines[:2]))
    assert "Too few witnesses" in told(rj(*words), Exit.NOT_VERIFIED)
    (out / "checkpoint").write_text(whole.replace(lines[2], lines[2][:-10] + "AAAA" + lines[2][-6:]))
    assert told(rj(*words), Exit.NOT_VERIFIED)


def test_an_older_checkpoint_is_shown_to_be_the_beginning(made: MadeLog, out: Path, tmp_path: Path) -> None:
    """Or not: another history's, a longer one, one that nobody signed."""
    words = ("verify", "log", out, "--key", made.vkey, "--since")
    assert "only added to the 300 lines" in done(rj(*words, made.folder / "old"))
    fork = MadeLog(tmp_path / "fork", history="fork")
    for size, sentence in ((300, "may have been rewritten"), (SIZE, "may have been rewritten"), (900, "cut short")):
        (tmp_path / "since").write_text(fork.grow(size - fork.size))
        assert sentence in told(rj(*words, tmp_path / "since"), Exit.NOT_VERIFIED)
    (tmp_path / "since").write_text((made.folder / "old").read_text().replace("\n300\n", "\n301\n"))
    assert told(rj(*words, tmp_path / "since"), Exit.NOT_VERIFIED)


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 513])
def test_every_earlier_size_is_a_beginning(tmp_path: Path, size: int) -> None:
    """At the borders of tiles as well."""
    made = MadeLog(tmp_path / "log")
    (tmp_path / "old").write_text(made.grow(size))
    made.grow(515 - size)
    with made.served() as url:
        done(rj("verify", "log", url, "--key", made.vkey, "--since", tmp_path / "old"))


def test_old_and_new_key_of_a_rotated_log_are_both_taken(tmp_path: Path) -> None:
    """One of them is enough; a wrong signature of a known one is not made good by the other."""
    signers = [NoteSigner(name=ORIGIN, key=signing_private(name)) for name in ("log", "new")]
    old, new = (signer.vkey.encode() for signer in signers)
    made = MadeLog(tmp_path / "log", signers=signers)
    made.grow(5)
    done(rj("ledger", "export", tmp_path / "out", "--dir", made.folder))
    both = ("verify", "log", tmp_path / "out", "--key", old, "--key", new, "--json")
    assert answer_of(rj(*both))["keys"] == [old, new]
    for key in (old, new):
        done(rj("verify", "log", tmp_path / "out", "--key", key))
    note = (tmp_path / "out" / "checkpoint").read_text()
    first = next(line for line in note.splitlines() if line.startswith("—"))
    (tmp_path / "out" / "checkpoint").write_text(note.replace(first, first[:-12] + "AAAAAAAA" + first[-4:]))
    told(rj(*both), Exit.NOT_VERIFIED)
    done(rj("verify", "log", tmp_path / "out", "--key", new))


def test_many_processes_find_what_one_finds(made: MadeLog, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the same order."""
    (out / "tile/entries/001").write_bytes(b"")
    tree = answer_tree(made)
    one = auditing.audit(str(out), tree, processes=1)
    monkeypatch.setattr(auditing, "WORTH_IT", 0)
    monkeypatch.setattr(auditing, "CHUNK", 1)
    assert auditing.audit(str(out), tree, processes=2) == one
    assert [fault.path for fault in one.faults] == ["tile/entries/001", "tile/entries/001.p/44"]


def answer_tree(made: MadeLog) -> auditing.Checkpoint:
    return auditing.Checkpoint.parse(parse_note((made.folder / "guard" / "checkpoint").read_text()).text)


def test_a_partial_tile_that_has_grown_full_is_read_out_of_the_full_one(made: MadeLog, out: Path) -> None:
    """A log may take partial tiles away once the full ones are there."""
    shutil.copy(made.folder / "old", out / "checkpoint")
    for name in ("tile/0/001.p", "tile/entries/001.p"):
        shutil.rmtree(out / name)
    beyond = ["tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2", "tile/entries/001", "tile/entries/002.p/88"]
    assert faulty(made, out) == beyond  # read, and right; but a folder of 300 lines should not have them
    full = out / "tile/0/001"
    full.write_bytes(b"!" + full.read_bytes()[1:])
    assert "tile/0/001.p/44" in faulty(made, out)


def test_keys_and_policies_that_cannot_be_used_are_told_apart_from_a_log_that_does_not_hold(
    made: MadeLog, out: Path, tmp_path: Path
) -> None:
    """A script can tell its own mistake from the log's."""
    witness = made.witnesses[0].vkey.encode()
    other = NoteSigner(name="other.example/log", key=signing_private("other")).vkey.encode()
    for key in ("nonsense+00+00", witness, "no-such-file"):
        told(rj("verify", "log", out, "--key", key), Exit.CONFIGURATION)
    told(rj("verify", "log", out, "--key", made.vkey, "--key", other), Exit.CONFIGURATION)
    told(rj("verify", "log", out, "--key", other), Exit.NOT_VERIFIED)
    for text in ("quorum", f"log {other}\nquorum none\n", ""):
        (tmp_path / "policy").write_text(text)
        told(rj("verify", "log", out, "--key", made.vkey, "--policy", tmp_path / "policy"), Exit.CONFIGURATION)
    told(rj("verify", "log", "http://127.0.0.1:1", "--key", made.vkey), Exit.AWAY)
    told(rj("verify", "log", "ftp://example.org", "--key", made.vkey), Exit.CONFIGURATION)

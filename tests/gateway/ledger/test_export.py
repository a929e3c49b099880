"""`rj ledger export`: the log as files, written whole, carried on where it stopped, and never over another log."""

import os
import shutil
from pathlib import Path

import pytest

from contracts.tlog_tiles import ENTRIES, levels, places
from gateway.cli.exits import Exit
from gateway.ledger import export as exporting
from tests.gateway.cli.commands import answer_of, done, rj, told
from tests.made_log import MadeLog


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def expected(size: int) -> set[str]:
    """The names of the files of a log of this size."""
    every = [place.path for level in (ENTRIES, *levels(size)) for place in places(level, size)]
    return {"checkpoint", *every}


@pytest.fixture
def made(tmp_path: Path) -> MadeLog:
    return MadeLog(tmp_path / "gateway")


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 1000])
def test_the_folder_holds_exactly_the_files_of_the_published_tree(made: MadeLog, tmp_path: Path, size: int) -> None:
    """From the folder of a gateway, or of a demonstration around it; lines after the checkpoint are not in it."""
    note = made.grow(size)
    made.grow(3)
    (made.folder / "guard" / "checkpoint").write_text(note)
    for number, folder in enumerate((made.folder, tmp_path)):
        out = tmp_path / f"out-{number}"
        assert answer_of(rj("ledger", "export", out, "--dir", folder, "--json"))["size"] == size
        assert files(out).keys() == expected(size)
        done(rj("verify", "log", out, "--key", made.vkey))


def written(path: Path) -> tuple[int, int]:
    """Which file it is, and when it was written last."""
    return path.stat().st_ino, path.stat().st_mtime_ns


def test_a_second_export_only_adds(made: MadeLog, tmp_path: Path) -> None:
    """Full tiles stay as they are; partial ones that have become full go."""
    out = tmp_path / "out"
    made.grow(600)
    done(rj("ledger", "export", out, "--dir", made.folder))
    first = written(out / "tile/entries/001")
    made.grow(300)
    again = answer_of(rj("ledger", "export", out, "--dir", made.folder, "--json"))
    assert files(out).keys() == expected(900) | {"tile/1/000.p/2"}  # no full one has taken its place
    assert (again["written"], again["removed"]) == (6, 2)
    assert written(out / "tile/entries/001") == first
    done(rj("verify", "log", out, "--key", made.vkey))
    nothing = answer_of(rj("ledger", "export", out, "--dir", made.folder, "--json"))
    assert (nothing["written"], nothing["kept"]) == (0, len(expected(900)))


def test_an_export_that_was_broken_off_is_carried_on(
    made: MadeLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every file: what is there has its whole content, and the checkpoint comes last."""
    made.grow(600)
    whole, out = tmp_path / "whole", tmp_path / "out"
    done(rj("ledger", "export", whole, "--dir", made.folder))
    for last in range(len(expected(600))):
        shutil.rmtree(out, ignore_errors=True)
        with monkeypatch.context() as broken:
            left = [last]

            def fsync(handle: int, left: list[int] = left) -> None:
                left[0] -= 1
                if left[0] < 0:
                    raise OSError(28, "No space left on device")

            broken.setattr(exporting.os, "fsync", fsync)
            assert "No space left" in told(rj("ledger", "export", out, "--dir", made.folder), Exit.CONFIGURATION)
        for name, data in files(out / "tile").items():
            assert data == (whole / "tile" / name).read_bytes()
        assert not (out / "checkpoint").exists()
        done(rj("ledger", "export", out, "--dir", made.folder))
        assert files(out) == files(whole)


def test_what_was_lost_or_cut_since_is_written_again(made: MadeLog, tmp_path: Path) -> None:
    """A tile of the wrong length, a file that is gone."""
    out = tmp_path / "out"
    made.grow(600)
    done(rj("ledger", "export", out, "--dir", made.folder))
    os.truncate(out / "tile/0/000", 100)
    (out / "tile/entries/001").unlink()
    done(rj("ledger", "export", out, "--dir", made.folder))
    done(rj("verify", "log", out, "--key", made.vkey))


def test_nothing_is_exported_before_the_first_checkpoint(made: MadeLog, tmp_path: Path) -> None:
    """The sentence says what to do."""
    (made.folder / "guard" / "checkpoint").unlink()
    assert "Start the gateway once" in told(
        rj("ledger", "export", tmp_path / "out", "--dir", made.folder), Exit.CONFIGURATION
    )
    assert not (tmp_path / "out").exists()


def test_a_folder_of_another_log_or_history_or_of_more_lines_is_left_alone(made: MadeLog, tmp_path: Path) -> None:
    """It may be the only copy of something."""
    made.grow(300)
    other = MadeLog(tmp_path / "other", history="other")
    other.grow(300)
    longer = MadeLog(tmp_path / "longer")
    longer.grow(301)
    renamed = tmp_path / "renamed-out"
    renamed.mkdir()
    note = (made.folder / "guard" / "checkpoint").read_text()
    (renamed / "checkpoint").write_text(note.replace("gateway.test/rj\n", "gateway.test/other\n", 1))
    for name, words in (("other", "another history"), ("longer", "more lines"), ("renamed", "another log")):
        out = tmp_path / f"{name}-out"
        if name != "renamed":
            done(rj("ledger", "export", out, "--dir", tmp_path / name))
        before = files(out)
        assert words in told(rj("ledger", "export", out, "--dir", made.folder), Exit.CONFIGURATION)
        assert files(out) == before


def test_a_database_that_is_not_the_published_log_is_not_exported(made: MadeLog, tmp_path: Path) -> None:
    """An older copy that was put back, or one with another history."""
    made.grow(10)
    other = MadeLog(tmp_path / "other", history="other")
    for size in (10, 11):
        other.grow(size - other.size)
        shutil.copy(other.folder / "guard" / "checkpoint", made.folder / "guard" / "checkpoint")
        assert "does not hold the log" in told(
            rj("ledger", "export", tmp_path / "out", "--dir", made.folder), Exit.CONFIGURATION
        )


def test_a_folder_without_a_gateway_is_named_as_such(tmp_path: Path) -> None:
    """With the name of the file that is missing."""
    assert "gateway.toml" in told(rj("ledger", "export", tmp_path / "out", "--dir", tmp_path), Exit.CONFIGURATION)

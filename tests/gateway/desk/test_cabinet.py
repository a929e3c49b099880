"""An agency's own records: all or nothing, readable by its vault alone, each bound to its place."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest
from msgspec import Struct

from gateway.desk.cabinet import Cabinet, CabinetRefused, Drawer
from gateway.desk.errors import Damaged, NotKept
from tests.agencies import secret
from tests.gateway.desk.desks import files_of


class Note(Struct):
    """Something to keep."""

    text: str


@pytest.fixture
def threads() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.fixture
def cabinet(tmp_path: Path, threads: Executor) -> Iterator[Cabinet]:
    cabinet = Cabinet(tmp_path / "cases.db", secret("store"), threads)
    yield cabinet
    cabinet.close()


async def test_what_is_put_is_found_by_name_and_by_its_latest_words(cabinet: Cabinet) -> None:
    """A record put again takes the place and the words of the first, and keeps its number."""
    await cabinet.change(lambda drawer: drawer.put("note", "a", Note("one"), ("red",)))
    await cabinet.change(lambda drawer: drawer.put("note", "b", Note("two"), ("red", "blue")))
    await cabinet.change(lambda drawer: drawer.put("note", "a", Note("three"), ("blue",)))
    assert await cabinet.get("note", "a", Note) == Note("three")
    blue = await cabinet.change(lambda drawer: drawer.find("note", "blue", Note))
    assert [note.text for _, note in blue] == ["three", "two"]
    assert [note.text for _, note in await cabinet.change(lambda d: d.find("note", "red", Note))] == ["two"]
    assert await cabinet.change(lambda drawer: drawer.find("other", "blue", Note)) == []
    assert await cabinet.change(lambda drawer: drawer.find("note", "blue", Note, after=blue[0][0])) == blue[1:]
    assert await cabinet.change(lambda drawer: (drawer.remove("note", "b"), drawer.remove("note", "b"))) == (
        True,
        False,
    )
    assert await cabinet.get("note", "b", Note) is None


async def test_a_change_that_fails_changes_nothing(cabinet: Cabinet) -> None:
    """Neither by our own errors nor by the file's."""

    def fails(drawer: Drawer) -> None:
        drawer.put("note", "a", Note("half"))
        raise KeyError

    with pytest.raises(KeyError):
        await cabinet.change(fails)
    assert await cabinet.get("note", "a", Note) is None


async def test_a_full_disk_is_said_and_changes_nothing(cabinet: Cabinet, tmp_path: Path) -> None:
    """SQLite's own limit on pages stands for the disk."""
    await cabinet.change(lambda drawer: drawer._db.pragma("max_page_count", 12))
    with pytest.raises(NotKept):
        await cabinet.change(lambda drawer: drawer.put("note", "a", Note("x" * 200_000)))
    await cabinet.change(lambda drawer: drawer.put("note", "b", Note("short")))
    assert await cabinet.get("note", "a", Note) is None


async def test_a_record_moved_to_anothers_place_does_not_open(cabinet: Cabinet, tmp_path: Path) -> None:
    """Somebody with the file swaps two bodies: both are refused."""
    for name in ("a", "b"):
        await cabinet.change(lambda drawer, name=name: drawer.put("note", name, Note(name)))
    with apsw.Connection(str(tmp_path / "cases.db")) as thief:
        (one, first), (two, second) = thief.execute("SELECT n, body FROM record WHERE kind = 'note'").fetchall()
        thief.executemany("UPDATE record SET body = ? WHERE n = ?", [(second, one), (first, two)])
    with pytest.raises(Damaged):
        await cabinet.get("note", "a", Note)


async def test_neither_another_vault_nor_an_older_program_opens_the_file(
    cabinet: Cabinet, tmp_path: Path, threads: Executor
) -> None:
    """Another vault would find it empty and begin anew: it is refused instead."""
    cabinet.close()
    with pytest.raises(CabinetRefused, match="another vault"):
        Cabinet(tmp_path / "cases.db", secret("other"), threads)
    with apsw.Connection(str(tmp_path / "cases.db")) as newer:
        newer.pragma("user_version", 99)
    with pytest.raises(CabinetRefused, match="another version"):
        Cabinet(tmp_path / "cases.db", secret("store"), threads)


async def test_the_file_shows_no_name_no_word_and_no_body(cabinet: Cabinet, tmp_path: Path) -> None:
    """Not even that two records of one text are alike."""
    for name in ("Siobhan", "Rhys"):
        await cabinet.change(lambda drawer, name=name: drawer.put("note", name, Note("voicemail"), ("LS1 3AB",)))
    kept = files_of(tmp_path)
    assert not any(word in kept for word in (b"Siobhan", b"Rhys", b"voicemail", b"LS1"))
    with apsw.Connection(str(tmp_path / "cases.db")) as thief:
        bodies = thief.execute("SELECT body FROM record WHERE kind = 'note'").fetchall()
    assert len(set(bodies)) == 2

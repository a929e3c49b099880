"""A SQLite file of this program: whose it is, and of which version, before anything in it is read or written."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import apsw

from gateway.errors import StoreRefused


class Mark(NamedTuple):
    """What marks a file as one of ours: SQLite's `application_id` and `user_version`."""

    application: int
    version: int


@contextmanager
def told(path: Path, program: str) -> Iterator[None]:
    """What keeps `program` from using the file, in words that say what to change: StoreRefused."""
    try:
        yield
    except apsw.NotADBError as error:
        raise StoreRefused(f"{path}: this file is no database. Restore it from a backup, or move it away.") from error
    except apsw.Error as error:
        raise StoreRefused(
            f"{path}: the database cannot be opened or written. Check that its folder exists, that the {program} may "
            "write there, and that the disk has space."
        ) from error


def refuse_others(connection: apsw.Connection, path: Path, mark: Mark) -> None:
    """Before anything is written: another program's database stays as it is, and so does one of a later version."""
    owner, version = connection.pragma("application_id"), connection.pragma("user_version")
    empty = connection.execute("select count(*) from sqlite_schema").fetchone() == (0,)
    if owner != mark.application and not (owner == version == 0 and empty):
        raise StoreRefused(f"{path}: the database belongs to another program. Name another folder in `data`.")
    if not isinstance(version, int) or version > mark.version:
        raise StoreRefused(
            f"{path}: the database is of a newer version than this program. Install the version that wrote it, or a "
            "later one."
        )

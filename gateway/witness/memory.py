"""What a witness has cosigned, for each log: one SQLite file by apsw, WAL, `synchronous=FULL`.

What is compared and what is kept are one transaction, durable before it returns: two requests at once, of two
processes even, never take a log back to a smaller tree.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final, Literal, NamedTuple

import apsw
import msgspec
from msgspec import Struct

from gateway.database import Mark, refuse_others, told
from gateway.errors import StoreUnavailable

MARK: Final = Mark(application=0x524A5754, version=1)
"""`RJWT`: marks the file as a witness's."""

EVIDENCE_MAX: Final = 1_000
"""Pieces of evidence kept of one cause and one log. The first are the ones that matter."""

Cause = Literal["two-roots", "empty-root", "not-proved"]
"""Two roots of one size; a root of the empty tree that is none; a tree that nobody has shown to extend ours.

The first two prove by themselves that the log signed what it must not. The third asks for an explanation.
"""

_SCHEMA: Final = """
create table if not exists cosigned (
    origin text primary key, size integer not null, root blob not null, time integer not null, note text not null
) strict;
create table if not exists evidence (
    origin text not null, cause text not null, size integer not null, root blob not null, time integer not null,
    note text not null, held text, primary key (origin, cause, size, root)
) strict, without rowid;
"""
_PRAGMAS: Final = "pragma journal_mode=wal; pragma synchronous=full; pragma busy_timeout=5000;"
_HELD: Final = "select size, root, time, note from cosigned where origin = $1"
_KEEP: Final = """
insert into cosigned (origin, size, root, time, note) values ($1, $2, $3, $4, $5)
on conflict (origin) do update set size = $2, root = $3, time = $4, note = $5"""
_COUNT: Final = "select count(*) from evidence where origin = $1 and cause = $2"
_NOTE: Final = "insert or ignore into evidence values ($1, $2, $3, $4, $5, $6, $7)"
_EVIDENCE: Final = "select cause, size, root, time, note, held from evidence where origin = $1 order by time, size"


class Held(Struct, frozen=True, kw_only=True):
    """The newest tree of a log that was cosigned, at `time`. `note`: with the log's signatures and the cosignature."""

    size: int
    root: bytes
    time: int
    note: str


class Evidence(Struct, frozen=True, kw_only=True):
    """A checkpoint that the log has signed and that does not go with `held`, the one that the witness cosigned."""

    cause: Cause
    size: int
    root: bytes
    time: int
    note: str
    held: str | None


class Kept(NamedTuple):
    """What a judgement leaves behind: a tree now cosigned, or evidence against the log, or neither."""

    held: Held | None = None
    evidence: Evidence | None = None


class Memory:
    """One witness's memory. Its methods may be called from any thread. Raises StoreUnavailable."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it. Raises StoreRefused for another program's, or one of a later version."""
        self._lock = Lock()
        with told(path, "witness"):
            self._database = apsw.Connection(str(path))
            try:
                refuse_others(self._database, path, MARK)
                path.chmod(0o600)
                self._database.execute(_PRAGMAS).fetchall()  # the rest waits until the first row is read
                _prepare(self._database)
            except BaseException:
                self._database.close()
                raise

    def settle(self, origin: str, judge: Callable[[Held | None], Kept]) -> Kept:
        """Let `judge` see what is held of this log, and keep what it makes of it; durable on return.

        Dying before the commit returns leaves what was there before, or all of the new, and nobody was answered yet.
        """
        with self._writing() as database:
            kept = judge(_held(database, origin))
            if (held := kept.held) is not None:
                database.execute(_KEEP, (origin, held.size, held.root, held.time, held.note))
            if kept.evidence is not None:
                _keep_evidence(database, origin, kept.evidence)
        return kept

    def held(self, origin: str) -> Held | None:
        """The newest tree of this log that was cosigned."""
        with self._lock, _answering():
            return _held(self._database, origin)

    def evidence(self, origin: str) -> list[Evidence]:
        """All that speaks against this log, oldest first."""
        names = Evidence.__struct_fields__
        with self._lock, _answering():
            rows = self._database.execute(_EVIDENCE, (origin,)).fetchall()
        return msgspec.convert([dict(zip(names, row, strict=True)) for row in rows], list[Evidence])

    def close(self) -> None:
        """Let the file go, whole."""
        with self._lock:
            self._database.close()

    @contextmanager
    def _writing(self) -> Iterator[apsw.Connection]:
        with self._lock, _answering():
            self._database.execute("begin immediate")
            try:
                yield self._database
                self._database.execute("commit")
            finally:
                if self._database.in_transaction:
                    self._database.execute("rollback")


def _held(database: apsw.Connection, origin: str) -> Held | None:
    row = database.execute(_HELD, (origin,)).fetchone()
    return msgspec.convert(dict(zip(Held.__struct_fields__, row, strict=True)), Held) if row else None


def _keep_evidence(database: apsw.Connection, origin: str, found: Evidence) -> None:
    """Once each, and not without end: whoever has a signed checkpoint can send it with any proof."""
    row = database.execute(_COUNT, (origin, found.cause)).fetchone()
    if row is not None and row[0] < EVIDENCE_MAX:
        given = (origin, found.cause, found.size, found.root, found.time, found.note, found.held)
        database.execute(_NOTE, given)


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except apsw.Error as error:
        raise StoreUnavailable("The database cannot answer now.") from error


def _prepare(database: apsw.Connection) -> None:
    if database.pragma("user_version") == 0:
        database.execute(
            f"begin immediate; {_SCHEMA} pragma application_id = {MARK.application};"
            f"pragma user_version = {MARK.version}; commit"
        ).fetchall()

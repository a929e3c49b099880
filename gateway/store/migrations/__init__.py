"""How the tables of an earlier version become those of this one: numbered steps of SQL, each taken once and whole.

A database says which steps it has taken, with the digest of each; one that has taken another step of the same number,
or a later one than this program knows, is not touched. An empty database gets today's tables at once (`sql.SCHEMA`).
To add a step: write `NNNN-name.sql`, name it in `STEPS`, and change `sql.SCHEMA` so that both ways end alike.
"""

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Final, Literal

import apsw
from msgspec import Struct

from contracts.codec import b64url
from gateway.errors import StoreRefused
from gateway.keystore import KeyStore
from gateway.store import sql
from gateway.store.migrations import nothing_in_clear

Engine = Literal["sqlite", "postgres"]
Rewrite = Callable[[apsw.Connection, KeyStore], None]

OLDER: Final = (
    "the database is of an earlier version than this program. Stop every gateway on it, make a backup with the version "
    "that wrote it, and run `rj migrate`."
)


class Step(Struct, frozen=True, kw_only=True):
    """One step, named by its file. `rewrite` is what SQL alone cannot do, in the same transaction."""

    number: int
    name: str
    engines: tuple[Engine, ...] = ("sqlite", "postgres")
    rewrite: Rewrite | None = None

    @property
    def text(self) -> str:
        """The SQL, as for SQLite."""
        return (files(__name__) / f"{self.number:04}-{self.name}.sql").read_text("utf-8")

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return b64url(sha256(self.text.encode()).digest())

    @property
    def row(self) -> tuple[int, str, str]:
        """What the database keeps of it."""
        return (self.number, self.name, self.digest)


STEPS: Final = (
    Step(number=2, name="nothing-in-clear", engines=("sqlite",), rewrite=nothing_in_clear.upgrade),
    Step(number=3, name="migrations"),
    Step(number=4, name="kept-lines"),
)


def steps(engine: Engine) -> list[Step]:
    """The steps of an engine, in their order."""
    return [step for step in STEPS if engine in step.engines]


def pending(engine: Engine, version: int) -> list[Step]:
    """What a database of this version has yet to take."""
    return [step for step in steps(engine) if step.number > version]


def check(engine: Engine, taken: Iterable[tuple[int, str]]) -> None:
    """Raises StoreRefused, unless the database has taken our own steps, all of them and no others."""
    ours: Mapping[int, str] = {step.number: step.digest for step in steps(engine)}
    theirs = dict(taken)
    if max(theirs, default=0) > sql.SCHEMA_VERSION:
        raise StoreRefused("The database is of a newer version than this program. Install the version that wrote it.")
    if any(ours.get(number, digest) != digest for number, digest in theirs.items()) or not theirs.keys() <= ours.keys():
        raise StoreRefused("The database was changed by steps that are not those of this program. Restore a backup.")
    if theirs.keys() < ours.keys():
        raise StoreRefused(OLDER[0].upper() + OLDER[1:])

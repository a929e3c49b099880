"""How every line of a log stands, by the gateway's own files: opened, erased by a later line under a rule, or missing.

For an operator, beside a gateway that runs or one that is stopped: it only reads, and in portions, so that it holds up
nobody and its memory does not grow with the log. What the gateway writes meanwhile is left to the next check.
"""

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import Struct

from contracts.event import EventLeaf, RecoveredLeaf, opens, parse_exact, parse_leaf
from contracts.merkle import leaf_hash
from gateway.config import GatewaySection
from gateway.keyreader import KeyReader, KeyStoreError
from gateway.ledger.tree import Edge, grow
from gateway.store import sql
from gateway.store.port import Record
from gateway.store.rows import Rows, rows_of
from gateway.store.sql import Row

PORTION: Final = 1000
NAMED_MAX: Final = 100
"""How many lines are named of each kind of alarm."""

LINES: Final = "select body, slot, record, i, erased_by from leaf where i >= $1 and i < $2 order by i"

Progress = Callable[[int, int], None]


class Standing(Struct, frozen=True, kw_only=True):
    """How many lines stand how. `erased`: by rule. `missing`: neither opened nor erased; `wrong`: a record that is not
    what the line committed to; both name the first hundred. `whole`: the lines are the tree that the gateway signs.
    """

    size: int
    whole: bool
    clear: int = 0
    opened: int = 0
    recovered: int = 0
    erased: dict[str, int] = {}
    missing: int = 0
    wrong: int = 0
    named: dict[str, tuple[int, ...]] = {}

    @property
    def sound(self) -> bool:
        """Whether there is nothing to be alarmed at."""
        return self.whole and not self.missing and not self.wrong


def standing(section: GatewaySection, progress: Progress = lambda done, size: None) -> Standing:
    """Look at every line. `progress` is told how many are done, of how many.

    Raises StoreRefused, StoreUnavailable, KeyStoreError.
    """
    with closing(KeyReader.at(section.keystore_folder)) as keys, rows_of(section) as rows:
        return _Looking(rows, keys).all(progress)


class _Looking:
    """One look through a log."""

    def __init__(self, rows: Rows, keys: KeyReader) -> None:
        self._rows, self._keys = rows, keys
        self._counts: Counter[str] = Counter()
        self._rules: Counter[str] = Counter()
        self._wrong: list[int] = []
        self._unopened: list[range] = []
        self._put_back: list[range] = []
        self.erasure = lru_cache(maxsize=1024)(self._erasure)

    def all(self, progress: Progress) -> Standing:
        edge = sql.log_state(next(iter(self._rows(sql.LOG)), None)).edge
        grown = Edge()
        for first in range(0, edge.size, PORTION):
            rows = self._rows(LINES, first, min(first + PORTION, edge.size))
            grown = grow(grown, [leaf_hash(row[0]) for row in rows]).edge
            for row in rows:
                self._counts[self._of(row)] += 1
            progress(first + len(rows), edge.size)
        return self._standing(edge.size, whole=grown == edge)

    def _standing(self, size: int, *, whole: bool) -> Standing:
        """Lines that a later one says were put back from the public log are no alarm."""
        unopened = [index for each in self._unopened for index in each]
        missing = [index for index in unopened if not any(index in each for each in self._put_back)]
        named = {"missing": tuple(missing[:NAMED_MAX]), "wrong": tuple(self._wrong[:NAMED_MAX])}
        return Standing(
            size=size,
            whole=whole,
            clear=self._counts["clear"],
            opened=self._counts["opened"],
            recovered=len(unopened) - len(missing),
            erased=dict(self._rules),
            missing=len(missing),
            wrong=len(self._wrong),
            named={kind: lines for kind, lines in named.items() if lines},
        )

    def _of(self, row: Row) -> str:
        """How the line of this row stands; what is no alarm is only counted."""
        leaf, index = parse_leaf(row[0]), row[3]
        if not isinstance(leaf, EventLeaf):
            if isinstance(leaf, RecoveredLeaf):
                self._put_back.append(range(leaf.first, leaf.end))
            return "clear"
        record = self._record(row)
        if record is not None and row[4] is None:
            if opens(row[0], "shared", record.shared) and opens(row[0], "exact", record.exact):
                return "opened"
            self._wrong.append(index)
            return "wrong"
        rule = self._erased(index, row[4])
        if rule is not None:
            self._rules[rule] += 1
            return "erased"
        if self._unopened and self._unopened[-1].stop == index:
            self._unopened[-1] = range(self._unopened[-1].start, index + 1)
        else:
            self._unopened.append(range(index, index + 1))
        return "unopened"

    def _erased(self, index: int, by: int | None) -> str | None:
        """The rule by which a later line has erased this one, if one has."""
        if by is None:  # or was it erased since its row was read?
            by = self._rows(sql.LEAF, index)[0][4]
        rule, lines = self.erasure(by) if by is not None and by > index else (None, frozenset())
        return rule if index in lines else None

    def _erasure(self, index: int) -> tuple[str | None, frozenset[int]]:
        """The rule and the lines that an erasing line names, by its own leaf."""
        for row in self._rows(sql.LEAF, index):
            record = self._record(row)
            if record is not None and opens(row[0], "exact", record.exact):
                exact = parse_exact(record.exact.part)
                return exact.rule, frozenset(exact.lines)
        return None, frozenset()

    def _record(self, row: Row) -> Record | None:
        """What the line stands for, if it opens at all."""
        try:
            return sql.stored_line(self._keys, row).record
        except (KeyStoreError, msgspec.DecodeError):
            return None

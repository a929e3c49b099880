"""The work list of one agency in memory: built once from its cabinet, and kept current by every change.

Rows are replaced on whatever thread has made a change, in the order of the changes; whoever asks gets a copy of the
list as it stands. Nothing of it is on disk.
"""

import threading
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence

from contracts.agreement import Windows
from gateway.desk import case as cases
from gateway.desk.cabinet import Cabinet, Changed, Drawer
from gateway.desk.case import Case
from gateway.desk.row import Allocation, Row, by_due, by_newest, row_of

ALLOCATION = "allocation"


class Index:
    """Every case of an agency as a row, in the two orders of the list."""

    def __init__(self, cabinet: Cabinet) -> None:
        self._cabinet = cabinet
        self._lock = threading.Lock()
        self._windows: Windows | None = None
        self._rows: dict[str, Row] = {}
        self._allocated: dict[str, Allocation] = {}
        self._due: list[Row] = []
        self._newest: list[Row] = []
        cabinet.watch(self._changed)

    async def by_due(self, windows: Windows) -> list[Row]:
        """Every row, what is due first before the rest. Under other windows than before all of them are made anew."""
        await self._ready(windows)
        with self._lock:
            return self._due.copy()

    async def by_newest(self, windows: Windows) -> list[Row]:
        """Every row, what was asked last before the rest."""
        await self._ready(windows)
        with self._lock:
            return self._newest.copy()

    async def _ready(self, windows: Windows) -> None:
        if self._windows != windows:
            await self._cabinet.change(lambda drawer: self._build(drawer, windows))

    def _build(self, drawer: Drawer, windows: Windows) -> None:
        """Inside a transaction of its own, so that no change falls between what is read and what is told."""
        allocated = {kept.exchange: kept for kept in drawer.walk(ALLOCATION, Allocation)}
        made = (row_of(case, allocated.get(case.exchange), windows) for case in drawer.walk(cases.KIND, Case))
        rows = {row.exchange: row for row in made}
        due, newest = sorted(rows.values(), key=by_due), sorted(rows.values(), key=by_newest)
        with self._lock:
            self._rows, self._allocated, self._due, self._newest = rows, allocated, due, newest
            self._windows = windows

    def _changed(self, changes: Sequence[Changed]) -> None:
        if self._windows is None or not any(change.kind in (cases.KIND, ALLOCATION) for change in changes):
            return
        with self._lock:
            self._apply(changes, self._windows)

    def _apply(self, changes: Iterable[Changed], windows: Windows) -> None:
        for change in changes:
            if change.kind == cases.KIND and change.name:
                allocated = self._allocated.get(change.name)
                self._put(
                    change.name,
                    row_of(change.value, allocated, windows) if isinstance(change.value, Case) else None,
                )
            elif change.kind == ALLOCATION and change.name:
                self._allocate(change.name, change.value)

    def _allocate(self, exchange: str, value: object) -> None:
        if isinstance(value, Allocation):
            self._allocated[exchange] = value
        else:
            self._allocated.pop(exchange, None)
        row, kept = self._rows.get(exchange), self._allocated.get(exchange)
        if row is not None:
            self._put(exchange, row.given(kept))

    def _put(self, exchange: str, row: Row | None) -> None:
        old = self._rows.pop(exchange, None)
        if old is not None:
            del self._due[bisect_left(self._due, by_due(old), key=by_due)]
            del self._newest[bisect_left(self._newest, by_newest(old), key=by_newest)]
        if row is not None:
            self._rows[exchange] = row
            insort(self._due, row, key=by_due)
            insort(self._newest, row, key=by_newest)
        else:
            self._allocated.pop(exchange, None)

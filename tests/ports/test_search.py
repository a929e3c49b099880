"""A search of the log, on every engine: what it finds, in which order, and that what was erased costs it nothing."""

from contextlib import closing
from typing import Any

import apsw
import asyncpg
import pytest

from contracts.messages.actor import System
from contracts.messages.log_search import LogSearch
from gateway.store import finding
from gateway.store.port import Line, Store
from gateway.store.sql import DAY_SECONDS
from tests.ports.batches import FORCE, ONE_ERASED, OTHER, PRISON, Batch, case, exchange, uid, write
from tests.ports.engines import Engine, PostgreSql


async def test_a_search_finds_the_lines_that_fit_every_member_given(store: Store) -> None:
    """Each member by itself, and two together."""

    def fill(batch: Batch) -> None:
        batch.line(uid(1), shared={"event": "contact-request", "iss": PRISON, "at": 10}, purpose="letter")
        batch.line(
            uid(1), shared={"event": "contact-answer", "iss": FORCE, "at": 20, "fields": ("safe_times", "reasons")},
            code="R19", clauses=("4.1", "5.2"), state="shared",
        )  # fmt: skip
        batch.line(uid(2), shared={"event": "contact-answer", "iss": OTHER, "at": 30}, actor=System(id="P" * 22))
        batch.line(None, shared={"event": "log-search", "iss": "inspectorate-hmip", "at": 40}, clauses=("14.1",))
        batch.add(exchanges=[exchange(1), exchange(2)])

    await write(store, fill)

    async def found(**members: Any) -> list[int]:
        return [line.index for line in (await store.search(LogSearch(why="inspection", **members))).lines]

    assert await found() == [0, 1, 2, 3]
    assert await found(agency=FORCE) == [1]
    assert await found(event="contact-answer") == [1, 2]
    assert await found(purpose="letter") == [0]
    assert await found(code="R19") == [1]
    assert await found(clause="4.1") == [1]
    assert await found(clause="4") == []
    assert await found(field="safe_times") == [1]
    assert await found(field="exclusion") == []
    assert await found(state="shared") == [1]
    assert await found(state="shared", agency=PRISON) == []
    assert await found(clause="5.2", agency=OTHER) == []
    assert await found(person="P" * 22) == [2]
    assert await found(about=uid(1)) == [0, 1]
    assert await found(since=20) == [1, 2, 3]
    assert await found(until=20) == [0]
    assert await found(event="contact-answer", agency=OTHER) == [2]
    assert await found(after=1, limit=1) == [2]
    assert (await store.search(LogSearch(why="inspection", limit=1))).lines[0].record is not None


async def test_a_long_search_goes_on_where_it_stopped(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It looks at so many lines and no more, says how far it came, and at the end that it came there."""
    monkeypatch.setattr(finding, "PORTION", 2)
    monkeypatch.setattr(finding, "PORTIONS", 1)
    for _ in range(5):
        await write(store, lambda batch: batch.line(None, shared={"event": "log-search"}))
    found, after = [], -1
    for _ in range(9):
        page = await store.search(LogSearch(why="inspection", after=after))
        found += [line.index for line in page.lines]
        if page.looked_to is None:
            break
        assert page.looked_to > after
        after = page.looked_to
    assert found == [0, 1, 2, 3, 4]


async def test_a_search_does_not_find_what_is_erased(store: Store) -> None:
    """Nor a document's leaf, which stands for no event."""
    await write(store, case(1))
    document = Line(index=1, leaf=b'{"class":"agreement"}', exchange=None)
    await write(store, lambda batch: batch.lines.append(document))
    assert [line.index for line in (await store.search(LogSearch(why="inspection"))).lines] == [0]
    await write(store, lambda batch: batch.erase(1), ONE_ERASED)
    left = (await store.search(LogSearch(why="inspection"))).lines
    assert [line.index for line in left] == [2]  # the erasure's own line
    assert (await store.search(LogSearch(why="inspection", about=uid(1)))).lines == ()


async def test_a_search_of_some_days_finds_their_lines(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """From an instant on, before another, between the two, past the end; by pages, and on from a line among them."""
    monkeypatch.setattr(finding, "PORTION", 2)
    for day in (3, 3, 4, 6, 6, 6, 9):
        at = day * DAY_SECONDS + 5
        await write(store, lambda batch, at=at: batch.line(None, shared={"event": "log-search", "at": at}))

    async def found(**days: int) -> list[int]:
        terms = {name: value * DAY_SECONDS if name in ("since", "until") else value for name, value in days.items()}
        return [line.index for line in (await store.search(LogSearch(why="inspection", **terms))).lines]

    assert await found(since=4) == [2, 3, 4, 5, 6]
    assert await found(since=5) == [3, 4, 5, 6]
    assert await found(since=10) == []
    assert await found(until=3) == []
    assert await found(until=4) == [0, 1]
    assert await found(until=9) == [0, 1, 2, 3, 4, 5]
    assert await found(since=4, until=7) == [2, 3, 4, 5]
    assert await found(since=4, until=7, after=3) == [4, 5]
    assert await found(since=4, until=7, after=3, limit=1) == [4]
    assert await found(since=7, until=4) == []


async def plan(engine: Engine, text: str, given: list[Any]) -> str:
    """How the engine would go about it."""
    if isinstance(engine, PostgreSql):
        connection = await asyncpg.connect(engine.url)
        try:
            return "\n".join(row[0] for row in await connection.fetch(f"explain {text}", *given))
        finally:
            await connection.close()
    with closing(apsw.Connection(str(engine.folder / "gateway.db"))) as database:
        return "\n".join(str(row) for row in database.execute(f"explain query plan {text}", given))


LONG = """
with recursive n(i) as (select 1000 union all select i + 1 from n where i < 40000)
insert into leaf select i, {body}, null, null, null, null, 7 from n where i < 36000
union all select i, {body}, i, {body}, cast(i / 9 as text), i / 100, null from n where i >= 36000
"""
"""A log of 39,000 lines, of which nine in ten are erased."""


async def test_a_search_goes_past_what_was_erased_without_reading_it(engine: Engine) -> None:
    """A log is mostly erased lines after some years. No engine reads it line after line."""
    async with engine.open() as store:
        await write(store, case(1))
    if isinstance(engine, PostgreSql):
        connection = await asyncpg.connect(engine.url)
        await connection.execute(LONG.format(body="'x'::bytea"))
        await connection.execute("vacuum analyze leaf")
        await connection.close()
    else:
        with closing(apsw.Connection(str(engine.folder / "gateway.db"))) as database:
            database.execute(LONG.format(body="x'78'"))
    everything = finding.portion(LogSearch(why="inspection"), finding.Stretch(-1, finding.BEYOND))
    assert "leaf_kept" in await plan(engine, *everything)
    assert "leaf_day" in await plan(engine, finding.BEGINS, [3])
    about = finding.portion(LogSearch(why="inspection", about=uid(1)), finding.Stretch(-1, finding.BEYOND))
    assert "leaf_exchange" in await plan(engine, *about)

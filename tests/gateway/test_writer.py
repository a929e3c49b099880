"""Group commit: what waits goes together, one bad message never takes others with it, and nothing taken is dropped."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from contracts.envelope import Identified
from gateway.errors import Overloaded, StoreUnavailable
from gateway.ledger.tree import grow
from gateway.message import FellDue, Submission, Unfit
from gateway.settle import Nothing, Settlement
from gateway.store.port import Known, LogState, Wanted, Writes
from gateway.writer import TOGETHER, Writer

BAD = FellDue(exchange="bad")


class Engine:
    """A store that only counts: its batches, and whether it can answer.

    Nobody's turn comes while `turn` is cleared, and nothing is written while `open` is.
    """

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.tried = 0
        self.down = self.closed = False
        self.turn, self.open = asyncio.Event(), asyncio.Event()
        self.turn.set()
        self.open.set()

    async def transact(self, turn: Callable[[], Wanted], settle: Callable[[Known], Writes]) -> Writes:
        self.tried += 1
        await self.turn.wait()
        if self.closed:
            raise StoreUnavailable("The database cannot be reached now.")
        wanted = turn()
        await self.open.wait()
        writes = settle(Known(log=LogState()))
        if self.down:
            raise StoreUnavailable("The database cannot answer now.")
        self.batches.append(len(wanted.exchanges) + len(wanted.messages))
        return writes


def settle(known: Known, batch: Sequence[Submission]) -> Settlement:
    """Settles everything but the bad message, over which it stumbles."""
    if BAD in batch:
        raise KeyError("a bad message")
    growth = grow(known.log.edge, [])
    empty = Writes(
        log=known.log, root=growth.edge.root(), lines=(), nodes=(), messages=(), exchanges=(), sealed=(), delivered=(),
        dropped=(), erased_values=(), erased_records=(),
    )  # fmt: skip
    return Settlement(writes=empty, results=tuple(Nothing() for _ in batch), growth=growth)


@asynccontextmanager
async def running(limit: int = 100) -> AsyncIterator[tuple[Writer, Engine, list[Settlement]]]:
    engine, committed = Engine(), list[Settlement]()

    async def keep(settlement: Settlement) -> None:
        committed.append(settlement)

    async def renew() -> None:
        pass

    writer = Writer(engine, settle, keep, renew, limit)  # type: ignore[arg-type]  # the port's one method it needs
    task = asyncio.create_task(writer.run())
    try:
        yield writer, engine, committed
    finally:
        engine.open.set()
        writer.close()
        await asyncio.wait_for(task, 5)


def message(number: int) -> FellDue:
    return FellDue(exchange=str(number))


def said_by(agency: str, number: int) -> Unfit:
    claims = Identified(iss=agency, iat=0, exp=0, jti=f"{agency} {number}", exchange="")
    return Unfit(name="open", claims=claims, token="", digest="", kid="", detail="", where=None)


async def test_what_waits_is_committed_together() -> None:
    """While one batch is written the next gathers; then it goes as one."""
    async with running() as (writer, engine, committed):
        engine.open.clear()
        first = asyncio.create_task(writer.submit(message(0)))
        await asyncio.sleep(0.01)
        rest = [asyncio.create_task(writer.submit(message(number))) for number in range(1, 20)]
        await asyncio.sleep(0.01)
        engine.open.set()
        await asyncio.gather(first, *rest)
        assert engine.batches == [1, 19]
        assert len(committed) == 2


async def test_what_comes_while_others_have_the_log_is_in_the_same_batch() -> None:
    """A batch is closed when its turn comes, not when its first message does."""
    async with running() as (writer, engine, _):
        engine.turn.clear()
        sent = []
        for number in range(5):
            sent.append(asyncio.create_task(writer.submit(message(number))))
            await asyncio.sleep(0.01)
        engine.turn.set()
        await asyncio.gather(*sent)
        assert engine.batches == [5]


async def test_whoever_waits_for_a_turn_that_never_comes_is_told() -> None:
    """The database cannot be reached: nobody waits for ever, and the next message is tried anew."""
    async with running() as (writer, engine, _):
        engine.turn.clear()
        sent = [asyncio.create_task(writer.submit(message(number))) for number in range(5)]
        await asyncio.sleep(0.01)
        engine.closed = True
        engine.turn.set()
        results = await asyncio.gather(*sent, return_exceptions=True)
        assert {type(result) for result in results} == {StoreUnavailable}
        engine.closed = False
        await writer.submit(message(9))
        assert engine.batches == [1]


async def test_one_bad_message_does_not_take_others_with_it() -> None:
    """The batch is tried again one by one; the bad one is told to try later, the rest are settled."""
    async with running() as (writer, engine, _):
        engine.open.clear()
        first = asyncio.create_task(writer.submit(message(0)))
        await asyncio.sleep(0.01)
        rest = [asyncio.create_task(writer.submit(each)) for each in (message(1), BAD, message(2))]
        await asyncio.sleep(0.01)
        engine.open.set()
        await first
        results = await asyncio.gather(*rest, return_exceptions=True)
        assert [isinstance(result, tuple) for result in results] == [True, False, True]
        assert isinstance(results[1], StoreUnavailable)
        assert engine.batches == [1, 1, 1]


async def test_an_engine_that_cannot_answer_is_asked_once_for_a_batch() -> None:
    """Everybody is told at once, and nobody hammers it; the next batch is tried as if nothing had been."""
    async with running() as (writer, engine, committed):
        engine.down = True
        tasks = [asyncio.create_task(writer.submit(message(number))) for number in range(30)]
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert {type(result) for result in results} == {StoreUnavailable}
        assert engine.tried == 1
        assert committed == []
        engine.down = False
        await writer.submit(message(1))


async def test_more_than_may_wait_are_turned_away_at_once() -> None:
    """A full queue is said to be full; what waits in it is settled. One sender alone fills half of the room."""
    async with running(limit=6) as (writer, engine, _):
        engine.open.clear()
        first = asyncio.create_task(writer.submit(message(0)))
        await asyncio.sleep(0.01)
        waiting = [asyncio.create_task(writer.submit(message(number))) for number in range(3)]
        await asyncio.sleep(0.01)
        with pytest.raises(Overloaded):
            await writer.submit(message(9))
        engine.open.set()
        await asyncio.gather(first, *waiting)


@pytest.mark.parametrize("other", [said_by("police-13", 0), message(0)], ids=["an agency", "time"])
async def test_a_flood_from_one_agency_keeps_nobody_waiting(other: Submission) -> None:
    """While three batches of one agency wait, another's message, or what time has to say, is in the first of them."""
    settled: list[Submission] = []
    async with running(limit=2_000) as (writer, engine, _):

        async def say(what: Submission) -> None:
            await writer.submit(what)
            settled.append(what)

        engine.turn.clear()
        flood = [asyncio.create_task(say(said_by("prison-mdi", number))) for number in range(3 * TOGETHER)]
        await asyncio.sleep(0.01)
        last = asyncio.create_task(say(other))
        await asyncio.sleep(0.01)
        engine.turn.set()
        await asyncio.gather(*flood, last)
        assert engine.batches == [TOGETHER, TOGETHER, TOGETHER, 1]
        assert settled.index(other) < TOGETHER


async def test_a_caller_that_gives_up_does_not_stop_the_commit() -> None:
    """Its neighbours are answered, and its own message is written."""
    async with running() as (writer, engine, _):
        engine.open.clear()
        gone, stays = (asyncio.create_task(writer.submit(message(number))) for number in (1, 2))
        await asyncio.sleep(0.01)
        gone.cancel()
        engine.open.set()
        await stays
        assert engine.batches == [2]


async def test_closing_settles_what_was_taken_and_takes_nothing_more() -> None:
    """An orderly stop: nothing that was taken is lost."""
    async with running() as (writer, engine, _):
        engine.open.clear()
        taken = [asyncio.create_task(writer.submit(message(number))) for number in range(5)]
        await asyncio.sleep(0.01)
        late = asyncio.create_task(writer.submit(message(6)))
        await asyncio.sleep(0.01)
        writer.close()
        with pytest.raises(Overloaded):
            await writer.submit(message(7))
        engine.open.set()
        await asyncio.gather(*taken, late)
        assert sum(engine.batches) == 6

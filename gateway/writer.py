"""Group commit: what waits is settled and committed together, and the next batch starts when the commit returns."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from gateway.errors import GatewayError, Overloaded, RulesBehind, StoreUnavailable
from gateway.message import Submission, Unfit, Verified
from gateway.settle import Result, Settlement, wanted
from gateway.store.port import Known, Store, Wanted, Writes
from gateway.waiting import Waiting

Settle = Callable[[Known, Sequence[Submission]], Settlement]
Committed = Callable[[Settlement], Awaitable[None]]
Renew = Callable[[], Awaitable[None]]
Outcome = tuple[Result, Settlement]
Batch = list[tuple[Submission, asyncio.Future[Outcome]]]

TOGETHER: Final = 256
"""The most that one batch takes: a larger one costs as much for each message, and keeps the next senders waiting."""

OURSELVES: Final = ""
"""The sender of what nobody said: time's own messages, and documents. They take their turn like an agency's."""

_log = structlog.get_logger()


class Writer:
    """The one way into the store. `committed` is called once for each batch that is durable, and may refuse to go on.

    A batch that was kept and then not signed is reported as failed: the same messages again are found by their ids.
    """

    def __init__(self, store: Store, settle: Settle, committed: Committed, renew: Renew, limit: int) -> None:
        self._store, self._settle, self._committed, self._renew = store, settle, committed, renew
        self._waiting: Waiting[tuple[Submission, asyncio.Future[Outcome]]] = Waiting(limit)
        self._wake = asyncio.Event()
        self._closed = False

    async def submit(self, submission: Submission) -> Outcome:
        """What became of the submission, durable on return. Raises Overloaded, StoreUnavailable.

        A caller that gives up does not stop the commit: the message's id will tell what became of it.
        """
        if self._closed:
            raise Overloaded("The gateway is stopping.")
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.add(_sender(submission), (submission, done))
        self._wake.set()
        return await done

    async def run(self) -> None:
        """Commit batches until closed, and then what still waits."""
        while self._waiting or not self._closed:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await self._commit([])

    def close(self) -> None:
        """Take nothing more. `run` returns once what was taken is settled."""
        self._closed = True
        self._wake.set()

    async def _commit(self, batch: Batch) -> None:
        """All together; if that fails, one by one, so that one bad message never takes others with it.

        An empty batch is filled with what waits when its turn has come; whoever waits for a turn in vain is told.
        """
        try:
            settlement = await self._transact(batch)
        except StoreUnavailable as error:
            _fail(batch or self._waiting.take(len(self._waiting)), error)
        except Exception as error:  # whatever one message broke must not reach the others, nor end this loop
            _log.error("batch.failed", size=len(self._filled(batch)), error=type(error).__name__)
            if len(batch) == 1:
                known = isinstance(error, GatewayError)
                _fail(batch, error if known else StoreUnavailable("The message broke its batch."))
            else:
                for each in batch:
                    await self._commit([each])
        else:
            await self._answer(batch, settlement)

    async def _transact(self, batch: Batch) -> Settlement:
        settled: list[Settlement] = []

        def turn() -> Wanted:
            return wanted([submission for submission, _ in self._filled(batch)])

        def settle(known: Known) -> Writes:
            settled.append(self._settle(known, [submission for submission, _ in batch]))
            return settled[-1].writes

        try:
            await self._store.transact(turn, settle)
        except RulesBehind:
            await self._renew()
            await self._store.transact(turn, settle)
        return settled[-1]

    def _filled(self, batch: Batch) -> Batch:
        if not batch:
            batch += self._waiting.take(TOGETHER)
        return batch

    async def _answer(self, batch: Batch, settlement: Settlement) -> None:
        try:
            await self._committed(settlement)
        except GatewayError as error:
            _log.error("batch.kept_and_not_answered", size=len(batch), error=type(error).__name__)
            _fail(batch, error)
        else:
            for (_, done), result in zip(batch, settlement.results, strict=True):
                if not done.done():
                    done.set_result((result, settlement))


def _sender(submission: Submission) -> str:
    return submission.claims.iss if isinstance(submission, Verified | Unfit) else OURSELVES


def _fail(batch: Batch, error: Exception) -> None:
    for _, done in batch:
        if not done.done():
            done.set_exception(error)

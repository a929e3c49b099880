"""Group commit: whatever waits is settled and committed together, and the next batch starts when the commit returns."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from contracts.envelope import GATEWAY
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

BATCH = 512
"""The most messages that are committed together: whoever comes in behind a flood waits for no more than this."""

_log = structlog.get_logger()


class Writer:
    """The one way into the store. `committed` is called once for each batch that is durable, and may refuse to go on.

    A batch that was kept and then not signed is reported as failed: the same messages again are found by their ids.
    """

    def __init__(self, store: Store, settle: Settle, committed: Committed, renew: Renew, limit: int) -> None:
        self._store, self._settle, self._committed, self._renew = store, settle, committed, renew
        self._waiting = Waiting[tuple[Submission, asyncio.Future[Outcome]]](limit)
        self._wake = asyncio.Event()
        self._closed = False

    async def submit(self, submission: Submission) -> Outcome:
        """What became of the submission, durable on return. Raises Overloaded, StoreUnavailable.

        A caller that gives up does not stop the commit: the message's id will tell what became of it.
        """
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        if self._closed or not self._waiting.add(_whose(submission), (submission, done)):
            raise Overloaded("Too many messages wait, or the gateway is stopping.")
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

        An empty batch is filled with whatever waits when its turn has come.
        """
        try:
            settlement = await self._transact(batch)
        except StoreUnavailable as error:
            _fail(self._filled(batch), error)
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
            batch += self._waiting.take(BATCH)
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


def _whose(submission: Submission) -> str:
    """The agency that sent it; what the gateway itself has to do waits in a line of its own."""
    return submission.claims.iss if isinstance(submission, Verified | Unfit) else GATEWAY


def _fail(batch: Batch, error: Exception) -> None:
    for _, done in batch:
        if not done.done():
            done.set_exception(error)

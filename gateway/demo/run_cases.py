"""Runs the cases of a file beside one another, each in its turn."""

import asyncio
from collections.abc import Callable
from typing import Final

import aiohttp

from gateway.demo.cases import Case, in_order
from gateway.demo.client import NothingCame, Refusal
from gateway.demo.journey import Journey, Progress, canonical_pnc
from gateway.demo.result import Result
from gateway.demo.world import World

AT_ONCE: Final = 12
"""Cases that are being asked or answered at one instant; those that wait for the end of a window do not count."""

SLACK_SECONDS: Final = 30


class Run:
    """A run of cases in one world. `window` is the answer window in seconds; `told` hears of each result."""

    def __init__(self, world: World, cases: list[Case], window: int, told: Callable[[Result], None]) -> None:
        self._world, self._cases, self._told = world, cases, told
        self._patience = float(window + SLACK_SECONDS)
        self._progress = {case.case: Progress() for case in cases}
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def results(self) -> list[Result]:
        """The results, in the order of the file."""
        async with asyncio.TaskGroup() as group:
            running = {case.case: group.create_task(self._one(case)) for case in in_order(self._cases)}
        return [running[case.case].result() for case in self._cases]

    async def _one(self, case: Case) -> Result:
        """A case that goes wrong in a way that no rule knows is a result too, and never as expected."""
        progress = self._progress[case.case]
        journey = Journey(self._world, case, progress, self._beside(case), self._patience)
        try:
            await self._turn(case)
            result = await journey.result(self._slots)
        except (Refusal, NothingCame, aiohttp.ClientError, TimeoutError) as error:
            result = Result(case=case.case, state="failed", reason=str(error), pnc_id=canonical_pnc(case))
        finally:
            progress.end()
        self._told(result)
        return result

    async def _turn(self, case: Case) -> None:
        if case.after is not None:
            await self._progress[case.after].ended.wait()
        if case.during is not None:
            await self._progress[case.during].looked_at.wait()

    def _beside(self, case: Case) -> list[Progress]:
        """The cases that must have been looked at before this one is answered."""
        return [self._progress[other.case] for other in self._cases if other.during == case.case]

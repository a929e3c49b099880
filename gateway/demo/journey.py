"""One case from the prison's request to what an inspector reads of it in the end, through real processes over HTTP."""

import asyncio
from asyncio import Semaphore
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, get_args

from contracts.identifiers import BadIdentifier, pnc_id
from contracts.vocabulary import Ground, Sensitivity
from gateway.demo import force, phrases
from gateway.demo.cases import Case
from gateway.demo.client import Desk, NothingCame, Refusal
from gateway.demo.result import Result
from gateway.demo.said import Json, Problem
from gateway.demo.staff import officer, person
from gateway.demo.world import World

STATES: Final = {"details-shared": "released", "withdrawn": "recalled"}
"""An inspector's words for a state, where those of the cases differ."""

AT_THE_DESK: Final = {"R01": "invalid", "R16": "invalid", "R17": "refused"}
"""What a desk stops before it leaves; of what it stops for R17 the requester is told as of any refusal."""

ENDS: Final = ("contact-answer", "notice-cannot-proceed", "notice-expired")


class Progress:
    """How far a case has come, for those that wait for it."""

    def __init__(self) -> None:
        self.looked_at, self.ended = asyncio.Event(), asyncio.Event()

    def end(self) -> None:
        """Nothing more will come of it, so nobody waits any longer for any of it."""
        for event in (self.looked_at, self.ended):
            event.set()


class Journey:
    """`beside` are the cases that must have been looked at before this one is answered; `patience` is in seconds."""

    def __init__(self, world: World, case: Case, progress: Progress, beside: list[Progress], patience: float) -> None:
        self._world, self._case, self._progress, self._beside = world, case, progress, beside
        self._patience = patience
        self._letter = phrases.letter() if case.purpose == "letter" else None

    async def result(self, slots: Semaphore) -> Result:
        """What came of it. Raises Refusal, NothingCame where something went wrong that no rule knows."""
        if self._case.asks is None or self._case.asked is None or self._case.holds is None:
            return self._stopped("R01")
        prison, holder = self._world.desk(self._case.asks), self._world.desk(self._case.holds)
        async with self._slot(slots):
            try:
                said = await prison.ask(request(self._case, self._letter))
            except Refusal as refusal:
                return await self._refused(prison, refusal.problem)
            exchange = await self._reach(prison, holder, said.case.exchange)
            await self._deal(holder, exchange)
        return await self._outcome(prison, holder, exchange)

    def _slot(self, slots: Semaphore) -> AbstractAsyncContextManager[None]:
        """One that is sent during another must not wait for a slot that the other may hold."""
        return nullcontext() if self._case.during is not None else slots

    async def _reach(self, prison: Desk, holder: Desk, exchange: str) -> str:
        """The exchange at the agency that holds the record: a wrong force says so, and the prison's desk asks again."""
        if self._case.holds != self._case.asked:
            asked = self._world.desk(self._case.asked or "")
            await asked.heard(exchange, "contact-request", within=self._patience)
            await asked.say(exchange, "answer", **phrases.elsewhere(holder.agency))
            exchange = await follow(prison, exchange, self._patience)
        await holder.heard(exchange, "contact-request", within=self._patience)
        return exchange

    async def _deal(self, holder: Desk, exchange: str) -> None:
        stopped = await force.look(holder, exchange, self._case)
        self._progress.looked_at.set()
        for other in self._beside:
            await other.looked_at.wait()
        await force.decide(holder, exchange, self._case, stopped, self._letter)

    async def _outcome(self, prison: Desk, holder: Desk, exchange: str) -> Result:
        """What the prison is told, whether details can be opened, and what an inspector reads."""
        event = await prison.heard(exchange, *ENDS, within=self._patience)
        if self._case.recall and event == "contact-answer":
            await self._recall(prison, holder, exchange)
        released = await self._openable(prison, exchange)
        shown, seen = await prison.case(exchange), await self._world.inspector.inspect(exchange)
        return Result(
            case=self._case.case,
            state=STATES.get(seen.state, seen.state),
            reason=seen.code,
            released=released,
            withheld=seen.withheld_fields,
            via=seen.holder.removeprefix("police-"),
            pnc_id=canonical_pnc(self._case),
            exchange=exchange,
            requester_saw=shown.state,
        )

    async def _recall(self, prison: Desk, holder: Desk, exchange: str) -> None:
        await holder.say(exchange, "recall", staff=officer())
        await prison.heard(exchange, "recall", within=self._patience)
        done = {"contact": "none-begun", "copies": "none-made"}
        await prison.say(exchange, "acknowledge-recall", staff=_asker(self._case), **done)

    async def _openable(self, prison: Desk, exchange: str) -> tuple[str, ...]:
        """The fields that are handed over now, if any are: found out by trying."""
        try:
            opened = await prison.open(exchange, _asker(self._case), "contact-victim")
        except Refusal as refusal:
            if refusal.problem.status not in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
                raise
            return ()
        return tuple(opened.values)

    async def _refused(self, prison: Desk, problem: Problem) -> Result:
        """Told at once: stopped at the desk, or refused by the gateway and there for inspectors to read."""
        if problem.status != HTTPStatus.FORBIDDEN or problem.exchange is None:
            return self._stopped(problem.code)
        seen = await self._world.inspector.inspect(problem.exchange)
        shown = await prison.case(problem.exchange)
        return Result(
            case=self._case.case,
            state=seen.state,
            reason=seen.code,
            pnc_id=canonical_pnc(self._case),
            exchange=problem.exchange,
            requester_saw=shown.state,
        )

    def _stopped(self, code: str | None) -> Result:
        state = AT_THE_DESK.get(code or "", "failed")
        return Result(
            case=self._case.case,
            state=state,
            reason=code,
            pnc_id=canonical_pnc(self._case),
            requester_saw=state,
        )


async def follow(prison: Desk, exchange: str, within: float) -> str:
    """The exchange under which the prison's desk asked another agency by itself. Raises NothingCame."""
    try:
        async with asyncio.timeout(within):
            return await _followed(prison, exchange)
    except TimeoutError:
        raise NothingCame("The prison's desk did not ask the other agency by itself.") from None


async def _followed(prison: Desk, exchange: str) -> str:
    while (followed := (await prison.case(exchange)).followed_by) is None:
        await prison.news()
    return followed


def request(case: Case, letter: Json | None) -> Json:
    """The request as the prison's own system sends it. Grounds and flags that nobody knows are left out."""
    return {
        "staff": _asker(case),
        "holder": case.asked,
        "purpose": case.purpose,
        "fields": case.fields,
        "grounds": [{"ground": ground} for ground in dict.fromkeys(case.grounds) if ground in get_args(Ground)],
        "sensitivities": [flag for flag in dict.fromkeys(case.flags) if flag in get_args(Sensitivity)],
        "letter": letter,
        "offender": {
            "name": case.offender_name,
            "prison_number": case.prison_number,
            "pnc_id": case.pnc_id,
        },
        "offence": {
            "codes": [case.offence_code],
            "date": case.offence_date,
            "crime_reference": case.crime_reference,
        },
    }


def canonical_pnc(case: Case) -> str | None:
    """The PNC ID in its one form, whatever else is wrong with the case; None if it is itself invalid."""
    try:
        return pnc_id(case.pnc_id, datetime.now(UTC).date())
    except BadIdentifier:
        return None


def _asker(case: Case) -> Json:
    asker = case.requester
    return person(asker.staff_id, asker.role, asker.training)

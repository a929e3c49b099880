"""What police and victim liaison units call for a victim, beside the cases: instructions, reports, delays."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web

from gateway.desk import access, delays, instructions
from gateway.desk.access import Report
from gateway.desk.agency import Agency
from gateway.desk.answering import AskReport, DelayShowing, EndDelay, Instruct, Lift
from gateway.desk.calls.call import Answered, Call, Look, doing
from gateway.desk.delays import Delay
from gateway.desk.instructions import Instruction
from gateway.desk.replies import Instructions, StandingInstruction, VisibilityDelay, VisibilityDelays


async def _instruct(agency: Agency, _: str, wanted: Instruct) -> StandingInstruction:
    return StandingInstruction.of(await instructions.add(agency, wanted))


async def _lift(agency: Agency, instruction: str, wanted: Lift) -> StandingInstruction:
    return StandingInstruction.of(await instructions.lift(agency, instruction, wanted))


async def _report(agency: Agency, _: str, wanted: AskReport) -> Report:
    return await access.report(agency, wanted)


async def _delay(agency: Agency, _: str, wanted: DelayShowing) -> VisibilityDelay:
    return VisibilityDelay.of(await delays.delay(agency, wanted))


async def _end_delay(agency: Agency, delay: str, wanted: EndDelay) -> VisibilityDelay:
    return VisibilityDelay.of(await delays.lift(agency, delay, wanted))


def _instructed(done: object) -> Answered | None:
    return (HTTPStatus.CREATED, StandingInstruction.of(done)) if isinstance(done, Instruction) else None


def _lifted(done: object) -> Answered | None:
    return (HTTPStatus.OK, StandingInstruction.of(done)) if isinstance(done, Instruction) else None


def _delayed(done: object) -> Answered | None:
    return (HTTPStatus.CREATED, VisibilityDelay.of(done)) if isinstance(done, Delay) else None


def _ended(done: object) -> Answered | None:
    return (HTTPStatus.OK, VisibilityDelay.of(done)) if isinstance(done, Delay) else None


async def _instructions(agency: Agency, _: web.Request) -> Instructions:
    every = await instructions.every(agency)
    return Instructions(standing_instructions=tuple(StandingInstruction.of(each) for each in every))


async def _delays(agency: Agency, _: web.Request) -> VisibilityDelays:
    every = await delays.every(agency)
    return VisibilityDelays(visibility_delays=tuple(VisibilityDelay.of(each) for each in every))


CALLS: Final[Mapping[str, Call]] = {
    "standing-instructions": doing(
        Instruct,
        _instruct,
        StandingInstruction,
        "Stop all contact with the victim of a crime",
        example=lambda scene: Instruct(staff=scene.officer, crime_reference="13 272661805"),
        status=HTTPStatus.CREATED,
        kept=True,
        within=_instructed,
    ),
    "standing-instructions/{id}/lift": doing(
        Lift,
        _lift,
        StandingInstruction,
        "Lift a standing instruction, because the victim has come back",
        example=lambda scene: Lift(staff=scene.officer),
        kept=True,
        within=_lifted,
    ),
    "access-reports": doing(
        AskReport,
        _report,
        Report,
        "Tell a victim who looked at their details",
        description="`report` is the victim's. Say how you made sure who asks: in the wrong hands it can put a person "
        "in danger.",
        example=lambda scene: AskReport(
            staff=scene.officer, crime_reference="13 272661805", identity_checked="in-person"
        ),
        status=HTTPStatus.CREATED,
        kept=False,
    ),
    "visibility-delays": doing(
        DelayShowing,
        _delay,
        VisibilityDelay,
        "Leave hand-overs of a case out of reports until a day",
        example=lambda scene: DelayShowing(
            staff=scene.reviewer, exchange=scene.id, reason="investigation", until=scene.day(30)
        ),
        status=HTTPStatus.CREATED,
        kept=True,
        within=_delayed,
    ),
    "visibility-delays/{id}/lift": doing(
        EndDelay,
        _end_delay,
        VisibilityDelay,
        "Show them from now on",
        example=lambda scene: EndDelay(staff=scene.reviewer),
        kept=True,
        within=_ended,
    ),
}

LOOKS: Final[Mapping[str, Look]] = {
    "standing-instructions": Look(
        summary="List the standing instructions, lifted ones too", answer=Instructions, do=_instructions
    ),
    "visibility-delays": Look(summary="List the delays, those that are over too", answer=VisibilityDelays, do=_delays),
}

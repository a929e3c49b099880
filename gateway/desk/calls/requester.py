"""What prisons, youth offending teams and probation call."""

from collections.abc import Mapping
from typing import Final

from gateway.desk import requester
from gateway.desk.agency import Agency
from gateway.desk.asking import (
    Acknowledge,
    Ask,
    Came,
    Cancel,
    Correct,
    Grounded,
    Look,
    TypedOffence,
    TypedOffender,
)
from gateway.desk.calls import call
from gateway.desk.calls.call import Call, doing, saying
from gateway.desk.calls.scene import Scene
from gateway.desk.replies import Opened
from gateway.desk.speaking import Said

OFFENDER: Final = TypedOffender(name="Rhys Ó Briain", prison_number="A1234BC", pnc_id="79/163001B")
OFFENCE: Final = TypedOffence(codes=("TH68001",), date="2021-07-20", crime_reference="13 272661805")


async def _ask(agency: Agency, _: str, wanted: Ask) -> Said:
    return await requester.ask(agency, wanted)


async def _open(agency: Agency, exchange: str, wanted: Look) -> Opened:
    looked = await requester.open_details(agency, exchange, wanted)
    return Opened.of(looked, await agency.case(exchange), await agency.known())


def a_request(scene: Scene) -> Ask:
    """A request for a meeting, whole."""
    return Ask(
        staff=scene.coordinator,
        holder="police-13",
        purpose="conference",
        fields=("preferred_name", "contact_channel", "safe_times"),
        grounds=(Grounded(ground="responsibility-accepted"), Grounded(ground="risk-assessment")),
        needed_by=scene.day(60),
        offender=OFFENDER,
        offence=OFFENCE,
    )


def _what_came(scene: Scene) -> Came:
    return Came(
        staff=scene.coordinator,
        contact="made",
        chose="conference",
        status="completed",
        disclosure="not-disclosable",
        final=True,
        feedback="very-satisfied",
        needed_by_met=True,
    )


CALLS: Final[Mapping[str, Call]] = {
    "requests": saying(
        Ask,
        _ask,
        "Ask whether a victim may be reached",
        description="Every fault is named at once, before anything leaves. Identifiers are taken as staff type them.",
        example=a_request,
    ),
    "cases/{id}/supplement": saying(
        Correct,
        requester.supplement,
        "Give what the holder needs",
        description="The whole subject anew, because the holder asked for more.",
        example=lambda scene: Correct(
            staff=scene.coordinator, corrected=("identifiers",), offender=OFFENDER, offence=OFFENCE
        ),
    ),
    "cases/{id}/open": doing(
        Look,
        _open,
        Opened,
        "Look at the details that a victim shared",
        description="In memory only, once for each call, and on record first. It is never kept and never queued.",
        example=lambda scene: Look(staff=scene.coordinator, why="contact-victim", no_conflict=True),
        kept=False,
    ),
    "cases/{id}/outcome": saying(
        Came,
        requester.record_outcome,
        "Record what came of it",
        description="Only a `final` outcome closes the case.",
        example=_what_came,
    ),
    "cases/{id}/cancel": saying(
        Cancel,
        requester.cancel,
        "Withdraw a request",
        example=lambda scene: Cancel(staff=scene.coordinator, why="transferred"),
    ),
    "cases/{id}/acknowledge-recall": saying(
        Acknowledge,
        requester.acknowledge_recall,
        "Say that contact has stopped and copies are destroyed",
        description="After the victim took their details back.",
        example=lambda scene: Acknowledge(staff=scene.coordinator, contact="stopped", copies="destroyed"),
    ),
}

LOOKS: Final[Mapping[str, call.Look]] = {}

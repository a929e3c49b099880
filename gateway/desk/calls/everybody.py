"""What every agency calls: its cases, what happened to them, and what is kept as proof."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from aiohttp import web
from msgspec import Meta, Struct
from msgspec.structs import asdict

from gateway.desk import evidence, happenings, records
from gateway.desk.agency import Agency
from gateway.desk.calls.call import Call, File, Look
from gateway.desk.calls.reading import After, Paged, limit, name_in, number
from gateway.desk.case import CaseState, Side
from gateway.desk.replies import (
    Alarms,
    Cases,
    Delivered,
    Event,
    Events,
    NumberedAlarm,
    ReceiptName,
    Receipts,
    WholeReceipt,
)
from gateway.desk.showing import Shown, show

LONGEST_WAIT: Final = 30
ZIP: Final = "application/zip"


class CasesWanted(Paged, frozen=True, kw_only=True):
    """Which cases."""

    state: CaseState | None = None
    side: Side | None = None


class Freshly(Struct, frozen=True, kw_only=True):
    """How new."""

    fresh: Annotated[Literal["1"], Meta(description="`1` asks the gateway first.")] | None = None


class EventsWanted(Struct, frozen=True, kw_only=True):
    """Which events."""

    after: After = 0
    wait: Annotated[int, Meta(ge=0, le=LONGEST_WAIT, description="Seconds to wait where there is none yet.")] = 0


async def _cases(agency: Agency, request: web.Request) -> Cases:
    after = number(request, "after", 0)
    found = await records.page_of_cases(
        agency, request.query.get("state"), request.query.get("side"), after, limit(request)
    )
    known = await agency.known()
    return Cases(cases=tuple(show(case, known) for _, case in found), next=found[-1][0] if found else after)


async def _case(agency: Agency, request: web.Request) -> Shown:
    exchange = name_in(request)
    fresh = request.query.get("fresh") == "1"
    case = await (records.fresh_case(agency, exchange) if fresh else agency.case(exchange))
    return show(case, await agency.known())


async def _evidence(agency: Agency, request: web.Request) -> File:
    exchange = name_in(request)
    return File(name=bundle_name(exchange), content=await evidence.of_case(agency, exchange))


async def _events(agency: Agency, request: web.Request) -> Events:
    after = number(request, "after", 0)
    found = await happenings.after(agency, after, min(number(request, "wait", 0), LONGEST_WAIT))
    return Events(events=tuple(Event.of(*each) for each in found), next=found[-1][0] if found else after)


async def _receipts(agency: Agency, request: web.Request) -> Receipts:
    after = number(request, "after", 0)
    found = await records.page_of_receipts(agency, after, limit(request))
    named = (ReceiptName(n=n, jti=kept.jti, exchange=kept.exchange, message=kept.message) for n, kept in found)
    return Receipts(receipts=tuple(named), next=found[-1][0] if found else after)


async def _receipt(agency: Agency, request: web.Request) -> WholeReceipt:
    return WholeReceipt.of(await records.receipt(agency, name_in(request)))


async def _delivery(agency: Agency, request: web.Request) -> Delivered:
    return Delivered.of(await records.delivery(agency, request.match_info["leaf"]))


async def _alarms(agency: Agency, request: web.Request) -> Alarms:
    after = number(request, "after", 0)
    found = await records.page_of_alarms(agency, after, limit(request))
    numbered = (NumberedAlarm(n=n, **asdict(alarm)) for n, alarm in found)
    return Alarms(alarms=tuple(numbered), next=found[-1][0] if found else after)


def bundle_name(exchange: str) -> str:
    """What the ZIP of this exchange is called."""
    return f"evidence-{exchange}.zip"


CALLS: Final[Mapping[str, Call]] = {}

LOOKS: Final[Mapping[str, Look]] = {
    "cases": Look(summary="List the cases", answer=Cases, do=_cases, query=CasesWanted),
    "cases/{id}": Look(summary="Show one case", answer=Shown, do=_case, query=Freshly),
    "cases/{id}/evidence": Look(
        summary="Take the evidence of a case",
        description="A ZIP, as far as this agency may show it. Every signature and proof in it has been checked.",
        answer=File,
        do=_evidence,
        media=ZIP,
    ),
    "events": Look(
        summary="Hear what happens",
        description="Answers at once where there are events after `after`; otherwise when one comes, or after `wait` "
        "seconds.",
        answer=Events,
        do=_events,
        query=EventsWanted,
    ),
    "receipts": Look(summary="List the receipts", answer=Receipts, do=_receipts, query=Paged),
    "receipts/{id}": Look(
        summary="Show the gateway's word on one message, and the proof",
        description="Anyone can check both offline.",
        answer=WholeReceipt,
        do=_receipt,
    ),
    "deliveries/{leaf}": Look(
        summary="Show what came with a line of the log, and the proof", answer=Delivered, do=_delivery
    ),
    "alarms": Look(
        summary="List what was not believed",
        description="Deliveries that do not verify, lines of the log that do not hold. Tell both parties' officers.",
        answer=Alarms,
        do=_alarms,
        query=Paged,
    ),
}

"""The local API's calls: each takes an agency and plain data, calls one service and gives plain data back."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final, TypeVar

from msgspec import Struct

from gateway.desk import (
    access,
    answer,
    beside_routes,
    case_records,
    counting,
    delays,
    holder,
    inspector,
    instructions,
    requester,
)
from gateway.desk.agency import Agency
from gateway.desk.answering import (
    Accept,
    Answer,
    AskReport,
    CallBack,
    Decide,
    DelayShowing,
    EndDelay,
    Find,
    Instruct,
    Lift,
    NeedMore,
    Read,
)
from gateway.desk.asking import Acknowledge, Ask, Came, Cancel, Correct, Look
from gateway.desk.calling import Answered, Call, taking
from gateway.desk.case_records import PageCases
from gateway.desk.counting import CountFigures
from gateway.desk.inspecting import OpenReasons, Search
from gateway.desk.replies import Lines, Opened, Reasons, Request, Spoken, StandingInstruction, VisibilityDelay
from gateway.desk.speaking import Said

B = TypeVar("B", bound=Struct)


def _saying(body: type[B], do: Callable[[Agency, str, B], Awaitable[Said]]) -> Call:
    """A call that says something to the gateway: 201 on record, 202 waiting."""

    async def said(agency: Agency, exchange: str, wanted: B) -> Answered:
        done = await do(agency, exchange, wanted)
        status = HTTPStatus.ACCEPTED if done.sent.queued else HTTPStatus.CREATED
        return status, Spoken.of(done, await agency.known())

    return taking(body, said)


async def _ask(agency: Agency, _: str, wanted: Ask) -> Said:
    return await requester.ask(agency, wanted)


async def _read(agency: Agency, exchange: str, wanted: Read) -> Answered:
    read = await holder.read_request(agency, exchange, wanted)
    return HTTPStatus.OK, Request.of(read, await agency.known())


async def _open(agency: Agency, exchange: str, wanted: Look) -> Answered:
    looked = await requester.open_details(agency, exchange, wanted)
    return HTTPStatus.OK, Opened.of(looked, await agency.case(exchange), await agency.known())


async def _search(agency: Agency, _: str, wanted: Search) -> Answered:
    return HTTPStatus.OK, Lines.of(await inspector.search(agency, wanted), wanted.after)


async def _case_records(agency: Agency, _: str, wanted: PageCases) -> Answered:
    return HTTPStatus.OK, await case_records.one_page(agency, wanted)


async def _figures(agency: Agency, _: str, wanted: CountFigures) -> Answered:
    return HTTPStatus.OK, await counting.figures(agency, wanted)


async def _open_reasons(agency: Agency, exchange: str, wanted: OpenReasons) -> Answered:
    return HTTPStatus.OK, Reasons.of(await inspector.open_reasons(agency, exchange, wanted))


async def _instruct(agency: Agency, _: str, wanted: Instruct) -> Answered:
    return HTTPStatus.CREATED, StandingInstruction.of(await instructions.add(agency, wanted))


async def _lift(agency: Agency, instruction: str, wanted: Lift) -> Answered:
    return HTTPStatus.OK, StandingInstruction.of(await instructions.lift(agency, instruction, wanted))


async def _report(agency: Agency, _: str, wanted: AskReport) -> Answered:
    return HTTPStatus.CREATED, await access.report(agency, wanted)


async def _delay(agency: Agency, _: str, wanted: DelayShowing) -> Answered:
    return HTTPStatus.CREATED, VisibilityDelay.of(await delays.delay(agency, wanted))


async def _end_delay(agency: Agency, delay: str, wanted: EndDelay) -> Answered:
    return HTTPStatus.OK, VisibilityDelay.of(await delays.lift(agency, delay, wanted))


CALLS: Final[Mapping[str, Call]] = {
    "requests": _saying(Ask, _ask),
    "cases/{id}/supplement": _saying(Correct, requester.supplement),
    "cases/{id}/open": taking(Look, _open),
    "cases/{id}/outcome": _saying(Came, requester.record_outcome),
    "cases/{id}/cancel": _saying(Cancel, requester.cancel),
    "cases/{id}/acknowledge-recall": _saying(Acknowledge, requester.acknowledge_recall),
    "cases/{id}/accept": _saying(Accept, holder.accept),
    "cases/{id}/read": taking(Read, _read),
    "cases/{id}/more-needed": _saying(NeedMore, holder.more_needed),
    "cases/{id}/sensitivity": _saying(Find, holder.find_sensitive),
    "cases/{id}/review": _saying(Decide, holder.review),
    "cases/{id}/answer": _saying(Answer, answer.answer),
    "cases/{id}/recall": _saying(CallBack, holder.recall),
    "standing-instructions": taking(Instruct, _instruct),
    "standing-instructions/{id}/lift": taking(Lift, _lift),
    "access-reports": taking(AskReport, _report),
    "visibility-delays": taking(DelayShowing, _delay),
    "visibility-delays/{id}/lift": taking(EndDelay, _end_delay),
    "searches": taking(Search, _search),
    "exchanges/{id}/open-reasons": taking(OpenReasons, _open_reasons),
    "case-records": taking(PageCases, _case_records),
    "figures": taking(CountFigures, _figures),
    **beside_routes.CALLS,
}
"""Every call that acts, by its path under `/v1/agencies/{agency}/`."""

"""What every agency calls as it shares its work out: the work list, whose each case is, what was printed."""

from collections.abc import Mapping
from typing import Final

from aiohttp import web
from msgspec.structs import asdict

from gateway.desk import allocation, board, copies, reach
from gateway.desk.agency import Agency
from gateway.desk.allocation import Allocate
from gateway.desk.beside_replies import Allocated, Copies, Gateway, Loads, WorkPage
from gateway.desk.board import Query
from gateway.desk.calls.call import Call, Look, doing
from gateway.desk.calls.reading import name_in


async def _work_list(agency: Agency, _: str, wanted: Query) -> WorkPage:
    return WorkPage.of(await board.page(agency, wanted), await agency.known())


async def _allocate(agency: Agency, exchange: str, wanted: Allocate) -> Allocated:
    return Allocated.of(exchange, await allocation.allocate(agency, exchange, wanted))


async def _loads(agency: Agency, _: web.Request) -> Loads:
    return Loads(people=await board.loads(agency))


async def _gateway(agency: Agency, _: web.Request) -> Gateway:
    return Gateway(**asdict(await reach.of(agency)))


async def _copies(agency: Agency, request: web.Request) -> Copies:
    return Copies(copies=tuple(await copies.of(agency, name_in(request))))


CALLS: Final[Mapping[str, Call]] = {
    "work-list": doing(
        Query,
        _work_list,
        WorkPage,
        "List the cases that wait, filtered and counted",
        description="What it asks for stands in the body, so that nothing of it stands in an address. `next` and "
        "`previous` are places in the list, for `after` and `before`.",
        example=lambda scene: Query(groups=("open",), due=("overdue", "today", "week")),
        kept=False,
    ),
    "cases/{id}/allocate": doing(
        Allocate,
        _allocate,
        Allocated,
        "Say whose a case is",
        description="Nobody's, where `to` is left out.",
        example=lambda scene: Allocate(staff=scene.coordinator, to="s838", name="Siân D’Souza"),
        kept=True,
    ),
}

LOOKS: Final[Mapping[str, Look]] = {
    "loads": Look(
        summary="Show how much each person has in hand",
        description="Where `staff` is null, it is what nobody has.",
        answer=Loads,
        do=_loads,
    ),
    "cases/{id}/copies": Look(
        summary="List the copies that were printed on a case",
        description="So that each can be destroyed.",
        answer=Copies,
        do=_copies,
    ),
    "gateway": Look(
        summary="Ask whether the gateway answers",
        description="By the last try; since when it has not, and how much waits for it.",
        answer=Gateway,
        do=_gateway,
    ),
}

"""The local API's calls for what a desk keeps beside its cases: the work list, referrals, letters, approaches."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final

from aiohttp import web
from msgspec import Struct

from gateway.desk import allocation, board
from gateway.desk.agency import Agency
from gateway.desk.allocation import Allocate
from gateway.desk.beside_replies import Allocated, Loads, WorkPage
from gateway.desk.board import Query
from gateway.desk.calling import Answered, Call, taking

Look = Callable[[Agency, web.Request], Awaitable[Struct]]


async def _work_list(agency: Agency, _: str, wanted: Query) -> Answered:
    return HTTPStatus.OK, WorkPage.of(await board.page(agency, wanted), await agency.known())


async def _allocate(agency: Agency, exchange: str, wanted: Allocate) -> Answered:
    return HTTPStatus.OK, Allocated.of(exchange, await allocation.allocate(agency, exchange, wanted))


async def _loads(agency: Agency, _: web.Request) -> Struct:
    return Loads(people=await board.loads(agency))


CALLS: Final[Mapping[str, Call]] = {
    "work-list": taking(Query, _work_list),
    "cases/{id}/allocate": taking(Allocate, _allocate),
}
"""What acts, or asks what should not stand in an address, by its path under `/v1/agencies/{agency}/`."""

LOOKS: Final[Mapping[str, Look]] = {
    "loads": _loads,
}
"""What only looks."""

"""The local API's calls for what a desk keeps beside its cases: the work list, referrals, letters, approaches."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final, get_args

from aiohttp import web
from msgspec import Struct

from gateway.desk import allocation, board, referrals
from gateway.desk.agency import Agency
from gateway.desk.allocation import Allocate
from gateway.desk.beside_replies import Allocated, Loads, Mine, OwnReferral, Referrals, ToldReferral, WorkPage
from gateway.desk.board import Query
from gateway.desk.calling import Answered, Call, taking
from gateway.desk.errors import Fault, Typed
from gateway.desk.referring import CloseReferral, OwnReferrals, PutBack, Refer, Take

Look = Callable[[Agency, web.Request], Awaitable[Struct]]


async def _work_list(agency: Agency, _: str, wanted: Query) -> Answered:
    return HTTPStatus.OK, WorkPage.of(await board.page(agency, wanted), await agency.known())


async def _allocate(agency: Agency, exchange: str, wanted: Allocate) -> Answered:
    return HTTPStatus.OK, Allocated.of(exchange, await allocation.allocate(agency, exchange, wanted))


async def _loads(agency: Agency, _: web.Request) -> Struct:
    return Loads(people=await board.loads(agency))


async def _refer(agency: Agency, _: str, wanted: Refer) -> Answered:
    return HTTPStatus.CREATED, ToldReferral.of(await referrals.refer(agency, wanted))


async def _take(agency: Agency, referral: str, wanted: Take) -> Answered:
    return HTTPStatus.OK, ToldReferral.of(await referrals.take(agency, referral, wanted))


async def _put_back(agency: Agency, referral: str, wanted: PutBack) -> Answered:
    return HTTPStatus.OK, ToldReferral.of(await referrals.put_back(agency, referral, wanted))


async def _close(agency: Agency, referral: str, wanted: CloseReferral) -> Answered:
    return HTTPStatus.OK, ToldReferral.of(await referrals.close(agency, referral, wanted))


async def _mine(agency: Agency, _: str, wanted: OwnReferrals) -> Answered:
    found = await referrals.mine(agency, wanted.staff)
    return HTTPStatus.OK, Mine(referrals=tuple(OwnReferral.of(each) for each in found))


async def _referrals(agency: Agency, request: web.Request) -> Struct:
    word = request.query.get("state")
    state = next((each for each in get_args(referrals.State) if each == word), None)
    if word is not None and state is None:
        raise Typed(Fault(name="state", detail="There is no such state."))
    found = await referrals.every(agency, state=state)
    return Referrals(referrals=tuple(ToldReferral.of(each) for each in found))


async def _referral(agency: Agency, request: web.Request) -> Struct:
    return ToldReferral.of(await referrals.one(agency, request.match_info["id"]))


CALLS: Final[Mapping[str, Call]] = {
    "work-list": taking(Query, _work_list),
    "cases/{id}/allocate": taking(Allocate, _allocate),
    "referrals": taking(Refer, _refer),
    "referrals/mine": taking(OwnReferrals, _mine),
    "referrals/{id}/take": taking(Take, _take),
    "referrals/{id}/put-back": taking(PutBack, _put_back),
    "referrals/{id}/close": taking(CloseReferral, _close),
}
"""What acts, or asks what should not stand in an address, by its path under `/v1/agencies/{agency}/`."""

LOOKS: Final[Mapping[str, Look]] = {
    "loads": _loads,
    "referrals": _referrals,
    "referrals/{id}": _referral,
}
"""What only looks."""

"""The local API's calls for what a desk keeps beside its cases: the work list, referrals, letters, approaches."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final, TypeVar, get_args

from aiohttp import web
from msgspec import Struct
from msgspec.structs import asdict

from gateway.desk import allocation, approach, board, copies, letters, letters_in, reach, referrals, transfer
from gateway.desk.agency import Agency
from gateway.desk.allocation import Allocate
from gateway.desk.approach import Approach
from gateway.desk.approaching import Plan, Said, Tick, Tried
from gateway.desk.beside_replies import (
    Allocated,
    Copies,
    Gateway,
    HandedOn,
    LetterContent,
    Letters,
    Loads,
    Mine,
    OwnReferral,
    Referrals,
    ToldApproach,
    ToldLetter,
    ToldLetterIn,
    ToldReferral,
    WorkPage,
)
from gateway.desk.board import Query
from gateway.desk.calling import BODY_BYTES_MAX, Answered, Call, taking
from gateway.desk.errors import Fault, NotThere, Typed
from gateway.desk.lettering import (
    LETTER_BODY_MAX,
    ChangeLetter,
    EndLetter,
    HandOver,
    Hold,
    PutAway,
    ReadLetter,
    Receive,
    SendOn,
)
from gateway.desk.letters import Held
from gateway.desk.letters_in import LetterIn
from gateway.desk.referring import CloseReferral, OwnReferrals, PutBack, Refer, Take
from gateway.desk.replies import Spoken
from gateway.desk.transfer import HandOn, TakeOver

B = TypeVar("B", bound=Struct)

Look = Callable[[Agency, web.Request], Awaitable[Struct]]


async def _work_list(agency: Agency, _: str, wanted: Query) -> Answered:
    return HTTPStatus.OK, WorkPage.of(await board.page(agency, wanted), await agency.known())


async def _allocate(agency: Agency, exchange: str, wanted: Allocate) -> Answered:
    return HTTPStatus.OK, Allocated.of(exchange, await allocation.allocate(agency, exchange, wanted))


async def _loads(agency: Agency, _: web.Request) -> Struct:
    return Loads(people=await board.loads(agency))


async def _gateway(agency: Agency, _: web.Request) -> Struct:
    return Gateway(**asdict(await reach.of(agency)))


async def _copies(agency: Agency, request: web.Request) -> Struct:
    return Copies(copies=tuple(await copies.of(agency, request.match_info["id"])))


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


def _of_letter(body: type[B], do: Callable[[Agency, str, B], Awaitable[Held]], most: int = BODY_BYTES_MAX) -> Call:
    """A call that changes a letter."""

    async def changed(agency: Agency, letter: str, wanted: B) -> Answered:
        held = await do(agency, letter, wanted)
        status = HTTPStatus.OK if letter == held.letter.id else HTTPStatus.CREATED
        return status, ToldLetter.of(held, await agency.known())

    return taking(body, changed, most)


async def _hold(agency: Agency, _: str, wanted: Hold) -> Held:
    return await letters.hold(agency, wanted)


async def _letters(agency: Agency, _: web.Request) -> Struct:
    known = await agency.known()
    return Letters(letters=tuple(ToldLetter.of(each, known) for each in await letters.every(agency)))


async def _letter(agency: Agency, request: web.Request) -> Struct:
    return ToldLetter.of(await letters.one(agency, request.match_info["id"]), await agency.known())


async def _content(agency: Agency, request: web.Request) -> Struct:
    return LetterContent.of(await letters.content(agency, request.match_info["id"]))


def _of_letter_in(body: type[B], do: Callable[[Agency, str, B], Awaitable[LetterIn]]) -> Call:
    """A call that says what became of a letter at the office."""

    async def changed(agency: Agency, exchange: str, wanted: B) -> Answered:
        return HTTPStatus.OK, ToldLetterIn.of(await do(agency, exchange, wanted))

    return taking(body, changed)


async def _letter_in(agency: Agency, request: web.Request) -> Struct:
    found = await letters_in.of(agency, request.match_info["id"])
    if found is None:
        raise NotThere(letters_in.NOT_HERE)
    return ToldLetterIn.of(found)


def _of_approach(body: type[B], do: Callable[[Agency, str, B], Awaitable[Approach]]) -> Call:
    """A call that records something of an approach."""

    async def changed(agency: Agency, exchange: str, wanted: B) -> Answered:
        done = await do(agency, exchange, wanted)
        return HTTPStatus.OK, ToldApproach.of(done, await agency.case(exchange), await agency.known())

    return taking(body, changed)


async def _approach(agency: Agency, request: web.Request) -> Struct:
    exchange = request.match_info["id"]
    return ToldApproach.of(await approach.of(agency, exchange), await agency.case(exchange), await agency.known())


async def _hand_on(agency: Agency, exchange: str, wanted: HandOn) -> Answered:
    done = await transfer.hand_on(agency, exchange, wanted)
    status = HTTPStatus.ACCEPTED if done.said.sent.queued else HTTPStatus.CREATED
    return status, HandedOn(slip=done.slip, spoken=Spoken.of(done.said, await agency.known()))


async def _slip(agency: Agency, exchange: str, wanted: HandOn) -> Answered:
    return HTTPStatus.OK, await transfer.slip(agency, exchange, wanted.staff)


async def _take_over(agency: Agency, _: str, wanted: TakeOver) -> Answered:
    done = await transfer.take_over(agency, wanted)
    status = HTTPStatus.ACCEPTED if done.sent.queued else HTTPStatus.CREATED
    return status, Spoken.of(done, await agency.known())


CALLS: Final[Mapping[str, Call]] = {
    "work-list": taking(Query, _work_list),
    "cases/{id}/allocate": taking(Allocate, _allocate),
    "referrals": taking(Refer, _refer),
    "referrals/mine": taking(OwnReferrals, _mine),
    "referrals/{id}/take": taking(Take, _take),
    "referrals/{id}/put-back": taking(PutBack, _put_back),
    "referrals/{id}/close": taking(CloseReferral, _close),
    "cases/{id}/hand-over-slip": taking(HandOn, _slip),
    "cases/{id}/hand-on": taking(HandOn, _hand_on),
    "take-overs": taking(TakeOver, _take_over),
    "letters": _of_letter(Hold, _hold, LETTER_BODY_MAX),
    "letters/{id}/change": _of_letter(ChangeLetter, letters.change, LETTER_BODY_MAX),
    "letters/{id}/send-on": _of_letter(SendOn, letters.send_on),
    "letters/{id}/end": _of_letter(EndLetter, letters.end),
    "cases/{id}/letter/receive": _of_letter_in(Receive, letters_in.receive),
    "cases/{id}/letter/read": _of_letter_in(ReadLetter, letters_in.read),
    "cases/{id}/letter/hand-over": _of_letter_in(HandOver, letters_in.hand_over),
    "cases/{id}/letter/put-away": _of_letter_in(PutAway, letters_in.put_away),
    "cases/{id}/approach/plan": _of_approach(Plan, approach.plan),
    "cases/{id}/approach/try": _of_approach(Tried, approach.tried),
    "cases/{id}/approach/tell": _of_approach(Tick, approach.tick),
    "cases/{id}/approach/decide": _of_approach(Said, approach.decided),
}
"""What acts, or asks what should not stand in an address, by its path under `/v1/agencies/{agency}/`."""

LOOKS: Final[Mapping[str, Look]] = {
    "loads": _loads,
    "gateway": _gateway,
    "cases/{id}/copies": _copies,
    "referrals": _referrals,
    "referrals/{id}": _referral,
    "letters": _letters,
    "letters/{id}": _letter,
    "letters/{id}/content": _content,
    "cases/{id}/letter": _letter_in,
    "cases/{id}/approach": _approach,
}
"""What only looks."""

LARGE: Final[Mapping[str, int]] = {"letters": LETTER_BODY_MAX, "letters/{id}/change": LETTER_BODY_MAX}
"""Those whose body may hold a scan."""

"""What police and victim liaison units call as they approach a victim, and as they hand a letter over."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Final, TypeVar

from aiohttp import web
from msgspec import Struct

from gateway.desk import approach, letters_in
from gateway.desk.agency import Agency
from gateway.desk.approach import Approach
from gateway.desk.approaching import Plan, Said, Tick, Tried
from gateway.desk.beside_replies import ToldApproach, ToldLetterIn
from gateway.desk.calls.call import Answered, Call, Look, doing
from gateway.desk.calls.reading import name_in
from gateway.desk.calls.scene import Scene
from gateway.desk.errors import NotThere
from gateway.desk.lettering import HandOver, PutAway, ReadLetter, Receive
from gateway.desk.letters_in import LetterIn

B = TypeVar("B", bound=Struct)


def _of_approach(
    body: type[B],
    do: Callable[[Agency, str, B], Awaitable[Approach]],
    summary: str,
    *,
    example: Callable[[Scene], B],
    description: str = "",
) -> Call:
    """A call that records something of an approach."""

    async def changed(agency: Agency, exchange: str, wanted: B) -> ToldApproach:
        done = await do(agency, exchange, wanted)
        return ToldApproach.of(done, await agency.case(exchange), await agency.known())

    return doing(body, changed, ToldApproach, summary, example=example, kept=True, description=description)


def _of_letter(
    body: type[B],
    do: Callable[[Agency, str, B], Awaitable[LetterIn]],
    summary: str,
    *,
    example: Callable[[Scene], B],
    description: str = "",
) -> Call:
    """A call that says what became of a letter at the office."""

    async def changed(agency: Agency, exchange: str, wanted: B) -> ToldLetterIn:
        return ToldLetterIn.of(await do(agency, exchange, wanted))

    return doing(
        body, changed, ToldLetterIn, summary, example=example, kept=True, description=description, within=_told
    )  # fmt: skip


def _told(done: object) -> Answered | None:
    return (HTTPStatus.OK, ToldLetterIn.of(done)) if isinstance(done, LetterIn) else None


async def _approach(agency: Agency, request: web.Request) -> ToldApproach:
    exchange = name_in(request)
    return ToldApproach.of(await approach.of(agency, exchange), await agency.case(exchange), await agency.known())


async def _letter(agency: Agency, request: web.Request) -> ToldLetterIn:
    found = await letters_in.of(agency, name_in(request))
    if found is None:
        raise NotThere(letters_in.NOT_HERE)
    return ToldLetterIn.of(found)


CALLS: Final[Mapping[str, Call]] = {
    "cases/{id}/approach/plan": _of_approach(
        Plan,
        approach.plan,
        "Record how and when the victim wants to be asked",
        description="Refused where nobody may be approached: not read, a finding, a review to come, a no, the end.",
        example=lambda scene: Plan(staff=scene.officer, channel="phone", times="after 18:00"),
    ),
    "cases/{id}/approach/try": _of_approach(
        Tried,
        approach.tried,
        "Record a try to reach the victim",
        example=lambda scene: Tried(staff=scene.officer, how="phone", result="reached"),
    ),
    "cases/{id}/approach/tell": _of_approach(
        Tick,
        approach.tick,
        "Record what the victim was told",
        description="A yes needs all three.",
        example=lambda scene: Tick(
            staff=scene.officer, told=("what-rj-is", "what-they-may-gain", "may-stop-at-any-time")
        ),
    ),
    "cases/{id}/approach/decide": _of_approach(
        Said,
        approach.decided,
        "Record what the victim says so far",
        description="It is not the answer to the request. `given_by`, `how` and `valid_until` go with a yes alone.",
        example=lambda scene: Said(staff=scene.officer, decision="yes", given_by="victim", how="by-phone"),
    ),
    "cases/{id}/letter/receive": _of_letter(
        Receive,
        letters_in.receive,
        "Say that the letter of a case has come",
        description="`check_code` is on its cover sheet, and is compared with the letter that the victim agreed to.",
        example=lambda scene: Receive(staff=scene.officer, check_code="Ab3d Ef9h"),
    ),
    "cases/{id}/letter/read": _of_letter(
        ReadLetter,
        letters_in.read,
        "Say whether the letter is suitable",
        description="Somebody reads it before the victim does. `concerns` say what speaks against it.",
        example=lambda scene: ReadLetter(staff=scene.officer, suitable=True),
    ),
    "cases/{id}/letter/hand-over": _of_letter(
        HandOver,
        letters_in.hand_over,
        "Say that the victim has the letter",
        description="Refused unless it was read and is suitable, and the victim's yes stands.",
        example=lambda scene: HandOver(staff=scene.officer, how="in-person"),
    ),
    "cases/{id}/letter/put-away": _of_letter(
        PutAway,
        letters_in.put_away,
        "Say that the letter is kept safely or given back",
        example=lambda scene: PutAway(staff=scene.officer, how="kept-safely", wants_later=True),
    ),
}

LOOKS: Final[Mapping[str, Look]] = {
    "cases/{id}/approach": Look(
        summary="Show the approach of a case",
        description="`consent` is what that of the answer may be filled in with.",
        answer=ToldApproach,
        do=_approach,
    ),
    "cases/{id}/letter": Look(summary="Show what became of the letter of a case", answer=ToldLetterIn, do=_letter),
}

"""What residential staff and the coordinator call: referrals, and the cases of prisoners who move."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Final, get_args

from aiohttp import web
from msgspec import Meta, Struct

from gateway.desk import referrals, transfer
from gateway.desk.agency import Agency
from gateway.desk.beside_replies import HandedOn, Mine, OwnReferral, Referrals, ToldReferral
from gateway.desk.calls import requester
from gateway.desk.calls.call import SAYING, Answered, Call, Look, answering, doing, saying, status_of
from gateway.desk.calls.reading import name_in, word
from gateway.desk.referrals import Referral, State
from gateway.desk.referring import CloseReferral, OwnReferrals, PutBack, Refer, Take
from gateway.desk.replies import Spoken
from gateway.desk.speaking import Said
from gateway.desk.transfer import HandOn, Slip, TakeOver

STATES: Final[tuple[State, ...]] = get_args(State)


class ReferralsWanted(Struct, frozen=True, kw_only=True):
    """Which referrals."""

    state: Annotated[State, Meta(description="Left out: all of them.")] | None = None


async def _refer(agency: Agency, _: str, wanted: Refer) -> ToldReferral:
    return ToldReferral.of(await referrals.refer(agency, wanted))


async def _take(agency: Agency, referral: str, wanted: Take) -> ToldReferral:
    return ToldReferral.of(await referrals.take(agency, referral, wanted))


async def _put_back(agency: Agency, referral: str, wanted: PutBack) -> ToldReferral:
    return ToldReferral.of(await referrals.put_back(agency, referral, wanted))


async def _close(agency: Agency, referral: str, wanted: CloseReferral) -> ToldReferral:
    return ToldReferral.of(await referrals.close(agency, referral, wanted))


async def _mine(agency: Agency, _: str, wanted: OwnReferrals) -> Mine:
    found = await referrals.mine(agency, wanted.staff)
    return Mine(referrals=tuple(OwnReferral.of(each) for each in found))


async def _referrals(agency: Agency, request: web.Request) -> Referrals:
    found = await referrals.every(agency, state=word(request, "state", STATES))
    return Referrals(referrals=tuple(ToldReferral.of(each) for each in found))


async def _referral(agency: Agency, request: web.Request) -> ToldReferral:
    return ToldReferral.of(await referrals.one(agency, name_in(request)))


async def _hand_on(agency: Agency, exchange: str, wanted: HandOn) -> Answered:
    done = await transfer.hand_on(agency, exchange, wanted)
    return status_of(done.said), HandedOn(slip=done.slip, spoken=Spoken.of(done.said, await agency.known()))


async def _slip(agency: Agency, exchange: str, wanted: HandOn) -> Slip:
    return await transfer.slip(agency, exchange, wanted.staff)


async def _take_over(agency: Agency, _: str, wanted: TakeOver) -> Said:
    return await transfer.take_over(agency, wanted)


def _referred(done: object) -> Answered | None:
    return (HTTPStatus.CREATED, ToldReferral.of(done)) if isinstance(done, Referral) else None


def _changed(done: object) -> Answered | None:
    return (HTTPStatus.OK, ToldReferral.of(done)) if isinstance(done, Referral) else None


CALLS: Final[Mapping[str, Call]] = {
    "referrals": doing(
        Refer,
        _refer,
        ToldReferral,
        "Refer a prisoner who may want to make amends",
        description="To the coordinator, who takes it up or says why not.",
        example=lambda scene: Refer(
            staff=scene.residential, prison_number="A1234BC", offender="Rhys Ó Briain", why="He asked me how."
        ),
        status=HTTPStatus.CREATED,
        kept=True,
        within=_referred,
    ),
    "referrals/mine": doing(
        OwnReferrals,
        _mine,
        Mine,
        "List what one person has referred",
        description="How each stands, and never what came of a request: that could tell what a victim decided.",
        example=lambda scene: OwnReferrals(staff=scene.residential),
        kept=False,
    ),
    "referrals/{id}/take": doing(
        Take,
        _take,
        ToldReferral,
        "Take a referral up",
        description="In a draft, named by `draft`; then by the request that was made of it, named by `exchange`.",
        example=lambda scene: Take(staff=scene.coordinator),
        kept=True,
        within=_changed,
    ),
    "referrals/{id}/put-back": doing(
        PutBack,
        _put_back,
        ToldReferral,
        "Put a referral back, because its draft was given up",
        example=lambda scene: PutBack(staff=scene.coordinator),
        kept=True,
        within=_changed,
    ),
    "referrals/{id}/close": doing(
        CloseReferral,
        _close,
        ToldReferral,
        "Close a referral of which no request comes",
        example=lambda scene: CloseReferral(staff=scene.coordinator, reason="not-suitable-now"),
        kept=True,
        within=_changed,
    ),
    "cases/{id}/hand-over-slip": doing(
        HandOn,
        _slip,
        Slip,
        "Make the slip for the file of a prisoner who moves",
        description="Before the case is handed on or after.",
        example=lambda scene: HandOn(staff=scene.coordinator),
        kept=False,
    ),
    "cases/{id}/hand-on": answering(
        HandOn,
        _hand_on,
        HandedOn,
        "Hand a case on, because the prisoner has moved",
        description="It is cancelled as `transferred`. Print the slip: the new prison needs its reference. The second "
        "time under one key, ask for the slip by itself.",
        statuses=SAYING,
        example=lambda scene: HandOn(staff=scene.coordinator),
        kept=False,
    ),
    "take-overs": saying(
        TakeOver,
        _take_over,
        "Ask anew, for a prisoner who has come from elsewhere",
        description="`reference` is that of the old prison's slip, as it was typed; `request` is the body of "
        "`requests`.",
        example=lambda scene: TakeOver(reference=scene.id, request=requester.a_request(scene)),
    ),
}

LOOKS: Final[Mapping[str, Look]] = {
    "referrals": Look(
        summary="List the referrals, as the coordinator sees them",
        answer=Referrals,
        do=_referrals,
        query=ReferralsWanted,
    ),
    "referrals/{id}": Look(summary="Show one referral", answer=ToldReferral, do=_referral),
}

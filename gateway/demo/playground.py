"""`rj demo --stay`: all desks open in a browser, with live cases in every state, for whoever wants to play all sides.

The story's times are seconds. Before people come, both parties sign the next version of the agreement, with time to
think and type; the gateway adopts it, announces it in the log, and the desks follow.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Final

import msgspec

from contracts import agreement as agreements
from contracts.codec import encode
from contracts.directory import Directory, SignedDocument
from gateway.demo import agencies, phrases, terms
from gateway.demo.client import Desk
from gateway.demo.said import Json
from gateway.demo.staff import officer, person
from gateway.demo.story.people import (
    ACCEPTED,
    AMINA,
    CONFERENCE,
    LEEDS,
    MARTIN,
    MOORLAND,
    SOUTH_YORKSHIRE,
    WEST_YORKSHIRE,
    Offender,
    asks,
    coordinator,
)
from gateway.demo.terms import Times
from gateway.demo.world import DOCUMENTS_SECONDS, ORIGIN, Founding, World
from gateway.desk.client import GatewayClient
from gateway.durable import write_whole
from keys import documents

HEARD_WITHIN: Final = 30.0
ADOPTED_WITHIN: Final = 60.0
LOOK_SECONDS: Final = 0.5
ANSWER: Final = "10 minutes"
"""The answer window where none is asked for: time to play both sides, and not too long to see a "no" arrive."""


def times(answer: str) -> Times:
    """Time enough for people. `answer` is the window after which every "cannot proceed" is told."""
    return {
        "windows": {
            "accept": answer,
            "review": answer,
            "answer": answer,
            "acknowledge_recall": "1 working day",
            "outcome": "20 working days",
        }
    }


PEOPLE: Final = (
    Offender(name="Siân O’Connor", prison_number="A3317DX", pnc_id="10/552817P", crime_reference="13230447120"),
    Offender(name="Tomasz Wiśniewski", prison_number="A9925EC", pnc_id="06/73115N", crime_reference="13240090311"),
    Offender(name="Ó Briain, Cathal", prison_number="A6104FN", pnc_id="11/245903C", crime_reference="14/20931/24"),
    Offender(name="Nguyễn Văn Minh", prison_number="A7781CV", pnc_id="14/668120E", crime_reference="13230771902"),
    Offender(
        name="Llŷr Davies",
        prison_number="A2046ET",
        pnc_id="03/19402J",
        crime_reference="13220604418",
        offence_code="SX03001",
    ),
    Offender(name="Marcus D’Souza", prison_number="A5590DK", pnc_id="08/300456D", crime_reference="14/77120/23"),
    Offender(name="Dariusz Kowalczyk", prison_number="A3402FM", pnc_id="", crime_reference=""),
)


async def open_for_people(world: World, answer: str) -> None:
    """Give people time, and something to do. What was asked before keeps the times that it was asked under."""
    agreement, directory = amended(world.founding, times(answer))
    folder = world.folder / "gateway"
    write_whole(folder / "agreement.json", encode(agreement))
    write_whole(folder / "directory.json", encode(directory))
    await _adopted(world, agreements.load(agreement.document).version)
    async with asyncio.TaskGroup() as scenes:
        for offender, scene in zip(PEOPLE, SCENES, strict=True):
            scenes.create_task(scene(world, offender))


def amended(founding: Founding, longer: Times) -> tuple[SignedDocument, SignedDocument]:
    """The next version of the agreement, and the directory in which every agency accedes to it."""
    now = int(time.time())
    before = agreements.load(founding.agreement.document)
    text = terms.with_times(terms.published(), longer, datetime.fromtimestamp(now, UTC).date())
    text = text.replace(f"\nversion = {before.version}\n", f"\nversion = {before.version + 1}\n", 1)
    later = agreements.load(text)
    digest = documents.digest_of(text)
    return (
        documents.sign("agreement", later.id, later.version, text, founding.officers),
        agencies.directory(founding.members, ORIGIN, digest, now, founding.officers, version=2),
    )


async def _adopted(world: World, version: int) -> None:
    """Wait until the gateway has adopted the new version, and every desk asks for it before it says anything."""
    client = GatewayClient(world.addresses["gateway"], world.session)
    async with asyncio.timeout(ADOPTED_WITHIN):
        while True:
            agreement, directory = await client.document("agreement"), await client.document("directory")
            if agreements.load(agreement.document).version >= version and _version(directory) >= version:
                break
            await asyncio.sleep(LOOK_SECONDS)
    await asyncio.sleep(DOCUMENTS_SECONDS)


def _version(directory: SignedDocument) -> int:
    return msgspec.json.decode(directory.document, type=Directory).version


async def _unread(world: World, offender: Offender) -> None:
    """A request that nobody has read yet."""
    await world.desk(MOORLAND).ask(asks(offender, WEST_YORKSHIRE, "conference", fields=CONFERENCE))


async def _more_needed(world: World, offender: Offender) -> None:
    """The police need something more from the prison."""
    police = world.desk(WEST_YORKSHIRE)
    exchange = await _asked(
        world.desk(MOORLAND), police, asks(offender, WEST_YORKSHIRE, "conference", fields=CONFERENCE)
    )
    await police.say(exchange, "accept", staff=officer(), office="rj-team")
    await police.say(exchange, "more-needed", staff=officer(), missing=["offence-details"])


async def _shared(world: World, offender: Offender) -> None:
    """Details that the coordinator may look at."""
    police = world.desk(SOUTH_YORKSHIRE)
    exchange = await _asked(
        world.desk(MOORLAND), police, asks(offender, SOUTH_YORKSHIRE, "conference", fields=CONFERENCE)
    )
    await _yes(police, exchange, AMINA)


async def _withdrawn(world: World, offender: Offender) -> None:
    """Details that were taken back: the prison has to attest that its copies are destroyed."""
    police = world.desk(WEST_YORKSHIRE)
    exchange = await _asked(world.desk(LEEDS), police, asks(offender, WEST_YORKSHIRE, "conference", fields=CONFERENCE))
    await _yes(police, exchange, MARTIN)
    await police.say(exchange, "recall", staff=officer())


async def _to_review(world: World, offender: Offender) -> None:
    """A sensitive case, which a trained reviewer decides on its merits."""
    await world.desk(LEEDS).ask(asks(offender, WEST_YORKSHIRE, "approach", grounds=ACCEPTED))


async def _letter(world: World, offender: Offender) -> None:
    """A letter of apology is held: does the victim want it?"""
    prison = world.desk(MOORLAND)
    who: Json = {"staff": coordinator(), "prison_number": offender.prison_number, "offender": offender.name}
    held = await prison.post("letters", Json, who | {"text": phrases.LETTER})
    named = {"id": held["id"], "sha256": held["sha256"]}
    await prison.ask(asks(offender, SOUTH_YORKSHIRE, "letter", grounds=ACCEPTED) | {"letter": named})


async def _referred(world: World, offender: Offender) -> None:
    """A residential officer has named a prisoner: the coordinator may ask."""
    officer_of_the_wing = person("wing-prison-mdi", "residential-officer", "none")
    why = "He has asked twice this month whether he can say sorry, and he means it."
    told: Json = {"kind": "referred", "prison_number": offender.prison_number, "offender": offender.name, "why": why}
    await world.desk(MOORLAND).post("referrals", Json, {"staff": officer_of_the_wing, **told})


SCENES: Final[tuple[Callable[[World, Offender], Coroutine[None, None, None]], ...]] = (
    _unread,
    _more_needed,
    _shared,
    _withdrawn,
    _to_review,
    _letter,
    _referred,
)


async def _asked(prison: Desk, police: Desk, request: Json) -> str:
    """A request that has arrived; its exchange."""
    exchange = (await prison.ask(request)).case.exchange
    await police.heard(exchange, "contact-request", within=HEARD_WITHIN)
    return exchange


async def _yes(police: Desk, exchange: str, values: dict[str, str]) -> None:
    await police.say(exchange, "accept", staff=officer(), office="rj-team")
    await police.read(exchange, officer())
    await police.say(exchange, "answer", **phrases.yes(officer(), CONFERENCE, values, phrases.consent()))

"""The police desk: the inbox, a request that is read and accepted."""

from typing import Any

from tests.pages.browser import Person
from tests.pages.conftest import SignIn
from tests.pages.world import World

WHO = {"pnc_id": "79/163001b", "prison_number": "a1234bc"}


async def asked(world: World, crime: str, purpose: str = "conference", **changes: Any) -> str:
    """A request of Moorland prison that has come to West Yorkshire Police; its exchange."""
    told = await world.api("prison-mdi").ask(purpose, crime=crime, **changes)
    exchange = str(told["case"]["exchange"])
    await world.api("police-13").until(exchange, "contact-request")
    return exchange


async def read(officer: Person, exchange: str) -> None:
    """Read the request, as a person does."""
    await officer.go(f"/holder/requests/{exchange}/read")
    await officer.choose("why", "read-request")
    await officer.choose("no_conflict", "yes")
    await officer.press("Read the request")


async def test_a_request_arrives_and_is_read_and_accepted(as_: SignIn, world: World, scripts: bool) -> None:
    """From the inbox to the request: sealed until it is read, and the prison sees the office."""
    exchange = await asked(world, f"13 500{int(scripts)}")
    officer = await as_("police-13", "officer", scripts=scripts)
    await officer.sees("Requests", "Arrange a restorative meeting", "Moorland")
    await officer.shot("inbox")
    if scripts:
        await officer.accessible()
    await officer.go(f"/holder/requests/{exchange}")
    await officer.does_not_see("Rhys Ó Briain", "A1234BC")
    await officer.shot("request-unread")
    if scripts:
        await officer.accessible()
    await officer.follow("Read the request")
    await officer.press("Read the request")
    await officer.sees("There is a problem", "Choose why you read it.")
    await officer.shot("read-fault")
    if scripts:
        await officer.accessible()
    await read(officer, exchange)
    await officer.sees("Rhys Ó Briain", "1979/0163001B", "13 500", "hidden again after 10 minutes")
    await officer.shot("request-read")
    if scripts:
        await officer.accessible()
    await officer.press("Accept it: say which office deals with it")
    await officer.press("Accept the request")
    await officer.sees("Choose which office deals with it.")
    await officer.choose("office", "rj-team")
    await officer.shot("accept")
    await officer.press("Accept the request")
    await officer.sees("The prison now sees which office deals with it.", "In hand")
    await officer.press("Hide it now")
    await officer.does_not_see("Rhys Ó Briain")
    seen = await world.api("prison-mdi").until(exchange, "accepted")
    assert seen["exchange"] == exchange

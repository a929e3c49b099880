"""Reading what a victim agreed to share: who and why first, five minutes in memory, and gone when it is taken back."""

from gateway.desk.pages.sessions import Sessions
from tests.gateway.desk.desks import VALUES
from tests.pages.case_steps import POLICE, PRISON, ask, at_police, read_details, shared, until_state
from tests.pages.conftest import SignIn
from tests.pages.test_cases import events
from tests.pages.world import World

NAME, PHONE = VALUES["preferred_name"], VALUES["contact_channel"]


async def test_details_are_read_by_somebody_who_says_why(as_: SignIn, world: World, scripts: bool) -> None:
    """Nothing is shown before the reason and the declaration; then all of it is, safety first, and in no address."""
    exchange = await shared(world, "preparation")
    person = await as_(PRISON, "coordinator", scripts=scripts)
    await person.go(f"/requester/cases/{exchange}")
    await person.does_not_see(NAME, PHONE)
    await person.press("Read the details")
    await person.sees("Why do you need to read the details?", "clause 8.3")
    await person.press("Show the details")
    await person.sees("There is a problem", "Say why you need to read the details.", "Tick the box if it is so.")
    await person.does_not_see(NAME, PHONE)
    await person.shot(f"details-ask-{scripts}")
    if scripts:
        await person.accessible()
    assert "open" not in await events(world, exchange)
    await read_details(person, exchange)
    await person.sees(NAME, PHONE, "do not leave voicemail", "These details are hidden at")
    text = await person.text()
    assert text.index("do not leave voicemail") < text.index(NAME) < text.index(PHONE)
    assert "open" in await events(world, exchange)
    assert person.path == f"/requester/cases/{exchange}/details"
    await person.shot(f"details-{scripts}")
    if scripts:
        await person.accessible()
    await person.press("Hide the details now")
    await person.does_not_see(NAME, PHONE)
    await person.sees("Details read", world.person(PRISON, "coordinator")["name"])
    await person.go(f"/requester/cases/{exchange}/details")
    await person.does_not_see(NAME, PHONE)
    await person.sees("Why do you need to read the details?")


async def test_details_that_somebody_reads_are_no_one_elses(as_: SignIn, world: World) -> None:
    """They are in one session alone: a colleague is asked why, too."""
    exchange = await shared(world)
    first, second = await as_(PRISON, "coordinator"), await as_(PRISON, "second")
    await read_details(first, exchange)
    await first.sees(NAME)
    await second.go(f"/requester/cases/{exchange}/details")
    await second.does_not_see(NAME)


async def test_a_recall_takes_details_off_the_screen(as_: SignIn, world: World, scripts: bool) -> None:
    """While somebody reads them; then every page says so, and the case is closed until contact is confirmed stopped."""
    exchange = await shared(world)
    person = await as_(PRISON, "coordinator", scripts=scripts)
    await read_details(person, exchange)
    await person.sees(NAME)
    await world.api(POLICE).post(f"cases/{exchange}/recall", {"staff": None})
    await until_state(world, exchange, "withdrawn")
    if scripts:
        await person.page.wait_for_url("**/withdrawn")
    else:
        await person.page.reload()
    await person.does_not_see(NAME, PHONE)
    await person.sees("Details withdrawn: do not contact", "Confirm it by", "Whom to ring", "Due next working day")
    await person.shot(f"withdrawn-{scripts}")
    if scripts:
        await person.accessible()
    await person.go("/requester?view=all")
    await person.sees("Details withdrawn: do not contact.", "Confirm that contact has stopped")
    await person.shot(f"cases-with-strip-{scripts}")
    if scripts:
        await person.accessible()
    await person.go(f"/requester/cases/{exchange}")
    assert person.path.endswith("/withdrawn")
    await person.press("Confirm")
    await person.sees(
        "Say whether contact had begun.", "Say whether copies had been made.", "Tick the box once it is so."
    )
    await person.choose("contact", "stopped")
    await person.choose("copies", "destroyed")
    await person.choose("true", "yes")
    await person.press("Confirm")
    await person.sees(
        "Confirmed. The police know that contact has stopped.", "It is confirmed that contact has stopped."
    )
    await person.sees(world.person(PRISON, "coordinator")["name"], "Confirmed that contact has stopped")
    await person.shot(f"case-withdrawn-{scripts}")
    await world.api(POLICE).until(exchange, "recall-acknowledged")
    await person.go("/requester")
    await person.does_not_see(exchange)


async def test_printing_is_a_look_of_its_own(as_: SignIn, world: World, scripts: bool) -> None:
    """A warning first; the log has another line; the sheet says who printed it and that it must be destroyed."""
    exchange = await shared(world)
    person = await as_(PRISON, "coordinator", scripts=scripts)
    await read_details(person, exchange)
    before = len((await world.api(PRISON).get("receipts"))["receipts"])
    await person.follow("Print these details")
    await person.sees("Paper cannot be called back.")
    await person.does_not_see(NAME)
    await person.press("Make the sheet")
    await person.sees("Tick the box.")
    await person.shot(f"print-{scripts}")
    if scripts:
        await person.accessible()
    await person.choose("understood", "yes")
    await person.press("Make the sheet")
    await person.sees(NAME, f"Printed by {world.person(PRISON, 'coordinator')['name']}", "Destroy it at once")
    assert len((await world.api(PRISON).get("receipts"))["receipts"]) == before + 1
    assert "print" in await events(world, exchange)
    await person.shot(f"paper-{scripts}")
    if scripts:
        await person.accessible()
        await person.page.emulate_media(media="print")
        await person.shot("paper-printed")


async def test_a_release_check_says_where_to_stay_away(as_: SignIn, world: World) -> None:
    """An exclusion is a yes, a no or an area, read like other details, for planning the release alone."""
    exchange = await ask(world, "rotl-check")
    await at_police(world, exchange)
    await world.api(POLICE).share(exchange, {"exclusion": "no"})
    await until_state(world, exchange, "details-shared")
    person = await as_(PRISON, "coordinator")
    await person.go(f"/requester/cases/{exchange}/details")
    await person.does_not_see("To get in touch with the victim")
    await person.choose("why", "release-planning")
    await person.choose("no_conflict", "yes")
    await person.press("Show the details")
    await person.sees("Area to stay away from", "No: there is no area to stay away from.")


async def test_a_look_needs_the_gateway(as_: SignIn, world: World) -> None:
    """Logged before shown: while the gateway is away nothing is shown, and the page says so."""
    exchange = await shared(world)
    person = await as_(PRISON, "coordinator")
    async with world.gateway.away():
        await read_details(person, exchange)
        await person.sees("The details cannot be read now: the gateway is away")
        await person.does_not_see(NAME)
        await person.accessible()


def test_what_is_held_for_a_time_is_let_go_of_though_nobody_asks() -> None:
    """The sweep lets go at the end of the time, and a session that ends holds nothing any longer."""
    clock = [0.0]
    sessions = Sessions(600, 300, lambda: clock[0])
    session = sessions.begin()
    sessions.hold(session, "details of x", "a secret", 300)
    clock[0] = 299.0
    assert sessions.still(session, "details of x") == ("a secret", 1.0)
    clock[0] = 300.0
    sessions._sweep()
    assert session.held == {}
    assert sessions.still(session, "details of x") is None
    sessions.hold(session, "details of y", "a secret", 10_000)
    clock[0] = 20_000.0
    sessions._sweep()
    assert session.held == {}

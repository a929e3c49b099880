"""A victim takes their details back: in two clicks from anywhere, at night too, and while the gateway is away."""

from typing import Any

from tests.gateway.desk.desks import VALUES, staff
from tests.pages.conftest import SignIn
from tests.pages.world import World


async def shared(world: World, crime: str, **changes: Any) -> str:
    """An exchange in which the victim's details are out; its id."""
    asked = await world.api("prison-mdi").ask(crime=crime, **changes)
    exchange: str = asked["case"]["exchange"]
    police = world.api("police-13")
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    await police.share(exchange, VALUES)
    await world.api("prison-mdi").until(exchange, "contact-answer")
    return exchange


def said(exchange: str) -> str:
    """The reference, as it stands on the page."""
    last = exchange.replace("-", "")[-8:].upper()
    return f"{last[:4]} {last[4:]}"


async def test_two_clicks_from_the_case_and_the_prison_must_stop(as_: SignIn, world: World, scripts: bool) -> None:
    """The link on the request, then the button; the prison's case is withdrawn; its confirmation shows afterwards."""
    exchange = await shared(world, f"13 71199{1 + scripts}")
    officer = await as_("police-13", "officer", scripts=scripts)
    await officer.go(f"/holder/requests/{exchange}")
    await officer.open(officer.page.locator(f"a[href$='/{exchange}/recall']").first)
    await officer.sees(
        "Take details back", "01632 960 100", "Out of hours: The duty officer, on 01632 960 999", "within 1 working day"
    )
    await officer.does_not_see('name="reason"', "textarea")
    if scripts:
        await officer.accessible()
        await officer.shot("recall")
    await officer.press("Take the details back")
    await officer.sees("Nobody can open them any more.", "has not confirmed yet", "01632 960 100")
    if scripts:
        await officer.accessible()
        await officer.shot("recall-done")
    prison = world.api("prison-mdi")
    await prison.until(exchange, "recall")
    assert (await prison.case(exchange))["state"] == "withdrawn"
    await prison.post(
        f"cases/{exchange}/acknowledge-recall", {"staff": staff(), "contact": "stopped", "copies": "destroyed"}
    )
    await world.api("police-13").until(exchange, "recall-acknowledged")
    await officer.go(f"/holder/requests/{exchange}/recall")
    await officer.sees("Confirmed", "every copy is destroyed")
    if scripts:
        await officer.accessible()
        await officer.shot("recall-confirmed")


async def test_two_clicks_from_the_navigation(as_: SignIn, world: World, scripts: bool) -> None:
    """The list of what is out now, and the button in its row."""
    exchange = await shared(world, f"13 71299{1 + scripts}")
    officer = await as_("police-13", "officer", scripts=scripts)
    await officer.follow("Take details back")
    await officer.sees("Details are out now", said(exchange))
    if scripts:
        await officer.accessible()
        await officer.shot("recall-list")
    await officer.press(f"Take back the details of request {said(exchange)}")
    await officer.sees("Nobody can open them any more.")
    assert (await world.api("police-13").case(exchange))["state"] == "withdrawn"


async def test_the_case_is_found_by_its_reference_and_by_the_crime(as_: SignIn, world: World, scripts: bool) -> None:
    """A victim rings at night with a number on a letter: neither number gets into an address."""
    crime = f"13/71399{1 + scripts}"
    exchange = await shared(world, crime)
    officer = await as_("police-13", "officer", scripts=scripts)
    for typed in (said(exchange).lower(), crime.replace("/", " ")):
        await officer.go("/holder/recall")
        await officer.fill(find=typed)
        await officer.press("Find")
        await officer.sees("Found", said(exchange))
        assert officer.path == "/holder/recall"
    if scripts:
        await officer.accessible()
        await officer.shot("recall-found")
    await officer.fill(find="13 0000000001")
    await officer.press("Find")
    await officer.sees("There is a problem", "No case of your office is found by this.")
    if scripts:
        await officer.accessible()
        await officer.shot("recall-not-found")


async def test_while_the_gateway_is_away_it_is_kept_and_goes_first(as_: SignIn, world: World, scripts: bool) -> None:
    """It says that the details can still be opened, whom to ring meanwhile, and offers no second button."""
    exchange = await shared(world, f"13 71499{1 + scripts}")
    officer = await as_("police-13", "officer", scripts=scripts)
    await officer.go(f"/holder/requests/{exchange}/recall")
    async with world.gateway.away():
        await officer.press("Take the details back")
        await officer.sees(
            "Not taken back yet", "goes out by itself before everything else", "the details can still be opened",
            "01632 960 100", "Give no reason",
        )  # fmt: skip
        assert await officer.page.get_by_role("button", name="Take the details back").count() == 0
        if scripts:
            await officer.accessible()
            await officer.shot("recall-kept")
        await officer.go("/holder/recall")
        await officer.sees("Being taken back")
    await world.api("prison-mdi").until(exchange, "recall")
    assert (await world.api("prison-mdi").case(exchange))["state"] == "withdrawn"
    await officer.go(f"/holder/requests/{exchange}/recall")
    await officer.sees("Taken back on")


async def test_by_keyboard_alone(as_: SignIn, world: World) -> None:
    """From the navigation to the row's button with the keys, and no mouse."""
    exchange = await shared(world, "13 715991")
    officer = await as_("police-13", "officer")
    await officer.page.get_by_role("link", name="Take details back", exact=True).focus()
    await officer.page.keyboard.press("Enter")
    await officer.page.wait_for_url("**/holder/recall")
    for _ in range(60):
        await officer.page.keyboard.press("Tab")
        if await officer.page.evaluate("document.activeElement.closest('form')?.action || ''") == (
            f"{officer.address}/holder/requests/{exchange}/recall"
        ):
            break
    else:
        raise AssertionError("The keyboard does not reach the button.")
    await officer.page.keyboard.press("Enter")
    await officer.page.wait_for_url(f"**/{exchange}/recall")
    await officer.sees("Nobody can open them any more.")


async def test_small_windows(as_: SignIn, world: World) -> None:
    """On a phone, and at 400% zoom, no page of these scrolls sideways."""
    exchange = await shared(world, "13 716991")
    officer = await as_("police-13", "reviewer")
    for page in (
        "recall", "reviews", "instructions", "access", "access/new", "access/delays",
        f"requests/{exchange}/recall", f"requests/{exchange}/review", f"requests/{exchange}/delay",
    ):  # fmt: skip
        await officer.go(f"/holder/{page}")
        await officer.fits_small_windows(page.replace("/", "-").replace(exchange, "x"))

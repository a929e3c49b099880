"""An inspector looks at one exchange: why first, then who did what under which clause, and never a victim's detail."""

import asyncio
import io
import zipfile
from pathlib import Path

from playwright.async_api import Download

from tests.gateway.desk.desks import REVIEWER
from tests.pages.browser import Person
from tests.pages.conftest import SignIn
from tests.pages.world import World

INSPECTORATE = "inspectorate-hmip"


async def declined(world: World, crime: str) -> str:
    """A sensitive case that a reviewer decided against; its id."""
    asked = await world.api("prison-mdi").ask(crime=crime, sensitivities=["domestic-abuse"])
    exchange: str = asked["case"]["exchange"]
    police = world.api("police-13")
    await police.until(exchange, "contact-request")
    await police.read(exchange, REVIEWER)
    await police.review(exchange, "decline")
    return exchange


async def look(inspector: Person, exchange: str) -> None:
    """For an inspection."""
    await inspector.go(f"/inspector/exchanges/{exchange}")
    await inspector.choose("why", "inspection")
    await inspector.press("Show the exchange")


async def body_of(file: Download) -> bytes:
    """What was downloaded."""
    return await asyncio.to_thread(Path(await file.path()).read_bytes)


async def narrow(person: Person, name: str) -> None:
    """On a phone, and at 400 % zoom: no sideways scrolling."""
    await person.page.set_viewport_size({"width": 320, "height": 640})
    await person.accessible()
    await person.shot(f"{name}-320")
    await person.page.set_viewport_size({"width": 1280, "height": 720})


async def reach(person: Person, selector: str) -> None:
    """Tab on until this has the focus."""
    for _ in range(60):
        await person.page.keyboard.press("Tab")
        if await person.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"The keyboard does not reach {selector}.")


async def enter(person: Person) -> None:
    """Enter, and on to the next page."""
    async with person.page.expect_navigation():
        await person.page.keyboard.press("Enter")


async def test_an_inspector_sees_how_a_case_was_decided(as_: SignIn, world: World, scripts: bool) -> None:
    """A reason first; then state, exact code, clauses with their texts and every line; never what the victim said."""
    exchange = await declined(world, f"13 9922{int(scripts)}1")
    inspector = await as_(INSPECTORATE, "inspector", scripts=scripts)
    await inspector.go(f"/inspector/exchanges/{exchange}")
    await inspector.does_not_see("Moorland")
    await inspector.press("Show the exchange")
    await inspector.sees("There is a problem", "Say why you look")
    await inspector.shot("inspector-exchange-ask")
    if scripts:
        await inspector.accessible()
    await look(inspector, exchange)
    await inspector.sees(
        "Cannot proceed", "Safeguarding risk (R08)", "A trained reviewer decided that it may not go ahead",
        "domestic abuse", "Moorland (HMP & YOI)", "A prison asked", "A reviewer decided", "Checked", "Clause 7.",
        "For an inspection",
    )  # fmt: skip
    await inspector.does_not_see("On its merits.", "Rhys")
    await inspector.shot("inspector-exchange")
    if scripts:
        await inspector.accessible()
        await narrow(inspector, "inspector-exchange")
    await inspector.go(f"/inspector/searches/{exchange}")
    await inspector.sees("not held any longer")


async def test_reasons_are_read_by_who_knows_nobody_and_hidden_again(as_: SignIn, world: World, scripts: bool) -> None:
    """A line of the log first; then the reviewer's words, until they are hidden."""
    exchange = await declined(world, f"13 9933{int(scripts)}1")
    inspector = await as_(INSPECTORATE, "inspector", scripts=scripts)
    await look(inspector, exchange)
    await inspector.follow("Read the reviewer’s reasons")
    await inspector.press("Show the reasons")
    await inspector.sees("Say why you need to read the reasons", "Tick the box if it is so")
    await inspector.does_not_see("On its merits.")
    await inspector.shot("inspector-reasons-ask")
    if scripts:
        await inspector.accessible()
    await inspector.choose("why", "quality-assurance")
    await inspector.choose("no_conflict", "yes")
    await inspector.press("Show the reasons")
    await inspector.sees("On its merits.", "The reasons are hidden at")
    await inspector.shot("inspector-reasons")
    if scripts:
        await inspector.accessible()
    reasons = inspector.path
    await inspector.press("Hide the reasons now")
    await inspector.sees("The reasons are hidden.")
    await inspector.go(reasons)
    await inspector.sees("Why do you need to read the reasons?")
    await inspector.does_not_see("On its merits.")
    await inspector.follow("Back")
    await inspector.press("Look again")
    await inspector.sees("Somebody looked at sealed details", "A reviewer’s reasons, for quality assurance")


async def test_evidence_is_handed_out_to_who_says_why(as_: SignIn, world: World, scripts: bool) -> None:
    """One file, proved before it leaves the desk."""
    exchange = await declined(world, f"13 9944{int(scripts)}1")
    inspector = await as_(INSPECTORATE, "inspector", scripts=scripts)
    await inspector.go(f"/inspector/exchanges/{exchange}/evidence")
    await inspector.press("Download the evidence")
    await inspector.sees("Say why you look")
    await inspector.shot("inspector-evidence")
    if scripts:
        await inspector.accessible()
    await inspector.choose("why", "complaint")
    async with inspector.page.expect_download() as coming:
        await inspector.page.get_by_role("button", name="Download the evidence").click()
    file = await coming.value
    assert file.suggested_filename == f"evidence-{exchange}.zip"
    names = zipfile.ZipFile(io.BytesIO(await body_of(file))).namelist()
    assert "MANIFEST.sha256" in names


async def test_the_badge_of_a_line_says_how_to_check_it(as_: SignIn, world: World, scripts: bool) -> None:
    """What it means, exact commands, what it proves and what not; and the proof itself as a file."""
    inspector = await as_(INSPECTORATE, "inspector", scripts=scripts)
    await inspector.go("/inspector/proof/0")
    await inspector.sees("In the log", "rj verify log http", "rj watch http", "What it does not prove", "/v1/proofs/0")
    await inspector.shot("inspector-proof")
    if scripts:
        await inspector.accessible()
        await narrow(inspector, "inspector-proof")
    async with inspector.page.expect_download() as coming:
        await inspector.page.get_by_role("link", name="Download the proof of line 0").click()
    file = await coming.value
    assert (await body_of(file)).startswith(b"c2sp.org/tlog-proof")
    await inspector.go("/inspector/proof/999999999")
    await inspector.sees("The published log has no line of this number yet")


async def test_an_inspector_searches_and_looks_by_keyboard_alone(as_: SignIn, world: World) -> None:
    """From the search to the exchange and its proof, with Tab, Space and Enter."""
    said = await world.api("prison-mdi").ask(crime="13 99771", prison_number="A5523BC")
    exchange = said["case"]["exchange"]
    inspector = await as_(INSPECTORATE, "inspector")
    await reach(inspector, "input[name='why']")
    await inspector.page.keyboard.press("Space")
    await reach(inspector, "input[name='about']")
    await inspector.page.keyboard.type(exchange)
    await enter(inspector)
    await reach(inspector, f"a[href='/inspector/exchanges/{exchange}']")
    await enter(inspector)
    await reach(inspector, "input[name='why']")
    await inspector.page.keyboard.press("Space")
    await reach(inspector, "main button[type=submit]")
    await enter(inspector)
    await inspector.sees("An exchange", "With the police", "A prison asked")
    await reach(inspector, "a[href^='/inspector/proof/']")
    await enter(inspector)
    await inspector.sees("How to check a line", "In the log")

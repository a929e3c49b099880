"""The police desk: the approach to a victim, the pack in plain words, and the yes that fills in the answer."""

import pytest
from playwright.async_api import Page

from contracts.vocabulary import Purpose
from gateway.desk.pages.holder import pack_words
from tests.pages.browser import Person
from tests.pages.conftest import SignIn
from tests.pages.test_holding import asked, checked, person, read
from tests.pages.world import World

PRISON = ("Moorland", "prison", "HMP", "Rhys", "1980/")
MOST_TABS = 80


async def say_yes(officer: Person) -> None:
    """Record that the victim says yes, by telephone."""
    await officer.choose("decision", "yes")
    await officer.press("Save")
    await officer.choose("how", "by-phone")
    await officer.shot("approach-yes")
    await officer.press("Save")


async def enter(page: Page) -> None:
    """Enter, and on to the next page."""
    async with page.expect_navigation():
        await page.keyboard.press("Enter")


async def press_until(page: Page, selector: str) -> None:
    """Tab on until the focus is there."""
    for _ in range(MOST_TABS):
        if await page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"The keyboard does not reach {selector}.")


async def test_the_approach_is_recorded_and_fills_in_the_answer(as_: SignIn, world: World, scripts: bool) -> None:
    """Plan, a try, the three things told, a yes: the answer has its consent already, and the prison gets its word."""
    exchange = await asked(world, f"13 619{1 + scripts}", **person(11, scripts))
    officer = await as_("police-13", "officer", scripts=scripts)
    await officer.go(f"/holder/requests/{exchange}/approach")
    await officer.sees("Approach nobody now.", "Read the request first")
    await read(officer, exchange)
    await officer.follow("Approach")
    await officer.sees("How and when they want to be asked", "Not known yet.")
    await officer.follow("Record it")
    await officer.press("Save")
    await officer.sees("Choose how the victim wants to be asked.")
    await officer.shot("approach-plan")
    await checked(officer, scripts)
    await officer.choose("channel", "phone")
    await officer.fill(times="Not before 10")
    await officer.press("Save")
    await officer.sees("By telephone: “Not before 10”", "Recorded by Anna D’Souza")
    await officer.follow("Record a try")
    await officer.choose("how", "phone")
    await officer.choose("result", "reached")
    await officer.shot("approach-try")
    await checked(officer, scripts)
    await officer.press("Save")
    await officer.sees("By telephone: we spoke with them")
    await officer.go(f"/holder/requests/{exchange}/approach/says")
    await officer.shot("approach-says")
    await checked(officer, scripts)
    await say_yes(officer)
    await officer.sees("Only then is a yes an informed one.")
    await officer.go(f"/holder/requests/{exchange}/approach/told")
    await officer.choose("told", "what-rj-is", "what-they-may-gain", "may-stop-at-any-time")
    await officer.shot("approach-told")
    await checked(officer, scripts)
    await officer.press("Save")
    await officer.go(f"/holder/requests/{exchange}/approach/says")
    await say_yes(officer)
    await officer.sees("It is recorded what they say so far.", "Yes: The victim, by telephone")
    await officer.shot("approach")
    await checked(officer, scripts)
    await officer.press("Answer the request")
    await officer.choose("decision", "yes")
    await officer.press("Continue")
    assert await officer.page.locator("[name=how][value=by-phone]").is_checked()
    assert await officer.page.locator("[name=told]:checked").count() == 3
    await officer.press("Continue")
    await officer.fill(preferred_name="Ms Price", contact_channel="07700 900123")
    await officer.press("Continue")
    await officer.press("Send the answer")
    await officer.sees("Answer recorded")
    await world.api("prison-mdi").until(exchange, "contact-answer")
    assert (await world.api("prison-mdi").case(exchange))["state_words"] == "Details shared"


@pytest.mark.parametrize("purpose", ["letter", "conference"])
async def test_the_pack_names_no_prison_and_whom_to_ring(as_: SignIn, world: World, purpose: Purpose) -> None:
    """What lands on paper: the choice, what happens with their details, the office; nobody's whereabouts."""
    number = 12 if purpose == "letter" else 13
    exchange = await asked(world, f"13 62{number}", purpose, **person(number, True))
    officer = await as_("police-13", "officer")
    await officer.go(f"/holder/requests/{exchange}/pack")
    await officer.sees("Do not give this to anybody yet.")
    await read(officer, exchange)
    await officer.go(f"/holder/requests/{exchange}/pack")
    await officer.sees("It is entirely your choice", "If you say no", "stop at any time", "01632 960 100")
    await officer.accessible()
    await officer.shot(f"pack-{purpose}")
    if purpose == "letter":
        await officer.sees("has written a letter of apology", "You decide whether to read it", "no detail about you")
    await officer.page.emulate_media(media="print")
    printed = await officer.text()
    assert [word for word in PRISON if word in printed] == []
    assert "Print this page" not in printed
    await officer.shot(f"pack-{purpose}-printed")


def test_every_purpose_has_a_pack_that_names_no_place() -> None:
    """One text for each purpose of the agreement; none says prison, release or the offender's name for it."""
    parts = [*pack_words.WHY.values(), pack_words.WHAT, pack_words.GAIN, pack_words.CHOICE, pack_words.HELP]
    said = " ".join(sentence for part in parts for sentence in part.said).casefold()
    assert set(pack_words.WHY) == {"approach", "letter", "conference", "preparation", "representative", "rotl-check"}
    assert [word for word in ("prison", "inmate", "offender", "custody", "sentence", "victim") if word in said] == []
    assert max(len(sentence.split()) for part in parts for sentence in part.said) <= 22


async def test_a_request_is_dealt_with_by_keyboard_alone(as_: SignIn, world: World) -> None:
    """From the list to the reading: Tab, space and Enter reach everything."""
    exchange = await asked(world, "13 6399", **person(14, True))
    officer = await as_("police-13", "officer")
    await officer.go("/holder?sort=newest&whose=nobody")
    await press_until(officer.page, f"a[href$='{exchange}']")
    await enter(officer.page)
    await press_until(officer.page, "a.govuk-button[href$='/accept']")
    await enter(officer.page)
    await press_until(officer.page, "[name=office]")
    await officer.page.keyboard.press("Space")
    await press_until(officer.page, "main button[type=submit]")
    await enter(officer.page)
    await officer.sees("The prison now sees which office deals with it.")
    await press_until(officer.page, "a.govuk-button[href$='/read']")
    await enter(officer.page)
    await press_until(officer.page, "[name=why]")
    await officer.page.keyboard.press("Space")
    await press_until(officer.page, "[name=no_conflict]")
    await officer.page.keyboard.press("Space")
    await press_until(officer.page, "main button[type=submit]")
    await enter(officer.page)
    await officer.sees("Rhys Ó Briain", "hidden again after 10 minutes")

"""An inspector compares areas: the cases are gathered once by a search that says why; pictures have their tables."""

import hashlib
import re

from tests.pages.browser import Person
from tests.pages.conftest import SignIn
from tests.pages.test_inspector_exchange import INSPECTORATE, body_of, narrow
from tests.pages.world import World


async def some_cases(world: World, number: int) -> None:
    """Of two forces and two prisons; one force has declined most."""
    for place in range(6):
        police = "police-13" if place % 2 else "police-14"
        prison = "prison-mdi" if place < 4 else "prison-lei"
        crime = f"{police[-2:]} 88{number}{place + 1}{place + 1}"
        asked = await world.api(prison).ask(
            crime=crime, holder=police, prison_number=f"A{2000 + 10 * number + place}BC"
        )
        exchange = asked["case"]["exchange"]
        if police == "police-14":
            await world.api(police).until(exchange, "contact-request")
            await world.api(police).decline(exchange, "R02")


async def count(inspector: Person, by: str) -> None:
    """The cases of the financial year so far."""
    await inspector.go("/inspector/variation")
    await inspector.choose("why", "inspection")
    await inspector.choose("by", by)
    await inspector.press("Count the cases")


async def kept(person: Person, link: str) -> bytes:
    """What a link hands out."""
    async with person.page.expect_download() as coming:
        await person.page.get_by_role("link", name=link, exact=True).click()
    return await body_of(await coming.value)


async def test_forces_are_compared_measure_by_measure(as_: SignIn, world: World, scripts: bool) -> None:
    """A reason first; then a list of measures, each with its definition, its picture and its table."""
    await some_cases(world, 1 + scripts)
    inspector = await as_(INSPECTORATE, "inspector", scripts=scripts)
    await inspector.go("/inspector/variation")
    await inspector.press("Count the cases")
    await inspector.sees("Say why you look", "Choose what to compare")
    await inspector.shot("inspector-variation-ask")
    if scripts:
        await inspector.accessible()
    await count(inspector, "force")
    await inspector.sees("Police forces and victim liaison units", "Do not publish them", "by chance alone")
    await inspector.shot("inspector-variation")
    if scripts:
        await inspector.accessible()
        await narrow(inspector, "inspector-variation")
    overview = inspector.path
    await inspector.go(f"{overview}/measures/answered")
    await inspector.sees("The figures", "95% interval", "All together", "not a league table", "Against chance")
    assert await inspector.page.locator("svg[role=img]").count() == 1
    drawn = await inspector.page.locator("svg[role=img] text").first.evaluate(
        "each => getComputedStyle(each).fontWeight"
    )
    assert drawn in ("700", "bold")
    await inspector.shot("inspector-measure")
    if scripts:
        await inspector.accessible()
        await narrow(inspector, "inspector-measure")
    await inspector.page.locator("tbody th a").first.click()
    await inspector.sees("All figures", "Here", "All together")
    await inspector.shot("inspector-area")
    if scripts:
        await inspector.accessible()


async def test_the_same_cases_are_compared_by_prison_and_per_thousand(as_: SignIn, world: World, scripts: bool) -> None:
    """Another kind of area needs no other search; a population table gives requests for each thousand."""
    await some_cases(world, 3 + scripts)
    inspector = await as_(INSPECTORATE, "inspector", scripts=scripts)
    await count(inspector, "force")
    overview = inspector.path
    await inspector.press("Compare prisons and other agencies that ask")
    assert inspector.path == overview
    await inspector.press("Add the table")
    await inspector.sees("Choose the file with the population table")
    table = {"name": "people.csv", "mimeType": "text/csv", "buffer": b"prison,population\nMDI,1000\nLEI,500\n"}
    await inspector.page.locator("#population").set_input_files(table)
    await inspector.press("Add the table")
    await inspector.follow("Requests for each 1,000 prisoners")
    await inspector.sees("For each 1,000", "Moorland (HMP & YOI)", "1,000")
    await inspector.shot("inspector-per-thousand")
    if scripts:
        await inspector.accessible()


async def test_figures_are_taken_away_with_their_digest(as_: SignIn, world: World, scripts: bool) -> None:
    """What is downloaded is what the page gave the SHA-256 of."""
    inspector = await as_(INSPECTORATE, "inspector", scripts=scripts)
    await count(inspector, "prison")
    await inspector.follow("Take the figures away")
    await inspector.sees("figures.csv", "figures.xlsx", "figures.jsonl", "not for publication")
    await inspector.shot("inspector-figures-files")
    if scripts:
        await inspector.accessible()
    said = await inspector.text()
    for name in ("figures.csv", "figures.xlsx", "figures.jsonl"):
        assert hashlib.sha256(await kept(inspector, name)).hexdigest() in re.findall(r"[0-9a-f]{64}", said), name

"""What an inspector takes away: lines of a search, a sample that can be drawn again, a page that can be published."""

import hashlib
import re

from contracts.case_record import CaseRecord
from gateway.desk.figures.public import public_page
from gateway.desk.pages.inspector.public import published
from tests.gateway.desk.figures.made import many
from tests.pages.conftest import SignIn
from tests.pages.test_inspector_exchange import INSPECTORATE, look, narrow
from tests.pages.test_inspector_variation import kept
from tests.pages.world import World

NAMES = {f"police-{number}": f"Force {name}" for number, name in zip(range(10, 15), "ABCDE", strict=True)}


async def test_lines_of_a_search_are_taken_away(as_: SignIn, world: World, scripts: bool) -> None:
    """As a table and as audit events, each with its digest and its columns explained."""
    said = await world.api("prison-mdi").ask(crime=f"13 9955{int(scripts)}1", prison_number="A5521BC")
    inspector = await as_(INSPECTORATE, "inspector", scripts=scripts)
    await inspector.choose("why", "data-subject-request")
    await inspector.fill(about=said["case"]["exchange"])
    await inspector.press("Search")
    await inspector.follow("Take the lines away")
    await inspector.sees("which your search found", "log-lines.csv", "log-lines.xlsx", "prison-audit-events.jsonl")
    await inspector.shot("inspector-export")
    if scripts:
        await inspector.accessible()
    digests = re.findall(r"[0-9a-f]{64}", await inspector.text())
    body = await kept(inspector, "log-lines.csv")
    assert hashlib.sha256(body).hexdigest() in digests
    assert said["case"]["exchange"].encode() in body
    assert b"RJ_CONTACT_REQUEST" in await kept(inspector, "prison-audit-events.jsonl")
    assert hashlib.sha256(await kept(inspector, "log-lines.xlsx")).hexdigest() in digests


async def test_a_sample_is_drawn_by_a_seed_and_leads_to_its_cases(as_: SignIn, world: World, scripts: bool) -> None:
    """The method is stated; the same seed draws the same cases; each leads to its exchange."""
    await world.api("prison-mdi").ask(crime=f"13 9966{int(scripts)}1", prison_number="A5522BC")
    inspector = await as_(INSPECTORATE, "inspector", scripts=scripts)
    await inspector.go("/inspector/sample")
    await inspector.press("Draw the sample")
    await inspector.sees("Say why you look", "Give a seed", "Give the number of cases", "Choose which cases")
    await inspector.shot("inspector-sample-ask")
    if scripts:
        await inspector.accessible()
    drawn = []
    for _ in range(2):
        await inspector.go("/inspector/sample")
        await inspector.choose("why", "quality-assurance")
        await inspector.choose("of", "every")
        await inspector.fill(seed="Lotto 5 12 23", size="1")
        await inspector.press("Draw the sample")
        drawn.append(await inspector.page.locator("tbody a").all_inner_texts())
    assert len(drawn[0]) == 1
    assert drawn[0] == drawn[1]
    await inspector.sees("How the cases were drawn", "Lotto 5 12 23", "SHA-256 digest", "dip-sample.csv")
    await inspector.shot("inspector-sample")
    if scripts:
        await inspector.accessible()
        await narrow(inspector, "inspector-sample")
    assert b"exchange" in await kept(inspector, "dip-sample.csv")
    link = await inspector.page.locator("tbody a").first.get_attribute("href") or ""
    await look(inspector, link.rpartition("/")[2])
    await inspector.sees("An exchange", "A prison asked")


async def test_a_page_to_publish_is_previewed_and_taken_away_once_its_year_is_over(
    as_: SignIn, world: World, scripts: bool
) -> None:
    """A preview of this year with no file; a file of the last."""
    inspector = await as_(INSPECTORATE, "inspector", scripts=scripts)
    await inspector.go("/inspector/public")
    await inspector.press("Make the page")
    await inspector.sees("Say why you look", "Choose a police force", "Choose a financial year")
    await inspector.shot("inspector-public-ask")
    if scripts:
        await inspector.accessible()
    await inspector.choose("why", "inspection")
    await inspector.page.locator("select[name='force']").select_option("police-13")
    await inspector.page.locator("select[name='year']").select_option(index=1)
    await inspector.press("Make the page")
    await inspector.sees("A preview", "This year is not over")
    assert await inspector.page.locator("a[download]").count() == 0
    await inspector.shot("inspector-public-preview")
    if scripts:
        await inspector.accessible()
        await narrow(inspector, "inspector-public")
    await inspector.go("/inspector/public")
    await inspector.choose("why", "inspection")
    await inspector.page.locator("select[name='force']").select_option("police-13")
    await inspector.page.locator("select[name='year']").select_option(index=2)
    await inspector.press("Make the page")
    await inspector.sees("Take the page away", "public-figures.html")
    page = (await kept(inspector, "public-figures.html")).decode()
    assert page.startswith("<!DOCTYPE html>")
    assert "<script" not in page


def test_what_is_published_needs_nothing_else_and_shows_no_small_number() -> None:
    """No script and no address in it; every count is none, five or more, or withheld."""
    cases: list[CaseRecord] = many(260, forces=5)
    page = public_page(cases, "police-11", NAMES, year=2026, at=1_900_000_000)
    html = published(page, 1_900_000_000).decode()
    assert "[c]" in html
    assert not re.search(r"<script|<link|<img|src=|href=|url\(|https?:", html)
    shown = [int(cell.replace(",", "")) for cell in re.findall(r"numeric\">([0-9,]+)</td>", html)]
    assert shown
    assert not [count for count in shown if 0 < count < 5]

"""A victim asks who looked: it is made sure who asks, the page is in its own words, and delays say what they hide."""

from datetime import date, timedelta

from gateway.desk.pages.holder.reporting import paragraphs
from tests.pages.browser import Person
from tests.pages.conftest import SignIn
from tests.pages.test_taking_back import said, shared
from tests.pages.world import World


async def reported(officer: Person, crime: str) -> None:
    """The form filled in and sent."""
    await officer.go("/holder/access/new")
    await officer.fill(crime_reference=crime)
    await officer.choose("identity_checked", "call-back")
    await officer.press("Make the report")


async def test_a_report_is_made_and_shown_and_the_staff_part_is_not_printed(
    as_: SignIn, world: World, scripts: bool
) -> None:
    """Without saying how identity was checked there is none; on paper stand the report's own words alone."""
    crime = f"13 74100{scripts:d}"
    exchange = await shared(world, crime)
    await world.api("prison-mdi").open(exchange)
    await world.api("police-13").until(exchange, "notice-opened")
    officer = await as_("police-13", "officer", scripts=scripts)
    await officer.follow("Who looked")
    await officer.press("Make a report")
    await officer.fill(crime_reference=crime)
    await officer.press("Make the report")
    await officer.sees("There is a problem", "can put a person in danger")
    if scripts:
        await officer.accessible()
        await officer.shot("access-ask")
    await officer.choose("identity_checked", "call-back")
    await officer.press("Make the report")
    await officer.sees(
        "For staff alone", "Who looked at your details", "a restorative justice coordinator at a prison",
        "arranging a meeting, to which you said yes", "Where each time is proven",
    )  # fmt: skip
    if scripts:
        await officer.accessible()
        await officer.shot("access-report")
    await officer.press("Open the page to print")
    await officer.sees("a restorative justice coordinator at a prison")
    await officer.page.emulate_media(media="print")
    printed = await officer.text()
    for never in (
        "For staff",
        "Line ",
        said(exchange),
        crime,
        "Moorland",
        "West Yorkshire Police Restorative Justice G",
    ):
        assert never not in printed.replace("Restorative justice team, West Yorkshire Police", ""), never
    await officer.shot("access-print")
    await officer.page.emulate_media(media="screen")
    if scripts:
        await officer.accessible()
    await officer.go("/holder/access")
    await officer.sees("Reports given before", "Rang back on a number already held", said(exchange))
    if scripts:
        await officer.accessible()
        await officer.shot("access")


async def test_where_the_reference_alone_does_not_tell_a_person_chooses(as_: SignIn, world: World) -> None:
    """Two victims of one crime: both cases are named, and only the one that was ticked is reported."""
    one = await shared(world, "13 742001", victim={"name": "Siân D’Souza"})
    two = await shared(world, "13 742001", pnc_id="80/1T", prison_number="b4321cd", victim={"name": "Tom Bell"})
    officer = await as_("police-13", "officer")
    await reported(officer, "13 742001")
    await officer.sees("Read each of these cases first", said(one), said(two), "Which of these cases are theirs?")
    await officer.accessible()
    await officer.shot("access-whose")
    await officer.choose("exchanges", one)
    await officer.press("Make the report")
    await officer.sees("For staff alone", said(one))
    await officer.does_not_see(said(two))


async def test_a_delay_hides_says_so_and_is_ended(as_: SignIn, world: World, scripts: bool) -> None:
    """A reviewer decides it within its limits; the report says what is left out; ended, it is shown again."""
    crime = f"13 74300{scripts:d}"
    exchange = await shared(world, crime)
    await world.api("prison-mdi").open(exchange)
    await world.api("police-13").until(exchange, "notice-opened")
    reviewer = await as_("police-13", "reviewer", scripts=scripts)
    await reviewer.go("/holder/access/delays")
    await reviewer.sees("at most 180 days", "never about a time at which they looked themselves")
    await reviewer.fill(find=crime)
    await reviewer.press("Find")
    await reviewer.sees("Not to be shown yet")
    far = date.today() + timedelta(days=400)
    await reviewer.choose("which", "all")
    await reviewer.choose("reason", "investigation")
    await reviewer.fill_by({"until-day": str(far.day), "until-month": str(far.month), "until-year": str(far.year)})
    await reviewer.press("Leave it out until then")
    await reviewer.sees("There is a problem", "180 days")
    if scripts:
        await reviewer.accessible()
        await reviewer.shot("delay")
    near = date.today() + timedelta(days=30)
    await reviewer.fill_by({"until-day": str(near.day), "until-month": str(near.month), "until-year": str(near.year)})
    await reviewer.press("Leave it out until then")
    await reviewer.sees("It is decided.", "Every time", "Showing it now could harm an investigation")
    if scripts:
        await reviewer.accessible()
        await reviewer.shot("delays")
    officer = await as_("police-13", "officer", scripts=scripts)
    await reported(officer, crime)
    await officer.sees("times are not shown until", "Clause 13.8", "could harm an investigation")
    await officer.does_not_see("a restorative justice coordinator at a prison")
    await officer.go("/holder/access/delays")
    await officer.sees("A reviewer decides these.")
    await reviewer.open(reviewer.page.locator("tr", has_text=said(exchange)).get_by_role("link", name="End"))
    if scripts:
        await reviewer.accessible()
        await reviewer.shot("delay-end")
    await reviewer.press("End it now")
    await reviewer.sees("The delay has ended.", "Over")
    await reported(officer, crime)
    await officer.sees("a restorative justice coordinator at a prison")


def test_the_page_says_every_word_of_the_report() -> None:
    """Line ends that fit a sheet are taken out; no word is lost, added or moved."""
    text = (
        "Who looked\nMade for you on Monday.\n\nYou asked who has been given\ndetails about you.\n\n"
        "1. Monday\n   Who: an officer\n   What: your name;\n         your number\n\nYou can ring us.\n"
    )
    parts = paragraphs(text)
    assert parts[0] == ["Who looked", "Made for you on Monday."]
    assert parts[1] == ["You asked who has been given details about you."]
    assert parts[2] == ["1. Monday", "Who: an officer", "What: your name; your number"]
    assert [word for part in parts for line in part for word in line.split()] == text.split()

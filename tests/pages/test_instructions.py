"""No further contact: added outside a case, met by a request, lifted when the victim has come back."""

from tests.pages.conftest import SignIn
from tests.pages.world import World


async def test_added_met_by_a_request_and_lifted(as_: SignIn, world: World, scripts: bool) -> None:
    """The request that meets it is found out; once it is lifted the same request is not stopped any more."""
    crime, police = f"13 72100{scripts:d}", world.api("police-13")
    officer = await as_("police-13", "officer", scripts=scripts)
    await officer.follow("No further contact")
    await officer.press("Add an instruction")
    await officer.press("Add the instruction")
    await officer.sees("Enter the crime reference.", "Choose what the victim wants to hear no more of.")
    if scripts:
        await officer.accessible()
        await officer.shot("instruction-faults")
    await officer.fill(crime_reference=crime)
    await officer.choose("scope", "this-purpose")
    await officer.page.select_option("#purpose", "conference")
    if scripts:
        await officer.accessible()
        await officer.shot("instruction-add")
    await officer.press("Add the instruction")
    name = world.person("police-13", "officer")["name"]
    await officer.sees(
        "The instruction stands.", "No further contact about: arrange a restorative meeting.", crime, name
    )
    if scripts:
        await officer.accessible()
        await officer.shot("instructions")

    exchange = (await world.api("prison-mdi").ask(crime=crime.replace(" ", "/")))["case"]["exchange"]
    await police.until(exchange, "contact-request")
    assert (await police.read(exchange))["case"]["findings"][0]["code"] == "R06"

    link = officer.page.locator("tr", has_text=crime).get_by_role("link", name="Lift")
    await officer.open(link)
    await officer.sees("What lifting it means", "Lift it only because the victim has come back to you.")
    await officer.press("Lift the instruction")
    await officer.sees("Only they can lift it.")
    if scripts:
        await officer.accessible()
        await officer.shot("instruction-lift")
    await officer.choose("come_back", "yes")
    await officer.press("Lift the instruction")
    await officer.sees("The instruction is lifted.", "Lifted")
    if scripts:
        await officer.accessible()
        await officer.shot("instructions-lifted")
    assert (await police.read(exchange))["case"]["findings"] == []


async def test_one_that_came_of_a_case_names_the_case(as_: SignIn, world: World) -> None:
    """A "no" of the victim's is on the list by itself, with the request that it came from."""
    police = world.api("police-13")
    exchange = (await world.api("prison-mdi").ask(crime="13 722001"))["case"]["exchange"]
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    await police.decline(exchange)
    officer = await as_("police-13", "officer")
    await officer.go("/holder/instructions")
    assert await officer.page.locator(f"a[href='/holder/requests/{exchange}']").count() == 1
    await officer.sees("No further contact about any kind of restorative justice.")


async def test_a_reviewer_sees_them_and_changes_none(as_: SignIn, world: World) -> None:
    """Adding and lifting is for those who answer."""
    reviewer = await as_("police-13", "reviewer")
    await reviewer.go("/holder/instructions/add")
    await reviewer.sees("You cannot do this", "This is for the staff who deal with requests at your office.")

"""The coordinator asks: one question a page, checked, sent."""

from gateway.desk.pages.reference import reference as reference_of
from tests.pages import asking
from tests.pages.conftest import SignIn
from tests.pages.world import World


async def test_a_request_is_made_one_question_a_page(as_: SignIn, world: World, scripts: bool) -> None:
    """From the first question to the confirmation; then it is at the police, as it was typed, in canonical form."""
    person = await as_("prison-mdi", "coordinator", scripts=scripts)
    reference = asking.crime()
    steps = ("purpose", "person", "offence", "holder", "details", "grounds", "sensitive", "needed", "note", "check")

    async def seen(step: str) -> None:
        if scripts:
            await person.accessible()
        await person.shot(f"asking-{step}{'' if scripts else '-plain'}")

    await person.go("/requester/requests/new")
    await seen(steps[0])
    await asking.begin(person)
    await seen(steps[1])
    await asking.tell_who(person, name="Llŷr D’Souza Nguyễn")
    await seen(steps[2])
    await asking.tell_offence(person, reference)
    await person.sees("We chose West Yorkshire Police because the reference begins with 13.")
    await seen(steps[3])
    await person.press("Continue")
    await seen(steps[4])
    await person.choose("fields", "preferred_name", "safe_times")
    await person.press("Continue")
    await seen(steps[5])
    await asking.attest(person, "responsibility-accepted", "risk-assessment")
    await seen(steps[6])
    await person.choose("sensitivities", "none")
    await person.press("Continue")
    await seen(steps[7])
    await person.press("Continue")
    await seen(steps[8])
    await person.fill(note="They finished a course, and would like to say sorry.", victim_name="Siân Ó Briain")
    await person.press("Continue")
    await person.sees("Llŷr D’Souza Nguyễn", "A1234BC", "TH68001", "20 July 2021", "West Yorkshire Police", "1979/0")
    await seen(steps[9])
    exchange = await asking.send(person)
    await person.sees(
        "Request sent", reference_of(exchange), "Expect an answer by 23:59", "Do not say whom the police ask"
    )
    await seen("sent")
    case = await world.api("police-13").until(exchange, "contact-request")
    assert case
    read = await world.api("police-13").read(exchange)
    subject = read["subject"]
    assert subject["offender"]["name"] == "Llŷr D’Souza Nguyễn"
    assert subject["offence"]["crime_reference"] == reference
    assert subject["victim"]["name"] == "Siân Ó Briain"


async def test_a_prisoner_is_referred_and_asked_for(as_: SignIn, world: World, scripts: bool) -> None:
    """A residential officer refers; the coordinator takes it up, asks, and it is at the police."""
    wing = await as_("prison-mdi", "wing", scripts=scripts)
    assert wing.path == "/requester/referrals/new"
    await wing.press("Refer")
    await wing.sees("There is a problem", "Enter the prison number.", "Choose what it is about.")
    if scripts:
        await wing.accessible()
    await wing.shot("referral-faults")
    number, name = f"b{asking.number()}cd", "Anna D’Souza Ó Briain"
    await wing.fill(prison_number=number, offender=name, why="They asked how they could say sorry.")
    await wing.choose("kind", "course-completed")
    await wing.fill_by({"course": "Sycamore Tree"})
    await wing.fill_by({"completed_on-day": "3", "completed_on-month": "nov", "completed_on-year": "26"})
    if scripts:
        await wing.accessible()
    await wing.shot("referral-new")
    await wing.press("Refer")
    await wing.sees("Referral made", "What happens next", "Promise nothing.")
    if scripts:
        await wing.accessible()
    await wing.shot("referral-done")
    await wing.follow("See your referrals")
    await wing.sees(name, "With the coordinator")

    coordinator = await as_("prison-mdi", "coordinator", scripts=scripts)
    await coordinator.follow("Referrals")
    await coordinator.shot("referral-list")
    if scripts:
        await coordinator.accessible()
    await coordinator.follow(name)
    await coordinator.sees("Sycamore Tree", "3 November 2026", "Talk with the prisoner about offering amends")
    if scripts:
        await coordinator.accessible()
    await coordinator.shot("referral-one")
    await coordinator.press("Start a request")
    await coordinator.choose("purpose", "approach")
    await coordinator.press("Continue")
    assert await coordinator.page.locator("[name=prison_number]").input_value() == number.upper()
    assert await coordinator.page.locator("[name=offender]").input_value() == name
    await coordinator.fill(pnc_id=asking.pnc())
    await coordinator.press("Continue")
    await asking.tell_offence(coordinator)
    await coordinator.press("Continue")
    await asking.attest(coordinator, "responsibility-accepted")
    await coordinator.choose("sensitivities", "none")
    for _ in range(3):
        await coordinator.press("Continue")
    await coordinator.sees("Check your answers", "None. This purpose shares no details.")
    exchange = await asking.send(coordinator)
    await world.api("police-13").until(exchange, "contact-request")
    await wing.go("/requester/referrals")
    await wing.sees("The coordinator has taken it further")
    await wing.does_not_see(exchange)
    await wing.shot("referral-mine")
    if scripts:
        await wing.accessible()
    for closed in ("/requester", "/requester/drafts", f"/requester/requests/{exchange}/sent"):
        await wing.go(closed)
        await wing.sees("You cannot do this")

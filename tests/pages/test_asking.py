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
    await wing.fill_by({"completed_on-day": "3", "completed_on-month": "nov", "completed_on-year": "25"})
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
    await coordinator.sees("Sycamore Tree", "3 November 2025", "Talk with the prisoner about offering amends")
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


async def test_a_whole_request_is_made_by_keyboard(as_: SignIn, world: World) -> None:
    """Tab, space, arrows and return alone, from the first question to the confirmation."""
    person = await as_("prison-mdi", "coordinator")
    keyboard = person.page.keyboard

    async def reach(name: str) -> None:
        for _ in range(60):
            await keyboard.press("Tab")
            if await person.page.evaluate("document.activeElement.name || document.activeElement.id") == name:
                return
        raise AssertionError(f"{name} cannot be reached by Tab on {person.path}")

    async def go_on() -> None:
        for _ in range(60):
            await keyboard.press("Tab")
            if await person.page.evaluate("document.activeElement.matches('main form button')"):
                break
        async with person.page.expect_navigation():
            await keyboard.press("Enter")

    await person.go("/requester/requests/new")
    await reach("purpose")
    await keyboard.press("Space")
    await go_on()
    for name, text in (("prison_number", "a1234bc"), ("offender", "Llŷr Ó Briain"), ("pnc_id", asking.pnc())):
        await reach(name)
        await keyboard.type(text)
    await go_on()
    for name, text in (("offence_codes", "th68001"), ("crime_reference", asking.crime())):
        await reach(name)
        await keyboard.type(text)
    await go_on()
    await person.sees("We chose West Yorkshire Police")
    await go_on()
    await reach("responsibility-accepted-who")
    await keyboard.press("Space")
    for part, text in asking.on("responsibility-accepted-on", asking.days_ago(20)):
        await reach(part)
        await keyboard.type(text)
    await go_on()
    for _ in range(7):
        await reach("sensitivities")
    await keyboard.press("Space")
    await go_on()
    await go_on()
    await go_on()
    await person.sees("Check your answers", "Llŷr Ó Briain")
    await go_on()
    await person.sees("Request sent")


async def test_the_pages_fit_a_small_window(as_: SignIn) -> None:
    """At 400 % zoom and on a phone nothing scrolls sideways, and nothing is lost."""
    person = await as_("prison-mdi", "coordinator", viewport={"width": 320, "height": 256})
    await person.go("/requester/requests/new")
    await person.fits_small_windows("asking-purpose")
    await asking.to_check(person, name="Nguyễn Văn Llŷr D’Souza Ó Briain", note="x" * 590)
    await person.fits_small_windows("asking-check")
    for name in ("referrals/new", "referrals", "letters", "letters/new", "drafts"):
        await person.go(f"/requester/{name}")
        await person.fits_small_windows(name.replace("/", "-"))

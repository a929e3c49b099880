"""A coordinator follows their cases: the list, one case, what is missing, what came of it, and the end of it."""

from tests.pages.case_steps import POLICE, ask, at_police, shared, until_state
from tests.pages.conftest import SignIn
from tests.pages.world import World


async def test_what_waits_comes_first_and_a_case_is_found(as_: SignIn, world: World, scripts: bool) -> None:
    """The list begins with what waits for the coordinator; filters are tags, and a name is in no address."""
    waits = await shared(world, name="Ffion Ó Briain", prison_number="A7777QQ")
    quiet = await ask(world, "approach", name="Llŷr D’Souza", prison_number="A8888QQ")
    person = await as_("prison-mdi", "coordinator", scripts=scripts)
    await person.sees("What waits for us", "Ffion Ó Briain", "Read the details")
    await person.does_not_see(quiet)
    await person.shot(f"cases-waiting-{scripts}")
    if scripts:
        await person.accessible()
    await person.follow("All cases")
    await person.choose("purpose", "approach")
    await person.press("Apply filters")
    await person.sees("Llŷr D’Souza", "With the police")
    await person.does_not_see(waits)
    assert "purpose=approach" in person.path
    await person.shot(f"cases-filtered-{scripts}")
    await person.open(person.page.locator(".moj-filter__tag").first)
    assert "purpose" not in person.path
    await person.fill(sought="dsouza a8888qq")
    await person.press("Find")
    await person.sees("Llŷr D’Souza")
    await person.does_not_see(waits)
    assert "souza" not in person.path.lower()
    assert "souza" not in (await person.page.title()).lower()
    if scripts:
        await person.accessible()
    await person.shot(f"cases-found-{scripts}")
    await person.open(person.page.locator(".desk-sought button"))
    assert await person.page.locator(".desk-sought").count() == 0


async def test_a_case_says_how_it_stands_and_what_next(as_: SignIn, world: World, scripts: bool) -> None:
    """State, next step, due date, what may be told, whom to ring, what happened, and the proof."""
    exchange = await ask(world)
    await at_police(world, exchange)
    await world.api("prison-mdi").until(exchange, "accepted")
    person = await as_("prison-mdi", "coordinator", scripts=scripts)
    await person.go(f"/requester/cases/{exchange}")
    await person.sees("With the police", "What next", "The police answer by", "What you may tell the prisoner")
    await person.sees("Whom to ring", "Out of hours", "Request sent", "Taken up", "In the log", "Attested by")
    await person.shot(f"case-with-police-{scripts}")
    if scripts:
        await person.accessible()
    me = world.person("prison-mdi", "coordinator")["name"]
    await person.page.locator("select[name='to']").select_option(label=me)
    await person.press("Allocate")
    await person.sees("The case is yours now.", "Allocated", f"by {me}")
    await person.follow("How to check it")
    await person.sees("rj verify evidence", "What we said", "What was told to us")
    await person.shot(f"case-proof-{scripts}")
    if scripts:
        await person.accessible()
    async with person.page.expect_download() as download:
        await person.page.get_by_role("button", name="Download the evidence").click()
    assert (await download.value).suggested_filename == f"evidence-{exchange}.zip"


async def test_more_needed_is_sent_with_all_that_was_there(as_: SignIn, world: World, scripts: bool) -> None:
    """The case's own subject stands in the form; a bad identifier is explained, and what was typed stays."""
    exchange = await ask(world)
    await at_police(world, exchange)
    more = {"staff": None, "missing": ["identifiers", "victim-details"]}
    await world.api(POLICE).post(f"cases/{exchange}/more-needed", more)
    await until_state(world, exchange, "more-needed")
    person = await as_("prison-mdi", "coordinator", scripts=scripts)
    await person.go(f"/requester/cases/{exchange}")
    await person.sees("The police need more from you", "an identifier does not match")
    await person.press("Send what was missing")
    assert await person.page.locator("#pnc_id").input_value() == "1979/0163001B"
    await person.fill(pnc_id="79-163001B", victim_known="Lived next door in 2021.")
    await person.press("Send")
    await person.sees("There is a problem", "Tick what you have corrected")
    assert await person.page.locator("#victim_known").input_value() == "Lived next door in 2021."
    await person.choose("corrected", "identifiers")
    await person.press("Send")
    await person.sees("There is a problem")
    await person.shot(f"more-needed-{scripts}")
    if scripts:
        await person.accessible()
    await person.fill(pnc_id="79/163001b")
    await person.press("Send")
    await person.sees("Sent. The police look at the request again.", "With the police", "What was missing was sent")
    subject = (await world.api(POLICE).read(exchange))["subject"]
    assert subject["victim"]["known"] == "Lived next door in 2021."


async def test_an_outcome_is_checked_before_it_is_sent(as_: SignIn, world: World, scripts: bool) -> None:
    """One page of questions; the answers are shown again; the police know them afterwards."""
    exchange = await shared(world, needed_by="2030-11-01")
    person = await as_("prison-mdi", "coordinator", scripts=scripts)
    await person.go(f"/requester/cases/{exchange}/outcome")
    await person.press("Check your answers")
    await person.sees("There is a problem", "Say whether contact was made.", "Say whether the answer came in time.")
    await answer(person, status="in-progress", final="no")
    await person.shot(f"outcome-{scripts}")
    if scripts:
        await person.accessible()
    await person.press("Check your answers")
    await person.sees("Check your answers", "To meet", "On the prison record only", "sentence planning")
    await person.shot(f"outcome-check-{scripts}")
    if scripts:
        await person.accessible()
    await person.open(person.page.get_by_role("link", name="Change the answer to: What did the victim choose?"))
    assert await person.page.locator("input[name='chose'][value='conference']").is_checked()
    await person.choose("chose", "shuttle")
    await person.press("Check your answers")
    await person.press("Send to the police")
    await person.sees(
        "Recorded. The police know what came of it.",
        "Outcome recorded",
        world.person("prison-mdi", "coordinator")["name"],
    )
    await world.api(POLICE).until(exchange, "outcome")
    await person.go(f"/requester/cases/{exchange}/outcome")
    await answer(person, status="completed", final="yes")
    await person.press("Check your answers")
    await person.sees("This closes the case.")
    await person.press("Send to the police")
    await person.sees("Closed", "The case is finished.")
    assert (await world.api("prison-mdi").case(exchange))["state"] == "closed"


async def answer(person, *, status: str, final: str) -> None:  # type: ignore[no-untyped-def]
    """Answer every question of an outcome."""
    await person.choose("contact", "made")
    await person.choose("chose", "conference")
    await person.choose("status", status)
    await person.choose("disclosure", "on-prison-record-only")
    await person.choose("needed_by_met", "yes")
    await person.choose("final", final)


async def test_a_prisoner_who_moved_is_handed_over_and_taken_over(as_: SignIn, world: World, scripts: bool) -> None:
    """The old prison cancels and prints a slip; the new one types its reference, and goes on to ask anew."""
    exchange = await ask(world)
    person = await as_("prison-mdi", "coordinator", scripts=scripts)
    await person.go(f"/requester/cases/{exchange}")
    await person.follow("Cancel the request")
    await person.press("Cancel the request")
    await person.sees("Say why the request is cancelled.")
    await person.choose("why", "transferred")
    await person.shot(f"cancel-{scripts}")
    if scripts:
        await person.accessible()
    await person.press("Cancel the request")
    await person.sees("Hand-over slip", exchange, "At the new prison")
    await person.shot(f"hand-over-{scripts}")
    if scripts:
        await person.accessible()
    assert (await world.api("prison-mdi").case(exchange))["state"] == "cancelled"
    other = await as_("prison-lei", "coordinator", scripts=scripts)
    await other.follow("Take over a case")
    await other.fill(reference="A123")
    await other.press("Go on")
    await other.sees("There is a problem", "This is not a reference.")
    await other.shot(f"take-over-{scripts}")
    if scripts:
        await other.accessible()
    await other.fill(reference=exchange.upper().replace("-", " "))
    await other.press("Go on")
    assert other.path == f"/requester/requests/new?follows={exchange}&why=transfer"


async def test_two_people_on_one_case_lose_nothing(as_: SignIn, world: World) -> None:
    """Whoever comes second is told that the case has changed, and nothing is sent on what they saw."""
    exchange = await shared(world)
    first = await as_("prison-mdi", "coordinator")
    second = await as_("prison-mdi", "second")
    for person in (first, second):
        await person.go(f"/requester/cases/{exchange}/outcome")
        for name, value in {"contact": "made", "chose": "letter", "status": "in-progress"}.items():
            await person.choose(name, value)
        await person.choose("disclosure", "not-disclosable")
        await person.choose("final", "no")
        await person.press("Check your answers")
    await first.press("Send to the police")
    await first.sees("Recorded.")
    await second.press("Send to the police")
    await second.sees("Somebody changed this case after you opened this page", "A letter")
    assert len([e for e in (await events(world, exchange)) if e == "outcome"]) == 1
    await second.press("Send to the police")
    await second.sees("Recorded.")


async def test_an_outcome_waits_while_the_gateway_is_away(as_: SignIn, world: World) -> None:
    """It is said so, nothing is lost, it cannot be said twice, and it goes out once."""
    exchange = await shared(world)
    person = await as_("prison-mdi", "coordinator")
    await person.go(f"/requester/cases/{exchange}/outcome")
    for name, value in {"contact": "not-made", "chose": "nothing-further", "status": "did-not-happen"}.items():
        await person.choose(name, value)
    await person.choose("disclosure", "not-disclosable")
    await person.choose("final", "yes")
    await person.press("Check your answers")
    async with world.gateway.away():
        await person.press("Send to the police")
        await person.sees("The gateway cannot be reached now.", "Waiting to be sent: what came of it.")
        await person.shot("case-waiting-to-be-sent")
        await person.accessible()
        await person.go(f"/requester/cases/{exchange}/outcome")
        await person.sees("What came of it was said already, and waits to be sent.")
        await person.go("/requester")
        await person.sees("Waiting to be sent")
    await until_state(world, exchange, "closed")
    assert len([e for e in (await events(world, exchange)) if e == "outcome"]) == 1


async def events(world: World, exchange: str) -> list[str]:
    """What the prison's desk has noted of a case."""
    page = await world.api("prison-mdi").get("events?after=0")
    found = [*page["events"]]
    while page["events"]:
        page = await world.api("prison-mdi").get(f"events?after={page['next']}")
        found += page["events"]
    return [each["event"] for each in found if each["exchange"] == exchange]


async def test_the_list_and_a_case_fit_a_phone_and_a_magnifier(as_: SignIn, world: World) -> None:
    """Nothing scrolls sideways at phone width, nor at 400 % zoom."""
    exchange = await shared(world)
    person = await as_("prison-mdi", "coordinator")
    for path in ("/requester", f"/requester/cases/{exchange}", f"/requester/cases/{exchange}/outcome"):
        await person.go(path)
        await person.fits_small_windows(path.rsplit("/", 1)[-1][:8])


async def test_a_case_is_followed_by_keyboard_alone(as_: SignIn, world: World) -> None:
    """From the list to the case, to the form that cancels it, and through it."""
    exchange = await ask(world, "approach")
    person = await as_("prison-mdi", "coordinator")
    await person.go("/requester?view=all&purpose=approach")
    await tab_to(person, f"a[href='/requester/cases/{exchange}']")
    await person.page.keyboard.press("Enter")
    await person.page.wait_for_url(f"**/cases/{exchange}")
    await tab_to(person, f"a[href='/requester/cases/{exchange}/cancel']")
    await person.page.keyboard.press("Enter")
    await person.page.wait_for_url("**/cancel")
    await tab_to(person, "input[name='why']")
    for key in ("Space", "ArrowDown", "ArrowDown"):
        await person.page.keyboard.press(key)
    await tab_to(person, "main button")
    await person.page.keyboard.press("Enter")
    await person.page.wait_for_url(f"**/cases/{exchange}")
    await person.sees("Request cancelled")


async def tab_to(person, selector: str) -> None:  # type: ignore[no-untyped-def]
    """Press Tab until this has the focus."""
    for _ in range(150):
        await person.page.keyboard.press("Tab")
        if await person.page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")

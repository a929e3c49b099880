"""What stands in the way of a request, and that nothing typed is lost: each said in words, with what to change."""

from pathlib import Path

from tests.pages import asking
from tests.pages.conftest import SignIn
from tests.pages.world import World

BAD = (
    ("person", "prison_number", "12345", "A prison number is one letter, four digits and two letters."),
    ("person", "prison_number", "a1234-bc", "Leave out the hyphen."),
    ("person", "pnc_id", "79/163001c", "The last letter does not fit the number. Check each digit."),
    ("person", "pnc_id", "79-163001b", "Use a slash, not a hyphen."),
    ("person", "pnc_id", "79/163001", "The check letter at the end is missing."),
    ("person", "cro", "SF83/050058Z", "Leave out the zeros after the slash"),
    ("offence", "offence_codes", "TH6800O", "An offence code is two letters and five digits"),
    ("offence", "asn", "12/01ZD/01/445739H", "The last letter does not fit the number."),
    ("offence", "pti_urn", "13-AB-1", "Leave out the hyphen."),
    ("offence", "crime_reference", "13/ÿ", "There is a character here that cannot be used."),
)


async def test_a_bad_identifier_is_explained_beside_its_field(as_: SignIn, scripts: bool) -> None:
    """In the words that an agency's system is told too, with a link to the field, and the input stays."""
    person = await as_("prison-mdi", "coordinator", scripts=scripts)
    await asking.begin(person)
    draft = person.path.rsplit("/", 1)[0]
    for question, field, typed, words in BAD:
        await person.go(f"{draft}/{question}")
        await person.fill_by({field: typed})
        await person.press("Continue")
        assert words in await person.page.locator(f"#{field}-error").inner_text()
        assert await person.page.locator(f".govuk-error-summary a[href='#{field}']").count() == 1
        assert await person.page.locator(f"[name={field}]").input_value() == typed
        assert typed not in await person.page.title()
    await person.shot("asking-fault")
    if scripts:
        await person.accessible()
    await person.go(f"{draft}/person")
    await person.press("Continue")
    await person.sees("Enter the prison number.", "Enter a PNC ID or a CRO number. One of the two is enough.")


async def test_why_not_is_answered_with_the_clause(as_: SignIn, scripts: bool) -> None:
    """What cannot be asked for is named, with the text of the agreement."""
    person = await as_("prison-mdi", "coordinator", scripts=scripts)
    await person.go("/requester/requests/new")
    await person.page.locator("summary").click()
    await person.sees("Clause 3.1. There are six purposes. They are closed.")
    await asking.begin(person)
    draft = person.path.rsplit("/", 1)[0]
    await person.go(f"{draft}/details")
    await person.page.locator("summary").click()
    await person.sees("For this purpose you cannot ask for:", "a home address", "Clause 3.4. Conference", "Clause 3.8.")
    await person.shot("asking-why-not")
    if scripts:
        await person.accessible()
    await person.go(f"{draft}/sensitive")
    await person.choose("sensitivities", "child-victim")
    await person.press("Continue")
    await person.sees("There is a problem", "A child is reached through a guardian only.")
    await person.shot("asking-child")
    await person.go(f"{draft}/needed")
    await person.fill_by(dict(asking.on("needed_by", asking.days_ago(-2))))
    await person.press("Continue")
    await person.sees("The police have 20 working days to answer", "it hurries nobody")
    await person.shot("asking-too-soon")
    await person.press("Continue")
    await person.sees("What should the police know?")


async def test_another_purpose_asks_again_what_hangs_on_it(as_: SignIn) -> None:
    """From the answers, a change comes back to them; what the other purpose needs is asked first."""
    person = await as_("prison-mdi", "coordinator")
    await asking.to_check(person, "approach", fields=())
    await person.open(person.page.locator("#purpose"))
    await person.choose("purpose", "conference")
    await person.press("Continue")
    await person.sees("Which details do you need?")
    await person.choose("fields", "contact_channel")
    await person.press("Continue")
    await asking.attest(person, "responsibility-accepted", "risk-assessment")
    assert await person.page.locator("[value=none]").is_checked()
    await person.press("Continue")
    await person.sees("Check your answers", "One way to reach them")


async def test_a_refusal_is_told_in_words_with_its_clauses(as_: SignIn, world: World, scripts: bool) -> None:
    """The gateway refuses whoever's training is not in date: why, the clause's text, what to do; the answers stay."""
    person = await as_("prison-mdi", "untrained", scripts=scripts)
    await asking.to_check(person)
    await person.sees("As things stand the gateway would refuse this request:", "Clause 4.1.")
    await person.press("Send the request")
    await person.sees(
        "The request was refused",
        "The agreement asks for another role, or for training that is in date.",
        "It has reached nobody",
        "Clause 4.1. A request is made by a restorative justice coordinator",
    )
    await person.does_not_see("R04", "rj-coordinator", "contact_channel")
    await person.shot("asking-refused")
    if scripts:
        await person.accessible()
    await person.follow("Go back to your answers")
    await person.sees("Check your answers", "Rhys Ó Briain")


async def test_what_has_been_asked_already_leads_to_the_case(as_: SignIn, scripts: bool) -> None:
    """The same person, crime and purpose: nothing is sent, and the case that is there is one step away."""
    person = await as_("prison-mdi", "coordinator", scripts=scripts)
    id_, reference = asking.pnc(), asking.crime()
    await asking.to_check(person, id_=id_, reference=reference)
    exchange = await asking.send(person)
    await asking.to_check(person, id_=id_.upper(), reference=reference)
    await person.press("Send the request")
    await person.sees("This has been asked already", "Nothing was sent now.")
    await person.shot("asking-already")
    if scripts:
        await person.accessible()
    assert await person.page.get_by_role("button", name="Go to the case").get_attribute("href") == (
        f"/requester/cases/{exchange}"
    )
    await person.press("Throw the draft away")
    await person.sees("The draft is thrown away.")


async def test_while_the_gateway_is_away_a_request_is_kept_and_goes_out_once(
    as_: SignIn, world: World, scripts: bool
) -> None:
    """The confirmation says so; once the gateway is back, the police have it, once."""
    person = await as_("prison-mdi", "coordinator", scripts=scripts)
    await asking.to_check(person, note="Nguyễn has finished a course.")
    async with world.gateway.away():
        exchange = await asking.send(person)
        await person.sees("Request kept", "The gateway cannot be reached.", "It goes out once.")
        await person.shot("asking-kept")
        if scripts:
            await person.accessible()
    police = world.api("police-13")
    await police.until(exchange, "contact-request")
    assert [each["exchange"] for each in police.seen].count(exchange) == 1
    assert (await police.read(exchange))["subject"]["note"] == "Nguyễn has finished a course."


async def test_a_draft_outlives_the_session(as_: SignIn, scripts: bool) -> None:
    """The session ends while somebody types: after signing in again the page is there, with all that was typed."""
    person = await as_("prison-mdi", "second", scripts=scripts)
    await asking.begin(person)
    page = person.path
    await person.fill(prison_number="a1234bc", offender="Siân D’Souza", pnc_id="79/163001")
    await asking.session_ends(person)
    await person.press("Continue")
    await person.sees("Sign in")
    await asking.sign_in_again(person, "prison-mdi", "second")
    assert person.path == page
    await person.sees("You were signed out while you were typing.")
    await person.shot("asking-signed-out")
    assert await person.page.locator("[name=offender]").input_value() == "Siân D’Souza"
    await person.fill(pnc_id=asking.pnc())
    await person.press("Continue")
    await person.press("Sign out")
    again = await as_("prison-mdi", "second", scripts=scripts)
    await again.go("/requester/drafts")
    await again.sees("Siân D’Souza (A1234BC)", "Arrange a meeting")
    await again.shot("drafts")
    if scripts:
        await again.accessible()
    other = await as_("prison-mdi", "coordinator", scripts=scripts)
    await other.go(page)
    await other.sees("There is no such draft of yours.")
    await again.open(again.page.get_by_role("link", name="Throw away the request for Siân D’Souza (A1234BC)"))
    await again.shot("draft-throw-away")
    await again.press("Throw it away")
    await again.does_not_see("Siân D’Souza")


async def test_a_draft_in_two_windows_loses_nothing(as_: SignIn, scripts: bool) -> None:
    """What the other window kept is shown beside what was typed here; the person decides."""
    person = await as_("prison-mdi", "coordinator", scripts=scripts)
    await asking.begin(person)
    page = person.path
    other = await person.page.context.new_page()
    await other.goto(person.address + page)
    await other.locator("[name=offender]").fill("From the other window")
    await other.locator("[name=prison_number]").fill("a1234bc")
    await other.locator("[name=pnc_id]").fill(asking.pnc())
    async with other.expect_navigation():
        await other.get_by_role("button", name="Continue").click()
    await asking.tell_who(person, name="From this window")
    await person.sees("This draft was changed in another window.", "From the other window")
    assert await person.page.locator("[name=offender]").input_value() == "From this window"
    await person.shot("asking-two-windows")
    if scripts:
        await person.accessible()
    await person.press("Continue")
    await person.go(page)
    assert await person.page.locator("[name=offender]").input_value() == "From this window"


async def test_a_letter_is_held_offered_wanted_and_sent(
    as_: SignIn, world: World, scripts: bool, tmp_path: Path
) -> None:
    """A scan is held; the victim wants it; only then does the page say where to send it."""
    person = await as_("prison-mdi", "coordinator", scripts=scripts)
    await person.follow("Letters")
    await person.press("Hold a letter")
    await person.follow("Hold a scan instead")
    await person.press("Hold the letter")
    await person.sees("Enter the prison number, or the name.", "Choose the file with the scan.")
    wrong, scan = tmp_path / "letter.docx", tmp_path / "letter.pdf"
    wrong.write_bytes(b"PK\x03\x04 no scan")
    scan.write_bytes(b"%PDF-1.7 sorry " + asking.crime().encode())
    await person.fill(prison_number="c1234dd", offender="Nguyễn Văn Ó Briain")
    await person.page.locator("[name=scan]").set_input_files(wrong)
    await person.press("Hold the letter")
    await person.sees("The file is not a PDF, a JPEG or a PNG.")
    await person.shot("letter-scan")
    if scripts:
        await person.accessible()
    await person.page.locator("[name=scan]").set_input_files(scan)
    await person.press("Hold the letter")
    await person.sees("The letter is held.", "Nguyễn Văn Ó Briain", "Offer it")
    letter = person.path
    await person.shot("letter-held")
    if scripts:
        await person.accessible()
    await person.follow("Cover sheet to print")
    await person.page.emulate_media(media="print")
    assert "Moorland" not in await person.text()
    assert "Nguyễn" not in await person.text()
    await person.shot("letter-cover")
    await person.page.emulate_media(media="screen")
    if scripts:
        await person.accessible()
    await person.go(letter)
    await person.press("Offer this letter")
    await asking.tell_who(person, name="Nguyễn Văn Ó Briain", number="c1234dd")
    await asking.tell_offence(person)
    await person.press("Continue")
    await asking.attest(person, "responsibility-accepted")
    await person.choose("sensitivities", "none")
    for _ in range(3):
        await person.press("Continue")
    await person.sees("Check your answers", "check code")
    exchange = await asking.send(person)
    await person.go(letter)
    await person.sees("Offered: no answer yet", "Do not send the letter.")
    await asking.agree(world, exchange)
    await asking.reads(person, letter, "Wanted: send it to West Yorkshire Police")
    await person.sees("Check code", "Never send it to the victim.")
    await person.shot("letter-wanted")
    if scripts:
        await person.accessible()
    await person.press("Mark as sent")
    await person.sees("The letter is marked as sent.", "Sent on")
    await person.follow("Letters")
    await person.sees("Nguyễn Văn Ó Briain", "Sent")
    await person.shot("letters")
    if scripts:
        await person.accessible()


async def test_a_letter_tells_nothing_of_a_no(as_: SignIn, world: World, scripts: bool) -> None:
    """It is typed and offered. When the victim says no, its page is the same as before, to the letter."""
    person = await as_("prison-mdi", "coordinator", scripts=scripts)
    await person.go("/requester/letters/new")
    await person.fill(prison_number="c4321dd", offender="Llŷr Bowen", text="I am sorry.\n\nLlŷr")
    await person.shot("letter-typed")
    if scripts:
        await person.accessible()
    await person.press("Hold the letter")
    await person.sees("I am sorry.")
    letter = person.path
    await person.press("Offer this letter")
    await asking.tell_who(person, name="Llŷr Bowen", number="c4321dd")
    await asking.tell_offence(person)
    await person.press("Continue")
    await asking.attest(person, "responsibility-accepted")
    await person.choose("sensitivities", "none")
    for _ in range(3):
        await person.press("Continue")
    exchange = await asking.send(person)
    await person.go(letter)
    before = await person.text()
    police = world.api("police-13")
    await police.until(exchange, "contact-request")
    await police.read(exchange)
    await police.decline(exchange)
    await person.go(letter)
    assert await person.text() == before
    await person.sees("Offered: no answer yet", "Do not send the letter.")
    await person.shot("letter-offered")

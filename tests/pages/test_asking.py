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
    await person.sees("Request sent", reference_of(exchange), "Expect an answer by 23:59", "Do not say whom the police ask")
    await seen("sent")
    case = await world.api("police-13").until(exchange, "request")
    assert case
    read = await world.api("police-13").read(exchange)
    subject = read["subject"]
    assert subject["offender"]["name"] == "Llŷr D’Souza Nguyễn"
    assert subject["offence"]["crime_reference"] == reference
    assert subject["victim"]["name"] == "Siân Ó Briain"

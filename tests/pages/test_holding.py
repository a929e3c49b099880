"""The police desk: the inbox, a request that is read and accepted."""

from typing import Any

import pytest

from gateway.desk.pages.holder import subject
from tests.gateway.desk.desks import request
from tests.pages.asking import session_ends
from tests.pages.browser import Person
from tests.pages.conftest import SignIn
from tests.pages.world import World

ALPHABET = "ZABCDEFGHJKLMNPQRTUVWXY"


def person(number: int, scripts: bool) -> dict[str, str]:
    """Somebody of their own for each test: who is in prison, by numbers that check."""
    serial = 1000 + 2 * number + int(scripts)
    check = ALPHABET[int(f"80{serial:07}") % 23]
    return {"pnc_id": f"80/{serial}{check}", "prison_number": f"b{serial}cd"}


async def checked(officer: Person, scripts: bool) -> None:
    """Accessible: axe-core needs scripts to look."""
    if scripts:
        await officer.accessible()


async def asked(world: World, crime: str, purpose: str = "conference", **changes: Any) -> str:
    """A request of Moorland prison that has come to West Yorkshire Police; its exchange."""
    told = await world.api("prison-mdi").ask(purpose, crime=crime, **changes)
    exchange = str(told["case"]["exchange"])
    await world.api("police-13").until(exchange, "contact-request")
    return exchange


async def read(officer: Person, exchange: str) -> None:
    """Read the request, as a person does."""
    await officer.go(f"/holder/requests/{exchange}/read")
    await officer.choose("why", "read-request")
    await officer.choose("no_conflict", "yes")
    await officer.press("Read the request")


async def test_a_request_arrives_and_is_read_and_accepted(as_: SignIn, world: World, scripts: bool) -> None:
    """From the inbox to the request: sealed until it is read, and the prison sees the office."""
    exchange = await asked(world, f"13 500{int(scripts)}")
    officer = await as_("police-13", "officer", scripts=scripts)
    await officer.sees("Requests", "Arrange a restorative meeting", "Moorland")
    await officer.shot("inbox")
    if scripts:
        await officer.accessible()
    await officer.go(f"/holder/requests/{exchange}")
    await officer.does_not_see("Rhys Ó Briain", "A1234BC")
    await officer.shot("request-unread")
    if scripts:
        await officer.accessible()
    await officer.follow("Read the request")
    await officer.press("Read the request")
    await officer.sees("There is a problem", "Choose why you read it.")
    await officer.shot("read-fault")
    if scripts:
        await officer.accessible()
    await read(officer, exchange)
    await officer.sees("Rhys Ó Briain", "1979/0163001B", "13 500", "hidden again after 10 minutes")
    await officer.shot("request-read")
    if scripts:
        await officer.accessible()
    await officer.press("Accept it: say which office deals with it")
    await officer.press("Accept the request")
    await officer.sees("Choose which office deals with it.")
    await officer.choose("office", "rj-team")
    await officer.shot("accept")
    await officer.press("Accept the request")
    await officer.sees("The prison now sees which office deals with it.", "In hand")
    await officer.press("Hide it now")
    await officer.does_not_see("Rhys Ó Briain")
    seen = await world.api("prison-mdi").until(exchange, "accepted")
    assert seen["exchange"] == exchange


async def test_what_was_read_is_hidden_again_by_itself(
    as_: SignIn, world: World, scripts: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the time is over the browser looks again, and it is gone: from the page and from the session."""
    exchange = await asked(world, f"13 505{int(scripts)}", **person(15, scripts))
    officer = await as_("police-13", "officer", scripts=scripts)
    monkeypatch.setattr(subject, "SHOWN_SECONDS", 8)
    await read(officer, exchange)
    await officer.sees("Rhys Ó Briain")
    await officer.page.get_by_text("It has been read, and is hidden.").wait_for(timeout=60_000)
    await officer.does_not_see("Rhys Ó Briain")


async def test_a_yes_with_details_reaches_the_prison(as_: SignIn, world: World, scripts: bool) -> None:
    """A postcode in the wrong field is stopped, what was typed stays, and the prison sees that details are shared."""
    exchange = await asked(world, f"13 510{int(scripts)}", "preparation", **person(1, scripts))
    officer = await as_("police-13", "officer", scripts=scripts)
    await officer.go(f"/holder/requests/{exchange}/answer")
    await officer.sees("Read the request first")
    await read(officer, exchange)
    await officer.press("Accept it: say which office deals with it")
    await officer.choose("office", "rj-team")
    await officer.press("Accept the request")
    await officer.follow("Answer")
    await officer.press("Continue")
    await officer.sees("Choose what the victim decided, or what stands in the way.")
    await officer.shot("answer-decision")
    await checked(officer, scripts)
    await officer.choose("decision", "yes")
    await officer.press("Continue")
    await officer.press("Continue")
    await officer.sees("Tick all three.", "Choose how they said yes.")
    await officer.shot("answer-consent")
    await checked(officer, scripts)
    await officer.choose("told", "what-rj-is", "what-they-may-gain", "may-stop-at-any-time")
    await officer.choose("how", "by-phone")
    await officer.press("Continue")
    await officer.fill(
        preferred_name="Siân D’Souza", contact_channel="07700 900123", safe_times="weekdays after 18:00",
        meeting_place="town library, LS1 3AA", safety_notes="she lives at LS1 3AA",
    )  # fmt: skip
    await officer.press("Continue")
    await officer.sees("There is a postcode here. Take it out: only a meeting place may have one.")
    await officer.shot("answer-details-fault")
    await checked(officer, scripts)
    assert await officer.page.locator("[name=safety_notes]").input_value() == "she lives at LS1 3AA"
    assert await officer.page.locator("[name=preferred_name]").input_value() == "Siân D’Souza"
    await officer.fill(safety_notes="do not leave a message")
    await officer.press("Continue")
    await officer.sees("Check the answer", "Siân D’Souza", "do not leave a message", "The prison sees “Details shared”")
    await officer.shot("answer-check")
    await checked(officer, scripts)
    await officer.press("Send the answer")
    await officer.sees("Answer recorded", "“Details shared” at once")
    await officer.shot("answer-sent")
    await checked(officer, scripts)
    await world.api("prison-mdi").until(exchange, "contact-answer")
    case = await world.api("prison-mdi").case(exchange)
    assert case["state_words"] == "Details shared"
    assert set(case["shared"]) >= {"preferred_name", "contact_channel", "safety_notes"}
    await officer.follow("Go to the request")
    await officer.sees("Answered: yes, details shared", "by Anna D’Souza")
    await officer.shot("request-answered")


async def test_a_no_becomes_a_standing_instruction_and_the_prison_sees_nothing(
    as_: SignIn, world: World, scripts: bool
) -> None:
    """The prison still sees “With the police”; the next request about the same crime is stopped at the desk."""
    who = person(2, scripts)
    exchange = await asked(world, f"13 520{int(scripts)}", **who)
    officer = await as_("police-13", "officer", scripts=scripts)
    await read(officer, exchange)
    await officer.follow("Answer")
    await officer.choose("decision", "no")
    await officer.press("Continue")
    await officer.shot("answer-no")
    await checked(officer, scripts)
    await officer.choose("scope", "whole-case")
    await officer.press("Continue")
    await officer.sees("it is told “cannot proceed”, in the same words whatever the reason")
    await officer.press("Send the answer")
    await officer.sees("Answer recorded", "The prison sees no change now.")
    await officer.shot("answer-sent-no")
    case = await world.api("prison-mdi").case(exchange, fresh=True)
    assert case["state_words"] == "With the police"
    second = await asked(world, f"13 520{int(scripts)}", "approach", **who)
    await read(officer, second)
    await officer.sees("The victim has asked for no further contact", "Approach nobody")
    await officer.shot("request-finding")
    await checked(officer, scripts)
    await officer.follow("Answer that it cannot proceed: the victim declined before")
    await officer.choose("decision", "stands")
    await officer.press("Continue")
    await officer.press("Continue")
    await officer.sees("Choose what stands in the way.")
    await officer.shot("answer-reason")
    await checked(officer, scripts)
    await officer.choose("reason", "declined-before")
    await officer.press("Continue")
    await officer.press("Send the answer")
    await officer.sees("Answer recorded")
    assert (await world.api("police-13").case(second))["code"] == "R06"


async def test_a_case_of_another_force_is_sent_there(as_: SignIn, world: World, scripts: bool) -> None:
    """The prison is told at once who holds it."""
    exchange = await asked(world, f"13 530{int(scripts)}", **person(3, scripts))
    officer = await as_("police-13", "officer", scripts=scripts)
    await read(officer, exchange)
    await officer.follow("Answer")
    await officer.choose("decision", "elsewhere")
    await officer.press("Continue")
    await officer.page.locator("[name=held_by]").select_option("police-14")
    await officer.shot("answer-elsewhere")
    await checked(officer, scripts)
    await officer.press("Continue")
    await officer.press("Send the answer")
    await officer.sees("The prison sees at once that", "holds the case")
    await world.api("prison-mdi").until(exchange, "contact-answer")
    assert (await world.api("prison-mdi").case(exchange))["held_by"] == "police-14"


async def test_two_officers_on_one_request_lose_nothing(as_: SignIn, world: World, scripts: bool) -> None:
    """Whoever comes second is told so, and what they typed is still there."""
    exchange = await asked(world, f"13 540{int(scripts)}", **person(4, scripts))
    first = await as_("police-13", "officer", scripts=scripts)
    second = await as_("police-13", "second", scripts=scripts)
    await read(first, exchange)
    for officer in (first, second):
        await officer.go(f"/holder/requests/{exchange}/answer")
        await officer.choose("decision", "stands")
        await officer.press("Continue")
        await officer.choose("reason", "order" if officer is first else "proceedings")
        await officer.press("Continue")
    await first.press("Send the answer")
    await first.sees("Answer recorded")
    await second.press("Send the answer")
    await second.sees("Somebody changed this case after you opened this page.", "Proceedings or an appeal are live")
    await second.shot("answer-changed")
    assert (await world.api("police-13").case(exchange))["code"] == "R07"


async def test_more_is_asked_for_and_read_again(as_: SignIn, world: World, scripts: bool) -> None:
    """The prison gets closed words; when it sends a correction, the request is to be read again."""
    exchange = await asked(world, f"13 550{int(scripts)}", **person(5, scripts))
    officer = await as_("police-13", "officer", scripts=scripts)
    await read(officer, exchange)
    await officer.follow("Ask the prison for more")
    await officer.press("Ask the prison")
    await officer.sees("Choose what you need from the prison.")
    await officer.shot("more-needed")
    await checked(officer, scripts)
    await officer.choose("missing", "offence-details")
    await officer.press("Ask the prison")
    await officer.sees("The prison has been asked for more.", "The offence: the crime reference")
    prison = world.api("prison-mdi")
    await prison.until(exchange, "more-needed")
    about = {key: value for key, value in request(**person(5, scripts), crime=f"13 551{int(scripts)}").items()
             if key in ("staff", "offender", "offence")}  # fmt: skip
    await prison.post(f"cases/{exchange}/supplement", about | {"corrected": ["offence-details"]})
    await world.api("police-13").until(exchange, "supplement")
    await officer.go(f"/holder/requests/{exchange}")
    await officer.does_not_see(f"13 550{int(scripts)}")
    await read(officer, exchange)
    await officer.sees(f"13 551{int(scripts)}")


async def test_a_sensitivity_that_is_found_sends_the_case_to_review(as_: SignIn, world: World, scripts: bool) -> None:
    """No yes can be given before the review."""
    exchange = await asked(world, f"13 560{int(scripts)}", **person(6, scripts))
    officer = await as_("police-13", "officer", scripts=scripts)
    await read(officer, exchange)
    await officer.follow("Mark the case sensitive")
    await officer.shot("sensitive")
    await checked(officer, scripts)
    await officer.choose("found", "stalking")
    await officer.press("Mark the case sensitive")
    await officer.sees("The case is marked sensitive.", "Stalking", "A reviewer decides this case before anybody")
    await officer.go(f"/holder/requests/{exchange}/answer")
    await officer.sees("A reviewer decides this case first.")
    assert await officer.page.locator("input[value=yes]").count() == 0
    await officer.go("/holder?sensitive=yes")
    await officer.sees("Sensitive")
    await officer.shot("inbox-filtered")
    await checked(officer, scripts)


async def test_the_session_ends_in_the_middle_of_the_answer(as_: SignIn, world: World, scripts: bool) -> None:
    """What was typed is there after signing in again."""
    exchange = await asked(world, f"13 570{int(scripts)}", **person(7, scripts))
    officer = await as_("police-13", "officer", scripts=scripts)
    await read(officer, exchange)
    await officer.follow("Answer")
    await officer.choose("decision", "yes")
    await officer.press("Continue")
    await officer.choose("told", "what-rj-is", "what-they-may-gain", "may-stop-at-any-time")
    await officer.choose("how", "in-person")
    await officer.press("Continue")
    await officer.fill(preferred_name="Ms Llŷr", contact_channel="through this office")
    await session_ends(officer)
    await officer.press("Continue")
    await officer.sees("Sign in")
    await officer.choose_self("police-13", "officer")
    await officer.go(f"/holder/requests/{exchange}/answer/details")
    await officer.sees("You were signed out while you were typing.")
    assert await officer.page.locator("[name=preferred_name]").input_value() == "Ms Llŷr"
    await officer.shot("answer-kept")
    await officer.press("Continue")
    await officer.sees("Check the answer", "Ms Llŷr", "through this office", "in person")


async def test_an_answer_that_was_wrong_is_corrected(as_: SignIn, world: World, scripts: bool) -> None:
    """A silence, then a yes after all: the prison sees the yes alone."""
    exchange = await asked(world, f"13 600{int(scripts)}", "approach", **person(10, scripts))
    officer = await as_("police-13", "officer", scripts=scripts)
    await read(officer, exchange)
    await officer.follow("Answer")
    await officer.choose("decision", "not-reached")
    await officer.press("Continue")
    await officer.press("Send the answer")
    await officer.follow("Go to the request")
    await officer.sees("The prison does not know it yet.")
    await officer.follow("Correct the answer")
    await officer.sees("You have answered this request already: “The victim did not reply in time”")
    await officer.choose("decision", "yes")
    await officer.press("Continue")
    await officer.choose("told", "what-rj-is", "what-they-may-gain", "may-stop-at-any-time")
    await officer.choose("how", "in-writing")
    await officer.press("Continue")
    await officer.press("Send the answer")
    await officer.sees("Answer recorded", "“Agreed” at once")
    await world.api("prison-mdi").until(exchange, "contact-answer")
    assert (await world.api("prison-mdi").case(exchange))["state_words"] == "Agreed"
    evidence = await officer.page.request.get(f"{officer.address}/holder/requests/{exchange}/evidence")
    assert evidence.headers["content-type"] == "application/zip"


async def test_a_case_is_taken_and_given_and_the_list_keeps_its_place(as_: SignIn, world: World, scripts: bool) -> None:
    """From the list one takes a case; on its page one gives it to a colleague; the load shows it."""
    exchange = await asked(world, f"13 580{int(scripts)}", **person(8, scripts))
    second = await as_("police-13", "second", scripts=scripts)
    officer = await as_("police-13", "officer", scripts=scripts)
    await officer.go("/holder?purpose=conference&whose=nobody&sort=newest")
    await officer.open(officer.page.locator(f"form[action*='{exchange}'] button"))
    await officer.sees("You have taken case")
    assert officer.path == "/holder?purpose=conference&whose=nobody&sort=newest"
    await officer.go(f"/holder/requests/{exchange}")
    await officer.page.locator("[name=to]").select_option(label=second.world.person("police-13", "second")["name"])
    await officer.press("Give")
    await officer.sees("has the case now.")
    await second.go("/holder")
    await second.sees("(you)")
    await second.go("/holder?whose=mine")
    await second.sees("Arrange a restorative meeting", "You")


async def test_the_pages_fit_a_phone_and_four_hundred_per_cent(as_: SignIn, world: World) -> None:
    """Nothing scrolls sideways, down to 320 pixels."""
    exchange = await asked(world, "13 5900", **person(9, True))
    officer = await as_("police-13", "officer", viewport={"width": 320, "height": 256})
    await read(officer, exchange)
    for name, path in (("inbox", "/holder"), ("request", f"/holder/requests/{exchange}"),
                       ("answer", f"/holder/requests/{exchange}/answer")):  # fmt: skip
        await officer.go(path)
        await officer.fits_small_windows(f"holder-{name}")

"""Sensitive cases: a reviewer opens, decides on the merits, checks and sends; and who may not."""

import time
from typing import Any

from msgspec.structs import replace

from contracts.agreement import Reviewing
from contracts.messages.actor import Person as Actor
from gateway.desk.pages.holder.reviewer import why_not
from tests.gateway.desk.desks import VALUES, staff
from tests.pages.browser import Person
from tests.pages.conftest import SignIn
from tests.pages.world import World

FLAGGED = {"sensitivities": ["domestic-abuse"]}


async def sensitive(world: World, crime: str, **changes: Any) -> str:
    """A request that waits for a reviewer, not read yet; its id."""
    asked = await world.api("prison-mdi").ask(crime=crime, prison_number="A1234BC", **FLAGGED, **changes)
    exchange: str = asked["case"]["exchange"]
    await world.api("police-13").until(exchange, "contact-request")
    return exchange


async def opened(reviewer: Person, exchange: str, *, picture: bool = False) -> None:
    """From the list into the request."""
    await reviewer.go("/holder/reviews")
    await reviewer.open(reviewer.page.locator(f"a[href='/holder/requests/{exchange}/review']"))
    await reviewer.sees("Review a sensitive case", "They marked it: domestic abuse.", "no blanket bans")
    await reviewer.does_not_see("Rhys")
    if picture:
        await reviewer.accessible()
        await reviewer.shot("review-open")
    await reviewer.press("Open the request")
    await reviewer.sees("There is a problem", "Tick this only if it is so")
    await reviewer.choose("no_conflict", "yes")
    await reviewer.press("Open the request")


async def decided(reviewer: Person, decision: str, reasons: str) -> None:
    """The form filled in, up to the page that checks it."""
    await reviewer.choose("decision", decision)
    await reviewer.choose("co_worked", "yes")
    await reviewer.fill(reasons=reasons)
    await reviewer.press("Continue")


async def test_a_reviewer_reads_decides_checks_and_a_colleague_answers(
    as_: SignIn, world: World, scripts: bool
) -> None:
    """The request is opened first, reasons are asked for, all is read once more; then the case can be answered."""
    exchange = await sensitive(world, f"13 70100{scripts:d}")
    police, reviewer = world.api("police-13"), await as_("police-13", "reviewer", scripts=scripts)
    await reviewer.go("/holder/reviews")
    await reviewer.sees("Cases to be reviewed", "They marked it: domestic abuse.")
    if scripts:
        await reviewer.accessible()
        await reviewer.shot("reviews")
    await opened(reviewer, exchange, picture=scripts)
    await reviewer.sees("Decide this case", "Rhys Ó Briain", f"13 70100{scripts:d}", "What Moorland (HMP & YOI) sees")
    if scripts:
        await reviewer.accessible()
        await reviewer.shot("review-decide")
    await reviewer.press("Continue")
    await reviewer.sees("Choose whether this case may go ahead.", "Write why you decide so", "Rhys Ó Briain")
    if scripts:
        await reviewer.accessible()
        await reviewer.shot("review-faults")
    await decided(reviewer, "proceed", "She asked for this herself.\nHer worker supports it; Llŷr agrees.")
    await reviewer.sees("Check your decision", "She asked for this herself.", "It may go ahead")
    if scripts:
        await reviewer.accessible()
        await reviewer.shot("review-check")
    await reviewer.open(reviewer.page.get_by_role("link", name="Change your reasons"))
    assert await reviewer.page.locator("#reasons").input_value() != ""
    await reviewer.press("Continue")
    await reviewer.press("Send the decision")
    await reviewer.sees("Your decision is recorded.", "may go ahead", "you may not answer this case")
    if scripts:
        await reviewer.accessible()
        await reviewer.shot("review-done")
    case = await police.case(exchange)
    assert case["review"] == "proceed"
    assert case["read"]
    await police.share(exchange, VALUES)
    assert (await police.case(exchange))["state"] == "details-shared"
    await reviewer.go("/holder/reviews")
    await reviewer.does_not_see(exchange)


async def test_a_decline_ends_the_case_and_the_requester_sees_nothing_of_it(
    as_: SignIn, world: World, scripts: bool
) -> None:
    """Nobody is approached; the prison's case looks as it did before."""
    exchange = await sensitive(world, f"13 70200{scripts:d}")
    before = await world.api("prison-mdi").case(exchange)
    reviewer = await as_("police-13", "reviewer", scripts=scripts)
    await opened(reviewer, exchange)
    await decided(reviewer, "decline", "The risk to her now outweighs what she may gain.")
    await reviewer.sees("Nobody is approached. The case is at its end.")
    await reviewer.press("Send the decision")
    await reviewer.sees("cannot go ahead", "Approach nobody", "They are not told that there is a review")
    assert (await world.api("police-13").case(exchange))["code"] == "R08"
    assert await world.api("prison-mdi").case(exchange) == before


async def test_whoever_asked_may_not_review(as_: SignIn, world: World, scripts: bool) -> None:
    """A reviewer whose own request it is, is told so as soon as the request says who asked."""
    reviewer = await as_("police-13", "reviewer", scripts=scripts)
    asker = staff("REVIEWER-police-13", training="advanced")
    exchange = await sensitive(world, f"13 70300{scripts:d}", staff=asker)
    await opened(reviewer, exchange)
    await reviewer.sees("You cannot decide this case", "Nobody may review a case that they asked about", "R04")
    await reviewer.does_not_see('name="reasons"')
    if scripts:
        await reviewer.accessible()
        await reviewer.shot("review-own")


async def test_without_advanced_training_nothing_can_be_typed(as_: SignIn, world: World, scripts: bool) -> None:
    """An officer and a reviewer in training are told before there is anything to fill in."""
    exchange = await sensitive(world, f"13 70400{scripts:d}")
    for post, said in (("officer", "Sensitive cases are decided by a reviewer"), ("trainee", "you have not had it")):
        person = await as_("police-13", post, scripts=scripts)
        await person.go(f"/holder/requests/{exchange}/review")
        await person.sees("You cannot decide this case", said, "R11", "Restorative justice team")
        await person.does_not_see('name="no_conflict"', 'name="reasons"')
        await person.go("/holder/reviews")
        await person.sees("You cannot decide it.")
        if scripts:
            await person.accessible()
            await person.shot(f"review-not-{post}")


async def test_while_the_gateway_is_away_the_decision_is_kept_and_goes_later(
    as_: SignIn, world: World, scripts: bool
) -> None:
    """It is said plainly that it is kept; nobody can decide it a second time; it arrives once the gateway is back."""
    exchange = await sensitive(world, f"13 70500{scripts:d}")
    reviewer = await as_("police-13", "reviewer", scripts=scripts)
    await opened(reviewer, exchange)
    await decided(reviewer, "proceed", "On its merits.")
    async with world.gateway.away():
        await reviewer.press("Send the decision")
        await reviewer.sees("The decision is kept on this desk", "Approach nobody before then.")
        if scripts:
            await reviewer.shot("review-kept")
    await world.api("police-13").until(exchange, "review")
    await reviewer.go(f"/holder/requests/{exchange}/review")
    await reviewer.sees("has decided that this case may go ahead")


async def test_two_on_one_case_lose_nothing(as_: SignIn, world: World) -> None:
    """The case changed while the reviewer wrote: what was typed is still there, and they are told."""
    exchange = await sensitive(world, "13 706001")
    reviewer = await as_("police-13", "reviewer")
    await opened(reviewer, exchange)
    await reviewer.choose("decision", "proceed")
    await reviewer.choose("co_worked", "no")
    await reviewer.fill(reasons="On its merits.")
    await world.api("police-13").post(f"cases/{exchange}/accept", {})
    await reviewer.press("Continue")
    await reviewer.sees("Somebody changed this case after you opened this page.")
    assert await reviewer.page.locator("#reasons").input_value() == "On its merits."


def test_training_that_has_ended_is_named_with_its_day() -> None:
    """Expired advanced training counts as none, and the words say until when it counted."""
    rule = Reviewing(
        sensitivities=("hate",), offence_groups=(), roles=("reviewer",), training="advanced", clause="7.2",
        own_case_clause="7.4",
    )  # fmt: skip
    at = int(time.time())
    person = Actor(id="A" * 22, role="reviewer", training="advanced", auth_time=at, amr=("pwd", "mfa"))
    assert why_not(person, rule, at) is None
    over = why_not(replace(person, trained_until="2025-03-01"), rule, at)
    assert over is not None
    assert "until 1 March 2025" in over.words
    assert why_not(replace(person, role="police-officer"), rule, at) is not None

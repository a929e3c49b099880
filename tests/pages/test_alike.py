"""What a prison sees of every "cannot proceed" is the same, byte for byte and in time. How details leave the screen.

A world of its own, whose answer window is short and whose details stay in view for seconds.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest_asyncio
from playwright.async_api import Browser

from tests.gateway.desk.desks import VALUES, staff
from tests.pages.browser import Person, sign_in
from tests.pages.case_steps import POLICE, PRISON, ask, read_details, shared, until_state
from tests.pages.conftest import SignIn
from tests.pages.world import PATIENCE, World, running

WINDOW, DETAILS = 35, 15
TIMES = {
    "windows": {"accept": f"{WINDOW - 5} seconds", "review": f"{WINDOW - 5} seconds", "answer": f"{WINDOW} seconds"}
}
NAME = VALUES["preferred_name"]
SAME_PERSON = {"name": "Llŷr Bowen", "prison_number": "A4321BC"}

MASKED = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "ID"),
    (r"<time datetime=\"[^\"]*\">[^<]*</time>", "TIME"),
    (r"\b[0-9A-F]{4} [0-9A-F]{4}\b", "REFERENCE"),
    (r"13 2726[0-9]{4}", "CRIME"),
    (r"Line [0-9]+ of the log", "LINE"),
    (r"<th scope=\"row\" class=\"govuk-table__header\">[0-9]+</th>", "LINE"),
    (r"nonce=\"[^\"]*\"", "NONCE"),
    (r"name=\"seen\" value=\"[^\"]*\"", "SEEN"),
    (r"data-seconds=\"[0-9]*\"", "SECONDS"),
    (r"signed out after [0-9]+ minutes", "IDLE"),
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(tmp_path_factory: object) -> AsyncIterator[World]:
    """A world in a hurry."""
    async with running(tmp_path_factory.mktemp("alike") / "world", TIMES, details_seconds=DETAILS) as alive:  # type: ignore[attr-defined]
        yield alive


@pytest_asyncio.fixture(loop_scope="session")
async def as_(world: World, browser: Browser) -> AsyncIterator[SignIn]:
    """Sign in to this world."""
    async with AsyncExitStack() as held:

        async def signed_in(agency: str, post: str, *, scripts: bool = True, **options: object) -> Person:
            context = await browser.new_context(java_script_enabled=scripts, **options)  # type: ignore[arg-type]
            context.set_default_timeout(45_000)
            held.push_async_callback(context.close)
            return await sign_in(world, context, agency, post)

        yield signed_in


async def test_every_cannot_proceed_is_the_same_word_for_word_and_in_time(as_: SignIn, world: World) -> None:
    """A no, a silence, a review that declines, a request that matches nobody, and one that nobody ever took up."""
    person = await as_(PRISON, "coordinator", scripts=False)
    names = ("no", "silence", "declined", "unmatched", "untouched")
    cases = dict(zip(names, [await ask(world, **SAME_PERSON) for _ in names], strict=True))
    await asyncio.gather(*(ended(world, name, exchange) for name, exchange in cases.items()))
    taken_up = [cases[name] for name in names if name != "untouched"]
    before = {await page_of(person, exchange) for exchange in taken_up}
    assert len(before) == 1, "while they are with the police they differ"
    assert "With the police" in before.pop()
    rows = {await row_of(person, exchange, "open") for exchange in cases.values()}
    assert len(rows) == 1

    for exchange in cases.values():
        await until_state(world, exchange, "cannot-proceed", seconds=WINDOW + 20)
    after = {name: await page_of(person, exchange) for name, exchange in cases.items()}
    assert set(after.values()) == {after["no"]}, "pages differ"
    assert "Cannot proceed" in after["no"]
    assert "R19" not in after["no"]
    assert "There are many reasons for that, and we are not told which." in " ".join(after["no"].split())
    proofs = {await page_of(person, exchange, "/proof") for name, exchange in cases.items() if name != "untouched"}
    assert len(proofs) == 1
    rows = {await row_of(person, exchange, "ended") for exchange in cases.values()}
    assert len(rows) == 1
    waited = [await told_after(world, exchange) for exchange in cases.values()]
    assert max(waited) - min(waited) <= 5, waited
    assert min(waited) >= WINDOW - 1
    await person.go(f"/requester/cases/{cases['no']}")
    await person.shot("case-cannot-proceed")


async def ended(world: World, name: str, exchange: str) -> None:
    """What the police do."""
    police = world.api(POLICE)
    await police.until(exchange, "contact-request")
    if name == "untouched":
        return
    await police.post(f"cases/{exchange}/accept", {"staff": None})
    if name in ("no", "declined"):
        await police.read(exchange)
    if name == "no":
        await police.decline(exchange, "R19")
    if name == "declined":
        found = {"staff": staff("p100", "police-officer"), "found": ["stalking"]}
        await police.post(f"cases/{exchange}/sensitivity", found)
        await police.read(exchange, ("p200", "reviewer", "advanced"))
        await police.review(exchange, "decline")
    if name == "unmatched":
        await police.decline(exchange, "R02", staff=None)
    await world.api(PRISON).until(exchange, "accepted")


async def page_of(person: Person, exchange: str, of: str = "") -> str:
    """A case's page as the browser gets it, without ids and times."""
    answer = await person.page.context.request.get(f"{person.address}/requester/cases/{exchange}{of}")
    return masked(await answer.text())


async def row_of(person: Person, exchange: str, state: str) -> str:
    """Its row of the list."""
    answer = await person.page.context.request.get(f"{person.address}/requester?view=all&state={state}")
    rows = re.findall(r"<tr.*?</tr>", await answer.text(), re.DOTALL)
    (row,) = [each for each in rows if exchange in each]
    return masked(re.sub(r"[0-9]+ \w{3} [0-9]{4}, [0-9:]{5} \w{3}", "SHORT", row))


def masked(html: str) -> str:
    for pattern, name in MASKED:
        html = re.sub(pattern, name, html)
    return re.sub(r"by [0-9:]{5} on [A-Z]\w+ [0-9]+ [A-Z]\w+ [0-9]{4}|(Due today by|Overdue)[^<]*", "DUE", html)


async def told_after(world: World, exchange: str) -> float:
    """Seconds from the request to the word that it cannot proceed."""
    case = await world.api(PRISON).case(exchange)
    told = await world.api(PRISON).until(exchange, "notice-cannot-proceed")
    return float(told["at"] - case["asked_at"])


async def test_details_are_hidden_when_their_time_is_over(as_: SignIn, world: World, scripts: bool) -> None:
    """By a script or without one; the page says until when, warns, and asks for the reason again."""
    exchange = await shared(world)
    person = await as_(PRISON, "coordinator", scripts=scripts)
    await read_details(person, exchange)
    await person.sees(NAME, "These details are hidden at", "Keep them for 15 seconds more")
    if scripts:
        await person.page.locator("[data-warn]").wait_for(state="visible", timeout=(DETAILS + 5) * 1000)
        await person.shot("details-warning")
    asked = person.page.get_by_text("Why do you need to read the details?").first
    await asked.wait_for(timeout=(DETAILS + PATIENCE) * 1000)
    await person.does_not_see(NAME)


async def test_the_time_is_made_longer_three_times_at_most(as_: SignIn, world: World) -> None:
    """Each extension is as long again; then the page says that there is none."""
    exchange = await shared(world)
    person = await as_(PRISON, "coordinator", scripts=False)
    await read_details(person, exchange)
    await person.sees("You can do this 3 more times.")
    for left in ("2 more times", "1 more time", "The time cannot be made longer again."):
        await person.press("Keep them for 15 seconds more")
        await person.sees(NAME, left)
    assert await person.page.get_by_role("button", name="Keep them").count() == 0
    csrf = await person.page.locator("[name='csrf']").first.input_value()
    answer = await person.page.context.request.post(
        f"{person.address}/requester/cases/{exchange}/details/longer", form={"csrf": csrf}
    )
    assert "The time cannot be made longer again." in await answer.text()

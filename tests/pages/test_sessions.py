"""Signing in and out over HTTP and in a browser: what keeps a session its person's own (attack classes 122 to 128)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from playwright.async_api import Browser

from gateway.desk import board
from tests.pages.browser import CSRF, sign_in
from tests.pages.conftest import SignIn
from tests.pages.world import World


@asynccontextmanager
async def window() -> AsyncIterator[aiohttp.ClientSession]:
    """A browser without a screen: it keeps cookies, and follows nothing by itself."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield http


async def let_in(http: aiohttp.ClientSession, address: str, staff: str, query: str = "") -> str:
    """Sign in as one of the demonstration's staff; where the desk sends them afterwards."""
    async with http.get(f"{address}/sign-in{query}") as page:
        token = CSRF.search(await page.text())
    assert token is not None
    body = {"csrf": token[1], "staff": staff}
    async with http.post(f"{address}/sign-in/demo", data=body, allow_redirects=False) as answer:
        assert answer.status == 303, await answer.text()
        return answer.headers["Location"]


def cookie(http: aiohttp.ClientSession) -> str:
    (one,) = http.cookie_jar
    return one.value


async def test_staff_sign_in_and_come_to_their_own_face(as_: SignIn, world: World, scripts: bool) -> None:
    """A coordinator, an officer and an inspector each begin at their own work."""
    for agency, post, face in (
        ("prison-mdi", "coordinator", "/requester"),
        ("police-13", "officer", "/holder"),
        ("inspectorate-hmip", "inspector", "/inspector"),
    ):
        person = await as_(agency, post, scripts=scripts, by_hand=True)
        assert person.path == face
        await person.sees(world.person(agency, post)["name"], "Sign out")
        await person.press("Sign out")
        await person.sees("You are signed out")
        await person.go(face)
        assert person.path.startswith("/sign-in?return=")


async def test_the_name_of_a_session_changes_when_somebody_signs_in(world: World) -> None:
    """A name that was planted before signing in is nobody's afterwards (124)."""
    address = world.address("prison-mdi")
    async with window() as http:
        async with http.get(f"{address}/sign-in"):
            planted = cookie(http)
        await let_in(http, address, "coordinator-prison-mdi")
        assert cookie(http) != planted
    cookies = {f"rj-desk-{address.rpartition(':')[2]}": planted}
    async with (
        aiohttp.ClientSession(cookies=cookies) as thief,
        thief.get(f"{address}/", allow_redirects=False) as answer,
    ):
        assert answer.status == 303
        assert answer.headers["Location"].startswith("/sign-in")


async def test_a_session_is_over_when_its_person_signs_out(world: World) -> None:
    """A copy of the cookie opens nothing afterwards (124)."""
    address = world.address("prison-mdi")
    async with window() as http:
        await let_in(http, address, "coordinator-prison-mdi")
        stolen = {f"rj-desk-{address.rpartition(':')[2]}": cookie(http)}
        async with aiohttp.ClientSession(cookies=stolen) as thief:
            async with thief.get(f"{address}/requester", allow_redirects=False) as answer:
                assert answer.status == 200
                token = CSRF.search(await answer.text())
            assert token is not None
            async with http.post(f"{address}/sign-out", data={"csrf": token[1]}) as answer:
                assert answer.status == 200
            async with thief.get(f"{address}/requester", allow_redirects=False) as answer:
                assert answer.status == 303


async def test_the_cookie_is_for_this_desk_alone(world: World) -> None:
    """No script reads it, no other site sends it with a form, and no other path has another one (124)."""
    address = world.address("prison-mdi")
    async with window() as http, http.get(f"{address}/sign-in") as answer:
        said = answer.headers["Set-Cookie"]
    assert "HttpOnly" in said
    assert "SameSite=Lax" in said
    assert "Path=/" in said
    assert "Domain" not in said


@pytest.mark.parametrize(
    "forged",
    [
        {"headers": {"Origin": "https://elsewhere.example"}},
        {"headers": {"Origin": "null"}},
        {"headers": {"Sec-Fetch-Site": "cross-site"}},
        {"headers": {"Sec-Fetch-Site": "same-site"}},
        {"csrf": ""},
        {"csrf": "A" * 43},
    ],
    ids=["origin", "null origin", "cross site", "same site", "no token", "wrong token"],
)
async def test_a_form_of_somebody_elses_is_not_taken(world: World, forged: dict[str, object]) -> None:
    """Whatever another page sends with this browser's cookie does nothing (122)."""
    address = world.address("prison-mdi")
    async with window() as http:
        await let_in(http, address, "coordinator-prison-mdi")
        async with http.get(f"{address}/requester") as answer:
            token = CSRF.search(await answer.text())
        assert token is not None
        body = {"csrf": forged.get("csrf", token[1])}
        async with http.post(f"{address}/sign-out", data=body, headers=forged.get("headers")) as answer:  # type: ignore[arg-type]
            assert answer.status == 403
            assert "did not come from this desk" in await answer.text()
        async with http.get(f"{address}/requester", allow_redirects=False) as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/%2f/evil.example",
        "/%0d%0aSet-Cookie:a=b",
        "javascript:alert(1)",
    ],
)
async def test_signing_in_leads_to_our_own_pages_alone(world: World, elsewhere: str) -> None:
    """An address in the sign-in link never leads away (126)."""
    address = world.address("prison-mdi")
    async with window() as http:
        where = await let_in(http, address, "coordinator-prison-mdi", f"?return={elsewhere}")
    assert where == "/"


async def test_every_page_forbids_what_it_does_not_need(world: World) -> None:
    """Nobody frames it, nothing of others runs in it, nothing keeps it (128, 129)."""
    address = world.address("prison-mdi")
    async with window() as http:
        await let_in(http, address, "coordinator-prison-mdi")
        for path, status in (("/requester", 200), ("/sign-in", 200), ("/nothing-here", 404), ("/holder", 403)):
            async with http.get(address + path) as answer:
                assert answer.status == status, path
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "frame-ancestors 'none'" in policy
                assert "unsafe" not in policy
                assert answer.headers["Cache-Control"] == "no-store"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_desk_answers_by_its_own_name_alone(world: World) -> None:
    """A name that somebody points at this machine leads to nothing (DNS rebinding)."""
    address = world.address("prison-mdi")
    async with window() as http, http.get(f"{address}/sign-in", headers={"Host": "rebound.example"}) as answer:
        assert answer.status == 421
        assert "csrf" not in await answer.text()


async def test_nobody_is_signed_in_as_one_of_another_desks_staff(world: World) -> None:
    """A prison's desk lets in its own people (125)."""
    address = world.address("prison-mdi")
    async with window() as http, http.get(f"{address}/sign-in") as page:
        token = CSRF.search(await page.text())
        assert token is not None
        body = {"csrf": token[1], "staff": "officer-police-13"}
        async with http.post(f"{address}/sign-in/demo", data=body, allow_redirects=False) as answer:
            assert answer.status == 404


async def test_whoever_does_nothing_is_warned_and_signed_out(world: World, browser: Browser) -> None:
    """Two minutes before the end a dialog asks; without an answer the page is left."""
    context = await browser.new_context()
    person = await sign_in(world, context, "prison-mdi", "coordinator")
    await person.page.clock.install()
    await person.go("/requester")
    await person.page.clock.fast_forward(17 * 60_000)
    assert not await person.page.locator("dialog#desk-timeout").is_visible()
    await person.page.clock.fast_forward(90_000)
    assert await person.page.locator("dialog#desk-timeout").is_visible()
    await person.shot("session-warning")
    await person.page.get_by_role("button", name="Stay signed in").click()
    await person.page.locator("dialog#desk-timeout").wait_for(state="hidden")
    await person.page.clock.fast_forward(20 * 60_000)
    await person.page.wait_for_url("**/session-ended")
    await person.sees("You are signed out", "What you had begun is kept for you")
    await context.close()


async def test_an_error_of_the_program_is_a_page_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """In plain English, with the headers of every page, and without a word of what went wrong inside."""
    address = world.address("prison-mdi")

    async def broken(*_: object) -> object:
        raise ZeroDivisionError("07700 900123")

    async with window() as http:
        await let_in(http, address, "coordinator-prison-mdi")
        monkeypatch.setattr(board, "withdrawn", broken)
        async with http.get(f"{address}/requester") as answer:
            said = await answer.text()
            assert answer.status == 500
            assert "there is a problem with the desk" in said
            assert "07700" not in said
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]

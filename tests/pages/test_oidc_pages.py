"""A desk whose people sign in at a real OpenID Connect provider, from its sign-in page to the page they wanted."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
from yarl import URL

from gateway.config import load_desk
from gateway.demo.world import found, lay_out
from gateway.desk.serve import serving
from gateway.errors import CannotStart
from tests.pages.oidc_provider.browsing import Browser
from tests.pages.oidc_provider.running import real_provider
from tests.pages.oidc_provider.staff import ACCOUNTS, SECRET, client
from tests.pages.world import AGENCIES, Gateway

SIGN_IN = """
[[sign_in]]
id = "hmpps"
name = "HMPPS account"
issuer = "{issuer}"
client_id = "rj-desk"
client_secret = "client.secret"
agencies = ["prison-mdi"]
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The address of a prison desk's pages, with a provider in its settings and nobody fictional."""
    folder = tmp_path_factory.mktemp("oidc") / "world"
    founding = found(folder, AGENCIES, {})
    lay_out(founding)
    address, file = founding.pages["prison-desk"], folder / "desks" / "prison-desk.toml"
    gateway = Gateway(founding)
    async with AsyncExitStack() as held:
        known = client(back=f"{address}/sign-in/back/hmpps")
        issuer = await held.enter_async_context(real_provider([known], ACCOUNTS))
        (file.parent / "client.secret").write_text(SECRET)
        text = re.sub(r"(?m)^demo_staff.*$", "", file.read_text())
        file.write_text(text + SIGN_IN.format(issuer=issuer))
        await gateway.start()
        held.push_async_callback(gateway.stop)
        await held.enter_async_context(serving(load_desk(file, {})))
        yield address


@pytest_asyncio.fixture(loop_scope="session")
async def browser_of(desk: str) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield Browser(http)


async def come_back(browser: Browser, desk: str, account: str = "m.dsouza", wanted: str = "/requester") -> str:
    """Sign in at the provider; the address to which it sends the browser back."""
    _, page = await browser.get(f"{desk}/sign-in?return={wanted}")
    assert "HMPPS account" in page
    where, _ = await browser.get(f"{desk}/sign-in/with/0")
    return str(await browser.go(where, f"{desk}/sign-in/back/", account))


async def test_somebody_signs_in_and_comes_to_the_page_they_wanted(desk: str, browser_of: Browser) -> None:
    """Under their own name; the session has another name than before, and the address is worth nothing again."""
    back = await come_back(browser_of, desk)
    before = browser_of.cookies(desk)
    where, _ = await browser_of.get(back)
    assert where == "/requester"
    assert browser_of.cookies(desk) != before
    _, page = await browser_of.get(desk + where)
    assert "Siân D’Souza" in page
    where, page = await browser_of.get(back)
    assert where == ""
    assert "Start again from the sign-in page" in page


async def test_an_address_that_somebody_else_came_back_with_signs_nobody_in(desk: str, browser_of: Browser) -> None:
    """Login CSRF: it belongs to the browser in which it began, and is still good there."""
    back = await come_back(browser_of, desk)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        where, page = await Browser(http).get(back)
        assert where == ""
        assert "Start again from the sign-in page" in page
    assert (await browser_of.get(back))[0] == "/requester"


async def test_another_providers_address_finishes_nothing(desk: str, browser_of: Browser) -> None:
    """Each provider has its own way back."""
    back = URL(await come_back(browser_of, desk))
    where, page = await browser_of.get(str(back.with_path("/sign-in/back/police").with_query(back.query)))
    assert where == ""
    assert "Start again from the sign-in page" in page
    assert (await browser_of.get(str(back)))[0] == ""


async def test_an_account_without_an_agency_is_told_whom_to_ring(desk: str, browser_of: Browser) -> None:
    """On a page of the desk, which opens nothing."""
    where, page = await browser_of.get(await come_back(browser_of, desk, "no.agency"))
    assert where == ""
    assert "<title>Your account is not ready for this desk" in " ".join(page.split()).replace("<title> ", "<title>")
    assert "does not say which agency you work for" in page
    assert "Somebody New" not in page
    assert (await browser_of.get(f"{desk}/requester"))[0].startswith("/sign-in")


async def test_a_desk_does_not_start_with_a_provider_for_an_agency_that_it_does_not_have(tmp_path: Path) -> None:
    """A slip in the settings is told at once, and not to the first who signs in."""
    founding = found(tmp_path / "world", AGENCIES, {})
    lay_out(founding)
    file = tmp_path / "world" / "desks" / "prison-desk.toml"
    sign_in = SIGN_IN.format(issuer="http://127.0.0.1:9").replace("prison-mdi", "prison-xyz")
    (file.parent / "client.secret").write_text(SECRET)
    file.write_text(file.read_text() + sign_in)
    with pytest.raises(CannotStart, match=r"\[\[sign_in\]\] hmpps names an agency that no \[\[agency\]\]"):
        async with serving(load_desk(file, {})):
            pass


async def test_whoever_signs_out_can_sign_out_at_the_provider_too(desk: str) -> None:
    """Somebody else may sit down at the same computer."""
    async with aiohttp.ClientSession() as http:
        async with http.get(f"{desk}/signed-out") as page:
            assert "Sign out there too (HMPPS account)" in await page.text()
        async with http.get(f"{desk}/signed-out/with/0", allow_redirects=False) as answer:
            assert answer.status == 303
            assert "post_logout_redirect_uri" in answer.headers["Location"]
            assert "id_token" not in answer.headers["Location"]

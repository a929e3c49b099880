"""A real browser, driven as people use it: what they see, what they press, and whether all of it is accessible."""

import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright

from tests.pages.npm import missing, package
from tests.pages.world import World

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
"""The same browser; without its own windows and tabs it needs less than half the time."""
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-color-profile=srgb",
)  # fmt: skip
SMALL = {"phone": (390, 844), "zoom": (320, 256)}
"""Windows that everything must fit: a phone's, and what 400 % zoom leaves of 1280 × 1024 pixels."""
SHOTS = os.environ.get("RJ_SCREENSHOTS")
"""A folder to put pictures in, for people to look at."""

AXE_LOG = os.environ.get("RJ_AXE")
"""A file that gets a line for each page that axe has looked at: which, what held, and what did not."""

LOOK = """
axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    resultTypes: ['violations'],
}).then(found => ({
    violations: found.violations.map(v => [v.id, v.help, ...v.nodes.slice(0, 3).map(node => node.html)]),
    passes: found.passes.length,
}))
"""
"""axe-core's findings; of what it found in order, only how much that is."""
CSRF = re.compile(r'name="csrf" value="([^"]+)"')


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium. Where there is none, CI fails and everybody else is told."""
    if CHROMIUM is None:
        missing(
            "there is no Chromium to test the pages in. Install Debian's `chromium-headless-shell`: `make browser`."
        )
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, world: World, page: Page, address: str) -> None:
        self.world, self.page, self.address = world, page, address

    async def go(self, path: str) -> None:
        """Open one of the desk's pages."""
        await self.page.goto(self.address + path)

    @property
    def path(self) -> str:
        """Where they are."""
        return self.page.url.removeprefix(self.address)

    async def sees(self, *texts: str) -> None:
        """All of these stand on the page."""
        said = await self.text()
        missing = [text for text in texts if text not in said]
        assert not missing, f"{self.path} does not say {missing}. It says:\n{said}"

    async def does_not_see(self, *texts: str) -> None:
        """None of these stands on the page, in its title or in its source."""
        source = await self.page.content()
        found = [text for text in texts if text in source]
        assert not found, f"{self.path} says {found}"

    async def text(self) -> str:
        """What the page says, as a person reads it."""
        return " ".join((await self.page.locator("body").inner_text()).split())

    async def fill(self, **values: str) -> None:
        """Type into fields by the names of their inputs."""
        for name, value in values.items():
            await self.page.locator(f"[name='{name.replace('__', '-')}']").fill(value)

    async def fill_by(self, values: dict[str, str]) -> None:
        """Type into fields by the names of their inputs."""
        for name, value in values.items():
            await self.page.locator(f"[name='{name}']").fill(value)

    async def choose(self, name: str, *values: str) -> None:
        """Tick boxes or radio buttons, by the name of the field and the values of the answers."""
        for value in values:
            await self.page.locator(f"input[name='{name}'][value='{value}']").check()

    async def press(self, words: str) -> None:
        """A button by its words; on to the next page."""
        await self.open(self.page.get_by_role("button", name=words, exact=True).first)

    async def follow(self, words: str) -> None:
        """A link by its words."""
        await self.open(self.page.get_by_role("link", name=words, exact=True).first)

    async def open(self, there: Locator) -> None:
        """Press it, and wait until the next page is there: the one that is left must not be read or pressed."""
        async with self.page.expect_navigation():
            await there.click()

    async def sent(self, path: str, values: list[tuple[str, str]]) -> str:
        """A form is sent without being looked at; where the desk leads then."""
        token = CSRF.search(await self.page.content())
        assert token is not None, "this page has no form"
        answer = await self.page.context.request.post(
            self.address + path,
            data=urlencode([("csrf", token[1]), *values]),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            max_redirects=0,
        )
        assert answer.status == 303, await answer.text()
        return answer.headers["location"]

    async def choose_self(self, agency: str, post: str) -> None:
        """On the sign-in page: press one's own name."""
        one = self.world.person(agency, post)
        await self.open(self.page.locator(f"form:has(input[value='{one['id']}']) button"))

    async def accessible(self) -> None:
        """axe-core finds nothing (WCAG 2.2 AA and its best practices), and nothing is wider than the window."""
        await accessible(self.page)

    async def fits_small_windows(self, name: str) -> None:
        """Nothing scrolls sideways on a phone, nor at 400 % zoom, where axe-core looks, too."""
        for window, (width, height) in SMALL.items():
            await self.page.set_viewport_size({"width": width, "height": height})
            await fits(self.page)
            await self.shot(f"{window}-{name}")
        await self.accessible()

    async def shot(self, name: str) -> None:
        """A picture, where somebody wants to look at one."""
        if SHOTS:
            await self.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def accessible(page: Page) -> None:
    """No violation, and no sideways scrolling."""
    if not await page.evaluate("typeof axe !== 'undefined'"):
        await page.evaluate((package("axe-core") / "axe.min.js").read_text())
    found: dict[str, Any] = await page.evaluate(LOOK)
    _note(page, found)
    assert not found["violations"], f"{page.url}: {found['violations']}"
    assert found["passes"] > 10
    await fits(page)


async def fits(page: Page) -> None:
    """Nothing is wider than the window."""
    too_wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide <= 1, f"{page.url} scrolls sideways by {too_wide} px"


def _note(page: Page, found: dict[str, Any]) -> None:
    if AXE_LOG:
        path = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/proof/)[0-9]+", "…", urlsplit(page.url).path)
        size = page.viewport_size or {}
        line = {
            "page": path,
            "width": size.get("width"),
            "held": found["passes"],
            "broken": len(found["violations"]),
        }
        with Path(AXE_LOG).open("a") as log:
            log.write(json.dumps(line) + "\n")


async def sign_in(world: World, context: BrowserContext, agency: str, post: str) -> Person:
    """A browser window in which somebody has signed in: `sign_in(world, context, "prison-mdi", "coordinator")`.

    The form is sent without being shown, which is quicker; `sign_in_by_hand` is for those who look at it.
    """
    address = world.address(agency)
    page = await (await context.request.get(f"{address}/sign-in")).text()
    token = CSRF.search(page)
    assert token is not None, page
    body = {"csrf": token[1], "staff": world.person(agency, post)["id"]}
    answer = await context.request.post(f"{address}/sign-in/demo", form=body, max_redirects=0)
    assert answer.status == 303, await answer.text()
    person = Person(world, await context.new_page(), address)
    await person.go("/")
    return person


async def sign_in_by_hand(world: World, context: BrowserContext, agency: str, post: str) -> Person:
    """As people do it, on the page that asks who they are."""
    person = Person(world, await context.new_page(), world.address(agency))
    await person.go("/sign-in")
    await person.choose_self(agency, post)
    return person

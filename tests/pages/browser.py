"""A real browser, driven as people use it: what they see, what they press, and whether all of it is accessible."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright

from tests.pages.npm import missing, package
from tests.pages.world import World

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--force-color-profile=srgb",
)  # fmt: skip
SHOTS = os.environ.get("RJ_SCREENSHOTS")
"""A folder to put pictures in, for people to look at."""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Debian's Chromium. Where there is none, CI fails and everybody else is told."""
    if CHROMIUM is None:
        missing("there is no Chromium to test the pages in. Install Debian's `chromium`: `make browser`.")
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
        await self._on(self.page.get_by_role("button", name=words, exact=True).first)

    async def follow(self, words: str) -> None:
        """A link by its words."""
        await self._on(self.page.get_by_role("link", name=words, exact=True).first)

    async def _on(self, there: Locator) -> None:
        """Press it, and wait until the next page is there: the one that is left must not be pressed again."""
        async with self.page.expect_navigation():
            await there.click()

    async def accessible(self) -> None:
        """axe-core finds nothing (WCAG 2.2 AA and its best practices), and nothing is wider than the window."""
        await accessible(self.page)

    async def shot(self, name: str) -> None:
        """A picture, where somebody wants to look at one."""
        if SHOTS:
            await self.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


async def accessible(page: Page) -> None:
    """No violation, and no sideways scrolling."""
    if not await page.evaluate("typeof axe !== 'undefined'"):
        await page.evaluate((package("axe-core") / "axe.min.js").read_text())
    found: dict[str, Any] = await page.evaluate(
        "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    told = [f"{each['id']}: {each['help']} {[n['html'] for n in each['nodes']][:3]}" for each in found["violations"]]
    assert not told, f"{page.url}: {told}"
    assert len(found["passes"]) > 10
    too_wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert too_wide <= 1, f"{page.url} scrolls sideways by {too_wide} px"


async def sign_in(world: World, context: BrowserContext, agency: str, post: str, back: str = "/") -> Person:
    """A browser window in which somebody has signed in: `sign_in(world, context, "prison-mdi", "coordinator")`."""
    page = await context.new_page()
    one = world.person(agency, post)
    person = Person(world, page, world.address(agency))
    await person.go("/sign-in" + ("" if back == "/" else f"?return={back}"))
    await page.locator(f"form:has(input[value='{one['id']}']) button").click()
    await page.wait_for_load_state()
    return person

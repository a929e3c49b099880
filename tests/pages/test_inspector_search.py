"""An inspector searches the access log: each search says why, and what is found is in words and proven."""

from playwright.async_api import Page

from tests.pages.conftest import SignIn
from tests.pages.world import World


async def chosen(page: Page, name: str, value: str) -> None:
    await page.locator(f"select[name='{name}']").select_option(value)


async def test_an_inspector_finds_a_request_and_who_made_it(as_: SignIn, world: World, scripts: bool) -> None:
    """By what happened and by whom; the search itself is a line."""
    said = await world.api("prison-mdi").ask(crime=f"13 9911{int(scripts)}1", pnc_id="10/552817p")
    exchange = said["case"]["exchange"]
    inspector = await as_("inspectorate-hmip", "inspector", scripts=scripts)
    await inspector.press("Search")
    await inspector.sees("There is a problem", "Say why you look")
    await inspector.choose("why", "inspection")
    await chosen(inspector.page, "event", "contact-request")
    await inspector.fill(about=exchange)
    await inspector.shot("inspector-search")
    await inspector.press("Search")
    await inspector.sees("What the search found", "A prison asked", "RJ coordinator", "Moorland (HMP & YOI)", "Meeting")
    await inspector.sees("Lines 1 to 1 of 1", f"{said['leaf']}")
    await inspector.shot("inspector-results")
    if scripts:
        await inspector.accessible()
    await inspector.page.get_by_role("button", name="A prison asked").click()
    await inspector.does_not_see("Search again without </span>A prison asked")
    await inspector.sees("Search again without Exchange")

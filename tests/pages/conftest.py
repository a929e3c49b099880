"""One world and one browser for all tests of the pages; each test has windows and cases of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from tests.pages.browser import Person, chromium, sign_in, sign_in_by_hand
from tests.pages.world import World, running

WITHOUT_SCRIPTS = {"java_script_enabled": False}

SignIn = Callable[..., Awaitable[Person]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of the pages share one event loop, as they share a world and a browser."""
    for item in items:
        if "tests/pages/" in str(item.path) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """A gateway and three desks under the published agreement."""
    async with running(tmp_path_factory.mktemp("pages") / "world") as alive:
        yield alive


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Debian's Chromium."""
    async with chromium() as opened:
        yield opened


@pytest.fixture(params=["with scripts", "without scripts"])
def scripts(request: pytest.FixtureRequest) -> bool:
    """Every journey is taken twice: with JavaScript and without."""
    return bool(request.param == "with scripts")


@pytest_asyncio.fixture(loop_scope="session")
async def as_(world: World, browser: Browser) -> AsyncIterator[SignIn]:
    """Sign in as somebody, in a browser of their own: `await as_("prison-mdi", "coordinator", scripts=False)`."""
    async with AsyncExitStack() as held:

        async def signed_in(
            agency: str, post: str, *, scripts: bool = True, by_hand: bool = False, **options: object
        ) -> Person:
            context = await browser.new_context(java_script_enabled=scripts, **options)  # type: ignore[arg-type]
            context.set_default_timeout(45_000)
            held.push_async_callback(context.close)
            return await (sign_in_by_hand if by_hand else sign_in)(world, context, agency, post)

        yield signed_in

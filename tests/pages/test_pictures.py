"""The pictures in the README: of real pages over a real gateway. `make pictures` puts them in their place."""

import os
import re
from pathlib import Path

from tests.pages import case_steps as steps
from tests.pages.browser import Person
from tests.pages.conftest import SignIn
from tests.pages.world import World

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "pictures"
TAKEN = ("prison-cases", "prison-request", "prison-withdrawn", "police-inbox", "inspector-search", "inspector-found")


def test_the_readme_shows_the_pictures_that_are_made_here() -> None:
    """Each of them, with words for whoever cannot see it; and no other."""
    shown = re.findall(r"!\[([^\]]{20,})\]\(docs/pictures/([a-z-]+)\.png\)", (ROOT / "README.md").read_text())
    assert sorted(name for _, name in shown) == sorted(TAKEN)
    assert sorted(file.stem for file in FOLDER.glob("*.png")) == sorted(TAKEN)


async def test_every_picture_can_be_taken(as_: SignIn, world: World, tmp_path: Path) -> None:
    """The pages of the three desks, as they are looked at."""
    folder = FOLDER if os.environ.get("RJ_PICTURES") else tmp_path
    await steps.ask(world, name="Nguyễn Văn Minh")
    await steps.shared(world, name="Siân O’Connor")
    withdrawn = await steps.shared(world, name="Llŷr Davies", prison="prison-mdi")
    await world.api(steps.POLICE).post(f"cases/{withdrawn}/recall", {"staff": None})
    await steps.until_state(world, withdrawn, "withdrawn")

    coordinator = await as_("prison-mdi", "coordinator", viewport={"width": 1280, "height": 860})
    await coordinator.go("/requester?view=all")
    await coordinator.sees("Details withdrawn: do not contact", "What is due first comes first")
    await _take(coordinator, folder, "prison-cases")
    await coordinator.go(f"/requester/cases/{withdrawn}")
    await coordinator.sees("do not contact")
    await _take(coordinator, folder, "prison-withdrawn")
    await coordinator.go("/requester/requests/new")
    await _take(coordinator, folder, "prison-request")

    officer = await as_("police-13", "officer", viewport={"width": 1280, "height": 860})
    await officer.go("/holder")
    await officer.sees("Requests")
    await _take(officer, folder, "police-inbox")

    inspector = await as_("inspectorate-hmip", "inspector", viewport={"width": 1280, "height": 860})
    await inspector.sees("Search the access log")
    await _take(inspector, folder, "inspector-search")
    await inspector.choose("why", "inspection")
    await inspector.page.locator("select[name='event']").select_option("recall")
    await inspector.press("Search")
    await inspector.sees("Details were withdrawn")
    await _take(inspector, folder, "inspector-found")
    assert {file.stem for file in folder.glob("*.png")} == set(TAKEN)


async def _take(person: Person, folder: Path, name: str) -> None:
    await person.page.screenshot(path=folder / f"{name}.png", animations="disabled")

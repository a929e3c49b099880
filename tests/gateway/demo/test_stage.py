"""How the story is told, and what makes it fail."""

import io
from typing import cast

from rich.console import Console

from gateway.demo.checks import Checks
from gateway.demo.client import NothingCame
from gateway.demo.story.stage import Scene, Stage, perform, tell
from gateway.demo.world import World

NO_WORLD = cast(World, None)


def scene(play: object) -> Scene:
    return Scene(title="A scene", about="About it.", play=play)  # type: ignore[arg-type]


async def told(play: object) -> tuple[str, Checks]:
    checks, console = Checks(), Console(width=100, record=True, file=io.StringIO())
    stage = Stage(NO_WORLD, checks)
    await perform(scene(play), stage)
    await tell(1, scene(play), stage, console)
    return console.export_text(), checks


async def test_steps_are_told_in_the_order_in_which_they_happened() -> None:
    """With what each side sees, and each check after its step."""

    async def play(stage: Stage) -> None:
        stage.step(left="asks", gateway="line 1", right="reads")
        stage.check("It held", True)
        stage.beside(("the no", "Cannot proceed"), ("the silence", "Cannot proceed"))

    text, checks = await told(play)
    assert text.index("asks") < text.index("It held") < text.index("the silence")
    assert checks.all_held


async def test_a_scene_that_breaks_off_is_a_check_that_failed() -> None:
    """And is told as such."""

    async def play(stage: Stage) -> None:
        stage.check("So far so good", True)
        raise NothingCame("police-13 waited 30 s for contact-request.")

    text, checks = await told(play)
    assert not checks.all_held
    assert "police-13 waited" in text


def test_a_story_without_checks_proves_nothing() -> None:
    """Then the demonstration has failed."""
    assert not Checks().all_held


def test_one_check_that_did_not_hold_is_enough() -> None:
    """Whatever else held."""
    checks = Checks()
    checks.that("This held", True)
    checks.that("This did not", False)
    assert not checks.all_held
    assert [check.sentence for check in checks.failed] == ["This did not"]

"""The stage: scenes are played beside one another, and told one after another, each step as soon as it has happened."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp
from msgspec import Struct
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from gateway.demo.checks import Check, Checks
from gateway.demo.client import Desk, NothingCame, Refusal
from gateway.demo.world import World

STYLES: Final = ("cyan", "magenta", "green")
LONGEST_WAIT: Final = 30.0
"""Seconds for anything in the story to come: far more than any of its windows."""


class Step(Struct, frozen=True, kw_only=True):
    """Something that happened, as each of three sides sees it: at the left who asks, the gateway, and who answers."""

    left: str = ""
    gateway: str = ""
    right: str = ""


class Beside(Struct, frozen=True, kw_only=True):
    """Two texts with their titles, to be compared."""

    left: tuple[str, str]
    right: tuple[str, str]


class Scene(Struct, frozen=True, kw_only=True):
    """A scene: what it shows, the three sides, and how it is played."""

    title: str
    about: str
    sides: tuple[str, str, str] = ("Prison", "Gateway and log", "Police")
    play: Callable[["Stage"], Awaitable[None]]


class Stage:
    """One scene's stage: the world it plays in, and what it tells."""

    def __init__(self, world: World, checks: Checks) -> None:
        self.world = world
        self._checks = checks
        self.told: asyncio.Queue[Step | Beside | Check | None] = asyncio.Queue()

    def desk(self, agency: str) -> Desk:
        """An agency's desk."""
        return self.world.desk(agency)

    def step(self, *, left: str = "", gateway: str = "", right: str = "") -> None:
        """Tell what happened."""
        self.told.put_nowait(Step(left=left, gateway=gateway, right=right))

    def beside(self, left: tuple[str, str], right: tuple[str, str]) -> None:
        """Show two texts beside one another."""
        self.told.put_nowait(Beside(left=left, right=right))

    def check(self, sentence: str, held: bool) -> None:
        """Tell, and count, whether something held."""
        self._checks.that(sentence, held)
        self.told.put_nowait(Check(sentence, held))

    async def line(self, desk: Desk, jti: str) -> str:
        """Where a message stands in the log, and under which clauses, in words."""
        receipt = await desk.receipt(jti)
        clauses = receipt.decision.get("clauses")
        under = ", ".join(dict.fromkeys(map(str, clauses))) if isinstance(clauses, list) else ""
        return f"Line {receipt.leaf} of the log." + (f" Permitted by clauses {under}." if under else "")

    async def refused(self, doing: Awaitable[object]) -> Refusal | None:
        """The refusal that this must meet; None if it was done after all."""
        try:
            await doing
        except Refusal as refusal:
            return refusal
        return None


async def perform(scene: Scene, stage: Stage) -> None:
    """Play a scene. One that breaks off is a check that failed, and the others go on."""
    try:
        await scene.play(stage)
    except (Refusal, NothingCame, aiohttp.ClientError, TimeoutError) as error:
        stage.check(f"The scene is played to its end ({error})", False)
    finally:
        stage.told.put_nowait(None)


async def tell(number: int, scene: Scene, stage: Stage, console: Console) -> None:
    """Tell a scene from its beginning, and then each step as it happens."""
    console.print()
    console.print(Rule(Text(f" {number}  {scene.title} ", style="bold"), align="left", style="dim"))
    console.print(Padding(scene.about, (0, 0, 1, 0)))
    console.print(
        _row(tuple(Text(side, style=f"bold {style}") for side, style in zip(scene.sides, STYLES, strict=True)))
    )
    before: Step | Beside | Check | None = None
    while (told := await stage.told.get()) is not None:
        if not (isinstance(before, Check) and isinstance(told, Check)):
            console.print()
        console.print(_drawn(told))
        before = told


def _drawn(told: Step | Beside | Check) -> RenderableType:
    match told:
        case Step():
            return _row((told.left, told.gateway, told.right))
        case Beside():
            panels = Table.grid(expand=True)
            panels.add_column(ratio=1)
            panels.add_column(ratio=1)
            panels.add_row(*(Panel(text, title=title, title_align="left") for title, text in (told.left, told.right)))
            return panels
        case Check():
            return _checked(told)


def _row(cells: tuple[str | Text, ...]) -> Table:
    row = Table.grid(expand=True, padding=(0, 2, 0, 0))
    for style in STYLES:
        row.add_column(ratio=1, style=style, overflow="fold")
    row.add_row(*cells)
    return row


def _checked(check: Check) -> Text:
    mark, style = ("  ✓ ", "bold green") if check.held else ("  ✗ ", "bold red")
    return Text.assemble((mark, style), (check.sentence, "" if check.held else "bold red"))

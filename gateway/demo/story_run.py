"""`rj demo`: the story, told as it happens, with every check that must hold."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Final

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from gateway.demo.checks import Checks, Ended
from gateway.demo.cluster import Nodes
from gateway.demo.story import (
    anybody,
    changed_mind,
    expiry,
    inspection,
    meeting,
    no,
    proof,
    reviewed,
    too_much,
    wrong_force,
)
from gateway.demo.story.people import AGENCIES
from gateway.demo.story.stage import Scene, Stage, perform, tell
from gateway.demo.terms import Times
from gateway.demo.world import World, alive, found, lay_out

TIMES: Final[Times] = {
    "windows": {
        "accept": "7 seconds",
        "review": "7 seconds",
        "answer": "7 seconds",
        "acknowledge_recall": "1 minute",
        "outcome": "10 minutes",
    }
}
"""Long enough for every step of the story on a slow machine, short enough to wait for."""

BESIDE: Final[tuple[Scene, ...]] = (
    meeting.SCENE,
    reviewed.SCENE,
    too_much.SCENE,
    no.SCENE,
    wrong_force.SCENE,
    changed_mind.SCENE,
    expiry.SCENE,
)
"""Played beside one another, so that their waiting is shared; told one after another."""

AFTER: Final[tuple[Scene, ...]] = (inspection.SCENE, proof.SCENE, anybody.SCENE)
"""What looks at all that was before."""

OPENING: Final = (
    "A prisoner who wants to make amends cannot reach the person they harmed. Only the police know how, and only the "
    "victim may decide. This gateway carries the question and the answer, keeps to one agreement, cannot read what it "
    "carries, and can prove all that it did.\n\n"
    "Everything here is real but the people: separate processes, fresh keys, a signed agreement. Its times are seconds "
    "instead of weeks; its rules are the same."
)


async def run(
    folder: Path, store: str | None, console: Console, afterwards: Callable[[World], Awaitable[None]]
) -> Ended:
    """How the story ended. Raises NotStarted."""
    started = monotonic()
    console.print(Panel(OPENING, title="The Restorative Justice Gateway", title_align="left", padding=(1, 2)))
    founding = found(folder, AGENCIES, TIMES, store)
    lay_out(founding)
    checks = Checks()
    async with alive(founding) as world:
        gateway = "a gateway" if world.nodes is None else "three nodes on one PostgreSQL behind HAProxy"
        console.print(
            f"Started in {monotonic() - started:.1f} s: {gateway}, a prison desk, a police desk, an inspector desk.",
            style="dim",
        )
        async with _trouble(world.nodes, checks, console):
            await _play(BESIDE, 1, world, checks, console)
            for number, scene in enumerate(AFTER, 1 + len(BESIDE)):
                await _play((scene,), number, world, checks, console)
        _summary(checks, monotonic() - started, console)
        await afterwards(world)
    failed = tuple(check.sentence for check in checks.failed)
    return Ended(held=checks.all_held, counted=len(checks.made), failed=failed)


@asynccontextmanager
async def _trouble(nodes: Nodes | None, checks: Checks, console: Console) -> AsyncIterator[None]:
    """The story goes on while nodes are killed and come back."""
    if nodes is None:
        yield
        return
    console.print("All the while one node after another is killed, or stopped, and started again.", style="dim")
    over = asyncio.Event()
    troubled = asyncio.create_task(nodes.trouble(over))
    try:
        yield
    finally:
        over.set()
        await troubled
    console.print()
    console.print(nodes.table())
    checks.that("Every node has settled messages.", all(nodes.settled().values()))
    checks.that("Nodes were killed while the story went on.", nodes.killed.total() >= 2)


async def _play(scenes: tuple[Scene, ...], first: int, world: World, checks: Checks, console: Console) -> None:
    stages = [Stage(world, checks) for _ in scenes]
    async with asyncio.TaskGroup() as group:
        for scene, stage in zip(scenes, stages, strict=True):
            group.create_task(perform(scene, stage))
        for number, (scene, stage) in enumerate(zip(scenes, stages, strict=True), first):
            await tell(number, scene, stage, console)


def _summary(checks: Checks, seconds: float, console: Console) -> None:
    words = Text()
    if checks.all_held:
        words.append(f"All {len(checks.made)} checks held", style="bold green")
    else:
        words.append(f"{len(checks.failed)} of {len(checks.made)} checks did not hold", style="bold red")
    words.append(f", in {seconds:.0f} seconds.\n")
    for check in checks.failed:
        words.append(f"  ✗ {check.sentence}\n", style="red")
    words.append("\nWhere to go next\n", style="bold")
    words.append("  rj demo --dir demo --stay     leave it running, and look around in its folder\n")
    words.append("  docs/local-api.md             connect a prison's or a police force's own system\n")
    words.append("  rj agreement show FILE        read what was enforced: deploy/agreement/noms-acpo-v1.toml\n")
    words.append("  rj verify                     check a log yourself")
    console.print()
    console.print(Panel(words, title_align="left", padding=(1, 2)))

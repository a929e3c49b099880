"""`rj demo`: the story, or the cases of a file, in a fresh world."""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from rich.console import Console

from gateway.demo import file_run, playground, story_run
from gateway.demo.checks import Ended
from gateway.demo.world import World
from gateway.errors import CannotStart

STOPPED: Final = 130
"""What a shell calls a program that Ctrl-C has ended."""


def run(
    dir: Path | None,  # noqa: A002 - the option's own name
    stay: str | None,
    cases: Path | None,
    report: Path | None,
    console: Console,
    *,
    store: str | None = None,
    tell: Callable[[Ended], None] = lambda ended: None,
) -> int:
    """Run the demonstration: 0 if all that must hold held, 1 if not, 130 if it was stopped. Raises CannotStart.

    `dir` is a folder that is empty or not there, and keeps everything; without it, everything is removed at the end.
    `stay` leaves it running until Ctrl-C, with desks open to people, and is the time in which a request is answered.
    With a `store`, an empty PostgreSQL database, three nodes behind HAProxy are the gateway, and are killed in turn.
    With `cases`, they are run instead of the story; `report` gets a line each.
    `tell` hears how it ended.
    """
    with _folder(dir) as folder:
        try:
            ended = asyncio.run(_run(folder, stay, cases, report, console, store=store))
        except (KeyboardInterrupt, asyncio.CancelledError):
            console.print("\nStopped. Every process has ended.")
            return STOPPED
    tell(ended)
    return 0 if ended.held else 1


async def _run(
    folder: Path, stay: str | None, cases: Path | None, report: Path | None, console: Console, *, store: str | None
) -> Ended:
    task = asyncio.current_task()
    if task is not None:
        # As for Ctrl-C: the processes are ended in order.
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)

    async def afterwards(world: World) -> None:
        if stay is not None:
            await _stay(world, console, stay)

    if cases is not None:
        return await file_run.run(folder, cases, report, console, afterwards)
    return await story_run.run(folder, store, console, afterwards)


async def _stay(world: World, console: Console, answer: str) -> None:
    """Until Ctrl-C, which is then the way to end it and no failure."""
    console.print(f"\nBoth parties sign longer times: a request has {answer} to be answered. A few live cases begin …")
    await playground.open_for_people(world, answer)
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    console.print(f"\nIt stays as it is, in {world.folder}, until Ctrl-C:")
    for name, url in world.addresses.items():
        console.print(f"  {name:16} {url}")
    console.print("\nIn a browser, as anybody who works there:")
    for name, url in world.pages.items():
        console.print(f"  {name:16} {url}")
    await ended.wait()


@contextmanager
def _folder(named: Path | None) -> Iterator[Path]:
    """The folder to work in. Raises CannotStart where one is named that is in use."""
    if named is None:
        with TemporaryDirectory(prefix="rj-demo-") as temporary:
            yield Path(temporary)
        return
    if named.exists() and (not named.is_dir() or any(named.iterdir())):
        raise CannotStart(f"{named} is not an empty folder. Name one that is empty or not there yet.")
    yield named.resolve()

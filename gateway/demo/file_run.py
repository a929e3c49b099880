"""`rj demo --cases`: runs the cases of a file, writes the report and says what differs from what was expected."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from time import monotonic
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from gateway.demo import result
from gateway.demo.cases import Case, read
from gateway.demo.checks import Ended
from gateway.demo.result import Difference, Result, differences
from gateway.demo.run_cases import Run
from gateway.demo.terms import Times
from gateway.demo.world import World, alive, found, lay_out

WINDOW: Final = 10
"""Seconds in which a case is answered. Only so many are in work at one time that a slow machine needs one or two."""

MOST_SHOWN: Final = 40


async def run(
    folder: Path,
    file: Path,
    report: Path | None,
    console: Console,
    afterwards: Callable[[World], Awaitable[None]],
) -> Ended:
    """How the cases came out. Raises CasesRefused, NotStarted."""
    started = monotonic()
    cases = read(file)
    needed = sorted({agency for case in cases for agency in case.needs})
    console.print(f"{len(cases)} cases, {len(needed)} agencies. The answer window is {WINDOW} seconds.")
    founding = found(folder, needed, times(WINDOW))
    lay_out(founding)
    async with alive(founding) as world:
        console.print(f"Keys made, documents signed, processes started: {monotonic() - started:.1f} s")
        results = await _results(world, cases, console)
        if report is not None:
            result.write(report, results)
        differing = [each for case, came in zip(cases, results, strict=True) for each in differences(case, came)]
        _summary(results, differing, console)
        console.print(f"{monotonic() - started:.1f} s in all.")
        await afterwards(world)
    failed = tuple(dict.fromkeys(each.case for each in differing))
    return Ended(held=not differing, counted=len(cases), failed=failed)


def times(window: int) -> Times:
    """Everything that is due is due at the end of the window, so that no case is hurried."""
    span = f"{window} seconds"
    return {"windows": {"accept": span, "review": span, "answer": span}}


async def _results(world: World, cases: list[Case], console: Console) -> list[Result]:
    columns = (TextColumn("[bold]Cases"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("cases", total=len(cases))
        return await Run(world, cases, WINDOW, lambda _: progress.advance(bar)).results()


def _summary(results: list[Result], differing: list[Difference], console: Console) -> None:
    table = Table(title="What came of them", title_justify="left", box=None, pad_edge=False)
    for heading in ("State, as inspectors read it", "Reason", "Cases"):
        table.add_column(heading, justify="right" if heading == "Cases" else "left")
    kinds = [(each.state, each.reason or "" if each.state != "failed" else "") for each in results]
    for kind in sorted(set(kinds)):
        table.add_row(*kind, str(kinds.count(kind)))
    console.print(table)
    for each in differing[:MOST_SHOWN]:
        words = f"  {each.case}: {each.member} is {_shown(each.found)}, expected {_shown(each.expected)}"
        console.print(Text(words, style="red"))
    for failed in [each for each in results if each.state == "failed"][:MOST_SHOWN]:
        console.print(Text(f"  {failed.case}: {failed.reason}", style="red"))
    if differing:
        console.print(Text(f"{len({each.case for each in differing})} cases differ.", style="bold red"))
    else:
        console.print(Text("Every case came out as expected.", style="bold green"))


def _shown(value: object) -> str:
    return ", ".join(map(str, value)) or "nothing" if isinstance(value, tuple) else str(value)

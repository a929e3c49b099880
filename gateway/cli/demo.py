"""`rj demo`: the whole story, on this machine."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from contracts import agreement as agreements
from gateway.cli.screen import console, put_json, wants_json, with_json

if TYPE_CHECKING:
    from gateway.demo.checks import Ended

FILE = click.Path(path_type=Path, dir_okay=False)


class Span(click.ParamType[str]):
    """A span of the agreement, as its tables write one."""

    name = "span"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The span. Fails in words that say what one looks like."""
        try:
            return msgspec.convert(value, agreements.Span)
        except msgspec.ValidationError:
            self.fail("This is not a span of time. Write it as 30 seconds, 10 minutes or 5 working days.", param, ctx)


SPAN = Span()


@click.command()
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path, file_okay=False), help="Keep everything in this folder."
)
@click.option("--stay", is_flag=True, help="Leave it running, with live cases, and open all desks in a browser.")
@click.option(
    "--answer-within",
    "answer",
    type=SPAN,
    default="10 minutes",
    show_default=True,
    help='With --stay: how long the police have to answer, such as "30 seconds" or "10 working days".',
)
@click.option("--cases", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Run these cases instead.")
@click.option("--report", type=FILE, help="With --cases: write a line for each case here.")
@click.option(
    "--cluster", "store", metavar="URL", help="An empty PostgreSQL database: three nodes behind HAProxy use it."
)
@with_json
def demo(
    *, folder: Path | None, stay: bool, answer: str, cases: Path | None, report: Path | None, store: str | None
) -> None:
    """Watch the whole story on this machine, then check every proof.

    Prisons, police forces and an inspector work through one gateway, each in a process of its own, with fresh keys.
    With --cluster the gateway is three nodes, which are killed one after another while the story goes on.

    \b
    Examples:
      rj demo
      rj demo --dir /tmp/rj --stay
      rj demo --cases cases.jsonl --report out.jsonl
    """
    from rich.console import Console

    from gateway.demo.main import run

    # With --json the story goes beside, and how it ended is the one line that a program reads.
    told = Console(stderr=True) if wants_json() else console()
    click.get_current_context().exit(
        run(folder, answer if stay else None, cases, report, told, store=store, tell=_tell)
    )


def _tell(ended: "Ended") -> None:
    if wants_json():
        put_json(asdict(ended))

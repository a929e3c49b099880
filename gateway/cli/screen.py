"""What people see, and what programs read with `--json`. Colours only at a terminal; values only on the terminal."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

if TYPE_CHECKING:  # rich is slow to import, and `rj --help` does without
    from rich.console import Console, RenderableType

    from gateway.cli.exits import Stop

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

_JSON: Final = "gateway.cli.json"

TICK: Final = "[green]✓[/]"
CROSS: Final = "[red]✗[/]"
KEPT_WHOLE: Final = ("exchange", "key")
"""Columns of what people copy."""

PLAIN_WIDTH: Final = 120
"""Columns where nobody's terminal says how many there are."""

REFRESH: Final = 0.1
"""Seconds after which a bar is drawn anew."""


def with_json(command: F) -> F:
    """Give a command the option `--json`."""
    return click.option(
        "--json", is_flag=True, expose_value=False, callback=_remember, help="Print JSON, for programs to read."
    )(command)


def _remember(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    context.meta[_JSON] = wanted


def wants_json() -> bool:
    """Whether the command at work was given `--json`."""
    context = click.get_current_context(silent=True)
    return bool(context and context.meta.get(_JSON))


def show(value: T, draw: "Callable[[T], Iterable[RenderableType]]") -> None:
    """The value as one line of JSON, or as `draw` makes it for people."""
    if wants_json():
        put_json(value)
        return
    screen = console()
    for part in draw(value):
        screen.print(part)


def put_json(value: object) -> None:
    """One line of JSON on standard output."""
    import msgspec

    click.echo(msgspec.json.encode(value).decode())


def put_pretty(value: object) -> None:
    """JSON to edit, on standard output."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value)).decode())


def console(*, errors: bool = False) -> "Console":
    """Where people read. Made anew each time, so that it is the stream of this very moment."""
    from rich.console import Console

    stream = sys.stderr if errors else sys.stdout
    return Console(stderr=errors, highlight=False, width=None if stream.isatty() else PLAIN_WIDTH)


def clean(text: object) -> str:
    """Somebody else's words, which must neither move the cursor nor be taken for markup."""
    from rich.markup import escape

    return escape(
        "".join(each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in str(text))
    )


def facts(pairs: Iterable[tuple[str, object]]) -> "RenderableType":
    """Two columns, name and value, without what is empty. Values are other people's words."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in pairs:
        if value not in (None, "", [], ()):
            table.add_row(name, clean(value))
    return table


def table(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> "RenderableType":
    """A plain table. Values are other people's words."""
    from rich import box
    from rich.table import Table

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold", no_wrap=column in KEPT_WHOLE)
    for row in rows:
        drawn.add_row(*("" if value is None else clean(value) for value in row))
    return drawn


def day(instant: int | None) -> str:
    """The day of an instant, as people write it."""
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(instant, UTC):%-d %B %Y}" if instant is not None else ""


@contextmanager
def progress(what: str) -> "Iterator[Callable[[int, int], None]]":
    """Tell how long work gets on: `tell(done, of)`. A bar at a terminal, nothing elsewhere; it needs no thread."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(errors=True), transient=True, auto_refresh=False) as bar:
        task, drawn = bar.add_task(what, total=None), 0.0

        def tell(done: int, total: int) -> None:
            nonlocal drawn
            now = time.monotonic()
            bar.update(task, completed=done, total=total, refresh=now - drawn > REFRESH)
            drawn = now if now - drawn > REFRESH else drawn

        yield tell


def complain(stop: "Stop") -> None:
    """To standard error: what is wrong and what to change."""
    if stop.as_json:
        import msgspec

        problem = {"error": stop.message, "exit": stop.exit_code, "more": stop.more, **stop.facts}
        click.echo(msgspec.json.encode(problem).decode(), err=True)
        return
    screen = console(errors=True)
    first, *rest = stop.message.splitlines()
    screen.print(f"{CROSS} {clean(first)}")
    for line in (*rest, *stop.more):
        screen.print(f"  {clean(line)}")

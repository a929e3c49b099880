"""`rj access-report`: a victim asks who looked at their details; a page for them, and proofs for staff."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import click

from contracts.vocabulary import IdentityCheck
from gateway.cli.cases import example
from gateway.cli.exits import Exit, Stop
from gateway.cli.local import FILE, Discreet, LocalApi, read_object, staff_in, through_a_desk, with_staff
from gateway.cli.screen import clean, console, put_json, table, wants_json, with_json

if TYPE_CHECKING:
    from rich.console import RenderableType

ASKED: Final = {"crime_reference": "…", "exchanges": []}
"""What `rj access-report --example` prints. `exchanges` only where the desk asks whose cases they are."""


@click.command("access-report", cls=Discreet)
@click.argument("file", type=FILE, required=False)
@example(ASKED)
@click.option(
    "--identity",
    type=click.Choice(get_args(IdentityCheck)),
    required=True,
    help="How you made sure who is asking. Recorded. In the wrong hands a report can put a person in danger.",
)
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False),
              help="Write the page for the victim here, and nothing else; only you can read it.")  # fmt: skip
@with_staff
@through_a_desk
@with_json
def access_report(
    *, url: str, agency: str, key: Path, staff: Path | None, file: Path | None, identity: str, out: Path | None
) -> None:
    """Tell a victim who looked at their details, and why.

    FILE says under which crime reference; `-` reads standard input, and without it you are asked. The page on standard
    output is for the victim. Where each entry is proven is for you, and comes on standard error.

    \b
    Examples:
      rj access-report --identity in-person --staff me.json
      rj access-report --example > asked.json
      rj access-report asked.json --identity document --out page.txt --staff me.json
    """
    if out is not None and out.exists():
        raise Stop(f"{out} is there already. Name another place.", Exit.CONFIGURATION)
    body = {"staff": staff_in(staff), "identity_checked": identity, **_asked(file)}
    answer = LocalApi(url, agency, key).post("access-reports", body)
    text = "".join(each for each in str(answer["report"]["text"]) if each.isprintable() or each == "\n")
    if out is not None:
        _write(out, text)
    if wants_json():
        put_json(answer)
        return
    if out is None:
        click.echo(text, nl=False)
    screen = console(errors=True)
    for part in _for_staff(answer, out):
        screen.print(part)


def _asked(file: Path | None) -> dict[str, Any]:
    """The crime reference from a file or a prompt, never from the command line, which others can see."""
    if file is not None:
        return read_object(file, "what was asked")
    if not sys.stdin.isatty():
        raise click.UsageError("Name a FILE that says under which crime reference, or - for standard input.")
    return {"crime_reference": click.prompt("Crime reference", err=True)}


def _write(out: Path, text: str) -> None:
    from gateway.cli.files import write_new

    write_new(out, text)


def _for_staff(answer: dict[str, Any], out: Path | None) -> "Iterator[RenderableType]":
    """What the person at the desk needs to know, and does not hand over."""
    staff = answer["staff"]
    yield "[bold]For you, not for them[/]"
    if out is not None:
        yield f"The page is in {clean(out)}. Give it to nobody else, and do not send it to an address."
    if not_asked := staff["not_asked"]:
        yield f"[bold yellow]They may not know of these cases:[/] {clean(', '.join(not_asked))}"
        yield "  No yes of theirs stands there. Tell them in person, and have somebody with them."
    if staff["doubted"]:
        yield f"[bold red]Deliveries about these cases that do not verify: {clean(staff['doubted'])}.[/]"
        yield "  Something may be missing. Tell both parties' officers."
    if lines := staff["lines"]:
        columns = ("line", "exchange", "proof at this desk")
        yield table(columns, [(line["leaf"], line["exchange"], line["proof"]) for line in lines])
    yield f"[dim]Recorded as given: {clean(staff['id'])}[/]"

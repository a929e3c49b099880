"""`rj doctor`: what is wrong, and what to do."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.exits import Exit
from gateway.cli.processes import settings_file, with_settings
from gateway.cli.screen import CROSS, TICK, clean, show, with_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gateway.cli.checks import Finding


@click.command()
@with_settings
@with_json
@click.pass_context
def doctor(context: click.Context, config: Path | None, file: Path | None) -> None:
    """Look for what keeps a gateway from starting.

    Settings, keys, signed documents, database, disk, port and clock, each with what to do.

    \b
    Example:
      rj doctor --config gateway.toml
    """
    from gateway.cli.checks import Finding, look
    from gateway.config import load_gateway

    settings = load_gateway(path := settings_file(config, file), os.environ)
    findings = [Finding(name="settings", ok=True, said=str(path)), *look(settings)]
    show(findings, _drawn)
    context.exit(Exit.OK if all(finding.ok for finding in findings) else Exit.DIFFERENT)


def _drawn(findings: "list[Finding]") -> "Iterator[RenderableType]":
    from rich.table import Table

    drawn = Table.grid(padding=(0, 1))
    for column in ("mark", "name", "said"):
        drawn.add_column(column, overflow="fold")
    for each in findings:
        drawn.add_row(TICK if each.ok else CROSS, f"[bold]{each.name}[/]", clean(each.said))
    yield drawn
    wrong = sum(not each.ok for each in findings)
    yield "All is well." if not wrong else f"{wrong} to put right, from the top."

"""`rj ledger`: the log's own upkeep, by whoever runs the gateway."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.exits import Exit, Stop
from gateway.cli.ledger_check import check
from gateway.cli.ledger_recover import recover, succeed
from gateway.cli.screen import TICK, clean, facts, progress, show, with_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gateway.config import GatewaySettings
    from gateway.ledger.export import Exported, Progress

SETTINGS = "gateway.toml"


@click.group()
def ledger() -> None:
    """Publish the log, and keep it whole."""


ledger.add_command(check)
ledger.add_command(recover)
ledger.add_command(succeed)


@ledger.command()
@click.argument("out", type=click.Path(path_type=Path, file_okay=False))
@click.option("--dir", "folder", required=True, metavar="DIR", type=click.Path(path_type=Path, exists=True),
              help="The folder of a gateway or of a demonstration, running or not.")  # fmt: skip
@with_json
def export(out: Path, folder: Path) -> None:
    """Write the log as a folder of files.

    Any file server can serve it, and `rj verify log` checks it. Run again, it adds what is new.

    \b
    Example:
      rj ledger export public/ --dir demo
    """
    settings = settings_in(folder)
    with progress("bundles written") as tell:
        exported = asyncio.run(_export(settings, out, tell))
    show(exported, _told)


def settings_in(folder: Path) -> "GatewaySettings":
    """The settings of the gateway in a folder, which may be a demonstration's. Raises Stop, ConfigRefused."""
    import os

    from gateway.config import load_gateway

    for file in (folder / "gateway" / SETTINGS, folder / SETTINGS):
        if file.is_file():
            return load_gateway(file, os.environ)
    raise Stop(f"{folder}: there is no {SETTINGS}. Name the folder of a gateway or of a demonstration.",
               Exit.CONFIGURATION)  # fmt: skip


async def _export(settings: "GatewaySettings", out: Path, tell: "Progress") -> "Exported":
    from gateway.ledger.export import CHECKPOINT, export
    from gateway.store.opening import open_tree

    tree = await open_tree(settings.gateway)
    try:
        return await export(tree, settings.gateway.origin, settings.gateway.guard_folder / CHECKPOINT, out, tell)
    finally:
        await tree.close()


def _told(done: "Exported") -> "Iterator[RenderableType]":
    yield f"{TICK} The folder holds all {done.size} lines of the log [bold]{clean(done.origin)}[/]."
    yield facts([("files written", done.written), ("kept", done.kept), ("taken away", done.removed)])

"""`rj witness`: a log cosigner, which serves until it is told to stop."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from gateway.cli.exits import Exit
from gateway.cli.processes import settings_file, with_settings
from gateway.cli.screen import CROSS, TICK, clean, day, put_json, show, wants_json, with_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gateway.witness.memory import Evidence
    from gateway.witness.serve import Serving

_CAUSES: Final = {
    "two-roots": "The log has signed two trees of one size.",
    "empty-root": "The log has signed a root for no leaves that is none.",
    "not-proved": "The log has signed a tree that nobody has shown to extend the one before.",
}


@click.command()
@with_settings
@with_json
@click.option("--new", is_flag=True, help="It has never cosigned: make its memory. Once, and never in a service file.")
@click.option("--evidence", is_flag=True, help="Print what it has found against its logs, and end: 1 if anything.")
def witness(config: Path | None, file: Path | None, new: bool, evidence: bool) -> None:
    """Run a witness: cosign a log for as long as it only grows.

    It stops in order at SIGTERM or Ctrl-C. Logs go to standard error. Its folder of data is its memory: a witness
    that has lost it must not go on under its old key.

    \b
    Examples:
      rj witness --config witness.toml --new    # the first time
      rj witness --config witness.toml

    \b
    witness.toml:
      [witness]
      name = "police.example/witness"  # rj keys new-witness
      data = "data"                    # a folder that only this witness uses
      vault = "key/vault"
      unlock = "key/unlock.key"
      logs = "logs.vkeys"              # the verifier key of each log, a line each
    """
    import asyncio

    from gateway import logs
    from gateway.config import load_witness
    from gateway.witness import serve

    settings = load_witness(settings_file(config, file), os.environ)
    if evidence:
        found = serve.evidence(settings)
        show(found, _drawn)
        click.get_current_context().exit(Exit.DIFFERENT if found else Exit.OK)
    logs.configure(settings.log)
    asyncio.run(serve.run(settings, ready=_ready, new=new))


def _ready(serving: "Serving") -> None:
    """Said once, when it answers."""
    if wants_json():
        put_json({"address": serving.address, "vkey": serving.vkeys[0], "vkeys": serving.vkeys})
        return
    click.echo(f"The witness answers at {serving.address}")
    for vkey in serving.vkeys:
        click.echo(vkey)


def _drawn(found: "list[Evidence]") -> "Iterator[RenderableType]":
    if not found:
        yield f"{TICK} Nothing speaks against any log."
    for each in found:
        yield f"{CROSS} {_CAUSES[each.cause]} {day(each.time)}, at {each.size} leaves. What the log signed:\n"
        yield clean(each.note)
        if each.held:
            yield "What this witness had cosigned:\n"
            yield clean(each.held)

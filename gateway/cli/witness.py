"""`rj witness`: a log cosigner, which serves until it is told to stop."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.processes import settings_file, with_settings
from gateway.cli.screen import put_json, wants_json, with_json

if TYPE_CHECKING:
    from gateway.witness.serve import Serving


@click.command()
@with_settings
@with_json
@click.option("--new", is_flag=True, help="It has never cosigned: make its memory. Once, and never in a service file.")
def witness(config: Path | None, file: Path | None, new: bool) -> None:
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
    logs.configure(settings.log)
    asyncio.run(serve.run(settings, ready=_ready, new=new))


def _ready(serving: "Serving") -> None:
    """Said once, when it answers."""
    if wants_json():
        put_json({"address": serving.address, "vkey": serving.vkey})
        return
    click.echo(f"The witness answers at {serving.address}")
    click.echo(serving.vkey)

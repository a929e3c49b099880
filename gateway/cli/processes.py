"""`rj gateway` and `rj desk`: the processes. Each serves until it is told to stop."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from gateway.cli.screen import put_json, wants_json, with_json

F = TypeVar("F", bound=Callable[..., Any])

FILE: Final = click.Path(path_type=Path, dir_okay=False)


def with_settings(command: F) -> F:
    """Give a command its file of settings: `--config FILE`, or FILE alone."""
    option = click.option("--config", "config", type=FILE, envvar="RJ_CONFIG", show_envvar=True, help="The settings.")
    return click.argument("file", type=FILE, required=False)(option(command))


def settings_file(config: Path | None, file: Path | None) -> Path:
    """The one that was named."""
    if found := config or file:
        return found
    raise click.UsageError("Name the file of settings: --config FILE.")


def _ready(name: str, address: str) -> None:
    """Said once, when it answers."""
    if wants_json():
        put_json({"address": address})
    else:
        click.echo(f"The {name} answers at {address}")


@click.command()
@with_settings
@with_json
@click.option("--confirm-clock", is_flag=True, help="The clock is right: do what fell due while the gateway was away.")
def gateway(config: Path | None, file: Path | None, confirm_clock: bool) -> None:
    """Run a gateway: verify, decide, record, deliver.

    It stops in order at SIGTERM or Ctrl-C. Logs go to standard error. After more than an hour away it answers,
    but erases nothing before you have looked at the clock and started it with --confirm-clock.

    \b
    Example:
      rj gateway --config gateway.toml

    \b
    gateway.toml:
      [gateway]
      origin = "gateway.example/rj"
      data = "data"                   # a folder that only this gateway uses
      agreement = "agreement.json"    # rj agreement sign
      directory = "directory.json"    # rj directory sign
      officers = "officers.vkeys"     # a verifier key a line
      vault = "log/vault"             # rj keys new-log
      unlock = "log/unlock.key"
    """
    import asyncio

    from gateway import logs, serve
    from gateway.config import load_gateway

    settings = load_gateway(settings_file(config, file), os.environ)
    logs.configure(settings.log)
    asyncio.run(
        serve.run(
            settings,
            ready=lambda address: _ready("gateway", address),
            clock_confirmed=confirm_clock,
        )
    )


@click.command()
@with_settings
@with_json
def desk(config: Path | None, file: Path | None) -> None:
    """Run a desk: the keys, the local API and the pages of an agency or several.

    \b
    Example:
      rj desk --config desk.toml

    \b
    desk.toml:
      port = 8101
      [[agency]]
      folder = "prison-mdi"           # rj keys new-agency
      unlock = "prison-mdi/unlock.key"
      [pages]                         # for staff; docs/desks.md
      port = 8201
      [[webhook]]                     # optional: events are posted to your own system
      url = "http://127.0.0.1:9000/rj"
      agencies = ["prison-mdi"]
      secret = "webhook.secret"
    """
    import asyncio

    from gateway import logs
    from gateway.config import load_desk
    from gateway.desk import serve

    settings = load_desk(settings_file(config, file), os.environ)
    logs.configure(settings.log)
    asyncio.run(serve.run(settings, ready=lambda address: _ready("desk", address)))

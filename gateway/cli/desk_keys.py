"""`rj desk-keys`: the clients of an agency's local API. A key is shown once; revoking needs no restart."""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, get_args

import click
from msgspec import Struct

from gateway.cli.exits import Exit, Stop
from gateway.cli.processes import settings_file, with_settings
from gateway.cli.screen import TICK, clean, day, facts, show, table, with_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gateway.desk.cabinet import Drawer
    from gateway.desk.clients import Client

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

SCOPES: Final = ("read", "act", "requester", "holder", "inspector")


class Listed(Struct, frozen=True, kw_only=True):
    """A client as it is listed; its key is nowhere."""

    name: str
    scope: tuple[str, ...]
    made: str
    until: str | None
    last_used: str | None
    stands: str


class Made(Struct, frozen=True, kw_only=True):
    """A client and its key, this once."""

    name: str
    key: str


def _of_an_agency(command: F) -> F:
    option = click.option("--agency", envvar="RJ_AGENCY", show_envvar=True, required=True, metavar="ID",
                          help="The agency, such as prison-mdi.")  # fmt: skip
    return option(with_json(command))


@click.group("desk-keys")
def desk_keys() -> None:
    """Give systems their own keys to a desk's local API, list and revoke them."""


@desk_keys.command("new")
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES),
              help="What the key is for: `read`, `act`, or one face's calls. Repeat it; left out, all.")  # fmt: skip
@click.option("--until", metavar="YYYY-MM-DD", help="The last day of the key. Left out, it has none.")
@with_settings
@_of_an_agency
def new(
    *, name: str, scopes: tuple[str, ...], until: str | None, agency: str, config: Path | None, file: Path | None
) -> None:
    """Make a key for the client NAME. It is shown once and kept nowhere.

    \b
    Example:
      rj desk-keys new case-system --agency prison-mdi --config desk.toml
    """
    from gateway.desk import clients

    at = int(time.time())
    wanted: tuple[clients.Scope, ...] = tuple(scope for scope in get_args(clients.Scope) if scope in scopes)
    client, key = _changed(config, file, agency, lambda drawer: clients.make(drawer, name, wanted, until, at))
    show(Made(name=client.name, key=key), _told)


@desk_keys.command("list")
@with_settings
@_of_an_agency
def list_(agency: str, config: Path | None, file: Path | None) -> None:
    """List an agency's clients: what for, since when, and when each last called.

    \b
    Example:
      rj desk-keys list --agency prison-mdi --config desk.toml
    """
    from gateway.desk import clients

    found = _changed(config, file, agency, clients.every)
    show([_listed(each, int(time.time())) for each in found], _table)


@desk_keys.command("revoke")
@click.argument("name")
@with_settings
@_of_an_agency
def revoke(name: str, agency: str, config: Path | None, file: Path | None) -> None:
    """Revoke the key of the client NAME. It opens nothing from this moment; no restart is needed.

    `default` is the client whose key is in local-api.key.

    \b
    Example:
      rj desk-keys revoke case-system --agency prison-mdi --config desk.toml
    """
    from gateway.desk import clients

    at = int(time.time())
    client = _changed(config, file, agency, lambda drawer: clients.revoke(drawer, name, at))
    show(_listed(client, at), lambda each: iter([f"{TICK} The key of {clean(each.name)} opens nothing any more."]))


def _changed(config: Path | None, file: Path | None, agency: str, work: "Callable[[Drawer], T]") -> T:
    """What this work on the agency's records gives, beside the desk that may be running. Raises Stop."""
    from gateway.config import load_desk, read_vault
    from gateway.desk.cabinet import Cabinet, CabinetRefused
    from gateway.desk.clients import ClientRefused
    from gateway.desk.errors import DeskError, NotTrusted
    from gateway.desk.serve import PINS, RECORDS, VAULT
    from gateway.desk.trust import read_pins

    settings = load_desk(settings_file(config, file), os.environ)
    try:
        served = next((each for each in settings.agency if read_pins(each.folder / PINS).agency == agency), None)
        if served is None:
            raise Stop("The settings serve no such agency. Check --agency.", Exit.CONFIGURATION)
        store_key = read_vault(served.folder / VAULT, served.unlock).store_key
        with ThreadPoolExecutor(1) as threads:
            cabinet = Cabinet(served.folder / RECORDS, store_key, threads)
            try:
                return asyncio.run(cabinet.change(work))
            finally:
                cabinet.close()
    except ClientRefused as error:
        raise Stop(str(error), Exit.TYPED) from error
    except (CabinetRefused, NotTrusted, DeskError, OSError) as error:
        raise Stop(f"The agency's folder cannot be used. {error}", Exit.CONFIGURATION) from error


def _listed(client: "Client", at: int) -> Listed:
    revoked = client.revoked_at is not None
    return Listed(
        name=client.name,
        scope=client.scope,
        made=day(client.made_at),
        until=client.until,
        last_used=client.last_used,
        stands="revoked" if revoked else "in use" if client.is_live(at) else "over",
    )


def _told(made: Made) -> "Iterator[RenderableType]":
    yield f"{TICK} The client {clean(made.name)} has a key. It is shown this once, and kept nowhere:"
    yield facts([("key", made.key)])
    yield "  Next: put it where only that system reads it. It sends it as `Authorization: Bearer …`."


def _table(every: list[Listed]) -> "Iterator[RenderableType]":
    columns = ("client", "for", "since", "until", "last used", "stands")
    rows = [
        (each.name, ", ".join(each.scope) or "all calls", each.made, each.until, each.last_used, each.stands)
        for each in every
    ]
    yield table(columns, rows)

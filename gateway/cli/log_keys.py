"""`rj keys rotate-log` and `retire-log`: the log's key changes in two steps, so that nobody is taken by surprise."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.exits import Exit, Stop
from gateway.cli.processes import settings_file, with_settings
from gateway.cli.screen import TICK, clean, facts, show, with_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gateway.config import GatewaySettings
    from keys.vault import Vault


@click.command("rotate-log")
@with_settings
@with_json
def rotate_log(config: Path | None, file: Path | None) -> None:
    """Give a gateway's log a new key beside the old one.

    From its next start both sign, and a line of the log announces the new one. Desks and watchers that pin the old key
    learn of the new one by that line. When all of them have, end the overlap with `rj keys retire-log`.

    \b
    Example:
      rj keys rotate-log --config gateway.toml
    """
    from gateway.config import load_gateway
    from keys import vault as vaults

    settings = load_gateway(settings_file(config, file), os.environ)
    held = _held(settings)
    if len(held.signing_seeds) > 1:
        raise Stop("The log has two keys already. End that change first: `rj keys retire-log`.", Exit.DIFFERENT)
    changed = held.with_signing(vaults.generate_signing_key())
    _write(settings, changed)
    show({"vkeys": _vkeys(settings, changed)}, _rotated)


@click.command("retire-log")
@with_settings
@with_json
def retire_log(config: Path | None, file: Path | None) -> None:
    """Destroy the log's old key once everybody knows the new one.

    From its next start the gateway signs with the new key alone. What the old one signed still verifies with it: keep
    its verifier key.

    \b
    Example:
      rj keys retire-log --config gateway.toml
    """
    from gateway.config import load_gateway

    settings = load_gateway(settings_file(config, file), os.environ)
    held = _held(settings)
    if len(held.signing_seeds) < 2:
        raise Stop("The log has one key, and needs it. Make a new one first: `rj keys rotate-log`.", Exit.DIFFERENT)
    old, *kept = _vkeys(settings, held)
    if not set(kept) <= set(_announced(settings)):
        raise Stop(
            "The log has not announced its new key yet. Start the gateway, and let desks and watchers see it.",
            Exit.DIFFERENT,
        )
    _write(settings, held.without(next(iter(held.signing_seeds))))
    show({"retired": old, "vkeys": kept}, _retired)


def _held(settings: "GatewaySettings") -> "Vault":
    from gateway.config import read_vault

    return read_vault(settings.gateway.vault, settings.gateway.unlock)


def _write(settings: "GatewaySettings", held: "Vault") -> None:
    from gateway.config import read_unlock
    from keys import vault as vaults

    vaults.write(settings.gateway.vault, held, read_unlock(settings.gateway.unlock))


def _vkeys(settings: "GatewaySettings", held: "Vault") -> list[str]:
    from keys.notes import NoteSigner

    origin = settings.gateway.origin
    return [NoteSigner(name=origin, key=held.signing(kid)).vkey.encode() for kid in held.signing_seeds]


def _announced(settings: "GatewaySettings") -> list[str]:
    """What the log itself says of its keys, as far as the database tells."""
    import asyncio

    from gateway.store.opening import log_state

    return [key.vkey for key in asyncio.run(log_state(settings.gateway)).keys]


def _rotated(made: dict[str, Any]) -> "Iterator[RenderableType]":
    old, new = made["vkeys"]
    yield f"{TICK} The log has a new key beside the old one."
    yield facts([("old", old), ("new", new)])
    yield "  Next: start the gateway again, publish the new key beside the old one, and give everybody time to see it."


def _retired(made: dict[str, Any]) -> "Iterator[RenderableType]":
    yield f"{TICK} The old key is destroyed. Keep its verifier key: what it signed still verifies."
    yield facts([("old", made["retired"]), ("now", clean(", ".join(made["vkeys"])))])
    yield "  Next: start the gateway again."

"""`rj ledger check`: how every line of a gateway's log stands, by its own files."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.exits import Exit, Stop
from gateway.cli.screen import TICK, facts, progress, show, with_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gateway.store.standing import Standing


@click.command()
@click.option(
    "--dir",
    "folder",
    required=True,
    metavar="D",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="The folder of a gateway or of a demonstration, running or not.",
)
@with_json
def check(folder: Path) -> None:
    """Check that every line of the log has its cause.

    Each opens to what it committed to, was erased by a later line under a rule, or says in clear what it is. Nothing is
    written, and a gateway that runs is not held up.

    \b
    Example:
      rj ledger check --dir demo
    """
    from gateway.cli.ledger import settings_in
    from gateway.store.standing import standing

    section = settings_in(folder).gateway
    with progress("lines looked at") as tell:
        found = standing(section, tell)
    show(found, _drawn)
    if not found.sound:
        raise Stop(_alarm(found), Exit.NOT_VERIFIED, more=_which(found))


def _alarm(found: "Standing") -> str:
    if not found.whole:
        return "The lines are not the log that the gateway signs. Stop it, and compare with a copy of the public log."
    return "Lines are missing, or are not what they committed to, and no erasure tells why. Tell the inspectors."


def _which(found: "Standing") -> list[str]:
    return [f"{kind}: {', '.join(map(str, lines))}" for kind, lines in found.named.items()]


def _drawn(found: "Standing") -> "Iterator[RenderableType]":
    if found.sound:
        yield f"{TICK} Every one of {found.size} lines has its cause."
    rules = [(f"erased under clause {rule}", count) for rule, count in sorted(found.erased.items())]
    counts = [("opened", found.opened), *rules, ("in clear", found.clear), ("put back", found.recovered)]
    alarms = [("MISSING", found.missing), ("WRONG", found.wrong)]
    yield facts([(name, count) for name, count in (*counts, *alarms) if count])

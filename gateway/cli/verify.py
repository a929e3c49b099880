"""`rj verify`: what outsiders can check for themselves."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.exits import Exit, Stop
from gateway.cli.screen import TICK, clean, facts, show, with_json
from gateway.cli.verify_evidence import evidence
from gateway.cli.vkey import read_key, with_key

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gateway.cli.receipts import Proven
    from keys.notes import VerifierKey

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def verify() -> None:
    """Check receipts and the log with the log's public key."""


@verify.command()
@click.argument("files", metavar="FILE...", type=FILE, nargs=-1, required=True)
@with_key
@with_json
def receipt(files: tuple[Path, ...], vkey: str) -> None:
    """Check receipts offline.

    The log's signature, the inclusion in its tree, the openings, the decision.

    \b
    Example:
      rj verify receipt receipt.json --key ledger.vkey
    """
    key = read_key(vkey)
    proven = [_checked(file, key, named=len(files) > 1) for file in files]
    show(proven if len(proven) > 1 else proven[0], lambda _: _proven(proven))


@verify.command()
@click.argument("where", metavar="URL|DIR")
@with_key
@with_json
def checkpoint(where: str, vkey: str) -> None:
    """Check the newest checkpoint of a log.

    Who signed it, and how many lines it promises.

    \b
    Example:
      rj verify checkpoint https://gateway.example --key ledger.vkey
    """
    from keys.receipts import check_checkpoint

    tree = check_checkpoint(_checkpoint(where), read_key(vkey))
    show({"origin": tree.origin, "size": tree.size, "root": tree.root.hex()}, _head)


verify.add_command(evidence)


def _checked(file: Path, key: "VerifierKey", *, named: bool) -> "Proven":
    """What a file proves. Raises Stop, which names the file if there are others."""
    from gateway.cli import receipts

    try:
        return receipts.check(receipts.read(file.read_bytes()), key)
    except Stop as stop:
        raise Stop(f"{file}: {stop.message}", stop.end) if named else stop from None


def _checkpoint(where: str) -> str:
    from gateway.cli.local import fetch
    from gateway.config import read_file

    if "://" not in where:
        return read_file(Path(where) / "checkpoint", "the checkpoint").decode("utf-8", "replace")
    status, body = fetch("GET", f"{where.rstrip('/')}/checkpoint")
    if status != 200:
        raise Stop("There is no checkpoint at this address. Name the gateway's own address.", Exit.AWAY)
    return body.decode("utf-8", "replace")


def _proven(proven: "list[Proven]") -> "Iterator[RenderableType]":
    for each in proven:
        yield f"{TICK} Line {each.index} is in the log [bold]{clean(each.origin)}[/], which then had {each.size} lines."
        if shared := each.shared:
            names = ("event", "iss", "to", "exchange", "decision")
            yield facts([(name, getattr(shared, name)) for name in names])
        if exact := each.exact:
            yield facts([("code", exact.code), ("clauses", ", ".join(exact.clauses)), ("purpose", exact.purpose)])
        if each.decision:
            yield f"  {TICK} The log signed the decision: {each.decision.decision}."


def _head(found: dict[str, Any]) -> "Iterator[RenderableType]":
    yield f"{TICK} The checkpoint is signed by [bold]{clean(found['origin'])}[/]."
    yield facts([("lines", found["size"] or "none yet"), ("root", found["root"])])

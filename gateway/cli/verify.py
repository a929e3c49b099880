"""`rj verify`: what outsiders can check for themselves."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.exits import Exit, Stop
from gateway.cli.screen import TICK, clean, facts, show, with_json
from gateway.cli.trusted import FILE, log_keys, policy_in, verifier_key, with_trust
from gateway.cli.verify_evidence import evidence
from gateway.cli.verify_log import log

if TYPE_CHECKING:
    from rich.console import RenderableType

    from contracts.tlog_policy import Policy
    from gateway.cli.receipts import Proven
    from keys.notes import VerifierKey

with_key = click.option("--key", "vkey", required=True, metavar="VKEY", help="The log's verifier key, or a file of it.")


@click.group()
def verify() -> None:
    """Check receipts and the log with the log's public key."""


verify.add_command(log)
verify.add_command(evidence)


@verify.command()
@click.argument("files", metavar="FILE...", type=FILE, nargs=-1, required=True)
@with_trust
@with_json
def receipt(files: tuple[Path, ...], vkeys: tuple[str, ...], policy: Path | None) -> None:
    """Check receipts offline.

    The log's signature, the inclusion in its tree, the openings or the erasure, the decision. A line that neither opens
    nor was erased is an alarm. With a policy, who else has cosigned the log.

    \b
    Example:
      rj verify receipt receipt.json --key ledger.vkey --policy witness.policy
    """
    from gateway.cli.standing import drawn, missing

    keys = log_keys(vkeys)
    quorum = policy_in(policy, keys)
    proven = [_checked(file, keys, quorum, named=len(files) > 1) for file in files]
    show(proven if len(proven) > 1 else proven[0], lambda _: drawn(proven))
    if lines := missing(proven):
        which = ", ".join(map(str, lines))
        raise Stop(
            f"MISSING: line {which} neither opens, nor has any line erased it. Tell the inspectors, and ask the "
            "gateway's operator why.",
            Exit.NOT_VERIFIED,
        )


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

    tree = check_checkpoint(_checkpoint(where), verifier_key(vkey))
    show({"origin": tree.origin, "size": tree.size, "root": tree.root.hex()}, _head)


def _checked(file: Path, keys: "Sequence[VerifierKey]", policy: "Policy | None", *, named: bool) -> "Proven":
    """What a file proves. Raises Stop, which names the file if there are others."""
    from gateway.cli import receipts

    try:
        return receipts.check(receipts.read(file.read_bytes()), keys, policy)
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


def _head(found: dict[str, Any]) -> "Iterator[RenderableType]":
    yield f"{TICK} The checkpoint is signed by [bold]{clean(found['origin'])}[/]."
    yield facts([("lines", found["size"] or "none yet"), ("root", found["root"])])

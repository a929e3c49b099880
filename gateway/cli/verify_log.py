"""`rj verify log`: the whole public log, checked without asking anybody to be believed."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click
from msgspec import Struct

from gateway.cli.exits import Exit, Stop
from gateway.cli.screen import TICK, clean, facts, progress, show, with_json
from gateway.cli.trusted import FILE, log_keys, policy_in, with_trust

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gateway.ledger.audit import Audit
    from gateway.ledger.head import Head

MOST_SHOWN: Final = 40


class Proved(Struct, frozen=True, kw_only=True):
    """What was proved of a log. `cosigned`: witness → time; `since`: the size of the older tree that it extends.

    `unknown_signatures` counts lines of the checkpoint by keys that were not named: they prove nothing.
    """

    origin: str
    lines: int
    tiles: int
    root: str
    keys: tuple[str, ...]
    cosigned: dict[str, int]
    unknown_signatures: int
    since: int | None = None


@click.command()
@click.argument("where", metavar="DIR|URL")
@with_trust
@click.option("--since", metavar="FILE", type=FILE, help="An older checkpoint: the log must be shown to extend it.")
@with_json
def log(where: str, vkeys: tuple[str, ...], policy: Path | None, since: Path | None) -> None:
    """Check a whole log: every line, every tile, the root, and who signed.

    A folder of `rj ledger export`, or the address of any log in the C2SP format.

    \b
    Examples:
      rj verify log public/ --key ledger.vkey --policy witness.policy
      rj verify log https://gateway.example --key ledger.vkey --since checkpoint.old
    """
    from gateway.ledger.audit import audit, check_extends
    from gateway.ledger.head import open_head
    from gateway.ledger.source import get_note, source_of

    keys = log_keys(vkeys)
    wanted = policy_in(policy, keys)
    older = open_head(since.read_bytes().decode("utf-8", "replace"), keys).tree if since else None
    with closing(source_of(where)) as source:
        note = get_note(source)
        if note is None:
            raise Stop(f"{where}: there is no checkpoint here. Name the folder or the address of a log.", Exit.AWAY)
        head = open_head(note, keys, wanted)
        with progress("bundles checked") as tell:
            found = audit(where, head.tree, tell)
        if found.faults:
            raise _refused(found)
        if older:
            check_extends(source, head.tree, older)
    show(_proved(head, found, older.size if older else None), _told)


def _proved(head: "Head", found: "Audit", since: int | None) -> Proved:
    return Proved(
        origin=head.tree.origin,
        lines=head.tree.size,
        tiles=found.tiles,
        root=head.tree.root.hex(),
        keys=tuple(key.encode() for key in head.signers),
        cosigned=head.times,
        unknown_signatures=head.unknown,
        since=since,
    )


def _refused(found: "Audit") -> Stop:
    files = sorted({fault.path for fault in found.faults})
    lines = [f"{fault.path} {fault.what}" for fault in found.faults[:MOST_SHOWN]]
    if len(found.faults) > MOST_SHOWN:
        lines.append(f"and {len(found.faults) - MOST_SHOWN} more")
    many = "1 file is" if len(files) == 1 else f"{len(files)} files are"
    return Stop(f"The log does not hold: {many} not what the checkpoint promises.", Exit.NOT_VERIFIED, lines,
                files=files[:1000])  # fmt: skip


def _told(proved: Proved) -> "Iterator[RenderableType]":
    unknown = proved.unknown_signatures
    yield f"{TICK} Every line of the log [bold]{clean(proved.origin)}[/] is what its checkpoint promises."
    yield facts(
        [
            ("lines", proved.lines or "none yet"),
            ("tiles", proved.tiles),
            ("root", proved.root),
            ("signed by", f"{len(proved.keys)} key of the log" + "s" * (len(proved.keys) > 1)),
            ("cosigned by", ", ".join(proved.cosigned)),
            ("not checked", f"{unknown} signatures by keys that are not named here" if unknown else ""),
        ]
    )
    if proved.since is not None:
        yield f"{TICK} It only added to the {proved.since} lines of the older checkpoint."

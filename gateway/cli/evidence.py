"""`rj evidence`: what a court needs to check one exchange without the gateway, in one file."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from contracts.vocabulary import SearchReason
from gateway.cli.exits import Exit, Stop
from gateway.cli.local import CASE, Discreet, LocalApi, staff_in, through_a_desk, with_staff
from gateway.cli.screen import TICK, clean, show, with_json

if TYPE_CHECKING:
    from rich.console import RenderableType


@click.command(cls=Discreet)
@click.argument("exchange", metavar="EXCHANGE", type=CASE)
@click.option("-o", "--output", "file", required=True, metavar="FILE.zip", type=click.Path(path_type=Path),
              help="Where to write it. A file that is there is never written over.")  # fmt: skip
@click.option("--why", type=click.Choice(get_args(SearchReason)), help="For inspectors: recorded in the log first.")
@with_staff
@through_a_desk
@with_json
def evidence(
    exchange: str, file: Path, why: str | None, staff: Path | None, *, url: str, agency: str, key: Path
) -> None:
    """Write the evidence of one exchange.

    What this agency may show of it: messages, decisions, receipts, the documents as they stood, a timeline to read. The
    desk proves all of it before it hands it out. An inspector names --why and --staff.

    \b
    Examples:
      rj evidence 0197f3b0-7c1a-7d2e-9a55-0c6f5d1e2a3b -o evidence.zip
      rj evidence 0197f3b0-7c1a-7d2e-9a55-0c6f5d1e2a3b -o evidence.zip --why complaint --staff me.json
    """
    from hashlib import sha256

    _check_free(file)
    desk = LocalApi(url, agency, key)
    if why is None:
        raw = desk.file(f"cases/{exchange}/evidence")
    else:
        raw = desk.file(f"exchanges/{exchange}/evidence", {"staff": staff_in(staff), "why": why})
    _write(file, raw)
    show({"file": str(file), "bytes": len(raw), "sha256": sha256(raw).hexdigest()}, _written)


def _check_free(file: Path) -> None:
    if file.exists():
        raise Stop(f"{file} is there already. Name another file: evidence is never written over.", Exit.CONFIGURATION)


def _write(file: Path, raw: bytes) -> None:
    """Readable by its owner alone; whole or not at all."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
            written.write(raw)
            written.flush()
            os.fsync(written.fileno())
        os.link(draft, file)
    except FileExistsError:
        _check_free(file)
        raise
    finally:
        draft.unlink(missing_ok=True)


def _written(found: dict[str, Any]) -> "Iterator[RenderableType]":
    yield f"{TICK} [bold]{clean(found['file'])}[/] holds the evidence, and all of it is proved."
    yield f"  SHA-256 {found['sha256']}"
    yield "  [dim]README.txt in it says what it shows. Check it with: rj verify evidence FILE.zip --key VKEY[/]"

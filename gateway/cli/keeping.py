"""`rj migrate`, `rj backup`, `rj restore`, `rj store copy`: the database, kept, moved and brought up to date."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.exits import Exit, Stop
from gateway.cli.screen import TICK, clean, facts, progress, show, with_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gateway.config import GatewaySection
    from gateway.store.carrying import Carried
    from keys.sealing import SealingPrivateKey

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
NEW_FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command()
@click.option(
    "--dir", "folder", required=True, metavar="DIR", type=FOLDER, help="The folder of a gateway that is stopped."
)
@with_json
def migrate(folder: Path) -> None:
    """Bring a gateway's database up to date, after the program was.

    Stop every gateway on the database first, and make a backup. Each step is taken whole or not at all; run again, it
    goes on where it stopped.

    \b
    Example:
      rj migrate --dir .
    """
    from gateway.keystore import KeyStore
    from gateway.store.migrating import migrate as take_steps

    section = _section(folder)
    with closing(KeyStore.open(section.keystore_folder)) as keys, progress("steps taken") as tell:
        begun: list[str] = []

        def say(step: Any) -> None:
            begun.append(step.name)
            tell(len(begun) - 1, len(begun))

        taken = asyncio.run(take_steps(section, keys, say))
    show({"steps": [f"{step.number} {step.name}" for step in taken]}, _migrated)


@click.command()
@click.option(
    "--dir", "folder", required=True, metavar="DIR", type=FOLDER, help="The folder of a gateway, running or not."
)
@click.option(
    "--for", "key", required=True, metavar="FILE", type=FILE, help="The backup's public key, of `rj keys new-backup`."
)
@click.option("-o", "--out", required=True, type=NEW_FILE, help="The new file.")
@with_json
def backup(folder: Path, key: Path, out: Path) -> None:
    """Save a gateway's database in one encrypted file, while the gateway goes on.

    The log is checked whole on the way: a database that is not the log that the gateway signs is not saved. The file
    opens with the private half of the key alone, which belongs in a safe and not on this machine. Neither the key store
    nor the guard is in it, and neither belongs in any other backup: old keys would bring back what was erased, and an
    old guard would let the log fork.

    \b
    Example:
      rj backup --dir . --for backup.key -o gateway-2026-11-26.backup
    """
    from gateway import backup as backups
    from gateway.config import read_file
    from gateway.store import carrying
    from keys.sealing import sealing_public

    settings = _settings(folder)
    public = sealing_public(_key_bytes(read_file(key, "the backup's public key")))
    done: list[Carried] = []
    with progress("lines saved") as tell:
        rows = carrying.checked(carrying.read(settings.gateway), tell, done)
        maker = backups.Maker(settings.gateway.origin, int(time.time()), public)
        asyncio.run(backups.write(out, maker, rows, done))
    show({"file": str(out), "lines": done[0].size, "bytes": out.stat().st_size, "key": public.kid}, _saved)


@click.command()
@click.argument("file", metavar="FILE", type=FILE)
@click.option("--key", required=True, metavar="DIR", type=FOLDER, help="The folder of the backup's private key.")
@click.option("--dir", "folder", metavar="DIR", type=FOLDER, help="The folder of a gateway that has no database.")
@click.option("--check", is_flag=True, help="Restore nothing: see whether the backup is whole.")
@with_json
def restore(file: Path, key: Path, folder: Path | None, *, check: bool) -> None:
    """Put a gateway's database back from a backup: all of it, or nothing.

    Nothing is written over. A gateway never signs a log that is older than what it has signed: if the backup is, the
    gateway refuses to start until the lines since are put back from a public copy (rj ledger recover).

    \b
    Examples:
      rj restore gateway-2026-11-26.backup --key backup-key --check
      rj restore gateway-2026-11-26.backup --key backup-key --dir .
    """
    from gateway import backup as backups
    from gateway.store import carrying

    if (folder is None) != check:
        raise Stop("Say where to with --dir, or that it is only to be looked at with --check.", Exit.USAGE)
    reading = backups.Reading(file, _private(key, backups.head_of(file).kid))
    done: list[Carried] = []
    with progress("lines restored") as tell:
        rows = carrying.checked(reading.portions(), tell, done)
        if folder is None:
            asyncio.run(_look(rows))
            show({"file": str(file), "lines": done[0].size, "origin": backups.head_of(file).origin}, _whole)
            return
        section = _section(folder)
        if section.origin != backups.head_of(file).origin:
            raise Stop("The backup is of another gateway's log.", Exit.CONFIGURATION)
        asyncio.run(carrying.write(section, rows))
    show({"lines": done[0].size, "next": _next(section, done[0])}, _restored)


@click.group()
def store() -> None:
    """Where a gateway's database is kept."""


@store.command("copy")
@click.option(
    "--dir", "folder", required=True, metavar="DIR", type=FOLDER, help="The folder of a gateway that is stopped."
)
@click.option("--to", required=True, metavar="URL", help="An empty database, such as postgresql://user@host/gateway.")
@with_json
def copy(folder: Path, to: str) -> None:
    """Copy a gateway's database to PostgreSQL, and check what has arrived.

    The database that is there stays as it is. The key store is not copied: the nodes share its folder.

    \b
    Example:
      rj store copy --dir . --to postgresql://gateway@db.internal/gateway
    """
    from msgspec.structs import replace

    from gateway.keystore import KeyStore
    from gateway.store import carrying

    section = _section(folder)
    target = replace(section, store=to)
    if section.store == to:
        raise Stop("The gateway's database is there already.", Exit.USAGE)
    sent: list[Carried] = []
    arrived: list[Carried] = []
    with closing(KeyStore.open(section.keystore_folder)):
        with progress("lines copied") as tell:
            asyncio.run(carrying.write(target, carrying.checked(carrying.read(section), tell, sent)))
        with progress("lines checked") as tell:
            asyncio.run(_look(carrying.checked(carrying.read(target), tell, arrived)))
    if arrived != sent:
        raise Stop("What has arrived is not what was sent. Empty the database and copy again.", Exit.NOT_VERIFIED)
    show({"lines": sent[0].size, "rows": sum(sent[0].rows.values()), "keystore": str(section.keystore_folder)}, _copied)


def _settings(folder: Path) -> Any:
    from gateway.cli.ledger import settings_in

    return settings_in(folder)


def _section(folder: Path) -> "GatewaySection":
    section: GatewaySection = _settings(folder).gateway
    return section


def _key_bytes(text: bytes) -> bytes:
    from contracts.codec import Malformed, unb64url

    try:
        return unb64url(text.strip())
    except Malformed as error:
        raise Stop("This is no public key of a backup. Name the file backup.key of `rj keys new-backup`.",
                   Exit.CONFIGURATION) from error  # fmt: skip


def _private(folder: Path, kid: str) -> "SealingPrivateKey":
    from gateway.cli import files
    from gateway.config import read_vault

    vault = read_vault(folder / files.VAULT, folder / files.UNLOCK)
    if kid not in vault.sealing_seeds:
        raise Stop(f"{folder}: the backup is for another key. Name the folder of that one.", Exit.CONFIGURATION)
    return vault.sealing(kid)


async def _look(rows: Any) -> None:
    async for _ in rows:
        pass


def _next(section: "GatewaySection", done: "Carried") -> str:
    """What stands between this database and a gateway that serves."""
    from gateway.keyreader import FILE
    from gateway.ledger.guard import read_head

    if not (section.keystore_folder / FILE).exists():
        return f"Put the key store of this gateway back at {section.keystore_folder}: without it nothing can be read."
    signed = read_head(section.guard_folder)
    if signed is None:
        return "The guard is missing: put it back. If it is lost, see `rj ledger recover --help`."
    if signed.size > done.size:
        return (
            f"The log has signed {signed.size} lines, {signed.size - done.size} more than these. Put them back from a "
            "public copy: rj ledger recover --from DIR|URL"
        )
    return "Start the gateway."


def _migrated(done: dict[str, Any]) -> "Iterator[RenderableType]":
    if done["steps"]:
        yield f"{TICK} The database is of this version now. Steps taken: {clean(', '.join(done['steps']))}."
    else:
        yield f"{TICK} There is nothing to do: the database is of this version, or not made yet."


def _saved(done: dict[str, Any]) -> "Iterator[RenderableType]":
    yield f"{TICK} {clean(done['file'])} holds all {done['lines']} lines of the log, and every case."
    yield facts([("bytes", done["bytes"]), ("opens with key", done["key"])])
    yield "  Next: take it to another place. See that it opens, there: rj restore FILE --key DIR --check"


def _whole(done: dict[str, Any]) -> "Iterator[RenderableType]":
    yield f"{TICK} {clean(done['file'])} is whole: {done['lines']} lines of {clean(done['origin'])}."


def _restored(done: dict[str, Any]) -> "Iterator[RenderableType]":
    yield f"{TICK} The database is back, with {done['lines']} lines."
    yield f"  Next: {clean(done['next'])}"


def _copied(done: dict[str, Any]) -> "Iterator[RenderableType]":
    yield f"{TICK} All {done['lines']} lines and {done['rows']} rows have arrived, and the log is whole there."
    yield "  Next: in every node's settings, under \\[gateway]: `store`, the address of the database, and"
    yield f'        keystore = "{clean(done["keystore"])}", a folder that all nodes share.'

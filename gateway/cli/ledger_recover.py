"""`rj ledger recover` and `rj ledger succeed`: what to do where a gateway refuses to sign."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from contracts.tlog_tiles import ENTRIES, places, split_bundle
from gateway.cli.exits import Exit, Stop
from gateway.cli.screen import TICK, clean, facts, progress, show, with_json
from gateway.cli.trusted import FILE

if TYPE_CHECKING:
    from rich.console import RenderableType

    from gateway.config import GatewaySettings
    from gateway.ledger.log import Log


@click.command()
@click.option("--dir", "folder", required=True, metavar="DIR", type=click.Path(path_type=Path, exists=True),
              help="The folder of a gateway that is not running, with all its nodes.")  # fmt: skip
@click.option("--from", "copy", metavar="DIR|URL", help="A public copy of the log: put back what the database lost.")
@click.option("--nothing-else-signed", "vouched", is_flag=True,
              help="Where the guard is lost: you answer for it that nothing newer was ever signed.")  # fmt: skip
@with_json
def recover(folder: Path, copy: str | None, vouched: bool) -> None:
    """Let a gateway sign again after a backup was restored.

    A gateway never signs a log that is older than what it has signed: that would be a second history. Put the newest
    database back if you can. Where it is lost, a public copy of the log (an export, a mirror) has every line, and
    nothing of what lines stand for: that is lost. No yes from before stands, and nothing shared on it is handed over,
    because a recall may be among what is lost.

    Where the guard is lost, only you can say that nothing newer was signed: receipts are signed before they are
    published, so that neither a copy nor the log cosigners know the last of them. Say it with --nothing-else-signed if
    the database (with --from: the copy) has all that this machine had, and nothing came from a backup. Never say it to
    get going: two histories make every receipt worthless. If nothing can be had, the log is closed, and another takes
    its place: rj ledger succeed.

    If database and key store were both restored from one old image, records that were erased since can be read again.
    Repeat those erasures.

    \b
    Examples:
      rj ledger recover --dir . --from https://mirror.example/rj
      rj ledger recover --dir . --nothing-else-signed
    """
    from gateway.cli.ledger import settings_in

    show(asyncio.run(_recover(settings_in(folder), copy, vouched)), _recovered)


@click.command()
@click.option("--new", "origin", required=True, metavar="ORIGIN", help="The name of the new log.")
@click.option("--checkpoint", type=FILE, required=True, help="The last checkpoint of the old log that anyone holds.")
@click.option("--key", "vkey", required=True, metavar="VKEY", help="The old log's verifier key, or a file of it.")
@click.option("--why", required=True, help="Why the old log cannot go on, in a sentence. It is public.")
@click.option("--officer", type=FILE, required=True, help="The officer's key, of `rj keys new-officer`.")
@click.option("-o", "--out", required=True, type=click.Path(path_type=Path, dir_okay=False),
              help="Where the signed statement goes; the second officer signs the same file.")  # fmt: skip
@with_json
def succeed(*, origin: str, checkpoint: Path, vkey: str, why: str, officer: Path, out: Path) -> None:
    """Sign, as an officer, that a new log takes the place of one that cannot go on.

    Its first line names where the old one ended. Both parties' officers sign the same statement; the new gateway names
    it as `succeeds` in its settings, with a new origin, a new key and an empty folder of data.

    \b
    Example:
      rj ledger succeed --new gateway.example/rj2 --checkpoint checkpoint.old --key old.vkey \\
        --why "The database and every copy of it were lost." --officer noms.key -o succession.json
    """
    from contracts.codec import encode
    from contracts.succession import Succession
    from gateway.cli.files import names_on, read_officer, read_signed, write_readable
    from gateway.cli.trusted import verifier_key
    from keys import documents
    from keys.receipts import check_checkpoint

    old, signer = verifier_key(vkey), read_officer(officer)
    note = checkpoint.read_text("utf-8")
    tree = check_checkpoint(note, old)
    text = encode(Succession(old_vkey=old.encode(), checkpoint=note, new=origin, why=why)).decode()
    signed = read_signed(out) if out.exists() else None
    if signed is not None and signed.document != text:
        raise Stop(f"{out}: the first officer has signed another statement. Sign the same one, or begin a new file.",
                   Exit.DIFFERENT)  # fmt: skip
    if signed is None:
        signed = documents.sign("succession", origin, 1, text, (signer,))
    elif signer.name not in names_on(signed.note):
        signed = documents.countersign(signed, signer)
    write_readable(out, signed)
    made = {"file": str(out), "old": tree.origin, "lines": tree.size, "new": origin, "signed_by": names_on(signed.note)}
    show(made, _succeeded)


async def _recover(settings: "GatewaySettings", where: str | None, vouched: bool) -> dict[str, Any]:
    """Hold the gateway's files, so that no other process signs, and put them right."""
    from aiohttp import ClientSession

    from gateway import recovery
    from gateway.ledger.confirmed import ask, published, signed_by_nodes
    from gateway.ledger.guard import Guard
    from gateway.ledger.log import Log
    from gateway.publishing import CHECKPOINT, policy_of
    from gateway.serve import log_keys
    from gateway.store.opening import open_store

    log = Log(settings.gateway.origin, *log_keys(settings))
    policy = policy_of(settings.gateway, log)
    copy = _copied(where, log) if where is not None else None
    store = await open_store(settings.gateway, alone=True)
    try:
        async with ClientSession() as session:
            held = await ask(policy, log.vkeys, session)
        with closing(Guard.open(settings.gateway.guard_folder, recovering=True)) as guard:
            known = [*held, *published(settings.gateway.guard_folder / CHECKPOINT, log.vkeys)]
            if store.shared:
                known += signed_by_nodes(settings.gateway.guard_folder, log.origin)
            done = await recovery.recover(store, guard, copy, known, int(time.time()), vouched=vouched)
        lines = (await store.log()).edge.size
    finally:
        await store.close()
    return {"lines": lines, "put_back": done.end - done.first, "first": done.first, "exchanges_ended": done.ended}


def _copied(where: str, log: "Log") -> list[bytes]:
    """Every line of a public copy, checked whole. Raises Stop, SourceAway, NoteRefused."""
    from gateway.ledger.audit import audit
    from gateway.ledger.head import open_head
    from gateway.ledger.source import get_note, get_place, source_of

    with closing(source_of(where)) as source:
        note = get_note(source)
        if note is None:
            raise Stop("There is no checkpoint in the copy. Name the folder or the address of the log.", Exit.AWAY)
        tree = open_head(note, log.vkeys).tree
        with progress("bundles checked") as tell:
            found = audit(where, tree, tell)
        if found.faults:
            raise Stop("The copy does not hold: `rj verify log` says what is wrong. Take another one.",
                       Exit.NOT_VERIFIED)  # fmt: skip
        bundles = [(place, get_place(source, place) or b"") for place in places(ENTRIES, tree.size)]
        return [entry for place, bundle in bundles for entry in split_bundle(bundle, place.width)]


def _recovered(done: dict[str, Any]) -> "Iterator[RenderableType]":
    yield f"{TICK} The gateway may sign again. Its log has {done['lines']} lines."
    if done["put_back"]:
        yield facts([("lines put back", f"{done['put_back']}, from line {done['first']}"),
                     ("exchanges whose yes stands no more", done["exchanges_ended"])])  # fmt: skip
        yield ("  Next: start the gateway, and tell every agency that its messages of that time must be sent again: "
               "what the lines put back stood for is lost.")  # fmt: skip


def _succeeded(made: dict[str, Any]) -> "Iterator[RenderableType]":
    yield f"{TICK} {clean(made['file'])} is signed by {clean(' and '.join(made['signed_by']))}."
    yield facts([("old log", f"{made['old']}, {made['lines']} lines"), ("new log", made["new"])])
    yield "  It counts once both parties' officers have signed. Next: `succeeds` in the new gateway's settings."

"""`rj keys`: keys of agencies, officers, logs, witnesses. What is secret stays in a folder; the public is printed."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from gateway.cli.exits import Exit, Stop
from gateway.cli.log_keys import retire_log, rotate_log
from gateway.cli.screen import TICK, clean, console, day, facts, put_json, show, table, wants_json, with_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from contracts.directory import Agency
    from keys.vault import Vault

BACKUP_KEY: Final = "backup.key"
KINDS: Final = ("prison", "yot", "probation", "police", "vlu", "inspectorate", "party")
OFFICE: Final = ("id", "name", "phone", "hours", "out_of_hours")
FOLDER: Final = click.Path(path_type=Path, file_okay=False)
FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def keys() -> None:
    """Make, list and change the keys of agencies, officers, logs, witnesses."""


keys.add_command(rotate_log)
keys.add_command(retire_log)


@keys.command("new-agency")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--agency", "agency_id", required=True, help="Its id, such as prison-mdi or police-13.")
@click.option("--kind", type=click.Choice(KINDS), required=True, help="What it is.")
@click.option("--name", required=True, help="What people call it.")
@click.option("--code", help="Its prison or force code, such as MDI or 13.")
@click.option("--origin", required=True, help="The gateway it joins, such as gateway.example/rj.")
@click.option("--agreement", type=FILE, help="The agreement it accedes to; without it, it can neither ask nor answer.")
@click.option("--office", "offices", nargs=5, multiple=True, metavar="ID NAME PHONE HOURS OUT-OF-HOURS",
              help="An office that people can ring. Repeat it.")  # fmt: skip
@with_json
def new_agency(
    *,
    folder: Path,
    agency_id: str,
    kind: str,
    name: str,
    code: str | None,
    origin: str,
    agreement: Path | None,
    offices: tuple[tuple[str, str, str, str, str], ...],
) -> None:
    """Make an agency's keys in DIR; print its entry for the directory.

    \b
    Example:
      rj keys new-agency police-13 --agency police-13 --kind police --code 13 \\
        --name "West Yorkshire Police" --origin gateway.example/rj --agreement agreement.json \\
        --office rj-team "RJ team" "01632 960101" "9:00 to 17:00" "Ring the control room on 101"
    """
    from gateway.cli import entries, files
    from keys import vault as vaults

    made = vaults.generate_vault().with_signing(vaults.generate_signing_key())
    made = made.with_sealing(vaults.generate_sealing_key())
    listed = [dict(zip(OFFICE, office, strict=True)) for office in offices]
    about = {"id": agency_id, "kind": kind, "name": name, "code": code, "offices": listed}
    entry = entries.first(about, made, origin, agreement, int(time.time()))
    files.new_folder(folder, files.VAULT, files.UNLOCK, files.ENTRY)
    files.write_vault(folder, made)
    files.write_readable(folder / files.ENTRY, entry)
    put_json(entry)
    _next(
        f"The keys are in {folder}; entry.json, printed above, is public.",
        "Next: send entry.json to both parties' officers, and pin what they send you: `rj keys trust`.",
    )


@keys.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--gateway", "url", required=True, help="The gateway's address, such as https://gateway.example.")
@click.option("--log-key", required=True, help="The log's verifier key, of `rj keys new-log`.")
@click.option("--officers", type=FILE, required=True, help="Both officers' verifier keys, a line each.")
@with_json
def trust(folder: Path, url: str, log_key: str, officers: Path) -> None:
    """Pin what the agency in DIR believes: log, officers, address.

    Compare the keys with those you were given on paper: whatever they sign from now on is believed.

    \b
    Example:
      rj keys trust police-13 --gateway https://gateway.example --log-key "$(cat log.vkey)" \\
        --officers officers.vkeys
    """
    import msgspec

    from contracts.directory import Agency
    from gateway.cli import files
    from gateway.config import read_officers
    from gateway.desk.trust import Pins
    from keys.notes import VerifierKey

    entry = files.read_json(folder / files.ENTRY, Agency, "an agency's entry")
    log = VerifierKey.parse(log_key.strip())
    pinned = tuple(officer.encode() for officer in read_officers(officers))
    pins = {"agency": entry.id, "gateway_url": url, "gateway": log.name, "log_vkey": log.encode(), "officers": pinned}
    try:
        files.write_readable(folder / files.TRUST, msgspec.convert(pins, Pins))
    except msgspec.ValidationError as error:
        raise Stop("These cannot be pinned: an http(s) address, the log's key and two officers' keys are needed.",
                   Exit.CONFIGURATION) from error  # fmt: skip
    show({"file": str(folder / files.TRUST), **pins}, _pinned)


@keys.command("new-officer")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--name", required=True, help="The officer's name for keys, such as noms.example/officer.")
@with_json
def new_officer(file: Path, name: str) -> None:
    """Make an officer's key; print its verifier key.

    With it a party's officer signs the agreement and the directory.

    \b
    Example:
      rj keys new-officer noms.key --name noms.example/officer >> officers.vkeys
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from gateway.cli.files import officer_key, write_new
    from keys.notes import NoteSigner

    signer = NoteSigner(name=name, key=Ed25519PrivateKey.generate())
    vkey = signer.vkey.encode()
    write_new(file, officer_key(signer) + "\n")
    _public_key(vkey, f"The officer's key is in {file}: keep it off the network. The line above is public.")


@keys.command("new-log")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--origin", required=True, help="The name of the log, such as gateway.example/rj.")
@with_json
def new_log(folder: Path, origin: str) -> None:
    """Make the key of a gateway's log in DIR; print its verifier key.

    \b
    Example:
      rj keys new-log log --origin gateway.example/rj > log.vkey
    """
    from gateway.cli import files
    from keys import vault as vaults
    from keys.notes import NoteSigner

    made = vaults.generate_vault().with_signing(vaults.generate_signing_key())
    vkey = NoteSigner(name=origin, key=made.signing(next(iter(made.signing_seeds)))).vkey.encode()
    files.new_folder(folder, files.VAULT, files.UNLOCK)
    files.write_vault(folder, made)
    _public_key(vkey, f"The log's vault is {folder / files.VAULT}. The line above is public: agencies pin it.")


@keys.command("new-backup")
@click.argument("folder", metavar="DIR", type=FOLDER)
@with_json
def new_backup(folder: Path) -> None:
    """Make the key for a gateway's backups in DIR; print its public half.

    The gateway's machine needs backup.key alone. Keep the folder in a safe, where no backup is: whoever has both can
    read which agency asked which.

    \b
    Example:
      rj keys new-backup backup-key
    """
    from contracts.codec import b64url
    from gateway.cli import files
    from keys import vault as vaults

    made = vaults.generate_vault().with_sealing(vaults.generate_sealing_key())
    public = b64url(made.sealing(next(iter(made.sealing_seeds))).public.raw)
    files.new_folder(folder, files.VAULT, files.UNLOCK, BACKUP_KEY)
    files.write_vault(folder, made)
    files.write_new(folder / BACKUP_KEY, f"{public}\n")
    _public_key(public, f"It is in {folder / BACKUP_KEY} too. Take that file to the gateway, and the folder to a safe.")


@keys.command("new-witness")
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option("--name", required=True, help="The witness's name for keys, such as police.example/witness.")
@with_json
def new_witness(folder: Path, name: str) -> None:
    """Make the keys of a witness in DIR; print its verifier keys.

    One is for Ed25519, which every log knows, and one for ML-DSA-44, which a quantum computer does not break.

    \b
    Example:
      rj keys new-witness key --name police.example/witness
    """
    from gateway.cli import files
    from gateway.durable import write_whole
    from keys import mldsa44
    from keys import vault as vaults
    from keys.notes import Cosigner

    made = vaults.generate_vault().with_signing(vaults.generate_signing_key())
    if mldsa44.is_supported():
        made = made.with_mldsa44(vaults.generate_mldsa44_key())
    cosigners = [Cosigner(name=name, key=made.signing(kid)) for kid in made.signing_seeds]
    cosigners += [Cosigner(name=name, key=made.mldsa44(kid)) for kid in made.mldsa44_seeds]
    vkeys = [each.vkey.encode() for each in cosigners]
    files.new_folder(folder, files.VAULT, files.UNLOCK, files.WITNESS)
    files.write_vault(folder, made)
    write_whole(folder / files.WITNESS, "".join(f"{vkey}\n" for vkey in vkeys).encode())
    advice = [f"The vault is {folder / files.VAULT}. What is printed, also in witness.vkey, is public."]
    if not made.mldsa44_seeds:
        advice.append("Only an Ed25519 key was made: the OpenSSL of this system has no ML-DSA-44.")
    _public_keys(vkeys, *advice)


@keys.command("list")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False, exists=True))
@with_json
def list_(folder: Path) -> None:
    """List the keys in DIR, and until when each is good.

    No secret is shown.

    \b
    Example:
      rj keys list police-13
    """
    from gateway.cli import files
    from gateway.config import read_vault

    held = read_vault(folder / files.VAULT, folder / files.UNLOCK)
    cosigning = [{"kid": kid, "for": "cosigning", "until": None, "opens_until": None} for kid in held.mldsa44_seeds]
    show([*_signing_rows(folder, held), *cosigning, *_sealing_rows(folder, held)], _listed)


@keys.command("rotate-sealing")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--origin", required=True, help="The gateway that the agency takes part in.")
@with_json
def rotate_sealing(folder: Path, origin: str) -> None:
    """Add a new sealing key to DIR, and destroy those whose time is over.

    The agency's own signing key vouches for it. Do it every quarter.

    \b
    Example:
      rj keys rotate-sealing police-13 --origin gateway.example/rj
    """
    from msgspec.structs import replace

    from contracts.directory import Agency
    from gateway.cli import entries, files
    from gateway.config import read_unlock, read_vault
    from keys import vault as vaults

    now, unlock = int(time.time()), read_unlock(folder / files.UNLOCK)
    held = read_vault(folder / files.VAULT, folder / files.UNLOCK)
    entry = files.read_json(folder / files.ENTRY, Agency, "an agency's entry")
    over = [key.kid for key in entry.sealing if key.open_until <= now]
    held = held.with_sealing(seed := vaults.generate_sealing_key())
    fresh = entries.sealing_key(origin, entry.id, held, vaults.sealing_kid(seed), now)
    for kid in over:
        held = held.without(kid)
    # Dying between the two writes leaves a key that nobody seals to; the other way round would lose what is sealed.
    vaults.write(folder / files.VAULT, held, unlock)
    kept = tuple(key for key in entry.sealing if key.kid not in over)
    files.write_readable(folder / files.ENTRY, replace(entry, sealing=(*kept, fresh)))
    show({"new": fresh.kid, "destroyed": over, "file": str(folder / files.ENTRY)}, _rotated)


def _signing_rows(folder: Path, held: "Vault") -> list[dict[str, Any]]:
    listed = {key.kid: key for key in entry.signing} if (entry := _entry_in(folder)) else {}
    return [
        {"kid": kid, "for": "signing", "until": listed[kid].valid_until if kid in listed else None, "opens_until": None}
        for kid in held.signing_seeds
    ]


def _sealing_rows(folder: Path, held: "Vault") -> list[dict[str, Any]]:
    listed = {key.kid: key for key in entry.sealing} if (entry := _entry_in(folder)) else {}
    return [
        {
            "kid": kid,
            "for": "sealing",
            "until": listed[kid].seal_until if kid in listed else None,
            "opens_until": listed[kid].open_until if kid in listed else None,
        }
        for kid in held.sealing_seeds
    ]


def _entry_in(folder: Path) -> "Agency | None":
    from contracts.directory import Agency
    from gateway.cli import files

    path = folder / files.ENTRY
    return files.read_json(path, Agency, "an agency's entry") if path.exists() else None


def _public_key(vkey: str, advice: str) -> None:
    """The key alone on standard output, so that it can be appended to a file; advice beside it."""
    if wants_json():
        put_json({"vkey": vkey})
        return
    click.echo(vkey)
    _next(advice)


def _public_keys(vkeys: list[str], *advice: str) -> None:
    """As `_public_key`, a key on each line; the first is the one that every tool knows."""
    if wants_json():
        put_json({"vkey": vkeys[0], "vkeys": vkeys})
        return
    for vkey in vkeys:
        click.echo(vkey)
    _next(*advice)


def _next(*lines: str) -> None:
    if not wants_json():
        for line in lines:
            console(errors=True).print(f"{TICK if line is lines[0] else ' '} {clean(line)}")


def _pinned(pins: dict[str, Any]) -> "Iterator[RenderableType]":
    yield f"{TICK} {clean(pins['file'])}"
    yield facts(
        [("gateway", pins["gateway_url"]), ("log", pins["log_vkey"]), ("officers", "\n".join(pins["officers"]))]
    )
    yield "  Next: `rj desk --config desk.toml`."


def _listed(rows: list[dict[str, Any]]) -> "Iterator[RenderableType]":
    drawn = [(row["kid"], row["for"], day(row["until"]), day(row["opens_until"])) for row in rows]
    yield table(("key", "for", "used until", "opens until"), drawn)


def _rotated(made: dict[str, Any]) -> "Iterator[RenderableType]":
    yield f"{TICK} New sealing key {clean(made['new'])}; {len(made['destroyed'])} old ones destroyed."
    yield f"  Next: send {clean(made['file'])} to both parties' officers for the next version of the directory."

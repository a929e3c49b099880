"""`rj directory`: the list of agencies and keys that both parties' officers sign."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.exits import Exit, Stop
from gateway.cli.screen import TICK, clean, day, facts, show, table, with_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from contracts.directory import Agency, Directory

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def directory() -> None:
    """Build, sign, check and read the list of agencies and keys."""


@directory.command()
@click.argument("out", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--origin", required=True, help="The gateway that it is for, such as gateway.example/rj.")
@click.option("--version", type=click.IntRange(1, 1_000_000), required=True, help="One more than the last.")
@click.option("--entry", "entries", type=FILE, multiple=True, required=True, help="An agency's entry.json. Repeat it.")
@with_json
def build(out: Path, origin: str, version: int, entries: tuple[Path, ...]) -> None:
    """Put the entries of agencies together.

    They are checked as the gateway and every desk will check them.

    \b
    Example:
      rj directory build directory.json --origin gateway.example/rj --version 1 \\
        --entry prison-mdi/entry.json --entry police-13/entry.json
    """
    from contracts.directory import Agency, Directory
    from gateway.cli.files import read_json, write_readable

    agencies = tuple(read_json(entry, Agency, "an agency's entry") for entry in entries)
    built = Directory(gateway=origin, version=version, issued_at=int(time.time()), agencies=agencies)
    _rehearse(built)
    write_readable(out, built)
    show({"file": str(out), "agencies": len(agencies), "version": version}, _built)


@directory.command()
@click.argument("file", type=FILE)
@click.option("--officer", type=FILE, required=True, help="The officer's key, of `rj keys new-officer`.")
@with_json
def sign(file: Path, officer: Path) -> None:
    """Add an officer's signature to a directory.

    It counts once both parties' officers have signed.

    \b
    Example:
      rj directory sign directory.json --officer noms.key
      rj directory sign directory.json --officer acpo.key
    """
    from contracts.directory import Directory
    from gateway.cli.files import names_on, read_json, read_officer, read_signed, write_readable
    from gateway.config import read_file
    from keys import documents

    signer, signed = read_officer(officer), read_signed(file)
    if signed is None:
        listed = read_json(file, Directory, "a directory")
        _rehearse(listed)
        text = read_file(file, "the directory").decode()
        signed = documents.sign("directory", listed.gateway, listed.version, text, (signer,))
    elif signer.name not in names_on(signed.note):
        signed = documents.countersign(signed, signer)
    write_readable(file, signed)
    show({"file": str(file), "signed_by": names_on(signed.note)}, _signed)


@directory.command()
@click.argument("file", type=FILE)
@click.option("--officers", type=FILE, required=True, help="The officers' verifier keys, a line each.")
@with_json
def check(file: Path, officers: Path) -> None:
    """Check a directory as a desk does before it seals.

    Both officers' signatures, every endorsement, every key.

    \b
    Example:
      rj directory check directory.json --officers officers.vkeys
    """
    from gateway.cli.files import read_signed
    from gateway.config import read_officers
    from keys.directory import load

    signed = read_signed(file)
    if signed is None:
        raise Stop("The directory is not signed. Sign it with `rj directory sign`.", Exit.NOT_VERIFIED)
    pinned = read_officers(officers)
    known = load(signed, pinned)
    show(
        {
            "gateway": known.gateway,
            "version": known.version,
            "digest": known.digest,
            "agencies": len(_document(file).agencies),
            "signed_by": [officer.name for officer in pinned],
        },
        _checked,
    )


@directory.command("show")
@click.argument("file", type=FILE)
@with_json
def show_(file: Path) -> None:
    """List the agencies of a directory, with until when their keys are good.

    Nothing is verified: that is `rj directory check`.

    \b
    Example:
      rj directory show directory.json
    """
    show(_document(file), _listed)


def _document(file: Path) -> "Directory":
    """The directory in a file, signed or not."""
    import msgspec

    from contracts.codec import Malformed, decode_strict
    from contracts.directory import SIGNED_BYTES_MAX, Directory
    from gateway.cli.files import read_json, read_signed

    signed = read_signed(file)
    if signed is None:
        return read_json(file, Directory, "a directory")
    try:
        return decode_strict(signed.document.encode(), msgspec.json.Decoder(Directory), SIGNED_BYTES_MAX)
    except Malformed as error:
        raise Stop(f"{file}: the signed document is not a directory. {error}", Exit.CONFIGURATION) from error


def _rehearse(built: "Directory") -> None:
    """Refuse here what desks would refuse after both officers have signed: two officers of a moment sign a copy."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from contracts.codec import encode
    from keys import directory as directories
    from keys import documents
    from keys.directory import DirectoryRefused
    from keys.documents import DocumentRefused
    from keys.notes import NoteSigner

    one, two = (NoteSigner(name=name, key=Ed25519PrivateKey.generate()) for name in ("rehearsal-1", "rehearsal-2"))
    try:
        signed = documents.sign("directory", built.gateway, built.version, encode(built).decode(), (one, two))
        directories.load(signed, (one.vkey, two.vkey))
    except (DirectoryRefused, DocumentRefused) as error:
        raise Stop(f"No desk would accept this directory. {error}", Exit.DIFFERENT) from error


def _built(made: dict[str, Any]) -> "Iterator[RenderableType]":
    yield f"{TICK} {clean(made['file'])}: version {made['version']}, {made['agencies']} agencies"
    yield "  Next: each party's officer signs it, `rj directory sign FILE --officer KEY`."


def _signed(made: dict[str, Any]) -> "Iterator[RenderableType]":
    yield f"{TICK} {clean(made['file'])} is signed by {clean(' and '.join(made['signed_by']))}"
    yield "  Check it with `rj directory check FILE --officers FILE`."


def _checked(found: dict[str, Any]) -> "Iterator[RenderableType]":
    yield f"{TICK} The directory of [bold]{clean(found['gateway'])}[/] holds in every part."
    yield facts([(name, found[name]) for name in ("version", "agencies", "digest")])
    yield facts([("signed by", ", ".join(found["signed_by"]))])


def _listed(listed: "Directory") -> "Iterator[RenderableType]":
    yield f"[bold]{clean(listed.gateway)}[/], version {listed.version}, of {day(listed.issued_at)}"
    columns = ("agency", "name", "kind", "signs until", "sealed to until", "offices", "acceded")
    yield table(columns, [_row(agency) for agency in listed.agencies])


def _row(agency: "Agency") -> tuple[object, ...]:
    signs = max((key.valid_until for key in agency.signing), default=None)
    sealed = max((key.seal_until for key in agency.sealing), default=None)
    offices = ", ".join(office.id for office in agency.offices)
    return agency.id, agency.name, agency.kind, day(signs), day(sealed), offices, "yes" if agency.accessions else "no"

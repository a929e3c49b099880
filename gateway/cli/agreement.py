"""`rj agreement`: read it, check it, sign it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gateway.cli.exits import Exit, Stop
from gateway.cli.screen import CROSS, TICK, clean, facts, show, with_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from contracts.agreement import Agreement

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.group()
def agreement() -> None:
    """Read, check and sign the agreement that all goes by."""


@agreement.command()
@click.argument("file", type=FILE)
@click.option("--officers", type=FILE, help="The officers' verifier keys, a line each: all must have signed.")
@with_json
def check(file: Path, officers: Path | None) -> None:
    """Check an agreement: its words, its clauses, its signatures.

    \b
    Examples:
      rj agreement check agreement.toml
      rj agreement check agreement.json --officers officers.vkeys
    """
    from keys.documents import digest_of

    text, note = _read(file)
    found = _loaded(text, note, officers)
    show(
        {
            "id": found.id,
            "version": found.version,
            "title": found.title,
            "in_force": found.in_force,
            "ends": found.ends,
            "in_force_today": found.in_force <= _today() <= found.ends,
            "clauses": len(found.clause),
            "purposes": [rule.name for rule in found.purpose],
            "digest": digest_of(text),
            "verified": officers is not None,
            "signed_by": _names(note),
        },
        _drawn,
    )


@agreement.command()
@click.argument("file", type=FILE)
@click.option("--officer", type=FILE, required=True, help="The officer's key, of `rj keys new-officer`.")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False), help="Where the signed document goes.")
@with_json
def sign(file: Path, officer: Path, out: Path | None) -> None:
    """Sign an agreement as a party's officer.

    The first officer signs the TOML, the second the JSON that came of it.

    \b
    Example:
      rj agreement sign agreement.toml --officer noms.key -o agreement.json
      rj agreement sign agreement.json --officer acpo.key
    """
    from contracts.agreement import load
    from gateway.cli.files import names_on, read_officer, read_signed, write_readable
    from keys import documents

    signer, signed = read_officer(officer), read_signed(file)
    if signed is None and out is None:
        raise click.UsageError("Name where the signed agreement goes: -o agreement.json.")
    # What cannot be loaded must not be signed: no gateway would start on it.
    terms = load(signed.document if signed else _read(file)[0])
    if signed is None:
        signed = documents.sign("agreement", terms.id, terms.version, _read(file)[0], (signer,))
    elif signer.name not in names_on(signed.note):
        signed = documents.countersign(signed, signer)
    write_readable(out or file, signed)
    made = {
        "file": str(out or file),
        "digest": documents.digest_of(signed.document),
        "signed_by": names_on(signed.note),
    }
    show(made, _signed)


@agreement.command("show")
@click.argument("file", type=FILE)
@click.option("--clause", "number", metavar="N", help="One clause (8.5), or a whole part (8).")
@with_json
def show_(file: Path, number: str | None) -> None:
    """Read the clauses as their signatories do.

    \b
    Examples:
      rj agreement show agreement.toml
      rj agreement show agreement.toml --clause 8.5
    """
    from contracts.agreement import load

    terms = load(_read(file)[0])
    chosen = [each for each in terms.clause if number is None or f"{each.number}.".startswith(f"{number.rstrip('.')}.")]
    if not chosen:
        raise Stop("The agreement has no clause of that number.", Exit.DIFFERENT)
    clauses = [{"number": each.number, "text": _in_one_line(each.text)} for each in chosen]
    show({"id": terms.id, "version": terms.version, "title": terms.title, "clauses": clauses}, _readable)


def _read(file: Path) -> tuple[str, str | None]:
    """The agreement's text, and its note where it is signed."""
    from gateway.cli.files import read_signed
    from gateway.config import read_file

    signed = read_signed(file)
    if signed:
        return signed.document, signed.note
    try:
        return read_file(file, "the agreement").decode("utf-8"), None
    except UnicodeDecodeError:
        raise Stop(f"{file}: the agreement is not text in UTF-8. Save it as UTF-8.", Exit.CONFIGURATION) from None


def _loaded(text: str, note: str | None, officers: Path | None) -> "Agreement":
    from contracts.agreement import load
    from contracts.directory import SignedDocument
    from gateway.config import read_officers
    from keys import documents

    terms = load(text)
    if officers is None:
        return terms
    if note is None:
        raise Stop("The agreement is not signed. Sign it with `rj agreement sign`.", Exit.NOT_VERIFIED)
    verified = documents.verify("agreement", SignedDocument(document=text, note=note), read_officers(officers))
    if (terms.id, terms.version) != (verified.id, verified.version):
        raise Stop("The note names another id or version than the text. Sign it again.", Exit.NOT_VERIFIED)
    return terms


def _names(note: str | None) -> list[str]:
    from gateway.cli.files import names_on

    return names_on(note) if note else []


def _today() -> Any:
    return datetime.now(UTC).date()


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _drawn(found: dict[str, Any]) -> "Iterator[RenderableType]":
    yield f"{TICK} [bold]{clean(found['title'])}[/]"
    yield facts(
        [
            ("id", f"{found['id']}, version {found['version']}"),
            ("in force", f"{found['in_force']} to {found['ends']}"),
            ("clauses", found["clauses"]),
            ("purposes", ", ".join(found["purposes"])),
            ("digest", found["digest"]),
            ("signed by" if found["verified"] else "said to be signed by", ", ".join(found["signed_by"]) or "nobody"),
        ]
    )
    if not found["in_force_today"]:
        yield f"{CROSS} It is not in force today: nobody can ask, answer yes or open under it."


def _signed(made: dict[str, Any]) -> "Iterator[RenderableType]":
    yield f"{TICK} {clean(made['file'])} is signed by {clean(' and '.join(made['signed_by']))}"
    yield facts([("digest", made["digest"])])


def _readable(shown: dict[str, Any]) -> "Iterator[RenderableType]":
    from rich.padding import Padding

    yield f"[bold]{clean(shown['title'])}[/]\n[dim]{clean(shown['id'])}, version {shown['version']}[/]"
    for clause in shown["clauses"]:
        if "." in clause["number"]:
            yield Padding(f"[cyan]{clause['number']}[/]  {clean(clause['text'])}", (1, 0, 0, 2), expand=False)
        else:
            yield f"\n[bold]{clause['number']}  {clean(clause['text'])}[/]"

"""What lies in an agency's folder and in officers' files: written once, read back, never overwritten by accident."""

import os
from pathlib import Path
from typing import Final, TypeVar

import click
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from contracts.checkpoint import from_base64, parse_note, to_base64
from contracts.codec import Malformed, b64url, decode_strict, encode
from contracts.directory import SIGNED_BYTES_MAX, SignedDocument
from gateway.cli.exits import Exit, Stop
from gateway.config import read_file
from gateway.durable import write_whole
from keys import vault as vaults
from keys.notes import Kind, NoteSigner
from keys.vault import Vault

S = TypeVar("S", bound=Struct)

VAULT: Final = "vault"
UNLOCK: Final = "unlock.key"
ENTRY: Final = "entry.json"
TRUST: Final = "trust.json"
WITNESS: Final = "witness.vkey"

FOLDER: Final = click.Path(path_type=Path, exists=True, file_okay=False)

_PRIVATE: Final = "PRIVATE+KEY"
_SIGNED: Final = msgspec.json.Decoder(SignedDocument)


def new_folder(folder: Path, *files: str) -> None:
    """Make a folder for secrets, in which none of these files lies yet."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in files:
        if (folder / name).exists():
            raise _taken(folder / name)


def write_new(path: Path, text: str) -> None:
    """A file of secrets, readable by its owner alone; nothing that is there is written over."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise _taken(path) from None
    with os.fdopen(handle, "w") as file:
        file.write(text)


def write_vault(folder: Path, vault: Vault) -> None:
    """A vault and the key that unlocks it, in a folder that has neither."""
    unlock = vaults.generate_signing_key()
    write_new(folder / UNLOCK, b64url(unlock) + "\n")
    vaults.write(folder / VAULT, vault, unlock)


def read_json(path: Path, kind: type[S], what: str) -> S:
    """A file that has one contract. Raises Stop with the place in it that is wrong, and not what stands there."""
    try:
        return decode_strict(read_file(path, what), msgspec.json.Decoder(kind), SIGNED_BYTES_MAX)
    except Malformed as error:
        where = f" (at {error.where})" if error.where else ""
        raise Stop(f"{path}: this is not {what}{where}. {error}", Exit.CONFIGURATION) from error


def read_signed(path: Path) -> SignedDocument | None:
    """The signed document in a file, or None where it is another thing, such as the document itself."""
    try:
        return decode_strict(read_file(path, "the document"), _SIGNED, SIGNED_BYTES_MAX)
    except Malformed:
        return None


def write_readable(path: Path, value: Struct) -> None:
    """A public document as JSON that people can read."""
    write_whole(path, msgspec.json.format(encode(value)) + b"\n")


def officer_key(signer: NoteSigner) -> str:
    """A signing key of notes as other C2SP tools keep it: PRIVATE+KEY+name+key ID+base64(01 ‖ seed)."""
    seed = bytes([Kind.NOTE]) + signer.key.private_bytes_raw()
    return f"{_PRIVATE}+{signer.name}+{signer.vkey.key_id.hex()}+{to_base64(seed)}"


def read_officer(path: Path) -> NoteSigner:
    """The officer's key in a file. Raises Stop, without a word of what is in it."""
    text = read_file(path, "the officer's key").decode("utf-8", "replace").strip()
    name, _, rest = text.removeprefix(f"{_PRIVATE}+").partition("+")
    try:
        kind, seed = (raw := from_base64(rest.partition("+")[2]))[:1], raw[1:]
        signer = NoteSigner(name=name, key=Ed25519PrivateKey.from_private_bytes(seed))
        if kind != bytes([Kind.NOTE]) or officer_key(signer) != text:
            raise ValueError
    except ValueError:
        raise Stop(f"{path}: this is not an officer's key. Name a file of `rj keys new-officer`.",
                   Exit.CONFIGURATION) from None  # fmt: skip
    return signer


def names_on(note: str) -> list[str]:
    """Who seems to have signed a note: until the signatures are verified, names prove nothing."""
    return [line.name for line in parse_note(note).signatures]


def _taken(path: Path) -> Stop:
    return Stop(f"{path} is there already. Name another place: keys are never written over.", Exit.CONFIGURATION)

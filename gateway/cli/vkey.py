"""Public keys on the command line: as they are, or in a file."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from keys.notes import VerifierKey

with_key = click.option("--key", "vkey", required=True, metavar="VKEY", help="The log's verifier key, or a file of it.")


def read_key(text: str) -> "VerifierKey":
    """A verifier key, given as it is or as a file."""
    from gateway.config import read_file
    from keys.notes import VerifierKey

    given = text.strip()
    return VerifierKey.parse(
        given if "+" in given else read_file(Path(given), "the log's key").decode("utf-8", "replace").strip()
    )

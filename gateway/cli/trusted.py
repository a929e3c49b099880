"""What a log is checked against: its verifier keys, and the policy that says whose cosignatures are enough."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from gateway.cli.exits import Exit, Stop

if TYPE_CHECKING:
    from contracts.tlog_policy import Policy
    from keys.notes import VerifierKey

F = TypeVar("F", bound=Callable[..., Any])

FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)


def with_trust(command: F) -> F:
    """Give a command the options that say what is trusted."""
    for option in (
        click.option("--policy", metavar="FILE", type=FILE, help="A C2SP witness policy: its quorum is asked for too."),
        click.option("--key", "vkeys", required=True, multiple=True, metavar="VKEY",
                     help="The log's verifier key, or a file of it. Repeat it for the old and the new key of a log."),
    ):  # fmt: skip
        command = option(command)
    return command


def verifier_key(text: str) -> "VerifierKey":
    """A verifier key, given as it is or as a file. Raises BadKey, ConfigRefused."""
    from gateway.config import read_file
    from keys.notes import VerifierKey

    given = text.strip()
    return VerifierKey.parse(
        given if "+" in given else read_file(Path(given), "the log's key").decode("utf-8", "replace").strip()
    )


def log_keys(texts: Sequence[str]) -> "tuple[VerifierKey, ...]":
    """The keys of one log. Raises Stop, BadKey, ConfigRefused."""
    from keys.notes import Kind

    keys = tuple(dict.fromkeys(verifier_key(text) for text in texts))
    if len({key.name for key in keys}) > 1:
        raise Stop("The keys are of different logs. Check one log at a time.", Exit.CONFIGURATION)
    if any(key.kind is not Kind.NOTE for key in keys):
        raise Stop("A key is that of a witness. --key takes the log's own; witnesses stand in the --policy.",
                   Exit.CONFIGURATION)  # fmt: skip
    return keys


def policy_in(file: Path | None, keys: "Sequence[VerifierKey]") -> "Policy | None":
    """The policy of a file. Raises ConfigRefused, and Stop for one that is of another log."""
    from gateway.config import read_policy

    if file is None:
        return None
    policy = read_policy(file)
    if policy.logs and not {log.vkey for log in policy.logs} & {key.encode() for key in keys}:
        raise Stop(f"{file}: the policy is of another log than --key.", Exit.CONFIGURATION)
    return policy

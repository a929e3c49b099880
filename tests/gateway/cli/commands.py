"""`rj` as it is typed in tests, and what came of it."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner, Result

from gateway.cli import main
from gateway.cli.exits import Exit

REPO = Path(__file__).parents[3]
ORIGIN = "gateway.example/rj"
AGENCIES = {
    "prison-mdi": ("prison", "MDI"),
    "police-13": ("police", "13"),
    "inspectorate-hmip": ("inspectorate", None),
}
OFFICE = ("rj-team", "RJ team", "01632 960101", "9:00 to 17:00", "Ring 101")
NOWHERE = "0197f3b0-7c1a-7d2e-9a55-0c6f5d1e2a3b"

Rj = Callable[..., Result]


def rj(*words: object, stdin: str | None = None, env: dict[str, str] | None = None) -> Result:
    """Run a command as it was typed."""
    result = CliRunner().invoke(main, [str(word) for word in words], input=stdin, env=env)
    assert "Traceback" not in result.output
    return result


def told(result: Result, end: Exit) -> str:
    """What a refused command said, on one line; nothing of it on standard output."""
    assert result.exit_code == end, result.output
    assert result.stdout == ""
    return re.sub(r"\s+", " ", result.stderr)


def done(result: Result) -> str:
    assert result.exit_code == Exit.OK, result.output
    return result.stdout


def answer_of(result: Result) -> Any:
    return json.loads(done(result))


def every_command(
    group: click.Group = main, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(every_command())

GATEWAY_TOML = f"""
[gateway]
origin = "{ORIGIN}"
port = 0
data = "data"
agreement = "agreement.json"
directory = "directory.json"
officers = "officers.vkeys"
vault = "log/vault"
unlock = "log/unlock.key"
"""

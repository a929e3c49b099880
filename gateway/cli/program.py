"""`rj`: the commands, in the order of the work, and the one place where an error becomes a sentence and a number."""

import os
import traceback
from typing import Any, Final

import click

from gateway.cli.access import access_report
from gateway.cli.agreement import agreement
from gateway.cli.cases import answer, inbox, open_, recall, request
from gateway.cli.demo import demo
from gateway.cli.desk_keys import desk_keys
from gateway.cli.directory import directory
from gateway.cli.doctor import doctor
from gateway.cli.evidence import evidence
from gateway.cli.exits import MEANINGS, Stop, meaning_of
from gateway.cli.keeping import backup, migrate, restore, store
from gateway.cli.keys import keys
from gateway.cli.ledger import ledger
from gateway.cli.processes import desk, gateway
from gateway.cli.screen import wants_json
from gateway.cli.search import search
from gateway.cli.verify import verify
from gateway.cli.watch import watch
from gateway.cli.witness import witness

SECTIONS: Final[dict[str, tuple[click.Command, ...]]] = {
    "See it work": (demo,),
    "Run": (gateway, desk, witness, doctor),
    "Keys and signed documents": (keys, desk_keys, directory, agreement),
    "Ask and answer, through a desk": (request, inbox, answer, open_, recall, access_report, search, evidence),
    "Check": (verify, watch, ledger),
    "Keep the database": (backup, restore, migrate, store),
}

GUIDE: Final = """\
rj, the Restorative Justice Gateway

A prison asks, the police or the victim liaison unit ask the victim, and the victim decides.
Each step is signed, decided by one agreement, recorded, and can be proved.

  See the whole story on this machine     rj demo
  Read the agreement                      rj agreement show FILE
  Run a gateway                           rj keys new-log DIR --origin NAME, then rj gateway --config FILE
  Join as an agency                       rj keys new-agency DIR --help, then rj desk --config FILE
  Ask about a case                        rj request --example
  Something does not start                rj doctor --config FILE

All commands: rj --help. One command: rj COMMAND --help.
"""


class Program(click.Group):
    """A group whose help is ordered by task, and whose errors are told in plain words."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command. With RJ_DEBUG=1 the traceback comes before the sentence."""
        try:
            return super().invoke(ctx)
        except Stop as stop:
            raise self._told(stop, ctx) from None
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:  # the outermost edge: nothing may reach a person as a traceback
            raise self._told(meaning_of(error), ctx) from error

    def _told(self, stop: Stop, ctx: click.Context) -> Stop:
        if os.environ.get("RJ_DEBUG") == "1":
            traceback.print_exc()
        stop.as_json = wants_json()
        return stop

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands by section, each with its sentence."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(command.name or "", command.get_short_help_str(90)) for command in commands])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of exit codes."""
        with formatter.section("Exit codes"):
            formatter.write_dl([(str(int(end)), meaning) for end, meaning in MEANINGS.items()])


@click.group(
    cls=Program,
    invoke_without_command=True,
    commands={command.name or "": command for commands in SECTIONS.values() for command in commands},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(package_name="restorative-justice-gateway", prog_name="rj")
@click.pass_context
def main(context: click.Context) -> None:
    """The Restorative Justice Gateway: ask, answer, run and check. `rj` alone prints where to start."""
    if context.invoked_subcommand is None:
        click.echo(GUIDE)

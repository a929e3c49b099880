"""`rj demo`: the whole story, on this machine."""

from pathlib import Path

import click

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option(
    "--dir", "folder", type=click.Path(path_type=Path, file_okay=False), help="Keep everything in this folder."
)
@click.option("--stay", is_flag=True, help="Leave it running and print the addresses.")
@click.option("--cases", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Run these cases instead.")
@click.option("--report", type=FILE, help="With --cases: write a line for each case here.")
def demo(folder: Path | None, stay: bool, cases: Path | None, report: Path | None) -> None:
    """Watch the whole story on this machine, then check every proof.

    Prisons, police forces and an inspector work through one gateway, each in a process of its own, with fresh keys.

    \b
    Examples:
      rj demo
      rj demo --dir /tmp/rj --stay
      rj demo --cases cases.jsonl --report out.jsonl
    """
    from gateway.cli.screen import console
    from gateway.demo.main import run

    click.get_current_context().exit(run(folder, stay, cases, report, console()))

"""`python -m gateway.cli` is `rj`."""

from gateway.cli import main

main(prog_name="rj")

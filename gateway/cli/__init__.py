"""The command line `rj`. It may import everything; what is heavy is imported inside commands, to start fast."""

from gateway.cli.program import main

__all__ = ["main"]

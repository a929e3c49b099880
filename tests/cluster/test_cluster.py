"""The story on three nodes behind HAProxy, while nodes are killed: everything holds that holds on one."""

import os
from io import StringIO
from pathlib import Path
from shutil import which

import pytest
from rich.console import Console

from gateway.demo.main import run
from tests.postgres import Postgres


@pytest.mark.skipif(which("haproxy") is None and not os.environ.get("CI"), reason="HAProxy is missing: make cluster")
def test_the_story_holds_while_nodes_are_killed(tmp_path: Path, server: Postgres) -> None:
    """Every check of the story, and that nodes were killed in the middle of it."""
    said = StringIO()
    ended = run(tmp_path / "demo", None, None, None, Console(file=said, width=120), store=server.database())
    assert ended == 0, said.getvalue()[-3000:]

"""`make demo-cluster`: PostgreSQL, three nodes behind HAProxy, and the story while nodes are killed in turn."""

import sys

from rich.console import Console

from gateway.demo.main import run
from tests.postgres import postgres

DURABLE = {"max_connections": "100"}

with postgres(DURABLE) as server:
    sys.exit(run(None, None, None, None, Console(), store=server.database()))

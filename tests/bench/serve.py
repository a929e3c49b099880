"""The gateway as a benchmark runs it: one process, its settings from a file."""

import asyncio
import os
import sys
from pathlib import Path

from gateway import logs
from gateway.config import load_gateway
from gateway.serve import run

if __name__ == "__main__":
    settings = load_gateway(Path(sys.argv[1]), os.environ)
    logs.configure(settings.log)
    asyncio.run(run(settings))

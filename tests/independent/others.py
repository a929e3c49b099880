"""Where the tools written by others lie: `make independent` installs them into `build/independent`."""

import importlib.util
import os
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "build" / "independent"
WITNESS = ("aics_witness", "aics_tlog")


def wanted(*packages: str) -> bool:
    """Whether tests that need these packages are collected: where they are installed, and always on CI."""
    there = all((FOLDER / package / "__init__.py").is_file() for package in packages)
    return there or os.environ.get("CI") == "true"


def environment() -> dict[str, str]:
    """An environment in which Python finds them."""
    assert importlib.util.find_spec(WITNESS[0]) is None, "The packages of others must not be installed beside ours."
    return {**os.environ, "PYTHONPATH": str(FOLDER)}

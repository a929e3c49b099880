"""The styles, scripts and images of the pages, which the build made (docs/adr/0020)."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "assets"
"""Served whole as `/assets/`. What it holds may be kept by browsers for ever: other content has another address."""


class NotBuilt(Exception):
    """The assets, or one of them, are not there."""


@cache
def asset(name: str) -> str:
    """The address of an asset: `asset("desk.css")`, `asset("images/favicon.svg")`."""
    build = newest_build()
    if not (build / name).is_file():
        raise NotBuilt(
            f"There is no {name} among the pages' assets: add it to gateway/desk/pages, then run `make assets`."
        )
    return f"/assets/{build.name}/{name}"


def newest_build() -> Path:
    """The folder that the build made, whose name is a digest of what it was made from."""
    builds = [path for path in FOLDER.glob("*/") if not path.name.startswith(".")] if FOLDER.is_dir() else []
    if not builds:
        raise NotBuilt(
            "The pages' styles and scripts have not been made: run `make assets`, or install the wheel anew."
        )
    return max(builds, key=lambda build: build.stat().st_mtime_ns)

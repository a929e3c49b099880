"""Style sheets, scripts and pictures of the pages: built with the package, never in the repository."""

from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parent / "assets"


@cache
def asset(name: str) -> str:
    """The address of an asset, with a digest of its content: it may be kept for ever under this address."""
    file = FOLDER / name
    return f"/assets/{name}?v={sha256(file.read_bytes()).hexdigest()[:12]}" if file.is_file() else f"/assets/{name}"

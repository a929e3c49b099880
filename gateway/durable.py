"""Files that are replaced durably: whoever reads one, after a power failure too, finds the old bytes or the new."""

import os
from pathlib import Path


def write_whole(file: Path, data: bytes) -> None:
    """Replace a file, and make its folder where there is none. Raises OSError; then the old file is in its place."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with draft.open("wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        # Died here: the old file is there, and a draft beside it that nobody reads.
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

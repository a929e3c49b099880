"""Files to a ZIP, and back: one ZIP for the same files, to the byte, so that nothing can hide between them.

Names in order, one fixed date, nothing compressed, no comment. What is not exactly that is refused: two readers could
see two things in it.
"""

import io
import zipfile
from collections.abc import Mapping
from typing import Final

from gateway.evidence_bundle.material import NotProved

BYTES_MAX: Final = 512 * 1024 * 1024
DATE: Final = (1980, 1, 1, 0, 0, 0)
"""The first that a ZIP can say."""


class NotABundle(ValueError):
    """The file is no ZIP at all, or not one that could be evidence."""


def pack(members: Mapping[str, bytes]) -> bytes:
    """The ZIP of these files."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            entry = zipfile.ZipInfo(name, DATE)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, members[name])
    return raw.getvalue()


def unpack(raw: bytes) -> dict[str, bytes]:
    """The files of a ZIP that `pack` made. Raises NotABundle, NotProved."""
    if len(raw) > BYTES_MAX:
        raise NotABundle("The file is over 512 MiB: no bundle of evidence is.")
    if not raw.startswith(b"PK"):
        raise NotABundle("The file is no ZIP. Name the file that `rj evidence` wrote.")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            entries = archive.infolist()
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                raise NotProved("The ZIP was packed by another program. Get the file as it was first handed out.")
            if sum(entry.file_size for entry in entries) > len(raw):  # before they fill the memory
                raise NotProved("The ZIP's files overlap: it was made to mislead, or to harm who opens it.")
            members = {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, NotProved):
            raise
        raise NotProved("The ZIP is damaged, or was changed.") from error
    if pack(members) != raw:
        raise NotProved("The ZIP was packed by another program, or has something in it that is none of its files.")
    return members

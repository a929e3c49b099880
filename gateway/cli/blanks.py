"""What an example left open. A `…` that was sent would be somebody's record."""

import re
from collections.abc import Iterator

BLANK = "…"


def blanks(value: object) -> list[str]:
    """The members that still say `…`, such as offender.name, in order."""
    return list(dict.fromkeys(_blanks(value, "")))


def _blanks(value: object, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _blanks(part, f"{path}.{_shown(str(name))}".lstrip("."))
    elif isinstance(value, list):
        for part in value:
            yield from _blanks(part, path)
    elif isinstance(value, str) and value.strip() == BLANK:
        yield path


def _shown(name: str) -> str:
    """The name of a member, if it looks like one of ours: it was typed, too."""
    return name if re.fullmatch(r"[a-z_]{1,40}", name) else "?"

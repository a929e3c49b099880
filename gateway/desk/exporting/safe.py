"""No cell of a table is a formula (attack class 127): a spreadsheet takes a text that begins so for something to do.

In CSV such a text has an apostrophe put before it, which a spreadsheet shows as text. So has one that begins with an
apostrophe: whoever reads the file back takes one away, and has the text as it was. Numbers are written as numbers.
"""

from typing import Final

STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "'")
"""What spreadsheets begin a formula or a command with, the wide forms of East Asian keyboards too."""


def safe(text: str) -> str:
    """The text, which no spreadsheet takes for anything else."""
    return f"'{text}" if text.lstrip(" \u00a0\ufeff").startswith(STARTS) else text


def as_it_was(text: str) -> str:
    """What `safe` was given."""
    return text[1:] if text.startswith("'") else text

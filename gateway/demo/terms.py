"""The agreement that the demonstration signs: the real one, word for word, but with times that a person can wait for.

Only times in its tables change, so clauses and rules are those of the agreement; nothing in the gateway is made faster.
"""

import re
import tomllib
from collections.abc import Mapping
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

FILE: Final = "noms-acpo-v1.toml"
SOURCE_TREE: Final = Path(__file__).parents[2] / "deploy" / "agreement"

Times = Mapping[str, Mapping[str, str]]
"""Table → key → span, such as `{"windows": {"answer": "8 seconds"}}`."""


def published() -> str:
    """The text of the agreement, from the installed package or from the source tree. Raises FileNotFoundError."""
    packaged = files("gateway").joinpath("agreements", FILE)
    return packaged.read_text("utf-8") if packaged.is_file() else (SOURCE_TREE / FILE).read_text("utf-8")


def with_times(text: str, times: Times, today: date) -> str:
    """The agreement with these spans, and in force today. Raises ValueError if anything else would change."""
    agreement = tomllib.loads(text)
    dates = _term(agreement, today)
    changed = text
    for key, day in dates.items():
        changed = _replaced(changed, rf"(?m)^({key} = )\S+$", day.isoformat())
    for table, spans in times.items():
        for key, span in spans.items():
            changed = _replaced(changed, rf'(?m)(^\[{table}\]\n(?:^[^\[\n].*\n)*?^{key} = )"[^"]*"$', f'"{span}"')
    wanted = {**agreement, **dates, **{table: {**agreement[table], **spans} for table, spans in times.items()}}
    if tomllib.loads(changed) != wanted:
        raise ValueError("The times of the agreement cannot be changed without changing more. Edit its tables by hand.")
    return changed


def _term(agreement: Mapping[str, Any], today: date) -> dict[str, date]:
    """The demonstration can be run on any day: the term moves only where today is outside it."""
    if agreement["in_force"] <= today <= agreement["ends"]:
        return {}
    return {"in_force": today - timedelta(days=1), "ends": today + timedelta(days=365)}


def _replaced(text: str, pattern: str, value: str) -> str:
    changed, count = re.subn(pattern, lambda found: found[1] + value, text)
    if count != 1:
        raise ValueError("A time of the agreement is not where the program looks for it, or stands there twice.")
    return changed

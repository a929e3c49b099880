"""What a CJS offence code tells of a case: its offence groups (agreement clause 7.1). Only the groups leave the desk.

The table is the operator's own or the built-in one. As TOML: for each group, its codes divided by white space.
As CSV: the columns `cjs_code` and `groups`, several groups divided by `|`.
"""

import csv
import io
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, get_args

from msgspec import Struct

from contracts.vocabulary import OffenceGroup

BUILT_IN: Final = Path(__file__).with_name("offence_groups.toml")

GROUPS: Final[tuple[OffenceGroup, ...]] = get_args(OffenceGroup)
SOURCE_WORDS: Final[Mapping[str, OffenceGroup]] = {
    "SEXUAL_TRPR0004": "sexual",
    "SEXUAL_PREFIX": "sexual",
    "DOMESTIC_BY_TITLE": "domestic-abuse",
    "HATE_BY_TITLE": "hate",
    "STALK_HARASS_BY_TITLE": "stalking",
    "DEATH_BY_TITLE": "death",
}
"""Names of groups in lists made from the Ministry of Justice's standing data, understood beside our own."""
WORDS: Final[Mapping[str, OffenceGroup]] = {**SOURCE_WORDS, **{group: group for group in GROUPS if group != "other"}}

_CODE = re.compile(r"([A-Z]{2}[0-9]{2}|COML|XX00)[0-9]{3}[ABCI]?")

Entry = tuple[str, str, str]
"""Where it stands, a code, and the word for a group."""


class OffencesRefused(ValueError):
    """The table cannot be used; the message says where and what to change."""


class OffenceTable(Struct, frozen=True):
    """The groups of each code that has any."""

    by_code: dict[str, tuple[OffenceGroup, ...]]

    def groups(self, code: str) -> tuple[OffenceGroup, ...]:
        """The groups of a canonical code, in the vocabulary's order; `other` alone if it has none.

        Codes match exactly: `SX03001A` has a group only if it stands there itself.
        """
        return self.by_code.get(code, ("other",))


def load(path: Path = BUILT_IN) -> OffenceTable:
    """The table in this `.toml` or `.csv` file. Raises OffencesRefused.

    What is not understood is refused, not skipped: skipped, it would let a sensitive case pass without review.
    """
    text = _read(path)
    try:
        return _table(_from_csv(text) if path.suffix.lower() == ".csv" else _from_toml(text))
    except tomllib.TOMLDecodeError as error:
        raise OffencesRefused(f"The offence groups are not valid TOML: {error}.") from error
    except csv.Error as error:
        raise OffencesRefused("The offence groups are not valid CSV. Save the file as plain CSV.") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise OffencesRefused("The offence groups cannot be read. Check the path and the permissions.") from error
    except UnicodeDecodeError as error:
        raise OffencesRefused("The offence groups are not UTF-8 text. Save the file as UTF-8.") from error


def _from_toml(text: str) -> Iterator[Entry]:
    for number, (word, codes) in enumerate(tomllib.loads(text).items(), 1):
        if not isinstance(codes, str):
            raise OffencesRefused(f"Group {number}: write the codes as one text, divided by white space.")
        yield from ((f"Group {number}", code, word) for code in codes.split())


def _from_csv(text: str) -> Iterator[Entry]:
    reader = csv.DictReader(io.StringIO(text))
    if not {"cjs_code", "groups"} <= set(reader.fieldnames or ()):
        raise OffencesRefused("Line 1: the columns cjs_code and groups are needed.")
    for row in reader:
        place = f"Line {reader.line_num}"
        if None in row.values():
            raise OffencesRefused(f"{place}: there are too few columns. Leave groups empty for a code without any.")
        yield from ((place, row["cjs_code"].strip(), word.strip()) for word in row["groups"].split("|") if word.strip())


def _table(entries: Iterator[Entry]) -> OffenceTable:
    found: dict[str, set[OffenceGroup]] = {}
    for place, code, word in entries:
        if _CODE.fullmatch(code) is None:
            raise OffencesRefused(f"{place}: one of the codes is not a CJS offence code, such as SX03001A.")
        if word not in WORDS:
            raise OffencesRefused(f"{place}: the group is not known. The groups are: {', '.join(GROUPS[:-1])}.")
        found.setdefault(code, set()).add(WORDS[word])
    if not found:
        raise OffencesRefused("The table names no code with a group: then no case would be reviewed for its offence.")
    return OffenceTable({code: tuple(group for group in GROUPS if group in named) for code, named in found.items()})

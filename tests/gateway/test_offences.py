"""Offence groups by CJS code: the built-in table, an operator's own, and tables that cannot be trusted."""

import csv
import os
from pathlib import Path

import pytest

from contracts.vocabulary import OffenceGroup
from gateway.desk.offences import SOURCE_WORDS, OffencesRefused, OffenceTable, load

REFERENCE = Path(os.environ.get("RJ_SHARED", Path(__file__).parents[3] / "shared")) / "reference/sensitive_offences.csv"
reference_only = pytest.mark.skipif(not REFERENCE.exists(), reason="the reference table of offence codes is not here")


@pytest.fixture(scope="module")
def built_in() -> OffenceTable:
    return load()


@pytest.fixture
def own(tmp_path):
    """Load an operator's own table from text."""

    def read(text: str, name: str = "own.csv", encoding: str = "utf-8") -> OffenceTable:
        path = tmp_path / name
        path.write_text(text, encoding=encoding)
        return load(path)

    return read


@pytest.mark.parametrize(
    ("code", "groups"),
    [
        ("SX03001A", ("sexual",)),
        ("SX56057", ("sexual",)),
        ("SC15004", ("domestic-abuse",)),
        ("CD98066", ("hate",)),
        ("CD98067", ("hate", "stalking")),
        ("PH97006", ("stalking",)),
        ("COML025", ("death",)),
        ("TH68036", ("other",)),
    ],
)
def test_a_code_has_the_groups_of_its_offence(built_in, code, groups):
    """In the vocabulary's order; a theft has none of them and is `other`."""
    assert built_in.groups(code) == groups


@pytest.mark.parametrize("code", ["COML022A", "COML02", "coml022", "COML022 ", ""])
def test_codes_match_exactly(built_in, code):
    """Neither a prefix, a suffix nor another case of a listed code is that code."""
    assert built_in.groups("COML022") == ("death",)
    assert built_in.groups(code) == ("other",)


@reference_only
def test_the_built_in_table_is_the_reference_exactly(built_in):
    """No code of the source is left out, none is added, and each has its groups."""
    order: tuple[OffenceGroup, ...] = ("sexual", "domestic-abuse", "hate", "stalking", "death")
    with REFERENCE.open(newline="", encoding="utf-8") as lines:
        named = {row["cjs_code"]: {SOURCE_WORDS[w] for w in row["groups"].split("|")} for row in csv.DictReader(lines)}
    assert built_in.by_code == {code: tuple(g for g in order if g in groups) for code, groups in named.items()}


@reference_only
def test_an_operator_may_bring_the_reference_file_itself(built_in):
    """The source's own CSV is read as it is."""
    assert load(REFERENCE) == built_in


def test_an_operators_csv_may_use_either_words_and_any_further_columns(own):
    """Our words, the source's words, a title, and an Excel byte order mark."""
    table = own(
        'title,cjs_code,groups\n"a, b",TH68001,hate|death\nc,TH68002,SEXUAL_PREFIX\nd,TH68003,\n', encoding="utf-8-sig"
    )
    assert [table.groups(f"TH6800{n}") for n in (1, 2, 3)] == [("hate", "death"), ("sexual",), ("other",)]


def test_a_code_listed_twice_has_all_its_groups(own):
    """Two lines about one code never hide a group."""
    assert own("cjs_code,groups\nTH68001,death\nTH68001,hate\n").groups("TH68001") == ("hate", "death")


def test_an_operators_toml_names_codes_by_group(own):
    """The form of the built-in table."""
    assert own('hate = "TH68001 TH68002"\n', "own.toml").groups("TH68002") == ("hate",)


@pytest.mark.parametrize(
    ("name", "text", "named"),
    [
        pytest.param("own.csv", "code,groups\nTH68001,hate\n", "Line 1", id="wrong column"),
        pytest.param("own.csv", "", "Line 1", id="empty file"),
        pytest.param("own.csv", "cjs_code,groups\nTH68001,hate\nTH68002,spite\n", "Line 3", id="unknown group"),
        pytest.param("own.csv", "cjs_code,groups\nTH68001,other\n", "Line 2", id="other is no group to list"),
        pytest.param("own.csv", "cjs_code,groups\nSX3001,sexual\n", "Line 2", id="not a code"),
        pytest.param(
            "own.csv", "cjs_code,groups\nSX03001A,sexual\nSX03001AA,sexual\n", "Line 3", id="code with a tail"
        ),
        pytest.param("own.csv", "cjs_code,groups\nTH68001\n", "Line 2", id="short line"),
        pytest.param("own.csv", "groups,cjs_code\nhate\n", "Line 2", id="line without its code"),
        pytest.param("own.csv", "cjs_code,groups\nTH68001," + "x" * 140_000, "not valid CSV", id="endless field"),
        pytest.param("own.csv", "cjs_code,groups\nTH68001,\n", "no code with a group", id="no group at all"),
        pytest.param("own.toml", "hate = ", "not valid TOML", id="broken TOML"),
        pytest.param("own.toml", 'spite = "TH68001"', "Group 1", id="unknown group in TOML"),
        pytest.param("own.toml", 'hate = ["TH68001"]', "Group 1", id="codes as a list"),
        pytest.param("own.toml", 'hate = "th68001"', "Group 1", id="code in lower case"),
    ],
)
def test_a_table_that_is_not_understood_is_refused_and_not_skipped(own, name, text, named):
    """A line passed over in silence would let a sensitive case go without review."""
    with pytest.raises(OffencesRefused, match=named) as refused:
        own(text, name)
    assert "spite" not in str(refused.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    """Not there, or not text."""
    with pytest.raises(OffencesRefused, match="cannot be read"):
        load(tmp_path / "none.toml")
    (tmp_path / "own.csv").write_bytes(b"cjs_code,groups\n\xff")
    with pytest.raises(OffencesRefused, match="UTF-8"):
        load(tmp_path / "own.csv")

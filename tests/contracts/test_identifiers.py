"""Identifiers as staff type them."""

import ast
import csv
import json
import os
import pickle
import string
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from contracts import identifiers
from contracts.identifiers import (
    FORCES,
    TERRITORIAL_FORCES,
    BadIdentifier,
    asn,
    check_letter,
    crime_reference,
    cro,
    force_code,
    offence_code,
    owning_force,
    pnc_id,
    prison_code,
    prison_number,
    pti_urn,
)

TODAY = date(2026, 11, 22)
Parser = Callable[[str], str]


def pnc(typed: str) -> str:
    return pnc_id(typed, TODAY)


PARSERS: dict[str, Parser] = {
    "pnc-id": pnc,
    "cro": cro,
    "prison-number": prison_number,
    "asn": asn,
    "pti-urn": pti_urn,
    "crime-reference": crime_reference,
    "offence-code": offence_code,
    "prison-code": prison_code,
    "force-code": force_code,
}
SOURCES = sorted(Path(identifiers.__file__).parent.glob("*.py"))
SENTENCES = {
    node.value
    for source in SOURCES
    for node in ast.walk(ast.parse(source.read_text()))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
}

SHARED = Path(os.environ.get("RJ_SHARED") or Path(__file__).parents[3] / "shared") / "reference"
needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="the shared reference data is not here (RJ_SHARED)")


def refusal(parse: Parser, typed: str) -> BadIdentifier:
    with pytest.raises(BadIdentifier) as caught:
        parse(typed)
    assert caught.value.message in SENTENCES, "a message is a fixed sentence, never built from the input"
    return caught.value


def outcome(parse: Parser, typed: str) -> str | BadIdentifier:
    try:
        return parse(typed)
    except BadIdentifier as bad:
        return bad


def accepted(parse: Parser, typed: str) -> bool:
    return isinstance(outcome(parse, typed), str)


# --- Valid identifiers, and the ways in which staff type them ---------------------------------------------------------


def pnc_text(year: int, serial: int) -> str:
    return f"{year}/{serial:07}{check_letter(year % 100 * 10**7 + serial)}"


def cro_text(year: int, serial: int) -> str:
    return f"{serial:06}/{year:02}{check_letter(year * 10**6 + serial)}"


def file_cro_text(year: int, serial: int) -> str:
    return f"SF{year:02}/{serial}{check_letter(int(f'{year:02}{serial}'))}"


def asn_text(year: int, force: str, unit: str, system: str, sequence: int) -> str:
    covered = "".join(part for part in (force, system) if part.isdigit())
    letter = check_letter(int(f"{covered}{year:02}{sequence:011}"))
    return f"{year:02}{force}{unit}{system}{sequence:011}{letter}"


pairs = st.text(string.ascii_uppercase + string.digits, min_size=2, max_size=2)
pnc_years, pnc_serials = st.integers(1927, 2026), st.integers(0, 9_999_999)
two_digits = st.integers(0, 99)

CANONICAL = {
    "pnc-id": st.builds(pnc_text, pnc_years, pnc_serials),
    "cro": st.builds(cro_text, two_digits, st.integers(0, 999_999))
    | st.builds(file_cro_text, two_digits, st.integers(1, 999_999)),
    "prison-number": st.from_regex(r"[A-Z][0-9]{4}[A-Z]{2}", fullmatch=True),
    "asn": st.builds(asn_text, two_digits, pairs, pairs, pairs, st.integers(0, 10**11 - 1)),
    "pti-urn": st.from_regex(r"[A-Z0-9]{4}[0-9]{3,7}", fullmatch=True),
    "crime-reference": st.text(string.ascii_uppercase + string.digits + "/-:.#", min_size=1, max_size=40),
    "offence-code": st.from_regex(r"([A-Z]{2}[0-9]{2}|COML|XX00)[0-9]{3}[ABCI]?", fullmatch=True),
    "prison-code": st.from_regex(r"[A-Z][A-Z0-9]{1,5}", fullmatch=True),
    "force-code": st.from_regex(r"[0-9]{2}", fullmatch=True),
}
kinds = st.sampled_from(sorted(CANONICAL))
valid = kinds.flatmap(lambda kind: st.tuples(st.just(kind), CANONICAL[kind]))
gaps = st.integers(0, 2).map(" ".__mul__)


@st.composite
def as_said(draw: st.DrawFn, canonical: str, *, inner: bool = True) -> str:
    """The same in any mix of capitals, with spaces around and, where they mean nothing, inside."""
    letters = [letter.lower() if draw(st.booleans()) else letter for letter in canonical]
    gap = draw(gaps) if inner and len(canonical) <= 20 else ""
    return draw(gaps) + gap.join(letters) + draw(gaps)


def pnc_forms(year: int, serial: int) -> list[str]:
    """Every way to write one PNC ID that can be read in one way only."""
    canonical = pnc_text(year, serial)
    letter = canonical[-1]
    slashed = [f"{y}/{n}{letter}" for y in (f"{year}", f"{year % 100:02}") for n in (f"{serial}", f"{serial:07}")]
    return [*slashed, canonical.replace("/", "")]


@given(valid)
def test_canonical_form_is_a_fixed_point(case: tuple[str, str]) -> None:
    """What a parser returns, it accepts and returns unchanged."""
    kind, canonical = case
    assert PARSERS[kind](canonical) == canonical


@given(st.data(), valid)
def test_case_and_spaces_do_not_matter(data: st.DataObject, case: tuple[str, str]) -> None:
    """Lower case and spaces lead to the same canonical form."""
    kind, canonical = case
    assert PARSERS[kind](data.draw(as_said(canonical, inner=kind != "crime-reference"))) == canonical


@given(st.data(), pnc_years, pnc_serials)
def test_every_unambiguous_form_of_a_pnc_id_is_one_pnc_id(data: st.DataObject, year: int, serial: int) -> None:
    """Short years, serials without zeros and a missing slash lead to the same canonical form."""
    form = data.draw(st.sampled_from(pnc_forms(year, serial)))
    assert pnc(data.draw(as_said(form))) == pnc_text(year, serial)


@given(pnc_years, pnc_serials)
@example(2019, 7_112_345)
@example(2020, 1_312_345)
def test_ten_characters_are_a_short_year_or_a_request_for_the_slash(year: int, serial: int) -> None:
    """A short year and full serial without the slash are never taken for somebody else."""
    typed = pnc_text(year, serial)[2:].replace("/", "")
    read = outcome(pnc, typed)
    if isinstance(read, BadIdentifier):
        assert "Put a slash" in read.message
        assert typed[:2] in {"19", "20"}
    else:
        assert read == pnc_text(year, serial)


def test_ten_characters_that_fit_two_people_are_refused() -> None:
    """When both readings have a fitting letter, the slash is asked for instead of guessing."""
    short_year, long_year = pnc_text(2019, 7_112_345), pnc_text(1971, 12_345)
    assert short_year[-1] == long_year[-1]
    assert "Put a slash" in refusal(pnc, short_year[2:].replace("/", "")).message
    assert pnc(short_year) != pnc(long_year)


@given(two_digits, st.integers(0, 999_999))
def test_every_form_of_a_cro_number_is_one_cro_number(year: int, serial: int) -> None:
    """The standard form may leave out zeros and the slash."""
    canonical = cro_text(year, serial)
    forms = (f"{serial}/{year:02}{canonical[-1]}", f"{serial}{year:02}{canonical[-1]}", canonical.replace("/", ""))
    assert {cro(form) for form in forms} == {canonical}


@given(two_digits, pairs, pairs, pairs, st.integers(0, 10**11 - 1))
def test_every_form_of_an_asn_is_one_asn(year: int, force: str, unit: str, system: str, sequence: int) -> None:
    """The short form with slashes, and the same without, lead to the 20 characters."""
    canonical = asn_text(year, force, unit, system, sequence)
    parts = f"{year:02}", force + unit, system, f"{sequence}{canonical[-1]}"
    assert {asn("/".join(parts)), asn("".join(parts))} == {canonical}


# --- The check letter -------------------------------------------------------------------------------------------------


def test_check_alphabet_leaves_out_i_o_and_s() -> None:
    """The remainders 0 to 22 give the 23 letters in order, and then begin again."""
    assert "".join(map(check_letter, range(24))) == "ZABCDEFGHJKLMNPQRTUVWXYZ"


@given(st.data(), st.sampled_from(["pnc-id", "cro"]))
def test_one_changed_digit_is_always_caught(data: st.DataObject, kind: str) -> None:
    """No single wrong digit passes, in the century included."""
    canonical = data.draw(CANONICAL[kind])
    place = data.draw(st.sampled_from([i for i, char in enumerate(canonical) if char.isdigit()]))
    digit = data.draw(st.sampled_from(string.digits).filter(canonical[place].__ne__))
    refusal(PARSERS[kind], canonical[:place] + digit + canonical[place + 1 :])


@given(two_digits, pnc_serials, two_digits, pnc_serials)
@example(79, 163_001, 79, 163_024)
def test_a_letter_fits_another_number_only_at_multiples_of_23(year: int, serial: int, year2: int, serial2: int) -> None:
    """A letter moved to another number is refused unless the two differ by a multiple of 23."""
    number, number2 = year * 10**7 + serial, year2 * 10**7 + serial2
    moved = f"{year2:02}/{serial2}{check_letter(number)}"
    assert accepted(pnc, moved) is ((number - number2) % 23 == 0)


@given(st.data(), st.integers(0, 9), st.integers(0, 9))
def test_the_unit_of_an_asn_is_not_in_its_check(data: st.DataObject, first: int, second: int) -> None:
    """The unit may be any other without another letter."""
    canonical = data.draw(CANONICAL["asn"])
    other = f"{canonical[:4]}{first}{second}{canonical[6:]}"
    assert asn(other) == other


# --- Refusals ---------------------------------------------------------------------------------------------------------


@given(st.text(max_size=80) | st.text(string.printable + "０Ａ٣–\0", max_size=24), kinds)
def test_any_text_is_read_or_refused_in_our_own_words(typed: str, kind: str) -> None:
    """Whatever is typed, the answer is a fixed point or one of the written sentences, with nothing of the input."""
    read = outcome(PARSERS[kind], typed)
    if isinstance(read, BadIdentifier):
        assert read.kind == kind
        assert str(read) == read.message
        assert read.message in SENTENCES
        assert read.__cause__ is read.__context__ is None
    else:
        assert PARSERS[kind](read) == read
        assert read.isascii()
        assert read.isprintable()


@given(st.data(), valid)
def test_a_damaged_identifier_is_not_repeated(data: st.DataObject, case: tuple[str, str]) -> None:
    """A near miss is answered with a sentence that holds no digit, and so no number that was typed."""
    kind, canonical = case
    place = data.draw(st.integers(0, len(canonical)))
    damaged = canonical[:place] + data.draw(st.sampled_from("-/OIS0\0x٣")) + canonical[place:]
    assume(not accepted(PARSERS[kind], damaged))
    message = refusal(PARSERS[kind], damaged).message
    assert not any(char.isdigit() for char in message)
    assert message.endswith(".")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("1971-6839472N", "Use a slash, not a hyphen"),
        ("1971–6839472N", "Use a slash, not a hyphen"),
        ("1999/1928810O", "never I, O or S"),
        ("79/163001s", "never I, O or S"),
        ("1987/0092394U", "does not fit the number"),
        ("1988/0673068JJ", "more than one letter"),
        ("1993/6138366", "check letter at the end is missing"),
        ("79/163001B.", "Remove anything after that letter"),
        ("79/16300lB", "more than one letter"),
        ("79/16O001B", "letter typed for a digit"),
        ("79//163001B", "more than one slash"),
        ("79163001B", "Put a slash"),
        ("1979163001B", "Put a slash"),
        ("2027/0163001B", "in the future"),
        ("1879/0163001B", "too long ago"),
        ("979/0163001B", "two or four digits"),
        ("/163001B", "two or four digits"),
        ("79/B", "one to seven digits"),
        ("79/10163001B", "one to seven digits"),
        ("", "Nothing has been entered"),
        ("   ", "Nothing has been entered"),
        ("B", "Put a slash"),
        ("1979/0163001B" + " " * 60, "too long"),
        ("1979/0163001B\0", "cannot be used"),
        ("1979/0163001\N{FULLWIDTH LATIN CAPITAL LETTER B}", "cannot be used"),
        ("1979/\N{ARABIC-INDIC DIGIT ZERO}163001B", "cannot be used"),
        ("1979/0163001B\n", "cannot be used"),
    ],
)
def test_a_bad_pnc_id_is_explained(typed: str, says: str) -> None:
    """Each mistake has its own sentence, which says what to change."""
    assert says in refusal(pnc, typed).message


@pytest.mark.parametrize(
    ("parse", "typed", "says"),
    [
        (cro, "65656-91H", "Use a slash"),
        (cro, "79/163001B", "The year comes last"),
        (cro, "65657/91H", "does not fit"),
        (cro, "SF83/050058Z", "Leave out the zeros"),
        (cro, "SF83/50059Z", "does not fit"),
        (cro, "SF8350Z", "does not fit"),
        (cro, "SX83/50058Z", "file number is SF"),
        (asn, "12-01ZD-01-445739G", "Use a slash"),
        (asn, "12/01ZD/01/445738G", "does not fit"),
        (asn, "12/01ZD/445739G", "does not fit"),
        (asn, "12/01Z/D/01/445739G", "Check each part"),
        (asn, "12/01ZD/01/445739", "check letter at the end is missing"),
        (prison_number, "A1234B", "one letter, four digits and two letters"),
        (prison_number, "1234ABC", "one letter, four digits and two letters"),
        (prison_number, "AA234BC", "one letter, four digits and two letters"),
        (prison_number, "A1234BC\n", "cannot be used"),
        (prison_number, "A-1234-BC", "Leave out the hyphen"),
        (pti_urn, "01/ZD/0303208", "Leave out any slash"),
        (owning_force, "ABZD0303208", "two digits of a force"),
        (offence_code, "TH680O1", "letter O"),
        (offence_code, "TH68001D", "two letters and five digits"),
        (prison_code, "M", "two to six"),
        (prison_code, "13", "starts with a letter"),
        (prison_code, "MOORLAND", "two to six"),
        (force_code, "1", "Keep a zero at the start"),
        (force_code, "٠١", "cannot be used"),
        (crime_reference, "1" * 41, "too long"),
        (crime_reference, "1" * 65, "too long"),
        (crime_reference, " ", "Nothing has been entered"),
        (crime_reference, "13\t42", "cannot be used"),
    ],
)
def test_any_other_bad_identifier_is_explained(parse: Parser, typed: str, says: str) -> None:
    """Each kind says how it is built."""
    assert says in refusal(parse, typed).message


def test_a_refusal_survives_pickling() -> None:
    """Kind and message cross a process boundary."""
    bad = pickle.loads(pickle.dumps(refusal(prison_number, "A1234B")))
    assert (bad.kind, bad.message) == ("prison-number", refusal(prison_number, "A1234B").message)


# --- Known examples ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parse", "typed", "canonical"),
    [
        (pnc, "79/163001B", "1979/0163001B"),
        (pnc, " 79 / 163001 b ", "1979/0163001B"),
        (pnc, "790163001B", "1979/0163001B"),
        (pnc, "1979 0163001B", "1979/0163001B"),
        (pnc, "04/1058757H", "2004/1058757H"),
        (cro, "65656/91H", "065656/91H"),
        (cro, "65656 91h", "065656/91H"),
        (cro, "SF83/50058Z", "SF83/50058Z"),
        (cro, "sf83 50058z", "SF83/50058Z"),
        (asn, "12/01ZD/01/445739G", "1201ZD0100000445739G"),
        (asn, "12 01zd 01 445739g", "1201ZD0100000445739G"),
        (prison_number, "a1234 bc", "A1234BC"),
        (pti_urn, "01zd0303208", "01ZD0303208"),
        (owning_force, "13ab123", "13"),
        (offence_code, "coml025a", "COML025A"),
        (prison_code, "mdi", "MDI"),
        (force_code, " 13 ", "13"),
        (crime_reference, "  13ab /  12-3 ", "13AB / 12-3"),
    ],
)
def test_known_examples_are_read(parse: Parser, typed: str, canonical: str) -> None:
    """Published examples, and the same as staff type them."""
    assert parse(typed) == canonical


def test_the_century_turns_with_the_year() -> None:
    """A two-digit year is this century's up to this year, and the last century's after it."""
    this, following = pnc_text(2026, 1), pnc_text(2027, 1)
    assert pnc(this[2:]) == this
    assert pnc(following[2:]) == following.replace("2027", "1927")
    assert pnc_id(following[2:], date(2027, 1, 1)) == following


def test_the_forces_are_the_43_and_the_british_transport_police() -> None:
    """Every code offered is a force code, and each has one name."""
    assert len(TERRITORIAL_FORCES) == len(set(TERRITORIAL_FORCES.values())) == 43
    assert FORCES.keys() - TERRITORIAL_FORCES.keys() == {"93"}
    assert [force_code(code) for code in FORCES] == list(FORCES)


# --- The shared reference data ----------------------------------------------------------------------------------------


def column(file: str, name: str) -> list[str]:
    with (SHARED / file).open(encoding="utf-8", newline="") as rows:
        return [row[name] for row in csv.DictReader(rows)]


@needs_shared
@pytest.mark.parametrize(
    ("parse", "file", "name"),
    [
        (offence_code, "sensitive_offences.csv", "cjs_code"),
        (prison_code, "prisons.csv", "prison_id"),
        (force_code, "forces.csv", "code"),
    ],
)
def test_every_code_in_the_reference_data_is_canonical(parse: Parser, file: str, name: str) -> None:
    """The national lists are read, and are already in canonical form."""
    codes = column(file, name)
    assert codes
    assert [parse(code) for code in codes] == codes


@needs_shared
def test_the_territorial_forces_are_those_of_the_reference_data() -> None:
    """The facts written here are the 43 of the list."""
    of_kind = zip(column("forces.csv", "code"), column("forces.csv", "kind"), strict=True)
    assert {code for code, kind in of_kind if kind == "territorial_43"} == TERRITORIAL_FORCES.keys()


CASE_FIELDS = {
    "pnc_id": pnc,
    "prison_number": prison_number,
    "offence_code": offence_code,
    "crime_reference": crime_reference,
    "prison": prison_code,
    "force": force_code,
}


@needs_shared
def test_the_shared_cases_stop_at_the_desk_exactly_when_expected() -> None:
    """A case is R01 if and only if one of its identifiers is refused, and its PNC ID reads as the case says."""
    cases = [json.loads(line) for line in (SHARED / "cases.jsonl").read_text(encoding="utf-8").splitlines()]
    assert cases
    for case in cases:
        read = {name: accepted(parse, case[name]) for name, parse in CASE_FIELDS.items()}
        assert all(read.values()) is (case["expect"]["reason"] != "R01"), case["case"]
        expected = case["expect"]["pnc_id"]
        assert (pnc(case["pnc_id"]) if read["pnc_id"] else None) == expected, case["case"]

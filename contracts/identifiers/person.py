"""The identifiers of a person: PNC ID, CRO number, prison number."""

import re
from datetime import date
from typing import Final

from contracts.identifiers.reading import BadIdentifier, check_letter, compact, lettered, must_fit, must_match

# The two century digits are outside the check letter. Held to this and to today, no single wrong digit in them passes.
EARLIEST_YEAR: Final = 1900

_PRISON_NUMBER: Final = re.compile(r"[A-Z][0-9]{4}[A-Z]{2}")
_STANDARD_CRO: Final = re.compile(r"([0-9]{1,6})/?([0-9]{2})")
_FILE_CRO: Final = re.compile(r"SF([0-9]{2})/?([0-9]{1,6})")


def pnc_id(typed: str, today: date) -> str:
    """The canonical PNC ID, `YYYY/NNNNNNNL`.

    Takes two- or four-digit years and serials of 1 to 7 digits. A two-digit year up to this year's is 20YY, else 19YY.
    Without the slash only a full serial can be told from its year. Check: two-digit year, then the serial padded to 7.
    """
    body, letter = lettered("pnc-id", typed)
    if re.search("[^0-9/]", body):
        raise BadIdentifier(
            "pnc-id", "Use only digits and one slash before the last letter. Check for a letter typed for a digit."
        )
    year_digits, serial = _year_and_serial(body, letter, today)
    year = _year(year_digits, today)
    if not 1 <= len(serial) <= 7:
        raise BadIdentifier("pnc-id", "The number after the slash must have one to seven digits before its letter.")
    must_fit("pnc-id", _pnc_number(year, serial), letter)
    return f"{year}/{serial.zfill(7)}{letter}"


def _year_and_serial(body: str, letter: str, today: date) -> tuple[str, str]:
    if body.count("/") > 1:
        raise BadIdentifier("pnc-id", "There is more than one slash. Keep only the one between year and number.")
    if "/" in body:
        year, _, serial = body.partition("/")
        return year, serial
    if len(body) == 11:
        return body[:4], body[4:]
    if len(body) == 9 and not _fits_long_year(body, letter, today):
        return body[:2], body[2:]
    raise BadIdentifier(
        "pnc-id", "Put a slash between the year and the number: without it there is more than one way to read this."
    )


def _fits_long_year(body: str, letter: str, today: date) -> bool:
    """Whether nine digits may be YYYY and five of serial: then they are not taken for YY and seven, another person."""
    year, serial = int(body[:4]), body[4:]
    return EARLIEST_YEAR <= year <= today.year and check_letter(_pnc_number(year, serial)) == letter


def _pnc_number(year: int, serial: str) -> int:
    return year % 100 * 10**7 + int(serial)


def _year(digits: str, today: date) -> int:
    if len(digits) not in {2, 4}:
        raise BadIdentifier("pnc-id", "The year before the slash must have two or four digits.")
    year = int(digits)
    if len(digits) == 2:
        return year + (2000 if year <= today.year % 100 else 1900)
    if year > today.year:
        raise BadIdentifier("pnc-id", "The year is in the future. Check the digits before the slash.")
    if year < EARLIEST_YEAR:
        raise BadIdentifier("pnc-id", "The year is too long ago. Check the digits before the slash.")
    return year


def cro(typed: str) -> str:
    """The canonical CRO number: `NNNNNN/YYL`, or `SFYY/N…L` for one held on file.

    The year is always two digits, so the slash may be left out. Check: year, then the serial, padded to 6 in the
    standard form and as it stands in the file form, which therefore has no zeros at the start.
    """
    body, letter = lettered("cro", typed)
    return _file_cro(body, letter) if body.startswith("S") else _standard_cro(body, letter)


def _standard_cro(body: str, letter: str) -> str:
    advice = "A CRO number is up to six digits, a slash, a two-digit year and a letter. The year comes last."
    serial, year = must_match("cro", _STANDARD_CRO, body, advice).groups()
    must_fit("cro", int(year + serial.zfill(6)), letter)
    return f"{serial.zfill(6)}/{year}{letter}"


def _file_cro(body: str, letter: str) -> str:
    advice = "A CRO file number is SF, a two-digit year, a slash, up to six digits and a letter."
    year, serial = must_match("cro", _FILE_CRO, body, advice).groups()
    if serial.startswith("0"):
        raise BadIdentifier("cro", "Leave out the zeros after the slash: a file number is never filled up with zeros.")
    must_fit("cro", int(year + serial), letter)
    return f"SF{year}/{serial}{letter}"


def prison_number(typed: str) -> str:
    """The canonical prison number, a letter, four digits and two letters. It has no check letter."""
    advice = (
        "A prison number is one letter, four digits and two letters. "
        "Check that none is missing and that no zero is typed as the letter O."
    )
    return must_match("prison-number", _PRISON_NUMBER, compact("prison-number", typed), advice).group()

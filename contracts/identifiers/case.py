"""The identifiers of a case: arrest or summons number, PTI-URN, crime reference, offence code."""

import re
from typing import Final

from contracts.identifiers.place import FORCE_CODE
from contracts.identifiers.reading import BadIdentifier, compact, lettered, must_fit, must_match, printable

LONGEST_CRIME_REFERENCE: Final = 40

_ASN: Final = re.compile(r"([0-9]{2})/?([A-Z0-9]{2})([A-Z0-9]{2})/?([A-Z0-9]{2})/?([0-9]{1,11})")
_PTI_URN: Final = re.compile(r"[A-Z0-9]{4}[0-9]{3,7}")
# The catch-all XX00 of the national list is two letters and two digits like any other.
_OFFENCE_CODE: Final = re.compile(r"([A-Z]{2}[0-9]{2}|COML)[0-9]{3}[ABCI]?")


def asn(typed: str) -> str:
    """The canonical arrest or summons number: 20 characters, year, force, unit, system, 11 digits and a check letter.

    Slashes and zeros at the start of the sequence may be left out, as in `12/01ZD/01/445739G`.
    Check: force and system where they are digits, year, padded sequence. The unit is not covered.
    """
    body, letter = lettered("asn", typed)
    advice = (
        "An arrest or summons number is a two-digit year, force, unit and system of two characters each, "
        "up to eleven digits and a letter. Check each part, from the left."
    )
    year, force, unit, system, sequence = must_match("asn", _ASN, body, advice).groups()
    covered = [part for part in (force, system) if part.isdigit()]
    must_fit("asn", int("".join(covered) + year + sequence.zfill(11)), letter)
    return f"{year}{force}{unit}{system}{sequence.zfill(11)}{letter}"


def pti_urn(typed: str) -> str:
    """The canonical PTI-URN: force (2 characters), unit (2 characters), then 3 to 7 digits. It has no check letter."""
    advice = (
        "A unique reference number is four letters or digits for the force and unit, then three to seven digits. "
        "Leave out any slash."
    )
    return must_match("pti-urn", _PTI_URN, compact("pti-urn", typed), advice).group()


def owning_force(typed: str) -> str:
    """The code of the force that owns the case of this PTI-URN: its first two characters, which must be digits."""
    force = pti_urn(typed)[:2]
    if not FORCE_CODE.fullmatch(force):
        raise BadIdentifier("pti-urn", "The first two characters must be the two digits of a force.")
    return force


def offence_code(typed: str) -> str:
    """The canonical CJS offence code, such as `TH68001`. That an offence exists under it is not checked here."""
    advice = (
        "An offence code is two letters and five digits, with A, B, C or I after them in a few. "
        "Check that no zero is typed as the letter O."
    )
    return must_match("offence-code", _OFFENCE_CODE, compact("offence-code", typed), advice).group()


def crime_reference(typed: str) -> str:
    """A force's own crime reference: 1 to 40 printable ASCII characters in capitals, with single spaces inside.

    Nothing else is known of it: each force has its own form. Capitals, because a "no further contact" is found by it.
    """
    reference = " ".join(printable("crime-reference", typed).split())
    if len(reference) > LONGEST_CRIME_REFERENCE:
        raise BadIdentifier("crime-reference", "This is too long for a crime reference. Enter it and nothing else.")
    return reference

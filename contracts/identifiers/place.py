"""The identifiers of a place: prison code, force code, and the names of the forces."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from contracts.identifiers.reading import compact, must_match

FORCE_CODE: Final = re.compile(r"[0-9]{2}")
_PRISON_CODE: Final = re.compile(r"[A-Z][A-Z0-9]{1,5}")

# Source: the Home Office force codes, as used by the Police National Computer and the criminal courts.
TERRITORIAL_FORCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "01": "Metropolitan",
        "03": "Cumbria",
        "04": "Lancashire",
        "05": "Merseyside",
        "06": "Greater Manchester",
        "07": "Cheshire",
        "10": "Northumbria",
        "11": "Durham",
        "12": "North Yorkshire",
        "13": "West Yorkshire",
        "14": "South Yorkshire",
        "16": "Humberside",
        "17": "Cleveland",
        "20": "West Midlands",
        "21": "Staffordshire",
        "22": "West Mercia",
        "23": "Warwickshire",
        "30": "Derbyshire",
        "31": "Nottinghamshire",
        "32": "Lincolnshire",
        "33": "Leicestershire",
        "34": "Northamptonshire",
        "35": "Cambridgeshire",
        "36": "Norfolk",
        "37": "Suffolk",
        "40": "Bedfordshire",
        "41": "Hertfordshire",
        "42": "Essex",
        "43": "Thames Valley",
        "44": "Hampshire",
        "45": "Surrey",
        "46": "Kent",
        "47": "Sussex",
        "48": "City of London",
        "50": "Devon and Cornwall",
        "52": "Avon and Somerset",
        "53": "Gloucestershire",
        "54": "Wiltshire",
        "55": "Dorset",
        "60": "North Wales",
        "61": "Gwent",
        "62": "South Wales",
        "63": "Dyfed-Powys",
    }
)
"""The 43 territorial forces of England and Wales, code to short name."""

FORCES: Final[Mapping[str, str]] = MappingProxyType({**TERRITORIAL_FORCES, "93": "British Transport Police"})
"""The territorial forces and the British Transport Police, code to short name."""


def prison_code(typed: str) -> str:
    """The canonical prison code: a letter, then 1 to 5 letters or digits; nearly all are three letters (`MDI`)."""
    advice = "A prison code is two to six letters or digits and starts with a letter. Most are three letters."
    return must_match("prison-code", _PRISON_CODE, compact("prison-code", typed), advice).group()


def force_code(typed: str) -> str:
    """The canonical force code, two digits. That a force has it is not checked here: see `FORCES`."""
    advice = "A force code is two digits. Keep a zero at the start."
    return must_match("force-code", FORCE_CODE, compact("force-code", typed), advice).group()

"""The identifiers of the justice system: what staff type goes in, the canonical form comes out.

Every parser takes text and returns text, or raises `BadIdentifier` with a message for the person who typed it.
A canonical form parses to itself. May import only the standard library.
"""

from contracts.identifiers.case import asn, crime_reference, offence_code, owning_force, pti_urn
from contracts.identifiers.person import cro, pnc_id, prison_number
from contracts.identifiers.place import FORCES, TERRITORIAL_FORCES, force_code, prison_code
from contracts.identifiers.reading import BadIdentifier, Kind, check_letter

__all__ = [
    "FORCES",
    "TERRITORIAL_FORCES",
    "BadIdentifier",
    "Kind",
    "asn",
    "check_letter",
    "crime_reference",
    "cro",
    "force_code",
    "offence_code",
    "owning_force",
    "pnc_id",
    "prison_code",
    "prison_number",
    "pti_urn",
]

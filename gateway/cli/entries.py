"""An agency's entry in the directory: what its vault stands for, in public, endorsed by its own keys."""

from pathlib import Path
from typing import Any, Final

import msgspec

from contracts.agreement import load
from contracts.directory import Accession, Agency, SealingKey
from contracts.text import Origin
from gateway.cli.exits import Exit, Stop
from gateway.cli.files import read_signed
from gateway.config import read_file
from keys.documents import digest_of
from keys.endorsements import accede, endorse_sealing_key, new_signing_key
from keys.vault import Vault

DAY: Final = 86_400
SIGNS_DAYS: Final = 365
SEALS_DAYS: Final = 91
"""Agreement clause 11.3: sealing keys change every quarter."""

OPENS_DAYS: Final = 182
"""A quarter in which it is sealed to, and 90 days in which the last of that may still be opened (clause 11.8)."""


def first(about: dict[str, Any], held: Vault, origin: str, agreement: Path | None, now: int) -> Agency:
    """The public entry: keys endorsed, accession signed. Raises Stop where the directory could not list it."""
    signer = held.signing(next(iter(held.signing_seeds)))
    signing = new_signing_key(signer.public_key().public_bytes_raw(), now, now + SIGNS_DAYS * DAY)
    sealing = sealing_key(origin, about["id"], held, next(iter(held.sealing_seeds)), now)
    accessions = (_accession(origin, about["id"], held, agreement),) if agreement else ()
    try:
        msgspec.convert(origin, Origin)
        return msgspec.convert(
            {**about, "signing": (signing,), "sealing": (sealing,), "accessions": accessions}, Agency
        )
    except msgspec.ValidationError as error:
        raise Stop("The directory could not list this: check id, code, origin and the offices' ids (small letters, "
                   "digits and hyphens; codes in capitals).", Exit.USAGE) from error  # fmt: skip


def sealing_key(origin: str, agency_id: str, held: Vault, kid: str, now: int) -> SealingKey:
    """A sealing key of the vault, endorsed by the agency's newest signing key."""
    return endorse_sealing_key(
        origin,
        agency_id,
        held.sealing(kid).public.raw,
        held.signing(list(held.signing_seeds)[-1]),
        valid_from=now,
        seal_until=now + SEALS_DAYS * DAY,
        open_until=now + OPENS_DAYS * DAY,
    )


def _accession(origin: str, agency_id: str, held: Vault, agreement: Path) -> Accession:
    signed = read_signed(agreement)
    text = signed.document if signed else read_file(agreement, "the agreement").decode("utf-8", "replace")
    load(text)
    return accede(origin, agency_id, digest_of(text), held.signing(next(iter(held.signing_seeds))))

"""`amendment` and `directory-change`, a party → gateway: a new agreement version; agencies and keys.

The document itself is public, signed by both parties, and proves itself. The message puts on record that a party
orders it; the gateway goes by it, and announces it in the log, once the signed document lies beside it.
"""

from typing import Annotated

from msgspec import Meta, Struct

from contracts.text import Digest

Version = Annotated[int, Meta(ge=1, le=1_000_000)]


class Amendment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Adopt this version of the agreement."""

    version: Version
    sha256: Digest


class DirectoryChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Adopt this version of the agency directory. Versions only grow."""

    version: Version
    sha256: Digest

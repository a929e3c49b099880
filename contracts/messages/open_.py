"""`open`, reader → gateway: hand me these sealed values, for this reason."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from contracts.text import Id
from contracts.vocabulary import Copy, OpenReason, SealedField


class Open(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`of` is the `jti` of the message that sealed the values.

    The reader declares not to know the victim or the offender (clause 8.3): without that nothing is handed over.
    `copy`: the values are opened to be copied, such as printed; left out, they are only read.
    """

    of: Id
    fields: Annotated[tuple[SealedField, ...], Meta(min_length=1, max_length=12)]
    why: OpenReason
    no_conflict: Literal["declared"]
    copy: Copy | None = None

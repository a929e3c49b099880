"""`sensitivity`, holder → gateway: what the holder finds that the requester could not know."""

from typing import Annotated

from msgspec import Meta, Struct

from contracts.vocabulary import Sensitivity


class SensitivityFound(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From now on an advanced-trained person reviews the case (agreement part 7). The requester is not told."""

    found: Annotated[tuple[Sensitivity, ...], Meta(min_length=1, max_length=6)]

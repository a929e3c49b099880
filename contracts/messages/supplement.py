"""`supplement`, requester → holder: the correction that was asked for."""

from typing import Annotated

from msgspec import Meta, Struct

from contracts.vocabulary import Missing


class Supplement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sealed with it: the whole `subject` anew, which takes the place of the earlier one."""

    corrected: Annotated[tuple[Missing, ...], Meta(min_length=1, max_length=5)]

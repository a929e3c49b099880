"""`review`, holder → gateway: an advanced-trained reviewer's decision on the merits of a sensitive case."""

from typing import Literal

from msgspec import Struct


class Review(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Sealed with it for the inspectorate: `reasons`. No blanket bans and no automatic yes (agreement part 7)."""

    decision: Literal["proceed", "decline"]
    co_worked: bool

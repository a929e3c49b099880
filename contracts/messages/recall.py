"""`recall` and `recall-acknowledged`: the values are withdrawn; contact has stopped and copies are destroyed."""

from typing import Literal

from msgspec import Struct

from contracts.text import Id, Instant, Pseudonym


class Recall(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Holder → requester. No reason is given. `of` is the answer whose values are withdrawn."""

    of: Id


class RecallAcknowledged(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Requester → holder, due in one working day (agreement clause 8.6): by whom and when it was done."""

    of: Id
    contact: Literal["stopped", "none-begun"]
    copies: Literal["destroyed", "none-made"]
    by: Pseudonym
    at: Instant

"""`cancellation`, requester → holder: the request is withdrawn by the side that made it."""

from msgspec import Struct

from contracts.vocabulary import CancellationReason


class Cancellation(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Accepted under any agreement version, during suspension and lapse (agreement clause 12.3)."""

    why: CancellationReason

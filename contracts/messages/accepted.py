"""`accepted`, holder → requester: this office deals with it."""

from msgspec import Struct

from contracts.text import OfficeId


class Accepted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The office is one of the holder's in the directory, which says how to reach it."""

    office: OfficeId

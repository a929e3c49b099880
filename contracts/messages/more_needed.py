"""`more-needed`, holder → requester: what is missing before the case can be looked at."""

from typing import Annotated

from msgspec import Meta, Struct

from contracts.vocabulary import Missing


class MoreNeeded(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A closed list; never prose."""

    missing: Annotated[tuple[Missing, ...], Meta(min_length=1, max_length=5)]
